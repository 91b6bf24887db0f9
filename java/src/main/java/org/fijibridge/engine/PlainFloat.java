package org.fijibridge.engine;

import java.util.Arrays;

/**
 * The inner loops for float[] in plain Java, in the one form that compilers from JDK 8 on turn
 * into vector instructions: few arrays (at most four and the result), the same index in each.
 * Longer sums, other offsets or two results in one loop stay scalar on JDK 17.
 */
final class PlainFloat implements LineArithmetic<float[]> {

    /** Taps added per loop. */
    private static final int GROUP = 4;

    /** Copies of a row, each shifted by one more element; grown when needed. */
    private final float[][] shifted = new float[GROUP][0];

    @Override
    public void band(final float[][] rows, final int first, final float[] weights,
            final float[][] outs, final int outFirst, final int count, final int from,
            final int to) {
        for (int o = 0; o < count; o++) {
            final float[] out = outs[outFirst + o];
            Arrays.fill(out, from, to, 0);
            for (int m = 0; m < weights.length; m += GROUP) {
                add(rows, first + o + m, weights, m, out, from, to);
            }
        }
    }

    // Loads at several offsets into one array keep the loop scalar; copying the row once per
    // tap costs less than that.
    @Override
    public void slide(final float[] in, final int offset, final float[] weights, final float[] out,
            final int n) {
        if (shifted[0].length < n) {
            for (int s = 0; s < GROUP; s++) {
                shifted[s] = new float[n];
            }
        }
        Arrays.fill(out, 0, n, 0);
        for (int m = 0; m < weights.length; m += GROUP) {
            for (int s = 0; s < GROUP && m + s < weights.length; s++) {
                System.arraycopy(in, offset + m + s, shifted[s], 0, n);
            }
            add(shifted, 0, weights, m, out, 0, n);
        }
    }

    private static void add(final float[][] rows, final int first, final float[] weights, final int m,
            final float[] out, final int from, final int to) {
        switch (Math.min(GROUP, weights.length - m)) {
            case 1:
                add1(rows[first], weights, m, out, from, to);
                break;
            case 2:
                add2(rows[first], rows[first + 1], weights, m, out, from, to);
                break;
            case 3:
                add3(rows[first], rows[first + 1], rows[first + 2], weights, m, out, from, to);
                break;
            default:
                add4(rows[first], rows[first + 1], rows[first + 2], rows[first + 3],
                        weights, m, out, from, to);
        }
    }

    private static void add1(final float[] a, final float[] weights, final int m, final float[] out,
            final int from, final int to) {
        final float wa = weights[m];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i];
        }
    }

    private static void add2(final float[] a, final float[] b, final float[] weights, final int m,
            final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + 1];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i] + wb * b[i];
        }
    }

    private static void add3(final float[] a, final float[] b, final float[] c, final float[] weights,
            final int m, final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + 1];
        final float wc = weights[m + 2];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i] + wb * b[i] + wc * c[i];
        }
    }

    private static void add4(final float[] a, final float[] b, final float[] c, final float[] d,
            final float[] weights, final int m, final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + 1];
        final float wc = weights[m + 2];
        final float wd = weights[m + 3];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
        }
    }
}
