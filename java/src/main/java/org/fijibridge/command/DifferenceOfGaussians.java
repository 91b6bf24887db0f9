package org.fijibridge.command;

import ij.ImagePlus;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.fijibridge.engine.Term;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.Refusal;

/** Blur by sigma minus blur by ratio times sigma. */
public final class DifferenceOfGaussians extends BlurCommand {

    public DifferenceOfGaussians() {
        super("difference_of_gaussians");
    }

    @Override
    void check(final ImagePlus imp, final Values values, final BlurPlan plan) {
        refuseRgb(imp);
        if (!(values.number("ratio") > 1)) {
            throw new Refusal("ratio of the two sigmas must be above 1; got "
                    + values.text("ratio"));
        }
        for (final double sigma : plan.sigmaPxZYX()) {
            if (sigma > 0) {
                return;
            }
        }
        throw new Refusal("sigma is 0 on every axis: both blurs would be the image itself");
    }

    @Override
    int filters(final ImagePlus imp, final Values values) {
        return Steps.apart(imp, values) ? 2 : 1;
    }

    @Override
    double widest(final Values values) {
        return Math.min(values.number("ratio"), 100);
    }

    @Override
    List<KernelTerm> terms(final ImagePlus imp, final Values values, final BlurPlan plan) {
        return Arrays.asList(KernelTerm.gaussian(plan, 1, Term.ADD),
                KernelTerm.gaussian(plan, values.number("ratio"), Term.SUBTRACT));
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        final double ratio = values.number("ratio");
        final boolean normalized = values.flag("normalized");
        details.put("ratio", ratio);
        details.put("normalized", normalized);
        final Object[] planes = steps.sum(terms(imp, values, plan));
        final float divisor = (float) ((ratio * ratio - 1) / 2);
        for (int i = 0; normalized && i < planes.length; i++) {
            final float[] difference = (float[]) planes[i];
            for (int p = 0; p < difference.length; p++) {
                difference[p] /= divisor;
            }
        }
        return planes;
    }
}
