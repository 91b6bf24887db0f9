package org.fijibridge.command;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fijibridge.engine.Term;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.Refusal;

/** Length of the gradient of the blurred image, per physical length. */
public final class GradientMagnitude extends BlurCommand {

    public GradientMagnitude() {
        super("gradient_magnitude");
    }

    @Override
    void check(final ImagePlus imp, final Values values, final BlurPlan plan) {
        refuseRgb(imp);
        if (terms(imp, values, plan).isEmpty()) {
            throw new Refusal("image '" + imp.getTitle()
                    + "' has one sample along every spatial axis: no gradient");
        }
    }

    @Override
    List<KernelTerm> terms(final ImagePlus imp, final Values values,
            final BlurPlan plan) {
        final List<String> axes = Derivatives.extended(imp);
        final Map<String, Double> sizes = Derivatives.sizes(imp, values, axes);
        final List<KernelTerm> terms = new ArrayList<>();
        for (final String axis : axes) {
            terms.add(KernelTerm.of(
                    Derivatives.kernels(plan, Derivatives.along(axis, 1), sizes),
                    Term.ADD_SQUARE));
        }
        return terms;
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        Derivatives.describe(imp, values, Derivatives.extended(imp), details);
        final Object[] squares = steps.sum(terms(imp, values, plan));
        for (final Object plane : squares) {
            final float[] lengths = (float[]) plane;
            for (int p = 0; p < lengths.length; p++) {
                lengths[p] = (float) Math.sqrt(lengths[p]);
            }
        }
        return squares;
    }
}
