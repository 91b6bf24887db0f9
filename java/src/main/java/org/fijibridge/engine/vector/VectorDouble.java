package org.fijibridge.engine.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import org.fijibridge.engine.LineArithmetic;

/**
 * The inner loops for double[] with the Vector API.
 *
 * <p>Sums stay in registers from the first tap to the last. Across rows, four results of two
 * vectors each are summed at once, so that a row that has been loaded serves all four; where the
 * kernel is symmetric, equally weighted rows are added first, which halves the multiplications
 * (additions run beside them). Along a row, loads are the limit, so four vectors are summed as
 * they come.
 */
public final class VectorDouble implements LineArithmetic<double[]> {

    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    /** Called by name, where the module is present. */
    public VectorDouble() {}

    @Override
    public void band(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int count, final int from,
            final int to) {
        final boolean symmetric = symmetric(weights);
        int o = 0;
        // Fewer than four taps cannot fill the ramps of four results.
        for (; o + 4 <= count && (symmetric || weights.length >= 4); o += 4) {
            if (symmetric) {
                fold4(rows, first + o, weights, outs, outFirst + o, from, to);
            } else {
                band4(rows, first + o, weights, outs, outFirst + o, from, to);
            }
        }
        for (; o < count; o++) {
            if (symmetric) {
                fold1(rows, first + o, weights, outs[outFirst + o], from, to);
            } else {
                band1(rows, first + o, weights, outs[outFirst + o], from, to);
            }
        }
    }

    private static boolean symmetric(final double[] weights) {
        for (int m = 0; m < weights.length / 2; m++) {
            if (weights[m] != weights[weights.length - 1 - m]) {
                return false;
            }
        }
        return weights.length % 2 == 1;
    }

    private static DoubleVector load(final double[] row, final int index) {
        return DoubleVector.fromArray(SPECIES, row, index);
    }

    /**
     * Four results of a symmetric kernel, from the centre outwards. The rows below (p, q) and
     * above (r, s) that belong to the four results at one distance move on by one row per step,
     * so that each step loads one new row below and one above.
     */
    private static void fold4(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int from, final int to) {
        final double[] outA = outs[outFirst];
        final double[] outB = outs[outFirst + 1];
        final double[] outC = outs[outFirst + 2];
        final double[] outD = outs[outFirst + 3];
        final int radius = weights.length / 2;
        final int centre = first + radius;
        int i = from;
        for (; i + LANES < to; i += 2 * LANES) {
            final int j = i + LANES;
            DoubleVector p0 = load(rows[centre], i);
            DoubleVector p1 = load(rows[centre + 1], i);
            DoubleVector p2 = load(rows[centre + 2], i);
            DoubleVector p3 = load(rows[centre + 3], i);
            DoubleVector q0 = load(rows[centre], j);
            DoubleVector q1 = load(rows[centre + 1], j);
            DoubleVector q2 = load(rows[centre + 2], j);
            DoubleVector q3 = load(rows[centre + 3], j);
            DoubleVector r0 = p0;
            DoubleVector r1 = p1;
            DoubleVector r2 = p2;
            DoubleVector r3 = p3;
            DoubleVector s0 = q0;
            DoubleVector s1 = q1;
            DoubleVector s2 = q2;
            DoubleVector s3 = q3;
            DoubleVector w = DoubleVector.broadcast(SPECIES, weights[radius]);
            DoubleVector a0 = p0.mul(w);
            DoubleVector b0 = p1.mul(w);
            DoubleVector c0 = p2.mul(w);
            DoubleVector d0 = p3.mul(w);
            DoubleVector a1 = q0.mul(w);
            DoubleVector b1 = q1.mul(w);
            DoubleVector c1 = q2.mul(w);
            DoubleVector d1 = q3.mul(w);
            for (int k = 1; k <= radius; k++) {
                final double[] below = rows[centre - k];
                final double[] above = rows[centre + 3 + k];
                w = DoubleVector.broadcast(SPECIES, weights[radius - k]);
                p3 = p2;
                p2 = p1;
                p1 = p0;
                p0 = load(below, i);
                q3 = q2;
                q2 = q1;
                q1 = q0;
                q0 = load(below, j);
                r0 = r1;
                r1 = r2;
                r2 = r3;
                r3 = load(above, i);
                s0 = s1;
                s1 = s2;
                s2 = s3;
                s3 = load(above, j);
                a0 = p0.add(r0).fma(w, a0);
                b0 = p1.add(r1).fma(w, b0);
                c0 = p2.add(r2).fma(w, c0);
                d0 = p3.add(r3).fma(w, d0);
                a1 = q0.add(s0).fma(w, a1);
                b1 = q1.add(s1).fma(w, b1);
                c1 = q2.add(s2).fma(w, c1);
                d1 = q3.add(s3).fma(w, d1);
            }
            a0.intoArray(outA, i);
            a1.intoArray(outA, j);
            b0.intoArray(outB, i);
            b1.intoArray(outB, j);
            c0.intoArray(outC, i);
            c1.intoArray(outC, j);
            d0.intoArray(outD, i);
            d1.intoArray(outD, j);
        }
        if (i < to) {
            fold1(rows, first, weights, outA, i, to);
            fold1(rows, first + 1, weights, outB, i, to);
            fold1(rows, first + 2, weights, outC, i, to);
            fold1(rows, first + 3, weights, outD, i, to);
        }
    }

    private static void fold1(final double[][] rows, final int first, final double[] weights,
            final double[] out, final int from, final int to) {
        final int radius = weights.length / 2;
        final int centre = first + radius;
        for (int i = from; i < to; i += LANES) {
            DoubleVector a = load(rows[centre], i).mul(weights[radius]);
            for (int k = 1; k <= radius; k++) {
                final DoubleVector w = DoubleVector.broadcast(SPECIES, weights[radius - k]);
                a = load(rows[centre - k], i).add(load(rows[centre + k], i)).fma(w, a);
            }
            a.intoArray(out, i);
        }
    }

    /** Four results of any kernel; the first and last three rows belong to some of them only. */
    private static void band4(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int from, final int to) {
        final int taps = weights.length;
        final double[] outA = outs[outFirst];
        final double[] outB = outs[outFirst + 1];
        final double[] outC = outs[outFirst + 2];
        final double[] outD = outs[outFirst + 3];
        for (int i = from; i < to; i += LANES) {
            final DoubleVector x0 = load(rows[first], i);
            final DoubleVector x1 = load(rows[first + 1], i);
            final DoubleVector x2 = load(rows[first + 2], i);
            DoubleVector a = x2.fma(spread(weights[2]), x1.fma(spread(weights[1]), x0.mul(weights[0])));
            DoubleVector b = x2.fma(spread(weights[1]), x1.mul(weights[0]));
            DoubleVector c = x2.mul(weights[0]);
            DoubleVector d = DoubleVector.zero(SPECIES);
            for (int m = 3; m < taps; m++) {
                final DoubleVector x = load(rows[first + m], i);
                a = x.fma(spread(weights[m]), a);
                b = x.fma(spread(weights[m - 1]), b);
                c = x.fma(spread(weights[m - 2]), c);
                d = x.fma(spread(weights[m - 3]), d);
            }
            final DoubleVector y0 = load(rows[first + taps], i);
            final DoubleVector y1 = load(rows[first + taps + 1], i);
            final DoubleVector y2 = load(rows[first + taps + 2], i);
            b = y0.fma(spread(weights[taps - 1]), b);
            c = y1.fma(spread(weights[taps - 1]), y0.fma(spread(weights[taps - 2]), c));
            d = y0.fma(spread(weights[taps - 3]), d);
            d = y2.fma(spread(weights[taps - 1]), y1.fma(spread(weights[taps - 2]), d));
            a.intoArray(outA, i);
            b.intoArray(outB, i);
            c.intoArray(outC, i);
            d.intoArray(outD, i);
        }
    }

    private static DoubleVector spread(final double weight) {
        return DoubleVector.broadcast(SPECIES, weight);
    }

    private static void band1(final double[][] rows, final int first, final double[] weights,
            final double[] out, final int from, final int to) {
        for (int i = from; i < to; i += LANES) {
            DoubleVector a = load(rows[first], i).mul(weights[0]);
            for (int m = 1; m < weights.length; m++) {
                a = load(rows[first + m], i).fma(spread(weights[m]), a);
            }
            a.intoArray(out, i);
        }
    }

    @Override
    public void slide(final double[] in, final int offset, final double[] weights, final double[] out,
            final int n) {
        int i = 0;
        for (; i + 3 * LANES < n; i += 4 * LANES) {
            int at = offset + i;
            DoubleVector w = spread(weights[0]);
            DoubleVector a = load(in, at).mul(w);
            DoubleVector b = load(in, at + LANES).mul(w);
            DoubleVector c = load(in, at + 2 * LANES).mul(w);
            DoubleVector d = load(in, at + 3 * LANES).mul(w);
            for (int m = 1; m < weights.length; m++) {
                at = offset + i + m;
                w = spread(weights[m]);
                a = load(in, at).fma(w, a);
                b = load(in, at + LANES).fma(w, b);
                c = load(in, at + 2 * LANES).fma(w, c);
                d = load(in, at + 3 * LANES).fma(w, d);
            }
            a.intoArray(out, i);
            b.intoArray(out, i + LANES);
            c.intoArray(out, i + 2 * LANES);
            d.intoArray(out, i + 3 * LANES);
        }
        for (; i < n; i += LANES) {
            DoubleVector a = load(in, offset + i).mul(weights[0]);
            for (int m = 1; m < weights.length; m++) {
                a = load(in, offset + i + m).fma(spread(weights[m]), a);
            }
            a.intoArray(out, i);
        }
    }
}
