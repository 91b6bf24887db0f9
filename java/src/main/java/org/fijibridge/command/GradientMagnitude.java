package org.fijibridge.command;

import ij.ImagePlus;
import java.util.Map;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;

/** Length of the gradient of the blurred image, per physical length. */
public final class GradientMagnitude extends BlurCommand {

    public GradientMagnitude() {
        super("gradient_magnitude");
    }

    @Override
    void check(final ImagePlus imp, final Values values, final BlurPlan plan) {
        refuseRgb(imp);
        final Map<String, Double> sizes =
                Derivatives.sizes(imp, Derivatives.unit(imp, values));
        if (sizes.isEmpty()) {
            throw new Refusal("image '" + imp.getTitle()
                    + "' has one sample along every spatial axis: no gradient");
        }
        for (final String axis : sizes.keySet()) {
            Derivatives.kernels(plan, order(axis, 1), sizes, 1);
        }
    }

    static int[] order(final String axis, final int order) {
        final int[] orders = new int[3];
        orders["zyx".indexOf(axis)] = order;
        return orders;
    }

    @Override
    int filters(final ImagePlus imp, final Values values) {
        return Derivatives.sizes(imp, LengthUnit.PIXEL).size();
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        final String unit = Derivatives.unit(imp, values);
        final Map<String, Double> sizes = Derivatives.sizes(imp, unit);
        details.put("per", LengthUnit.symbol(unit));
        Object[] total = null;
        for (final String axis : sizes.keySet()) {
            final Object[] part =
                    steps.convolved(Derivatives.kernels(plan, order(axis, 1), sizes, 1));
            for (final Object plane : part) {
                square((float[]) plane);
            }
            total = Planes.sum(total, part);
        }
        for (final Object plane : total) {
            final float[] lengths = (float[]) plane;
            for (int p = 0; p < lengths.length; p++) {
                lengths[p] = (float) Math.sqrt(lengths[p]);
            }
        }
        return total;
    }

    private static void square(final float[] plane) {
        for (int p = 0; p < plane.length; p++) {
            plane[p] *= plane[p];
        }
    }
}
