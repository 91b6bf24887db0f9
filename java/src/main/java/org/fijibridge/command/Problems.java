package org.fijibridge.command;

import ij.ImagePlus;
import ij.gui.Roi;
import org.fijibridge.plan.Refusal;

/**
 * What an image and the values for it cannot be used for together, whoever computes: asked by
 * dialogs at every keystroke, and by macros and batches before they begin. What only one operation
 * knows is refused by its plan, and samples by {@link FiniteSamples}.
 */
final class Problems {

    static final String IN_PLACE = "in place";
    static final String SELECTION = "selection";

    private Problems() {}

    /** Refuses what is plain without looking at samples. */
    static void check(final ImagePlus imp, final Values values) {
        if (values.is("region", SELECTION)) {
            final Roi roi = imp.getRoi();
            if (roi == null || !roi.isArea()) {
                throw new Refusal("image '" + imp.getTitle() + "' has no area selection; make one, "
                        + "or use region=[whole image]");
            }
        }
        if (!values.is("result", IN_PLACE)) {
            return;
        }
        if (imp.getStack().isVirtual()) {
            throw new Refusal("image '" + imp.getTitle() + "' is a virtual stack, which cannot be "
                    + "changed in place; use result=[new window]");
        }
        if (!values.is("dtype", "same") && imp.getBitDepth() != 32) {
            throw new Refusal("in place the type stays as it is; use result=[new window] for a "
                    + "32-bit result");
        }
    }
}
