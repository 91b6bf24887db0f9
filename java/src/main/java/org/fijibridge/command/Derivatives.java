package org.fijibridge.command;

import ij.ImagePlus;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.fijibridge.plan.AxisPlan;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;
import org.fijibridge.plan.Voxels;

/**
 * Kernels that smooth and take a derivative, per physical length; as fiji_bridge/derivatives.py,
 * which names the source of the method (Meer and Weiss 1992).
 */
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
        double left = factor;
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
            final double scale = left / Math.pow(sizes.get(name), orders[axis]);
            kernels[axis] = derivative(GaussianKernels.gaussian(plan.kernel, sigma), orders[axis],
                    scale, name);
            left = 1;
        }
        return kernels;
    }

    private static int samples(final BlurPlan plan, final String name) {
        for (final AxisPlan axis : plan.axes) {
            if (axis.axis.equals(name)) {
                return axis.size;
            }
        }
        return 1;
    }

    private static Kernel derivative(final Kernel smooth, final int order, final double scale,
            final String axis) {
        final double[] weights = smooth.taps();
        if (order >= weights.length) {
            throw new Refusal("axis " + axis + ": a derivative of order " + order
                    + " needs a kernel of more than " + order + " taps, this one has "
                    + weights.length + ": take a larger sigma, or kernel 'discrete'");
        }
        final int radius = smooth.radius();
        double[] before = new double[weights.length];
        double[] now = new double[weights.length];
        Arrays.fill(now, 1);
        double normBefore = 1;
        double norm = sum(weights, now);
        for (int degree = 0; degree < order; degree++) {
            final double coefficient = degree == 0 ? 0 : norm / normBefore;
            final double[] next = new double[now.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = (i - radius) * now[i] - coefficient * before[i];
            }
            before = now;
            now = next;
            normBefore = norm;
            norm = sum(weights, now);
        }
        double factorial = order % 2 == 0 ? 1 : -1;
        for (int i = 2; i <= order; i++) {
            factorial *= i;
        }
        final double[] taps = new double[weights.length];
        for (int i = 0; i < taps.length; i++) {
            taps[i] = factorial / norm * now[i] * weights[i] * scale;
        }
        return new Kernel(taps, radius);
    }

    /** Sum of weights times squares. */
    private static double sum(final double[] weights, final double[] values) {
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * values[i] * values[i];
        }
        return sum;
    }

    /** The unit that a derivative is taken per: the one given, or that of the last axis. */
    static String unit(final ImagePlus imp, final Values values) {
        final List<Voxels.Axis> axes = Images.voxels(imp).axes();
        return values.has("per") ? values.text("per") : axes.get(axes.size() - 1).unit;
    }

    /** Voxel sizes of the axes with more than one sample, in a unit; 1 in pixels. */
    static Map<String, Double> sizes(final ImagePlus imp, final String unit) {
        final Map<String, Double> sizes = new LinkedHashMap<>();
        final Voxels voxels = Images.voxels(imp);
        final boolean pixels = LengthUnit.canonical(unit).equals(LengthUnit.PIXEL);
        for (final Voxels.Axis axis : voxels.axes()) {
            if (axis.samples > 1) {
                sizes.put(axis.name, pixels ? 1.0 : voxels.size(axis, unit));
            }
        }
        return sizes;
    }
}
