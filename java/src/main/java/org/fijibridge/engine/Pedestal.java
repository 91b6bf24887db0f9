package org.fijibridge.engine;

/**
 * Whether the samples of a volume stand on a pedestal: are far larger than what they differ by.
 *
 * <p>A float has 24 digits. Of sums of 1 000 000.2 and its like hardly anything is left of what is
 * behind the point, so such volumes are summed in double. A few samples tell, at the middles of
 * {@link #POINTS} stretches along each axis: with them, whoever has only a part of a volume knows
 * it as well as who has all.
 */
public final class Pedestal {

    /** Samples along each axis, or all where there are fewer. */
    static final int POINTS = 5;

    /**
     * Of the largest sample to the range, from which on there is one. Sums in float are within
     * some 3e-7 of the largest sample; without a pedestal that is 1e-4 of the range.
     */
    static final double RATIO = 256;

    private Pedestal() {}

    /** @param in a whole volume, or just the samples that tell */
    public static boolean under(final VolumeSource in) {
        if (in.isInteger()) {
            return false;
        }
        final VolumeSource.Reader reader = in.reader();
        final float[] sample = new float[1];
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (final int z : places(in.depth())) {
            for (final int y : places(in.height())) {
                for (final int x : places(in.width())) {
                    reader.read(z, y, x, 1, sample, 0);
                    if (!Float.isNaN(sample[0]) && !Float.isInfinite(sample[0])) {
                        low = Math.min(low, sample[0]);
                        high = Math.max(high, sample[0]);
                    }
                }
            }
        }
        return low <= high && Math.max(Math.abs(low), Math.abs(high)) > RATIO * (high - low);
    }

    /** The samples along an axis that tell. */
    public static int[] places(final int size) {
        final int count = Math.min(size, POINTS);
        final int[] places = new int[count];
        for (int k = 0; k < count; k++) {
            places[k] = (int) ((2L * k + 1) * size / (2 * count));
        }
        return places;
    }
}
