package org.fijibridge.engine;

/**
 * The two inner loops of a separable convolution, over rows of type R (float[] or double[]).
 *
 * <p>All implementations give the same bits, wherever in a row and in whatever company an output
 * is computed: the result depends neither on how a volume is cut into pieces nor on the JVM. Sums
 * start at zero and every product is rounded before it is added (no fused multiply-add). Products
 * are added in the order of the taps; in {@link #band} with a symmetric kernel from the ends to the
 * centre, each pair of rows of equal weights added first, the lower row to the upper; in
 * {@link #slide} with {@link #WIDE} taps or more in {@link #STRIDE} rounds, each of which takes
 * every 16th tap: 0, 16, 32 and so on, then 1, 17, 33.
 *
 * <p>Rows are at least {@link #SLACK} elements longer than the stretch that is asked for;
 * implementations may read and write up to there, so that none needs a scalar remainder.
 */
public interface LineArithmetic<R> {

    /** Elements that every row has beyond the last one in use. */
    int SLACK = 64;

    /** Steps between the taps of one round along a row: two vectors or one of these many lanes. */
    int STRIDE = 16;

    /** Taps from which on a row is summed in rounds: fewer would not share what was loaded. */
    int WIDE = 64;

    /**
     * Across rows: {@code outs[outFirst + o][i] = sum over m of weights[m] * rows[first + o * step +
     * m][i]} for {@code 0 <= o < count} and {@code from <= i < to}.
     */
    void band(R[] rows, int first, int step, R weights, R[] outs, int outFirst, int count, int from,
            int to);

    /** The same of every row. */
    default void band(final R[] rows, final int first, final R weights, final R[] outs,
            final int outFirst, final int count, final int from, final int to) {
        band(rows, first, 1, weights, outs, outFirst, count, from, to);
    }

    /**
     * Whether {@link #band} adds rows of equal weights first: the number of weights is odd and
     * they are the same in both directions.
     */
    static boolean symmetric(final float[] weights) {
        for (int m = 0; m < weights.length / 2; m++) {
            if (weights[m] != weights[weights.length - 1 - m]) {
                return false;
            }
        }
        return weights.length % 2 == 1;
    }

    /** The same for double. */
    static boolean symmetric(final double[] weights) {
        for (int m = 0; m < weights.length / 2; m++) {
            if (weights[m] != weights[weights.length - 1 - m]) {
                return false;
            }
        }
        return weights.length % 2 == 1;
    }

    /**
     * Along a row: {@code out[from + i] = sum over m of weights[m] * in[offset + i + m]} for
     * {@code 0 <= i < to - from}.
     */
    void slide(R in, int offset, R weights, R out, int from, int to);
}
