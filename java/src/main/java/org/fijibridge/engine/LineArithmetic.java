package org.fijibridge.engine;

/**
 * The two inner loops of a separable convolution, over rows of type R (float[] or double[]).
 *
 * <p>An implementation sums the products of an output in one order, wherever in a row and in
 * whatever company it computes it: the result does not depend on how a volume is cut into pieces.
 * Two implementations may differ in the last bits.
 *
 * <p>Rows are at least {@link #SLACK} elements longer than the stretch that is asked for;
 * implementations may read and write up to there, so that none needs a scalar remainder.
 */
public interface LineArithmetic<R> {

    /** Elements that every row has beyond the last one in use. */
    int SLACK = 64;

    /**
     * Across rows: {@code outs[outFirst + o][i] = sum over m of weights[m] * rows[first + o + m][i]}
     * for {@code 0 <= o < count} and {@code from <= i < to}.
     */
    void band(R[] rows, int first, R weights, R[] outs, int outFirst, int count, int from, int to);

    /** Along a row: {@code out[i] = sum over m of weights[m] * in[offset + i + m]}, i below n. */
    void slide(R in, int offset, R weights, R out, int n);
}
