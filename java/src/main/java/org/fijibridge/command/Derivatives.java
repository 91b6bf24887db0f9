package org.fijibridge.command;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
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
     * @param sizes voxel size by axis, in one unit; null for scale-normalised derivatives, which
     *     are multiplied by sigma once per order instead
     */
    static Kernel[] kernels(final BlurPlan plan, final int[] orders,
            final Map<String, Double> sizes) {
        final Kernel[] kernels = plan.kernelsZYX();
        double factor = 1;
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
            // Once per order, as Python does: a power might round otherwise.
            for (int times = 0; times < orders[axis]; times++) {
                factor = sizes == null ? factor * sigma : factor / sizes.get(name);
            }
            try {
                kernels[axis] = DerivativeKernels.derivative(plan.kernel, sigma, orders[axis],
                        factor, plan.truncate);
            } catch (final IllegalArgumentException tooFewTaps) {
                throw new Refusal("axis " + name + ": " + tooFewTaps.getMessage());
            }
            factor = 1;
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

    /** Names of the axes with more than one sample, in the order z, y, x. */
    static List<String> extended(final ImagePlus imp) {
        final List<String> names = new ArrayList<>();
        for (final Voxels.Axis axis : Images.voxels(imp).axes()) {
            if (axis.samples > 1) {
                names.add(axis.name);
            }
        }
        return names;
    }

    /**
     * Voxel sizes of some axes in the unit of {@link #unit}, 1 in pixels; null where derivatives
     * are scale-normalised.
     */
    static Map<String, Double> sizes(final ImagePlus imp, final Values values,
            final Collection<String> axes) {
        if (values.flag("normalized")) {
            if (values.has("per")) {
                throw new Refusal("per='" + values.text("per") + "' does not go with normalized: "
                        + "a scale-normalised derivative has no unit of length");
            }
            return null;
        }
        final String unit = unit(imp, values, axes);
        final boolean pixels = LengthUnit.canonical(unit).equals(LengthUnit.PIXEL);
        final Map<String, Double> sizes = new LinkedHashMap<>();
        final Voxels voxels = Images.voxels(imp);
        for (final Voxels.Axis axis : voxels.axes()) {
            if (axes.contains(axis.name)) {
                sizes.put(axis.name, pixels ? 1.0 : voxels.size(axis, unit));
            }
        }
        return sizes;
    }

    /** What the provenance says of {@link #sizes}. */
    static void describe(final ImagePlus imp, final Values values, final Collection<String> axes,
            final Map<String, Object> details) {
        final boolean normalized = values.flag("normalized");
        details.put("normalized", normalized);
        details.put("per", normalized ? "" : LengthUnit.symbol(unit(imp, values, axes)));
    }

    /** The unit that a derivative is taken per: the one given, or that of the last of the axes. */
    private static String unit(final ImagePlus imp, final Values values,
            final Collection<String> axes) {
        if (values.has("per")) {
            return values.text("per");
        }
        String unit = LengthUnit.PIXEL;
        for (final Voxels.Axis axis : Images.voxels(imp).axes()) {
            unit = axes.contains(axis.name) ? axis.unit : unit;
        }
        return unit;
    }
}
