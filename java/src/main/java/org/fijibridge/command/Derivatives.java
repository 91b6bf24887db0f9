package org.fijibridge.command;

import ij.ImagePlus;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fijibridge.kernel.DerivativeKernels;
import org.fijibridge.kernel.Kernel;
import org.fijibridge.plan.AxisPlan;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;
import org.fijibridge.plan.Voxels;

/** Kernels that smooth and take a derivative, per physical length. */
final class Derivatives {

    private Derivatives() {}

    /**
     * The kernels of a derivative, in the order z, y, x.
     *
     * @param orders of the derivative along z, y, x
     * @param sizes voxel size by axis, in one unit
     * @param factor the whole derivative is multiplied by this
     */
    static Kernel[] kernels(final BlurPlan plan, final int[] orders,
            final Map<String, Double> sizes, final double factor) {
        final Kernel[] kernels = plan.kernelsZYX();
        double scale = factor;
        for (int axis = 0; axis < 3; axis++) {
            if (orders[axis] == 0) {
                continue;
            }
            final String name = "zyx".substring(axis, axis + 1);
            final double sigma = plan.sigmaPxZYX()[axis];
            if (samples(plan, name) <= 1) {
                throw new Refusal("axis " + name
                        + " has one sample only: there is no derivative along it");
            }
            if (sigma == 0) {
                throw new Refusal("a derivative along axis " + name
                        + " needs a sigma above 0 there; got sigma 0");
            }
            // Divided once per order, as Python does: a power might round otherwise.
            for (int times = 0; times < orders[axis]; times++) {
                scale /= sizes.get(name);
            }
            try {
                kernels[axis] =
                        DerivativeKernels.derivative(plan.kernel, sigma, orders[axis], scale);
            } catch (final IllegalArgumentException tooFewTaps) {
                throw new Refusal("axis " + name + ": " + tooFewTaps.getMessage());
            }
            scale = 1;
        }
        return kernels;
    }

    /** Orders of a derivative along one axis. */
    static int[] along(final String axis, final int order) {
        final int[] orders = new int[3];
        orders["zyx".indexOf(axis)] = order;
        return orders;
    }

    private static int samples(final BlurPlan plan, final String name) {
        for (final AxisPlan axis : plan.axes) {
            if (axis.axis.equals(name)) {
                return axis.size;
            }
        }
        return 1;
    }

    /**
     * The unit that a derivative is taken per: the one given, or that of the last of the axes.
     *
     * @param axes names of those along which the derivative is taken
     */
    static String unit(final ImagePlus imp, final Values values, final Iterable<String> axes) {
        if (values.has("per")) {
            return values.text("per");
        }
        String unit = LengthUnit.PIXEL;
        for (final Voxels.Axis axis : Images.voxels(imp).axes()) {
            for (final String name : axes) {
                unit = axis.name.equals(name) ? axis.unit : unit;
            }
        }
        return unit;
    }

    /** Names of the axes with more than one sample, in the order z, y, x. */
    static Map<String, Double> pixels(final ImagePlus imp) {
        final Map<String, Double> sizes = new LinkedHashMap<>();
        for (final Voxels.Axis axis : Images.voxels(imp).axes()) {
            if (axis.samples > 1) {
                sizes.put(axis.name, 1.0);
            }
        }
        return sizes;
    }

    /** Voxel sizes of the axes with more than one sample, in a unit; 1 in pixels. */
    static Map<String, Double> sizes(final ImagePlus imp, final String unit) {
        final Map<String, Double> sizes = pixels(imp);
        if (!LengthUnit.canonical(unit).equals(LengthUnit.PIXEL)) {
            final Voxels voxels = Images.voxels(imp);
            for (final Voxels.Axis axis : voxels.axes()) {
                sizes.computeIfPresent(axis.name, (name, one) -> voxels.size(axis, unit));
            }
        }
        return sizes;
    }
}
