package org.fijibridge.command;

import ij.ImagePlus;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fijibridge.engine.Term;
import org.fijibridge.kernel.Kernel;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.Refusal;
import org.fijibridge.plan.Voxels;

/** Derivative of the blurred image, of any order, per physical length. */
public final class GaussianDerivative extends BlurCommand {

    public GaussianDerivative() {
        super("derivative");
    }

    @Override
    void check(final ImagePlus imp, final Values values, final BlurPlan plan) {
        refuseRgb(imp);
        kernels(imp, values, plan);
    }

    private static Kernel[] kernels(final ImagePlus imp, final Values values,
            final BlurPlan plan) {
        return Derivatives.kernels(plan, orders(imp, values),
                Derivatives.sizes(imp, values, axes(values)));
    }

    @Override
    List<KernelTerm> terms(final ImagePlus imp, final Values values, final BlurPlan plan) {
        return Collections.singletonList(KernelTerm.of(kernels(imp, values, plan), Term.ADD));
    }

    private static List<String> axes(final Values values) {
        return Arrays.asList(values.text("along").split(""));
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        final int[] orders = orders(imp, values);
        final Map<String, Object> named = new LinkedHashMap<>();
        for (final Voxels.Axis axis : Images.voxels(imp).axes()) {
            named.put(axis.name, orders["zyx".indexOf(axis.name)]);
        }
        details.put("order", named);
        Derivatives.describe(imp, values, axes(values), details);
        return steps.sum(terms(imp, values, plan));
    }

    /** "x" is the first derivative along x, "zx" the mixed one. */
    private static int[] orders(final ImagePlus imp, final Values values) {
        final String along = values.text("along");
        final int[] orders = new int[3];
        for (final char letter : along.toCharArray()) {
            final int axis = "zyx".indexOf(letter);
            if (axis < 0 || axis == 0 && imp.getNSlices() == 1) {
                throw new Refusal("along='" + along + "' names axis '" + letter + "'; the image has "
                        + (imp.getNSlices() > 1 ? "z, y, x" : "y, x") + ": write x, xx, zx …");
            }
            orders[axis]++;
        }
        return orders;
    }
}
