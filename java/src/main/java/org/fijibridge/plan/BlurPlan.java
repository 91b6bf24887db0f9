package org.fijibridge.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fijibridge.engine.Border;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;

/**
 * What a blur will do, worked out before anything is done; the twin of fiji_bridge/plan.py,
 * kept in step by tests/vectors/plans.json (sigma in pixels to the bit).
 */
public final class BlurPlan {

    /** Larger sigmas are refused: no image has axes for them. */
    static final double MAX_SIGMA_PX = 1e6;

    /** Below this sigma, in pixels, a sampled Gaussian hardly blurs. */
    static final double SMALL_SIGMA_PX = 0.5;

    /** Relative difference of the axes' effective sigmas above which a warning is due. */
    static final double ANISOTROPY_TOLERANCE = 0.01;

    /** The spatial axes of the image, in the order z, y, x. */
    public final List<AxisPlan> axes;

    public final String kernel;
    public final Border border;

    /** Value beyond the edge, used by the constant border only. */
    public final double cval;

    public final List<String> warnings;

    private BlurPlan(final List<AxisPlan> axes, final String kernel, final Border border,
            final double cval, final List<String> warnings) {
        this.axes = Collections.unmodifiableList(axes);
        this.kernel = kernel;
        this.border = border;
        this.cval = cval;
        this.warnings = Collections.unmodifiableList(warnings);
    }

    /**
     * Works out the blur along each axis.
     *
     * @param voxels the axes of the image
     * @param sigma one number, or one per axis as in "z=2 y=1 x=1"
     * @param unit of the numbers: a length, or "pixel"
     * @param meaning "sigma" or "FWHM"
     * @param border label of a {@link Border}
     * @param cval value of the constant border; 0 with any other
     * @param kernel "gauss3" or "discrete"
     * @throws Refusal one sentence: what, which value, on which axis, what to do
     */
    public static BlurPlan make(final Voxels voxels, final String sigma, final String unit,
            final String meaning, final String border, final double cval, final String kernel) {
        if (Double.isNaN(cval) || Double.isInfinite(cval)) {
            throw new Refusal("cval must be finite; got " + cval);
        }
        if (!border.equals(Border.CONSTANT.label()) && cval != 0) {
            throw new Refusal("cval=" + cval + " goes with border=constant; the border is "
                    + border);
        }
        final Border known;
        try {
            known = Border.of(border);
        } catch (final IllegalArgumentException unknown) {
            throw new Refusal(unknown.getMessage());
        }
        final String name = LengthUnit.canonical(unit);
        final Map<String, Double> widths = Widths.read(sigma, meaning, voxels);
        final List<AxisPlan> axes = new ArrayList<>();
        for (final Voxels.Axis axis : voxels.axes()) {
            axes.add(axisPlan(voxels, axis, widths.get(axis.name), name, kernel));
        }
        return new BlurPlan(axes, kernel, known, cval, warnings(axes, widths, name, kernel));
    }

    private static AxisPlan axisPlan(final Voxels voxels, final Voxels.Axis axis,
            final double width, final String unit, final String kernel) {
        final boolean physical = voxels.isPhysical(axis);
        double sigmaPx;
        double requested = width;
        String shown = LengthUnit.symbol(unit);
        double voxel = Double.NaN;
        if (unit.equals(LengthUnit.PIXEL)) {
            sigmaPx = width;
            voxel = physical ? axis.size : 1;
            shown = physical ? LengthUnit.symbol(axis.unit) : shown;
            requested = sigmaPx * voxel;
        } else if (axis.samples == 1 || width == 0) {
            // Nothing will be done along this axis, so nothing has to be known about it.
            sigmaPx = 0;
            voxel = physical ? voxels.size(axis, unit) : voxel;
        } else {
            voxel = voxels.size(axis, unit);
            sigmaPx = width / voxel;
        }
        String note = "";
        if (axis.samples == 1 && width > 0) {
            sigmaPx = 0;
            note = "one sample only: not blurred";
        }
        if (sigmaPx > MAX_SIGMA_PX) {
            throw new Refusal("sigma on axis " + axis.name + " is " + Numbers.show(width) + " "
                    + LengthUnit.symbol(unit) + ", which is " + Numbers.show(sigmaPx)
                    + " pixels; at most " + Numbers.show(MAX_SIGMA_PX)
                    + " pixels are accepted: check the units");
        }
        final Kernel taps = kernel(kernel, sigmaPx);
        return new AxisPlan(axis.name, axis.samples, requested, shown, voxel, sigmaPx,
                taps.radius(), taps.effectiveSigma(), note);
    }

    private static Kernel kernel(final String name, final double sigmaPx) {
        try {
            return GaussianKernels.gaussian(name, sigmaPx);
        } catch (final IllegalArgumentException refused) {
            throw new Refusal(refused.getMessage());
        }
    }

    /** Sigma in pixels in the order z, y, x; 0 for an axis that the image lacks. */
    public double[] sigmaPxZYX() {
        final double[] sigma = new double[3];
        for (final AxisPlan plan : axes) {
            sigma["zyx".indexOf(plan.axis)] = plan.sigmaPx;
        }
        return sigma;
    }

    /** The kernels in the order z, y, x. */
    public Kernel[] kernelsZYX() {
        final double[] sigma = sigmaPxZYX();
        return new Kernel[] {
            kernel(kernel, sigma[0]), kernel(kernel, sigma[1]), kernel(kernel, sigma[2])};
    }

    private static List<String> warnings(final List<AxisPlan> plans,
            final Map<String, Double> widths, final String unit, final String kernel) {
        final List<String> said = new ArrayList<>();
        final boolean sampled = kernel.equals("gauss3");
        final Set<Double> asked = new HashSet<>();
        int blurred = 0;
        AxisPlan low = null;
        AxisPlan high = null;
        for (final AxisPlan plan : plans) {
            if (plan.sigmaPx == 0) {
                continue;
            }
            if (plan.sigmaPx < SMALL_SIGMA_PX && sampled) {
                said.add("axis " + plan.axis + ": sigma is " + Numbers.show(plan.sigmaPx)
                        + " pixels, below " + SMALL_SIGMA_PX + "; the sampled kernel blurs "
                        + Numbers.percent(1 - ratio(plan))
                        + " less than asked: use kernel 'discrete'");
            }
            blurred++;
            asked.add(widths.get(plan.axis));
            low = low == null || ratio(plan) < ratio(low) ? plan : low;
            high = high == null || ratio(plan) > ratio(high) ? plan : high;
        }
        if (blurred > 1 && asked.size() == 1 && !unit.equals(LengthUnit.PIXEL)
                && ratio(high) > ratio(low) * (1 + ANISOTROPY_TOLERANCE)) {
            said.add("the effective blur differs between the axes by "
                    + Numbers.percent(ratio(high) / ratio(low) - 1) + " (" + low.axis + " "
                    + Numbers.show(ratio(low)) + ", " + high.axis + " "
                    + Numbers.show(ratio(high)) + " of the sigma asked for)"
                    + (sampled ? ": kernel 'discrete' is exact on every axis" : ""));
        }
        return said;
    }

    private static double ratio(final AxisPlan plan) {
        return plan.effectiveSigmaPx / plan.sigmaPx;
    }
}
