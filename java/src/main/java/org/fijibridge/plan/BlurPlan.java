package org.fijibridge.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.fijibridge.engine.Border;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.fijibridge.kernel.Worth;

/**
 * What a blur will do, worked out before anything is done; the twin of fiji_bridge/ops/blur_plan.py,
 * kept in step by tests/vectors/plans.json (sigma in pixels to the bit).
 */
public final class BlurPlan {

    /** Larger sigmas are refused: no image has axes for them. */
    static final double MAX_SIGMA_PX = 1e6;

    /** The spatial axes of the image, in the order z, y, x. */
    public final List<AxisPlan> axes;

    public final String kernel;
    public final Border border;

    /** Value beyond the edge, used by the constant border only. */
    public final double cval;

    /** Where the kernel "scipy" ends, in sigma. */
    public final double truncate;

    public final List<String> warnings;

    private BlurPlan(final List<AxisPlan> axes, final String kernel, final double truncate,
            final Border border, final double cval, final List<String> warnings) {
        this.axes = Collections.unmodifiableList(axes);
        this.kernel = kernel;
        this.truncate = truncate;
        this.border = border;
        this.cval = cval;
        this.warnings = Collections.unmodifiableList(warnings);
    }

    /**
     * Works out the blur along each axis.
     *
     * @param voxels the axes of the image
     * @param sigma one length, or one per axis as in "z=2 y=1 x=1"
     * @param unit of the numbers without one of their own: a length, or "pixel"
     * @param meaning "sigma" or "FWHM"
     * @param border label of a {@link Border}
     * @param cval value of the constant border; 0 with any other
     * @param kernel one of {@link GaussianKernels#NAMES}
     * @param truncate where the kernel "scipy" ends, in sigma
     * @throws Refusal one sentence: what, which value, on which axis, what to do
     */
    public static BlurPlan make(final Voxels voxels, final String sigma, final String unit,
            final String meaning, final String border, final double cval, final String kernel,
            final double truncate) {
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
        final Map<String, Widths.Width> widths = Widths.read(sigma, unit, meaning, voxels);
        final List<AxisPlan> axes = new ArrayList<>();
        for (final Voxels.Axis axis : voxels.axes()) {
            axes.add(axisPlan(voxels, axis, widths.get(axis.name), kernel, truncate, known));
        }
        return new BlurPlan(axes, kernel, truncate, known, cval,
                BlurWarnings.of(axes, widths, kernel));
    }

    private static AxisPlan axisPlan(final Voxels voxels, final Voxels.Axis axis,
            final Widths.Width given, final String kernel, final double truncate,
            final Border border) {
        final double width = given.value;
        final String unit = given.unit;
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
            note = "one sample only: not blurred"
                    + (border == Border.CONSTANT ? "; nor mixed with cval, as Gauss3 would" : "");
        }
        if (sigmaPx > MAX_SIGMA_PX) {
            throw new Refusal("sigma on axis " + axis.name + " is " + Numbers.show(width) + " "
                    + LengthUnit.symbol(unit) + ", which is " + Numbers.show(sigmaPx)
                    + " pixels; at most " + Numbers.show(MAX_SIGMA_PX)
                    + " pixels are accepted: check the units");
        }
        final Kernel taps = kernel(kernel, sigmaPx, truncate);
        return new AxisPlan(axis.name, axis.samples, requested, shown, voxel, sigmaPx,
                taps.radius(), taps.effectiveSigma(),
                sigmaPx == 0 ? null : Worth.of(kernel, sigmaPx, truncate), note);
    }

    private static Kernel kernel(final String name, final double sigmaPx, final double truncate) {
        try {
            return GaussianKernels.gaussian(name, sigmaPx, truncate);
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
        return kernelsZYX(1);
    }

    /** The kernels of a blur so many times as wide, in the order z, y, x. */
    public Kernel[] kernelsZYX(final double factor) {
        final double[] sigma = sigmaPxZYX();
        final Kernel[] kernels = new Kernel[3];
        for (int axis = 0; axis < 3; axis++) {
            kernels[axis] = kernel(kernel, sigma[axis] * factor, truncate);
        }
        return kernels;
    }
}
