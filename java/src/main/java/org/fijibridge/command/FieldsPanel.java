package org.fijibridge.command;

import java.awt.Component;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.Insets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JTextField;
import org.fijibridge.plan.LengthUnit;

/** The fields of a dialog, two to a row. */
final class FieldsPanel extends JPanel {

    private static final long serialVersionUID = 1;
    private static final int COLUMNS = 14;

    private static final Pattern UNIT =
            Pattern.compile("(\\d\\.?)\\s*(?!px\\b|pixels?\\b)[\\p{L}\u00b5]+");

    private final transient Operation operation;
    private final transient Map<String, Component> labels = new LinkedHashMap<>();
    private final transient Map<String, Component> components = new LinkedHashMap<>();

    /**
     * @param shown what each field holds first
     * @param changed called when something is typed or chosen
     */
    FieldsPanel(final Operation operation, final Map<String, String> shown,
            final Runnable changed) {
        super(new GridBagLayout());
        this.operation = operation;
        final Runnable told = () -> {
            enableThem();
            changed.run();
        };
        int position = 0;
        for (final Field field : operation.fields) {
            final JComponent component = component(field, shown.get(field.name), told);
            component.setName(field.name);
            component.setToolTipText(field.help);
            components.put(field.name, component);
            final GridBagConstraints at = new GridBagConstraints();
            at.gridy = position / 2;
            at.gridx = position % 2 * 2;
            at.anchor = GridBagConstraints.EAST;
            at.insets = new Insets(2, position % 2 == 0 ? 0 : 16, 2, 4);
            final JLabel label = new JLabel(field.label + ":");
            labels.put(field.name, label);
            add(label, at);
            at.gridx++;
            at.anchor = GridBagConstraints.WEST;
            at.insets = new Insets(2, 0, 2, 0);
            add(component, at);
            position++;
        }
        enableThem();
    }

    private static JComponent component(final Field field, final String value,
            final Runnable changed) {
        if (field.isFlag()) {
            final JCheckBox box = new JCheckBox("", value.equals("true"));
            box.addItemListener(event -> changed.run());
            return box;
        }
        if (!field.isChoice()) {
            final JTextField text = new JTextField(value, COLUMNS);
            text.getDocument().addDocumentListener(new Typing(changed));
            return text;
        }
        final JComboBox<String> choice = new JComboBox<>();
        for (final String item : field.name.equals("engine")
                ? Engines.available() : field.choices.toArray(new String[0])) {
            choice.addItem(item);
        }
        choice.setSelectedItem(value);
        choice.addItemListener(event -> changed.run());
        return choice;
    }

    /** What the fields say: nothing where a field does not go with the others. */
    Map<String, String> read() {
        final Map<String, String> held = held();
        final Map<String, String> read = new LinkedHashMap<>();
        for (final Field field : operation.fields) {
            read.put(field.name, field.appliesTo(held) ? held.get(field.name) : "");
        }
        return read;
    }

    /** Only fields that say something take the keyboard and the mouse. */
    private void enableThem() {
        final Map<String, String> held = held();
        for (final Field field : operation.fields) {
            final boolean applies = field.appliesTo(held);
            components.get(field.name).setEnabled(applies);
            labels.get(field.name).setEnabled(applies);
        }
    }

    /** Whether there is a length that {@link #usePixels} would change. */
    boolean hasLengths() {
        final Map<String, String> read = read();
        for (final Field field : operation.fields) {
            if (field.kind.equals("unit") && !LengthUnit.isPixel(read.get(field.name))
                    || field.kind.equals("lengths")
                    && !inPixels(read.get(field.name)).equals(read.get(field.name))) {
                return true;
            }
        }
        return false;
    }

    /** Turns every length into one in pixels. */
    void usePixels() {
        for (final Field field : operation.fields) {
            final Component component = components.get(field.name);
            if (field.kind.equals("unit")) {
                ((JComboBox<?>) component).setSelectedItem(LengthUnit.PIXEL);
            } else if (field.kind.equals("lengths")) {
                final JTextField text = (JTextField) component;
                text.setText(inPixels(text.getText()));
            }
        }
    }

    /** {@code z=2 um, y=1 um} with each unit replaced. */
    static String inPixels(final String lengths) {
        return UNIT.matcher(lengths).replaceAll("$1 px");
    }

    /** What the fields hold. */
    Map<String, String> held() {
        final Map<String, String> read = new LinkedHashMap<>();
        for (final Map.Entry<String, Component> entry : components.entrySet()) {
            final Component component = entry.getValue();
            read.put(entry.getKey(), component instanceof JTextField
                    ? ((JTextField) component).getText().trim() : component instanceof JComboBox
                    ? String.valueOf(((JComboBox<?>) component).getSelectedItem())
                    : String.valueOf(((JCheckBox) component).isSelected()));
        }
        return read;
    }
}
