package org.fijibridge.command;

import ij.ImagePlus;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fijibridge.kernel.Kernel;
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
        if (kernels(imp, values, plan).isEmpty()) {
            throw new Refusal("image '" + imp.getTitle()
                    + "' has one sample along every spatial axis: no Laplacian");
        }
    }

    @Override
    int filters(final ImagePlus imp, final Values values) {
        return Derivatives.sizes(imp, LengthUnit.PIXEL).size();
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        final boolean normalized = values.flag("normalized");
        details.put("normalized", normalized);
        details.put("per", normalized ? "" : LengthUnit.symbol(Derivatives.unit(imp, values)));
        Object[] total = null;
        for (final Kernel[] kernels : kernels(imp, values, plan).values()) {
            total = Planes.sum(total, steps.convolved(kernels));
        }
        return total;
    }

    private static Map<String, Kernel[]> kernels(final ImagePlus imp, final Values values,
            final BlurPlan plan) {
        final boolean normalized = values.flag("normalized");
        final Map<String, Double> sizes = Derivatives.sizes(imp,
                normalized ? LengthUnit.PIXEL : Derivatives.unit(imp, values));
        final Map<String, Kernel[]> kernels = new LinkedHashMap<>();
        for (final String axis : sizes.keySet()) {
            final double sigma = plan.sigmaPxZYX()["zyx".indexOf(axis)];
            kernels.put(axis, Derivatives.kernels(plan, GradientMagnitude.order(axis, 2), sizes,
                    normalized ? sigma * sigma : 1));
        }
        return kernels;
    }
}
