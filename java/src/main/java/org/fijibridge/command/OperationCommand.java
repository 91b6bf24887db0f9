package org.fijibridge.command;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.Undo;
import ij.WindowManager;
import ij.gui.Roi;
import ij.plugin.PlugIn;
import java.util.concurrent.CancellationException;
import org.fijibridge.engine.Progress;
import org.fijibridge.plan.Refusal;

/**
 * An operation as an ImageJ command: reads a recorded line or shows the dialog, computes, and
 * puts the result into a new window or into the image.
 */
public abstract class OperationCommand implements PlugIn {

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

    /** Whether results have other values than the image, so that its display range is no use. */
    boolean otherRange() {
        return false;
    }

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
            Messages.error(operation, refused);
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
        OperationDialog.checkScreen(operation);
        return new OperationDialog(operation, imp, planner(imp), new Preview(this, imp)).ask();
    }

    /** Says what this command will do with an image. */
    final Planner planner(final ImagePlus imp) {
        return (values, answer) -> answer.say(describe(imp, values), Planner.Kind.PLAN);
    }

    /** Computes, and shows the result. */
    final void show(final ImagePlus imp, final Values values) {
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
        final Progress progress = new ImageProgress();
        Problems.check(imp, values);
        new FiniteSamples(operation, imp).check(values, progress);
        final boolean inPlace = values.is("result", Problems.IN_PLACE);
        final Roi roi = values.is("region", Problems.SELECTION) ? imp.getRoi() : null;
        final ImagePlus made = compute(imp, values, progress);
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
}
