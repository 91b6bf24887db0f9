package org.fijibridge.command;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fijibridge.engine.Term;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.Refusal;

/** Laplacian of the blurred image, per physical length squared or scale-normalised. */
public final class LaplacianOfGaussian extends BlurCommand {

    public LaplacianOfGaussian() {
        super("laplacian");
    }

    @Override
    void check(final ImagePlus imp, final Values values, final BlurPlan plan) {
        refuseRgb(imp);
        if (terms(imp, values, plan).isEmpty()) {
            throw new Refusal("image '" + imp.getTitle()
                    + "' has one sample along every spatial axis: no Laplacian");
        }
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        Derivatives.describe(imp, values, Derivatives.extended(imp), details);
        return steps.sum(terms(imp, values, plan));
    }

    @Override
    List<KernelTerm> terms(final ImagePlus imp, final Values values,
            final BlurPlan plan) {
        final List<String> axes = Derivatives.extended(imp);
        final Map<String, Double> sizes = Derivatives.sizes(imp, values, axes);
        final List<KernelTerm> terms = new ArrayList<>();
        for (final String axis : axes) {
            terms.add(KernelTerm.of(
                    Derivatives.kernels(plan, Derivatives.along(axis, 2), sizes), Term.ADD));
        }
        return terms;
    }
}
