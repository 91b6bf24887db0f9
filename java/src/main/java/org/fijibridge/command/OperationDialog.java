package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.gui.GenericDialog;
import ij.gui.YesNoCancelDialog;
import java.awt.TextField;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Vector;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;

/** The dialog of an operation, built from its fields; shown again until the values make sense. */
final class OperationDialog {

    private final OperationCommand command;
    private final Operation operation;
    private final ImagePlus imp;

    OperationDialog(final OperationCommand command, final ImagePlus imp) {
        this.command = command;
        this.operation = command.operation();
        this.imp = imp;
    }

    /** The values, or null after Cancel. */
    Values ask() {
        final Map<String, String> shown = initial();
        while (true) {
            final GenericDialog dialog = build(shown);
            dialog.showDialog();
            if (dialog.wasCanceled()) {
                return null;
            }
            try {
                checkTyped(dialog);
                shown.putAll(read(dialog));
                final Values values = Values.of(operation, shown);
                command.describe(imp, values);
                return values;
            } catch (final Refusal refused) {
                if (!explained(refused)) {
                    return null;
                }
            }
        }
    }

    private Map<String, String> initial() {
        final Map<String, String> shown = new LinkedHashMap<>();
        for (final Field field : operation.fields) {
            shown.put(field.name, field.initial);
        }
        if (shown.containsKey("engine")) {
            shown.put("engine", Engines.available()[0]);
        }
        final String own = imp.getCalibration().getXUnit();
        for (final Field field : operation.fields) {
            if (field.kind.equals("unit") && !LengthUnit.isPixel(own)) {
                shown.put(field.name, ownUnit(field, own));
            }
        }
        return shown;
    }

    /** The image's unit as the field spells it, or the field's default. */
    private static String ownUnit(final Field field, final String own) {
        for (final String choice : field.choices) {
            try {
                if (LengthUnit.canonical(choice).equals(LengthUnit.canonical(own))) {
                    return choice;
                }
            } catch (final Refusal unknown) {
                return field.initial;
            }
        }
        return field.initial;
    }

    private GenericDialog build(final Map<String, String> shown) {
        final GenericDialog dialog = new GenericDialog(operation.title);
        for (final Field field : operation.fields) {
            final String value = shown.get(field.name);
            if (field.isFlag()) {
                dialog.addCheckbox(field.label(), value.equals("true"));
            } else if (field.name.equals("engine")) {
                dialog.addChoice(field.label(), Engines.available(), value);
            } else if (field.isChoice()) {
                dialog.addChoice(field.label(), field.choices.toArray(new String[0]), value);
            } else {
                dialog.addStringField(field.label(), value, 14);
            }
        }
        return dialog;
    }

    /** Looks at what was typed before ImageJ records it: a bracket would corrupt the line. */
    private void checkTyped(final GenericDialog dialog) {
        final Vector<?> typed = dialog.getStringFields();
        int next = 0;
        for (final Field field : operation.fields) {
            if (!field.isFlag() && !field.isChoice()) {
                field.checked(((TextField) typed.get(next++)).getText());
            }
        }
    }

    private Map<String, String> read(final GenericDialog dialog) {
        final Map<String, String> read = new LinkedHashMap<>();
        for (final Field field : operation.fields) {
            if (field.isFlag()) {
                read.put(field.name, String.valueOf(dialog.getNextBoolean()));
            } else if (field.isChoice()) {
                read.put(field.name, dialog.getNextChoice());
            } else {
                read.put(field.name, dialog.getNextString().trim());
            }
        }
        return read;
    }

    /** Shows why the values were refused; false if the user gives up. */
    private boolean explained(final Refusal refused) {
        if (!refused.isCalibration()) {
            IJ.showMessage(operation.title, refused.getMessage());
            return true;
        }
        final YesNoCancelDialog offer = new YesNoCancelDialog(IJ.getInstance(), operation.title,
                refused.getMessage() + "\n \nOpen Image > Properties now?");
        if (offer.cancelPressed()) {
            return false;
        }
        if (offer.yesPressed()) {
            IJ.run(imp, "Properties...", "");
        }
        return true;
    }
}
