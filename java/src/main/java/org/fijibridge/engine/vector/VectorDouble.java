package org.fijibridge.engine.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import org.fijibridge.engine.LineArithmetic;

/**
 * The inner loops for double[] with the Vector API.
 *
 * <p>Sums stay in registers from the first tap to the last. Across rows, eight results are summed
 * at once, so that a row that has been loaded serves all of them. A method with more vector
 * operations than these have is no longer compiled to registers.
 */
public final class VectorDouble implements LineArithmetic<double[]> {

    /** Never longer than a stride, see {@link #slide}. */
    private static final VectorSpecies<Double> SPECIES =
            DoubleVector.SPECIES_PREFERRED.length() > STRIDE
                    ? DoubleVector.SPECIES_512 : DoubleVector.SPECIES_PREFERRED;

    static final int LANES = SPECIES.length();

    /** Called by name, where the module is present. */
    public VectorDouble() {}

    @Override
    public void band(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int count, final int from,
            final int to) {
        final boolean symmetric = LineArithmetic.symmetric(weights);
        int o = 0;
        for (; symmetric && o + 8 <= count; o += 8) {
            fold8(rows, first + o, weights, outs, outFirst + o, from, to);
        }
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

    static DoubleVector load(final double[] row, final int index) {
        return DoubleVector.fromArray(SPECIES, row, index);
    }

    static DoubleVector spread(final double weight) {
        return DoubleVector.broadcast(SPECIES, weight);
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
        final int sum = 2 * centre + 3;
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
            DoubleVector w = spread(weights[radius]);
            DoubleVector a0 = DoubleVector.zero(SPECIES).add(p0.mul(w));
            DoubleVector b0 = DoubleVector.zero(SPECIES).add(p1.mul(w));
            DoubleVector c0 = DoubleVector.zero(SPECIES).add(p2.mul(w));
            DoubleVector d0 = DoubleVector.zero(SPECIES).add(p3.mul(w));
            DoubleVector a1 = DoubleVector.zero(SPECIES).add(q0.mul(w));
            DoubleVector b1 = DoubleVector.zero(SPECIES).add(q1.mul(w));
            DoubleVector c1 = DoubleVector.zero(SPECIES).add(q2.mul(w));
            DoubleVector d1 = DoubleVector.zero(SPECIES).add(q3.mul(w));
            for (int low = centre - 1; low >= first; low--) {
                final double[] below = rows[low];
                final double[] above = rows[sum - low];
                w = spread(weights[low - first]);
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
                a0 = a0.add(p0.add(r0).mul(w));
                b0 = b0.add(p1.add(r1).mul(w));
                c0 = c0.add(p2.add(r2).mul(w));
                d0 = d0.add(p3.add(r3).mul(w));
                a1 = a1.add(q0.add(s0).mul(w));
                b1 = b1.add(q1.add(s1).mul(w));
                c1 = c1.add(q2.add(s2).mul(w));
                d1 = d1.add(q3.add(s3).mul(w));
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

    /**
     * Eight results of a symmetric kernel, from the centre outwards. The rows below (p) and above
     * (r) that belong to the eight results at one distance move on by one row per step, so that
     * each step loads one new row below and one above.
     */
    private static void fold8(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int from, final int to) {
        final int radius = weights.length / 2;
        final int centre = first + radius;
        for (int i = from; i < to; i += LANES) {
            DoubleVector p0 = load(rows[centre], i);
            DoubleVector p1 = load(rows[centre + 1], i);
            DoubleVector p2 = load(rows[centre + 2], i);
            DoubleVector p3 = load(rows[centre + 3], i);
            DoubleVector p4 = load(rows[centre + 4], i);
            DoubleVector p5 = load(rows[centre + 5], i);
            DoubleVector p6 = load(rows[centre + 6], i);
            DoubleVector p7 = load(rows[centre + 7], i);
            DoubleVector r0 = p0;
            DoubleVector r1 = p1;
            DoubleVector r2 = p2;
            DoubleVector r3 = p3;
            DoubleVector r4 = p4;
            DoubleVector r5 = p5;
            DoubleVector r6 = p6;
            DoubleVector r7 = p7;
            DoubleVector w = spread(weights[radius]);
            DoubleVector s0 = DoubleVector.zero(SPECIES).add(p0.mul(w));
            DoubleVector s1 = DoubleVector.zero(SPECIES).add(p1.mul(w));
            DoubleVector s2 = DoubleVector.zero(SPECIES).add(p2.mul(w));
            DoubleVector s3 = DoubleVector.zero(SPECIES).add(p3.mul(w));
            DoubleVector s4 = DoubleVector.zero(SPECIES).add(p4.mul(w));
            DoubleVector s5 = DoubleVector.zero(SPECIES).add(p5.mul(w));
            DoubleVector s6 = DoubleVector.zero(SPECIES).add(p6.mul(w));
            DoubleVector s7 = DoubleVector.zero(SPECIES).add(p7.mul(w));
            for (int k = 1; k <= radius; k++) {
                p7 = p6;
                p6 = p5;
                p5 = p4;
                p4 = p3;
                p3 = p2;
                p2 = p1;
                p1 = p0;
                p0 = load(rows[centre - k], i);
                r0 = r1;
                r1 = r2;
                r2 = r3;
                r3 = r4;
                r4 = r5;
                r5 = r6;
                r6 = r7;
                r7 = load(rows[centre + 7 + k], i);
                w = spread(weights[radius - k]);
                s0 = s0.add(p0.add(r0).mul(w));
                s1 = s1.add(p1.add(r1).mul(w));
                s2 = s2.add(p2.add(r2).mul(w));
                s3 = s3.add(p3.add(r3).mul(w));
                s4 = s4.add(p4.add(r4).mul(w));
                s5 = s5.add(p5.add(r5).mul(w));
                s6 = s6.add(p6.add(r6).mul(w));
                s7 = s7.add(p7.add(r7).mul(w));
            }
            s0.intoArray(outs[outFirst], i);
            s1.intoArray(outs[outFirst + 1], i);
            s2.intoArray(outs[outFirst + 2], i);
            s3.intoArray(outs[outFirst + 3], i);
            s4.intoArray(outs[outFirst + 4], i);
            s5.intoArray(outs[outFirst + 5], i);
            s6.intoArray(outs[outFirst + 6], i);
            s7.intoArray(outs[outFirst + 7], i);
        }
    }

    /** One result of a symmetric kernel, four vectors at once: one alone would wait for its sum. */
    private static void fold1(final double[][] rows, final int first, final double[] weights,
            final double[] out, final int from, final int to) {
        final int radius = weights.length / 2;
        final int centre = first + radius;
        int i = from;
        for (; i + 3 * LANES < to; i += 4 * LANES) {
            final DoubleVector w = spread(weights[radius]);
            final double[] row = rows[centre];
            DoubleVector a = DoubleVector.zero(SPECIES).add(load(row, i).mul(w));
            DoubleVector b = DoubleVector.zero(SPECIES).add(load(row, i + LANES).mul(w));
            DoubleVector c = DoubleVector.zero(SPECIES).add(load(row, i + 2 * LANES).mul(w));
            DoubleVector d = DoubleVector.zero(SPECIES).add(load(row, i + 3 * LANES).mul(w));
            for (int k = 1; k <= radius; k++) {
                final double[] below = rows[centre - k];
                final double[] above = rows[centre + k];
                final DoubleVector v = spread(weights[radius - k]);
                a = a.add(load(below, i).add(load(above, i)).mul(v));
                b = b.add(load(below, i + LANES).add(load(above, i + LANES)).mul(v));
                c = c.add(load(below, i + 2 * LANES).add(load(above, i + 2 * LANES)).mul(v));
                d = d.add(load(below, i + 3 * LANES).add(load(above, i + 3 * LANES)).mul(v));
            }
            a.intoArray(out, i);
            b.intoArray(out, i + LANES);
            c.intoArray(out, i + 2 * LANES);
            d.intoArray(out, i + 3 * LANES);
        }
        for (; i < to; i += LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES).add(load(rows[centre], i).mul(weights[radius]));
            for (int k = 1; k <= radius; k++) {
                final DoubleVector w = spread(weights[radius - k]);
                a = a.add(load(rows[centre - k], i).add(load(rows[centre + k], i)).mul(w));
            }
            a.intoArray(out, i);
        }
    }

    /** Four results of any kernel; the first and last three rows belong to some of them only. */
    private static void band4(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int from, final int to) {
        final int taps = weights.length;
        for (int i = from; i < to; i += LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            DoubleVector b = DoubleVector.zero(SPECIES);
            DoubleVector c = DoubleVector.zero(SPECIES);
            DoubleVector d = DoubleVector.zero(SPECIES);
            for (int m = 0; m < 3; m++) {
                final DoubleVector x = load(rows[first + m], i);
                a = a.add(x.mul(spread(weights[m])));
                if (m > 0) {
                    b = b.add(x.mul(spread(weights[m - 1])));
                }
                if (m > 1) {
                    c = c.add(x.mul(spread(weights[m - 2])));
                }
            }
            for (int m = 3; m < taps; m++) {
                final DoubleVector x = load(rows[first + m], i);
                a = a.add(x.mul(spread(weights[m])));
                b = b.add(x.mul(spread(weights[m - 1])));
                c = c.add(x.mul(spread(weights[m - 2])));
                d = d.add(x.mul(spread(weights[m - 3])));
            }
            for (int m = taps; m < taps + 3; m++) {
                final DoubleVector x = load(rows[first + m], i);
                if (m < taps + 1) {
                    b = b.add(x.mul(spread(weights[m - 1])));
                }
                if (m < taps + 2) {
                    c = c.add(x.mul(spread(weights[m - 2])));
                }
                d = d.add(x.mul(spread(weights[m - 3])));
            }
            a.intoArray(outs[outFirst], i);
            b.intoArray(outs[outFirst + 1], i);
            c.intoArray(outs[outFirst + 2], i);
            d.intoArray(outs[outFirst + 3], i);
        }
    }

    /** One result of any kernel, four vectors at once. */
    private static void band1(final double[][] rows, final int first, final double[] weights,
            final double[] out, final int from, final int to) {
        int i = from;
        for (; i + 3 * LANES < to; i += 4 * LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            DoubleVector b = DoubleVector.zero(SPECIES);
            DoubleVector c = DoubleVector.zero(SPECIES);
            DoubleVector d = DoubleVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                final double[] row = rows[first + m];
                final DoubleVector w = spread(weights[m]);
                a = a.add(load(row, i).mul(w));
                b = b.add(load(row, i + LANES).mul(w));
                c = c.add(load(row, i + 2 * LANES).mul(w));
                d = d.add(load(row, i + 3 * LANES).mul(w));
            }
            a.intoArray(out, i);
            b.intoArray(out, i + LANES);
            c.intoArray(out, i + 2 * LANES);
            d.intoArray(out, i + 3 * LANES);
        }
        for (; i < to; i += LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                a = a.add(load(rows[first + m], i).mul(spread(weights[m])));
            }
            a.intoArray(out, i);
        }
    }

    @Override
    public void slide(final double[] in, final int offset, final double[] weights, final double[] out,
            final int from, final int to) {
        VectorDoubleRow.slide(in, offset, weights, out, from, to);
    }
}
