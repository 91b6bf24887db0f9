package org.fijibridge.engine;

import java.util.Arrays;

/**
 * The inner loops for float[] in plain Java, in the one form that compilers from JDK 8 on turn
 * into vector instructions: few products (at most four) of few arrays, the same index in each.
 * Longer sums, other offsets or two results in one loop stay scalar on JDK 17.
 */
final class PlainFloat implements LineArithmetic<float[]> {

    /** Taps added per loop. */
    private static final int GROUP = 4;

    /** Taps that one set of shifted copies serves, where the loops below can be vectorised. */
    private static final int SET = 16;

    /** Whether constant offsets into arrays can be vectorised: seen in JDK 25, not in 17. */
    private static final boolean OFFSETS =
            Double.parseDouble(System.getProperty("java.specification.version")) >= 25;

    /** Copies of a row, each shifted by one more element; grown when needed. */
    private final float[][] shifted = new float[GROUP][0];

    @Override
    public void band(final float[][] rows, final int first, final int step,
            final float[] weights, final float[][] outs, final int outFirst, final int count,
            final int from, final int to) {
        final boolean symmetric = LineArithmetic.symmetric(weights);
        for (int o = 0; o < count; o++) {
            final float[] out = outs[outFirst + o];
            if (symmetric) {
                fold(rows, first + o * step, weights, out, from, to);
                continue;
            }
            Arrays.fill(out, from, to, 0);
            for (int m = 0; m < weights.length; m += GROUP) {
                add(rows, first + o * step + m, weights, m, out, from, to);
            }
        }
    }

    /** From the ends to the centre, three pairs of rows per loop: with four it stays scalar. */
    private static void fold(final float[][] rows, final int first, final float[] weights,
            final float[] out, final int from, final int to) {
        final int radius = weights.length / 2;
        int low = first;
        int high = first + weights.length - 1;
        if (radius < 3) {
            Arrays.fill(out, from, to, 0);
        }
        for (int m = 0; m + 3 <= radius; m += 3, low += 3, high -= 3) {
            if (m == 0) {
                firstPairs(rows[low], rows[high], rows[low + 1], rows[high - 1], rows[low + 2],
                        rows[high - 2], weights, out, from, to);
            } else {
                addPairs(rows[low], rows[high], rows[low + 1], rows[high - 1], rows[low + 2],
                        rows[high - 2], weights, m, out, from, to);
            }
        }
        if (radius % 3 == 2) {
            addTwoAndCentre(rows[low], rows[high], rows[low + 1], rows[high - 1], rows[low + 2],
                    weights, radius, out, from, to);
        } else if (radius % 3 == 1) {
            addOneAndCentre(rows[low], rows[high], rows[low + 1], weights, radius, out, from, to);
        } else {
            add1(rows[low], weights, radius, out, from, to);
        }
    }

    private static void addOneAndCentre(final float[] l1, final float[] h1, final float[] c,
            final float[] weights, final int m, final float[] out, final int from, final int to) {
        final float w1 = weights[m - 1];
        final float w = weights[m];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + w1 * (l1[i] + h1[i]) + w * c[i];
        }
    }

    private static void addTwoAndCentre(final float[] l2, final float[] h2, final float[] l1,
            final float[] h1, final float[] c, final float[] weights, final int m,
            final float[] out, final int from, final int to) {
        final float w2 = weights[m - 2];
        final float w1 = weights[m - 1];
        final float w = weights[m];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + w2 * (l2[i] + h2[i]) + w1 * (l1[i] + h1[i]) + w * c[i];
        }
    }

    private static void firstPairs(final float[] l1, final float[] h1, final float[] l2,
            final float[] h2, final float[] l3, final float[] h3, final float[] weights,
            final float[] out, final int from, final int to) {
        final float w1 = weights[0];
        final float w2 = weights[1];
        final float w3 = weights[2];
        for (int i = from; i < to; i++) {
            out[i] = 0f + w1 * (l1[i] + h1[i]) + w2 * (l2[i] + h2[i]) + w3 * (l3[i] + h3[i]);
        }
    }

    private static void addPairs(final float[] l1, final float[] h1, final float[] l2,
            final float[] h2, final float[] l3, final float[] h3, final float[] weights,
            final int m, final float[] out, final int from, final int to) {
        final float w1 = weights[m];
        final float w2 = weights[m + 1];
        final float w3 = weights[m + 2];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + w1 * (l1[i] + h1[i]) + w2 * (l2[i] + h2[i]) + w3 * (l3[i] + h3[i]);
        }
    }

    // Loads at several offsets into one array keep the loop scalar. So the row is copied, each
    // copy shifted by one more element, and four copies are summed at one index; where a constant
    // offset does no harm, they serve sixteen taps. The sums are the same either way. Offsets of
    // whole strides are no hindrance: there one copy serves four taps of a round.
    @Override
    public void slide(final float[] in, final int offset, final float[] weights, final float[] out,
            final int from, final int to) {
        if (shifted[0].length < to + GROUP * STRIDE) {
            for (int s = 0; s < GROUP; s++) {
                shifted[s] = new float[to + GROUP * STRIDE];
            }
        }
        Arrays.fill(out, from, to, 0);
        if (weights.length >= WIDE) {
            for (int round = 0; round < STRIDE; round++) {
                rounds(in, offset, weights, round, out, from, to);
            }
            return;
        }
        final int grouped = OFFSETS ? weights.length / GROUP * GROUP : 0;
        for (int m = 0; m < grouped; m += SET) {
            final int taps = Math.min(SET, grouped - m);
            shift(in, offset + m, GROUP, from, to - from + taps - GROUP);
            addSet(weights, m, taps, out, from, to);
        }
        for (int m = grouped; m < weights.length; m += GROUP) {
            shift(in, offset + m, Math.min(GROUP, weights.length - m), from, to - from);
            add(shifted, 0, weights, m, out, from, to);
        }
    }

    /** Adds every 16th tap, beginning with one of the first 16. */
    private void rounds(final float[] in, final int offset, final float[] weights, final int round,
            final float[] out, final int from, final int to) {
        for (int m = round; m < weights.length; m += GROUP * STRIDE) {
            final int taps = Math.min(GROUP, (weights.length - 1 - m) / STRIDE + 1);
            shift(in, offset + m, 1, from, to - from + (taps - 1) * STRIDE);
            switch (taps) {
                case 1:
                    add1(shifted[0], weights, m, out, from, to);
                    break;
                case 2:
                    addStrides2(shifted[0], weights, m, out, from, to);
                    break;
                case 3:
                    addStrides3(shifted[0], weights, m, out, from, to);
                    break;
                default:
                    addStrides4(shifted[0], weights, m, out, from, to);
            }
        }
    }

    private static void addStrides2(final float[] a, final float[] weights, final int m,
            final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + STRIDE];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i] + wb * a[i + STRIDE];
        }
    }

    private static void addStrides3(final float[] a, final float[] weights, final int m,
            final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + STRIDE];
        final float wc = weights[m + 2 * STRIDE];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i] + wb * a[i + STRIDE] + wc * a[i + 2 * STRIDE];
        }
    }

    private static void addStrides4(final float[] a, final float[] weights, final int m,
            final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + STRIDE];
        final float wc = weights[m + 2 * STRIDE];
        final float wd = weights[m + 3 * STRIDE];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i] + wb * a[i + STRIDE] + wc * a[i + 2 * STRIDE]
                    + wd * a[i + 3 * STRIDE];
        }
    }

    private void shift(final float[] in, final int offset, final int count, final int to,
            final int length) {
        for (int s = 0; s < count; s++) {
            System.arraycopy(in, offset + s, shifted[s], to, length);
        }
    }

    private void addSet(final float[] weights, final int m, final int taps, final float[] out,
            final int from, final int to) {
        final float[] a = shifted[0];
        final float[] b = shifted[1];
        final float[] c = shifted[2];
        final float[] d = shifted[3];
        add4(a, b, c, d, weights, m, out, from, to);
        if (taps > 4) {
            addAt4(a, b, c, d, weights, m + 4, out, from, to);
        }
        if (taps > 8) {
            addAt8(a, b, c, d, weights, m + 8, out, from, to);
        }
        if (taps > 12) {
            addAt12(a, b, c, d, weights, m + 12, out, from, to);
        }
    }

    private static void addAt4(final float[] a, final float[] b, final float[] c, final float[] d,
            final float[] weights, final int m, final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + 1];
        final float wc = weights[m + 2];
        final float wd = weights[m + 3];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i + 4] + wb * b[i + 4] + wc * c[i + 4] + wd * d[i + 4];
        }
    }

    private static void addAt8(final float[] a, final float[] b, final float[] c, final float[] d,
            final float[] weights, final int m, final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + 1];
        final float wc = weights[m + 2];
        final float wd = weights[m + 3];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i + 8] + wb * b[i + 8] + wc * c[i + 8] + wd * d[i + 8];
        }
    }

    private static void addAt12(final float[] a, final float[] b, final float[] c, final float[] d,
            final float[] weights, final int m, final float[] out, final int from, final int to) {
        final float wa = weights[m];
        final float wb = weights[m + 1];
        final float wc = weights[m + 2];
        final float wd = weights[m + 3];
        for (int i = from; i < to; i++) {
            out[i] = out[i] + wa * a[i + 12] + wb * b[i + 12] + wc * c[i + 12] + wd * d[i + 12];
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
