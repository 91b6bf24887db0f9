package org.fijibridge.command;

import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.Insets;
import java.awt.Label;
import java.awt.Panel;
import java.awt.TextField;
import java.util.LinkedHashMap;
import java.util.Map;

/** The fields of a dialog, two to a row. */
final class FieldsPanel extends Panel {

    private static final long serialVersionUID = 1;
    private static final int COLUMNS = 14;

    private final transient Map<String, Component> components = new LinkedHashMap<>();

    /**
     * @param shown what each field holds first
     * @param changed called when something is typed or chosen
     */
    FieldsPanel(final Operation operation, final Map<String, String> shown,
            final Runnable changed) {
        super(new GridBagLayout());
        int position = 0;
        for (final Field field : operation.fields) {
            final Component component = component(field, shown.get(field.name), changed);
            component.setName(field.name);
            components.put(field.name, component);
            final GridBagConstraints at = new GridBagConstraints();
            at.gridy = position / 2;
            at.gridx = position % 2 * 2;
            at.anchor = GridBagConstraints.EAST;
            at.insets = new Insets(2, position % 2 == 0 ? 0 : 16, 2, 4);
            add(new Label(field.label + ":", Label.RIGHT), at);
            at.gridx++;
            at.anchor = GridBagConstraints.WEST;
            at.insets = new Insets(2, 0, 2, 0);
            add(component, at);
            position++;
        }
    }

    private static Component component(final Field field, final String value,
            final Runnable changed) {
        if (field.isFlag()) {
            final Checkbox box = new Checkbox("", value.equals("true"));
            box.addItemListener(event -> changed.run());
            return box;
        }
        if (!field.isChoice()) {
            final TextField text = new TextField(value, COLUMNS);
            text.addTextListener(event -> changed.run());
            return text;
        }
        final Choice choice = new Choice();
        for (final String item : field.name.equals("engine")
                ? Engines.available() : field.choices.toArray(new String[0])) {
            choice.add(item);
        }
        choice.select(value);
        choice.addItemListener(event -> changed.run());
        return choice;
    }

    /** What the fields hold. */
    Map<String, String> read() {
        final Map<String, String> read = new LinkedHashMap<>();
        for (final Map.Entry<String, Component> entry : components.entrySet()) {
            final Component component = entry.getValue();
            read.put(entry.getKey(), component instanceof TextField
                    ? ((TextField) component).getText().trim()
                    : component instanceof Choice ? ((Choice) component).getSelectedItem()
                    : String.valueOf(((Checkbox) component).getState()));
        }
        return read;
    }
}
