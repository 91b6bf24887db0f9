package org.fijibridge.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The spatial axes of an image, in the order z, y, x, with the voxel size along each. */
public final class Voxels {

    /** One axis: its voxel size as it was found, senseless values included. */
    public static final class Axis {
        public final String name;
        public final int samples;
        public final double size;
        public final String unit;

        Axis(final String name, final int samples, final double size, final String unit) {
            this.name = name;
            this.samples = samples;
            this.size = size;
            this.unit = unit;
        }
    }

    private final String image;
    private final List<Axis> axes = new ArrayList<>();

    /** @param image what messages call the image */
    public Voxels(final String image) {
        this.image = image;
    }

    /** Adds an axis and returns this. */
    public Voxels with(final String name, final int samples, final double size,
            final String unit) {
        axes.add(new Axis(name, samples, size, unit));
        return this;
    }

    /** The axes. */
    public List<Axis> axes() {
        return Collections.unmodifiableList(axes);
    }

    /** Whether an axis has a usable size in a length unit. */
    boolean isPhysical(final Axis axis) {
        try {
            size(axis, null);
            return true;
        } catch (final Refusal notCalibrated) {
            return false;
        }
    }

    /** The voxel size along an axis in a unit (null: its own), or a refusal that says why not. */
    public double size(final Axis axis, final String unit) {
        final String remedy = "; set it with Image > Properties, or give sigma in pixels";
        final String found = axis.size + (axis.unit == null ? "" : " " + axis.unit);
        if (!(axis.size > 0) || Double.isInfinite(axis.size)) {
            throw Refusal.ofCalibration("the voxel size of axis " + axis.name + " of image '"
                    + image + "' makes no sense: " + found + remedy);
        }
        final String own;
        try {
            own = LengthUnit.canonical(axis.unit);
        } catch (final Refusal unknown) {
            throw Refusal.ofCalibration("the voxel size of axis " + axis.name + " of image '"
                    + image + "' is " + found + ", and " + unknown.getMessage() + remedy);
        }
        if (own.equals(LengthUnit.PIXEL)) {
            throw Refusal.ofCalibration("image '" + image + "' is not calibrated on axis "
                    + axis.name + ": its unit is '" + axis.unit + "'" + remedy);
        }
        return LengthUnit.convert(axis.size, own, unit == null ? own : unit);
    }
}
