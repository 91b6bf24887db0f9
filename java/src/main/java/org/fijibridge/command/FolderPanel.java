package org.fijibridge.command;

import ij.io.DirectoryChooser;
import java.awt.Component;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.Insets;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JTextField;

/** What a batch asks for before the values of its operation: which one, from where, to where. */
final class FolderPanel extends JPanel {

    private static final long serialVersionUID = 1;
    private static final int COLUMNS = 40;

    private final JComboBox<String> operation = new JComboBox<>();
    private final JTextField input;
    private final JTextField output;
    private final JTextField suffix;
    private final JCheckBox overwrite;

    /**
     * @param first what was asked for last, by key
     * @param changed called when something is typed or chosen
     */
    FolderPanel(final Map<String, String> first, final Runnable changed) {
        super(new GridBagLayout());
        for (final Operation one : Operation.all()) {
            operation.addItem(one.title);
        }
        operation.setSelectedItem(Operation.of(first.getOrDefault("operation", "gaussian")).title);
        operation.addItemListener(event -> changed.run());
        operation.setName("operation");
        input = text("input", first.getOrDefault("input", ""), COLUMNS, changed);
        output = text("output", first.getOrDefault("output", ""), COLUMNS, changed);
        suffix = text("suffix", first.getOrDefault("suffix", BatchFolder.SUFFIX), 14, changed);
        overwrite = new JCheckBox("Replace results that are there");
        overwrite.addItemListener(event -> changed.run());
        row(0, "Operation:", operation, null);
        row(1, "Folder with images:", input, browse(input));
        row(2, "Folder for the results:", output, browse(output));
        row(3, "Names of images end in:", suffix, null);
        row(4, "", overwrite, null);
    }

    private static JTextField text(final String name, final String value, final int columns,
            final Runnable changed) {
        final JTextField field = new JTextField(value, columns);
        field.setName(name);
        field.getDocument().addDocumentListener(new Typing(changed));
        return field;
    }

    private static JButton browse(final JTextField field) {
        final JButton button = new JButton("Browse\u2026");
        button.addActionListener(event -> {
            DirectoryChooser.setDefaultDirectory(field.getText());
            final String chosen = new DirectoryChooser("Folder").getDirectory();
            if (chosen != null) {
                field.setText(chosen);
            }
        });
        return button;
    }

    private void row(final int y, final String label, final Component field, final Component more) {
        final GridBagConstraints at = new GridBagConstraints();
        at.gridy = y;
        at.gridx = 0;
        at.anchor = GridBagConstraints.EAST;
        at.insets = new Insets(2, 0, 2, 4);
        add(new JLabel(label), at);
        at.gridx = 1;
        at.anchor = GridBagConstraints.WEST;
        add(field, at);
        if (more != null) {
            at.gridx = 2;
            add(more, at);
        }
    }

    /** What stands there, with the keys of the recorded line. */
    Map<String, String> read() {
        final Map<String, String> read = new LinkedHashMap<>();
        for (final Operation one : Operation.all()) {
            if (one.title.equals(operation.getSelectedItem())) {
                read.put("operation", one.name);
            }
        }
        read.put("input", input.getText().trim());
        read.put("output", output.getText().trim());
        read.put("suffix", suffix.getText().trim());
        if (overwrite.isSelected()) {
            read.put("overwrite", "true");
        }
        return read;
    }
}
