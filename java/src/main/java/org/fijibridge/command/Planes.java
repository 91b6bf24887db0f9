package org.fijibridge.command;

/** Arithmetic on the 32-bit planes of results. */
final class Planes {

    private Planes() {}

    /** The sum, in the first argument's planes; null counts as nothing. */
    static Object[] sum(final Object[] total, final Object[] part) {
        if (total == null) {
            return part;
        }
        for (int i = 0; i < total.length; i++) {
            final float[] sums = (float[]) total[i];
            final float[] more = (float[]) part[i];
            for (int p = 0; p < sums.length; p++) {
                sums[p] += more[p];
            }
        }
        return total;
    }
}
