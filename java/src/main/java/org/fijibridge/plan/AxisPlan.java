package org.fijibridge.plan;

import org.fijibridge.kernel.Worth;

/** The blur along one axis. */
public final class AxisPlan {

    /** "z", "y" or "x". */
    public final String axis;

    /** Samples along the axis. */
    public final int size;

    /** Sigma as asked for, in {@link #unit}. */
    public final double requested;

    /** Symbol of the length unit, or "pixel". */
    public final String unit;

    /** In {@link #unit}; NaN where it is not known. */
    public final double voxelSize;

    /** What the engine is given; 0 means the axis is left alone. */
    public final double sigmaPx;

    /** Samples to each side that the kernel reaches. */
    public final int radius;

    /** Standard deviation of the kernel as it stands, from its second moment. */
    public final double effectiveSigmaPx;

    /** Full width at half maximum that a bead of sigma 1 pixel gains, in quadrature. */
    public final double fwhmPx;

    /** What the kernel is worth; null where the axis is left alone. */
    public final Worth worth;

    /** Why the axis is left alone, or "". */
    public final String note;

    AxisPlan(final String axis, final int size, final double requested, final String unit,
            final double voxelSize, final double sigmaPx, final int radius,
            final double effectiveSigmaPx, final Worth worth, final String note) {
        this.axis = axis;
        this.size = size;
        this.requested = requested;
        this.unit = unit;
        this.voxelSize = voxelSize;
        this.sigmaPx = sigmaPx;
        this.radius = radius;
        this.effectiveSigmaPx = effectiveSigmaPx;
        this.worth = worth;
        fwhmPx = worth == null ? 0 : worth.fwhm * sigmaPx * Widths.FWHM_PER_SIGMA;
        this.note = note;
    }

    /** The kernel's standard deviation in {@link #unit}; NaN where the voxel size is not known. */
    public double effectiveSigma() {
        return effectiveSigmaPx * voxelSize;
    }

    /** The FWHM in {@link #unit}; NaN where the voxel size is not known. */
    public double fwhm() {
        return fwhmPx * voxelSize;
    }

    /** Largest difference of the transfer function from the ideal one. */
    public double transferError() {
        return worth == null ? 0 : worth.transferError;
    }

    /** Largest error of that bead, blurred, as a part of its peak. */
    public double beadError() {
        return worth == null ? 0 : worth.beadError;
    }
}
