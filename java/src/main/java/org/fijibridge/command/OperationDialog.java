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
import org.fijibridge.plan.Voxels;

/**
 * The dialog of an operation, built from its fields. It says while one types what will happen,
 * and shows a preview on request; OK is there only when the values make sense.
 */
final class OperationDialog {

    /** What was last used, by operation, as long as ImageJ runs. */
    private static final Map<String, Map<String, String>> LAST = new HashMap<>();

    private final Operation operation;
    private final ImagePlus imp;
    private final Planner planner;
    private final StatusPanel status = new StatusPanel();
    private final Preview preview;
    private final Checkbox previewed = new Checkbox("Preview (orthogonal views of a part)");
    private GenericDialog dialog;
    private FieldsPanel fields;
    private Values values;
    private int asked;

    /**
     * @param planner says what the values mean
     * @param preview shows what they do, or null
     */
    OperationDialog(final Operation operation, final ImagePlus imp, final Planner planner,
            final Preview preview) {
        this.operation = operation;
        this.imp = imp;
        this.planner = planner;
        this.preview = preview;
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
            asked++;
            if (preview != null) {
                preview.close();
            }
        }
        if (dialog.wasCanceled()) {
            return null;
        }
        if (values == null) {
            throw new Refusal(status.isProblem() ? status.text()
                    : "the values had not been looked at yet; try again");
        }
        LAST.put(operation.name, fields.read());
        if (Recorder.record) {
            values.record();
        }
        return values;
    }

    /**
     * Without a voxel size a physical length would be refused: the place to set it comes first.
     * False after Cancel.
     */
    private boolean calibrationOffered() {
        final boolean lengths = operation.fields.stream().anyMatch(Field::isLength);
        final Voxels voxels = Images.voxels(imp);
        try {
            for (final Voxels.Axis axis : voxels.axes()) {
                if (lengths && axis.samples > 1) {
                    voxels.size(axis, null);
                }
            }
        } catch (final Refusal notCalibrated) {
            final YesNoCancelDialog offer = new YesNoCancelDialog(IJ.getInstance(),
                    operation.title, Messages.wrapped(notCalibrated.getMessage())
                    + "\n \nOpen Image > Properties now? (No: go on in pixels)");
            if (offer.yesPressed()) {
                IJ.run(imp, "Properties...", "");
            }
            return !offer.cancelPressed();
        }
        return true;
    }

    private Map<String, String> initial() {
        final Map<String, String> shown = new LinkedHashMap<>();
        final String own = imp.getCalibration().getXUnit();
        for (final Field field : operation.fields) {
            String value = field.shown;
            if (field.kind.equals("lengths") && LengthUnit.isPixel(own)) {
                value = value.replace("um", "px");
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
        final Panel middle = new Panel(new BorderLayout(0, 6));
        middle.add(status, BorderLayout.NORTH);
        final Panel all = new Panel(new BorderLayout(0, 10));
        all.add(fields, BorderLayout.NORTH);
        all.add(middle, BorderLayout.CENTER);
        if (preview == null) {
            dialog.addMessage(operation.summary);
        } else {
            final Panel left = new Panel(new FlowLayout(FlowLayout.LEFT, 0, 0));
            left.add(previewed);
            middle.add(left, BorderLayout.SOUTH);
            all.add(preview, BorderLayout.SOUTH);
            preview.setVisible(false);
            previewed.addItemListener(event -> {
                preview.setVisible(previewed.getState());
                dialog.pack();
                changed();
            });
        }
        dialog.addPanel(all);
        dialog.addHelp(Help.html(operation));
    }

    /** Reads the fields and asks what they mean; OK is there once they are known to make sense. */
    private void changed() {
        asked++;
        final int question = asked;
        values = null;
        dialog.getButtons()[0].setEnabled(false);
        try {
            final Values typed = Values.of(operation, fields.read());
            planner.plan(typed, (text, problem) -> {
                if (question == asked) {
                    say(text, problem ? null : typed);
                }
            });
        } catch (final Refusal refused) {
            say(refused.getMessage(), null);
        }
    }

    /** Shows what the values mean, or, where these are null, what is wrong. */
    private void say(final String text, final Values meant) {
        values = meant;
        status.show(text, meant == null);
        dialog.getButtons()[0].setEnabled(meant != null);
        if (dialog.isVisible() && status.wantsMoreThanItHas()) {
            dialog.pack();
        }
        if (preview == null) {
            return;
        }
        if (!dialog.isVisible() || values == null || !previewed.getState()) {
            preview.clear("");
        } else {
            preview.request(values);
        }
    }
}
