package org.fijibridge.command;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.Undo;
import ij.WindowManager;
import ij.gui.Roi;
import ij.plugin.PlugIn;
import java.awt.GraphicsEnvironment;
import java.util.concurrent.CancellationException;
import org.fijibridge.engine.Progress;
import org.fijibridge.plan.Refusal;

/**
 * An operation as an ImageJ command: reads a recorded line or shows the dialog, computes, and
 * puts the result into a new window or into the image.
 */
public abstract class OperationCommand implements PlugIn {

    static final String IN_PLACE = "in place";
    static final String SELECTION = "selection";

    private final Operation operation;

    OperationCommand(final String name) {
        operation = Operation.of(name);
    }

    /** Computes a new image, everything of the source kept; the source is only read. */
    abstract ImagePlus compute(ImagePlus imp, Values values, Progress progress);

    /**
     * What a dialog says while values change: a line per row, cells separated by tabs; a refusal
     * says what is wrong with the values.
     */
    abstract String describe(ImagePlus imp, Values values);

    /** How many samples to each side a result depends on, in the order x, y, z. */
    abstract int[] reachXYZ(ImagePlus imp, Values values);

    final Operation operation() {
        return operation;
    }

    @Override
    public final void run(final String argument) {
        final ImagePlus imp = WindowManager.getCurrentImage();
        if (imp == null) {
            IJ.noImage();
            return;
        }
        if (!imp.lock()) {
            return;
        }
        try {
            final Values values = values(imp);
            if (values != null) {
                show(imp, values);
            }
        } catch (final CancellationException cancelled) {
            IJ.showStatus(operation.title + ": cancelled, nothing was changed");
            Macro.abort();
        } catch (final Refusal refused) {
            Messages.error(operation.title, refused.getMessage());
        } catch (final OutOfMemoryError full) {
            Messages.error(operation.title, "image '" + imp.getTitle() + "' does not fit into memory "
                    + "twice; give ImageJ more (Edit > Options > Memory & Threads)");
        } finally {
            IJ.showProgress(1);
            imp.unlock();
        }
    }

    private Values values(final ImagePlus imp) {
        final String options = Macro.getOptions();
        if (options != null) {
            return Values.parse(operation, options);
        }
        if (GraphicsEnvironment.isHeadless()) {
            throw new Refusal(operation.title + " was called without options for image '"
                    + imp.getTitle() + "'; without a screen there is no dialog to ask in");
        }
        final Planner planner =
                (values, answer) -> answer.say(describe(imp, values), false);
        return new OperationDialog(operation, imp, planner, new Preview(this, imp)).ask();
    }

    private void show(final ImagePlus imp, final Values values) {
        final ImagePlus result = process(imp, values);
        if (result != imp) {
            result.show();
        } else if (imp.isComposite()) {
            ((CompositeImage) imp).updateAllChannelsAndDraw();
        } else {
            imp.updateAndDraw();
        }
    }

    /** The new image, or the given one, changed; without a window, a dialog or a lock. */
    final ImagePlus process(final ImagePlus imp, final Values values) {
        final boolean inPlace = values.text("result").equals(IN_PLACE);
        if (inPlace) {
            checkInPlace(imp, values);
        }
        final Roi roi = region(imp, values);
        final ImagePlus made = compute(imp, values, new ImageProgress());
        if (roi != null) {
            Images.restoreOutside(imp, made, roi);
        }
        if (!inPlace) {
            return made;
        }
        final boolean undo = imp.getStackSize() == 1 && imp.getWindow() != null;
        if (undo) {
            imp.getProcessor().snapshot();
        }
        for (int i = 1; i <= imp.getStackSize(); i++) {
            final Object plane = made.getStack().getPixels(i);
            System.arraycopy(plane, 0, imp.getStack().getPixels(i), 0,
                    java.lang.reflect.Array.getLength(plane));
        }
        if (undo) {
            Undo.setup(Undo.FILTER, imp);
        }
        imp.setProp(Provenance.KEY, made.getProp(Provenance.KEY));
        imp.changes = true;
        return imp;
    }

    /** The selection that bounds the change, or null. */
    private static Roi region(final ImagePlus imp, final Values values) {
        if (!values.text("region").equals(SELECTION)) {
            return null;
        }
        final Roi roi = imp.getRoi();
        if (roi == null || !roi.isArea()) {
            throw new Refusal("image '" + imp.getTitle() + "' has no area selection; make one, or "
                    + "use region=[whole image]");
        }
        return roi;
    }

    private static void checkInPlace(final ImagePlus imp, final Values values) {
        if (imp.getStack().isVirtual()) {
            throw new Refusal("image '" + imp.getTitle() + "' is a virtual stack, which cannot be "
                    + "changed in place; use result=[new window]");
        }
        if (!values.text("dtype").equals("same") && imp.getBitDepth() != 32) {
            throw new Refusal("in place the type stays as it is; use result=[new window] for a "
                    + "32-bit result");
        }
    }
}
