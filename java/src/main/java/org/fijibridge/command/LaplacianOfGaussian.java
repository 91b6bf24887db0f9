package org.fijibridge.command;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.fijibridge.engine.Term;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.LengthUnit;
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
        final boolean normalized = values.flag("normalized");
        details.put("normalized", normalized);
        details.put("per", normalized ? "" : LengthUnit.symbol(unit(imp, values)));
        return steps.sum(terms(imp, values, plan));
    }

    private static String unit(final ImagePlus imp, final Values values) {
        return Derivatives.unit(imp, values, Derivatives.pixels(imp).keySet());
    }

    private static List<KernelTerm> terms(final ImagePlus imp, final Values values,
            final BlurPlan plan) {
        final boolean normalized = values.flag("normalized");
        final Map<String, Double> sizes = normalized
                ? Derivatives.pixels(imp) : Derivatives.sizes(imp, unit(imp, values));
        final List<KernelTerm> terms = new ArrayList<>();
        for (final String axis : sizes.keySet()) {
            final double sigma = plan.sigmaPxZYX()["zyx".indexOf(axis)];
            terms.add(KernelTerm.of(
                    Derivatives.kernels(plan, Derivatives.along(axis, 2), sizes,
                            normalized ? sigma * sigma : 1),
                    Term.ADD));
        }
        return terms;
    }
}
