package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.GenericDialog;
import ij.gui.YesNoCancelDialog;
import ij.plugin.frame.Recorder;
import java.awt.BorderLayout;
import java.awt.Checkbox;
import java.awt.FlowLayout;
import java.awt.Panel;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;

/**
 * The dialog of an operation, built from its fields. It says while one types what will happen,
 * and shows a preview on request; OK is there only when the values make sense.
 */
final class OperationDialog {

    /** What was last used, by operation, as long as ImageJ runs. */
    private static final Map<String, Map<String, String>> LAST = new HashMap<>();

    private final OperationCommand command;
    private final Operation operation;
    private final ImagePlus imp;
    private final StatusPanel status = new StatusPanel();
    private final Preview preview;
    private final Checkbox previewed = new Checkbox("Preview (orthogonal views of a part)");
    private GenericDialog dialog;
    private FieldsPanel fields;
    private Values values;

    OperationDialog(final OperationCommand command, final ImagePlus imp) {
        this.command = command;
        this.operation = command.operation();
        this.imp = imp;
        preview = new Preview(command, imp);
    }

    /** The values, or null after Cancel. */
    Values ask() {
        try {
            if (!calibrationOffered()) {
                return null;
            }
            build(initial());
            changed();
            dialog.showDialog();
        } finally {
            preview.close();
        }
        if (dialog.wasCanceled()) {
            return null;
        }
        LAST.put(operation.name, fields.read());
        if (Recorder.record) {
            values.record();
        }
        return values;
    }

    /**
     * Without a voxel size a physical sigma would be refused: the place to set it comes first.
     * False after Cancel.
     */
    private boolean calibrationOffered() {
        try {
            command.describe(imp, Values.of(operation, physical()));
        } catch (final Refusal refused) {
            if (refused.isCalibration()) {
                final YesNoCancelDialog offer = new YesNoCancelDialog(IJ.getInstance(),
                        operation.title, Messages.wrapped(refused.getMessage())
                        + "\n \nOpen Image > Properties now? (No: go on, with sigma in pixels)");
                if (offer.yesPressed()) {
                    IJ.run(imp, "Properties...", "");
                }
                return !offer.cancelPressed();
            }
        }
        return true;
    }

    private Map<String, String> physical() {
        final Map<String, String> given = new LinkedHashMap<>();
        for (final Field field : operation.fields) {
            if (field.kind.equals("width")) {
                given.put(field.name, "1");
            }
        }
        return given;
    }

    private Map<String, String> initial() {
        final Map<String, String> shown = new LinkedHashMap<>();
        final String own = imp.getCalibration().getXUnit();
        for (final Field field : operation.fields) {
            String value = field.initial;
            if (field.kind.equals("width")) {
                value = "1";
            } else if (field.kind.equals("unit")) {
                value = ownUnit(field, own);
            } else if (field.name.equals("engine")) {
                value = Engines.available()[0];
            }
            shown.put(field.name, value);
        }
        final Map<String, String> last = LAST.get(operation.name);
        if (last != null && LengthUnit.isPixel(last.get("unit")) == LengthUnit.isPixel(own)) {
            shown.putAll(last);
        }
        return shown;
    }

    /** The image's unit as the field spells it: pixel where there is none. */
    private static String ownUnit(final Field field, final String own) {
        try {
            for (final String choice : field.choices) {
                if (LengthUnit.canonical(choice).equals(LengthUnit.canonical(own))) {
                    return choice;
                }
            }
        } catch (final Refusal unknown) {
            return field.initial;
        }
        return field.initial;
    }

    private void build(final Map<String, String> shown) {
        dialog = new GenericDialog(operation.title);
        // Fields of our own instead of GenericDialog's: ImageJ would record them by their labels.
        fields = new FieldsPanel(operation, shown, this::changed);
        final Panel left = new Panel(new FlowLayout(FlowLayout.LEFT, 0, 0));
        left.add(previewed);
        final Panel middle = new Panel(new BorderLayout(0, 6));
        middle.add(status, BorderLayout.NORTH);
        middle.add(left, BorderLayout.SOUTH);
        final Panel all = new Panel(new BorderLayout(0, 10));
        all.add(fields, BorderLayout.NORTH);
        all.add(middle, BorderLayout.CENTER);
        all.add(preview, BorderLayout.SOUTH);
        preview.setVisible(false);
        previewed.addItemListener(event -> {
            preview.setVisible(previewed.getState());
            dialog.pack();
            changed();
        });
        dialog.addPanel(all);
        dialog.addHelp(Help.html(operation));
    }

    /** Reads the fields and says what they mean. */
    private void changed() {
        try {
            values = null;
            final Values typed = Values.of(operation, fields.read());
            status.show(command.describe(imp, typed), false);
            values = typed;
        } catch (final Refusal refused) {
            status.show(refused.getMessage(), true);
        }
        dialog.getButtons()[0].setEnabled(values != null);
        if (!dialog.isVisible() || values == null || !previewed.getState()) {
            preview.clear("");
        } else {
            preview.request(values);
        }
    }
}
