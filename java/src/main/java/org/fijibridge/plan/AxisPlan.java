package org.fijibridge.plan;

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

    /** Standard deviation of the kernel as it stands. */
    public final double effectiveSigmaPx;

    /** Why the axis is left alone, or "". */
    public final String note;

    AxisPlan(final String axis, final int size, final double requested, final String unit,
            final double voxelSize, final double sigmaPx, final int radius,
            final double effectiveSigmaPx, final String note) {
        this.axis = axis;
        this.size = size;
        this.requested = requested;
        this.unit = unit;
        this.voxelSize = voxelSize;
        this.sigmaPx = sigmaPx;
        this.radius = radius;
        this.effectiveSigmaPx = effectiveSigmaPx;
        this.note = note;
    }

    /** The kernel's standard deviation in {@link #unit}; NaN where the voxel size is not known. */
    public double effectiveSigma() {
        return effectiveSigmaPx * voxelSize;
    }
}
