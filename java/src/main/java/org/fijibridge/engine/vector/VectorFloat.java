package org.fijibridge.engine.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.fijibridge.engine.LineArithmetic;

/**
 * The inner loops for float[] with the Vector API.
 *
 * <p>Sums stay in registers from the first tap to the last. Across rows, eight results are summed
 * at once, so that a row that has been loaded serves all of them. A method with more vector
 * operations than these have is no longer compiled to registers.
 */
public final class VectorFloat implements LineArithmetic<float[]> {

    /** Never longer than a stride, see {@link #slide}. */
    private static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > STRIDE
                    ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;

    static final int LANES = SPECIES.length();

    /** Called by name, where the module is present. */
    public VectorFloat() {}

    @Override
    public void band(final float[][] rows, final int first, final float[] weights,
            final float[][] outs, final int outFirst, final int count, final int from,
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

    static FloatVector load(final float[] row, final int index) {
        return FloatVector.fromArray(SPECIES, row, index);
    }

    static FloatVector spread(final float weight) {
        return FloatVector.broadcast(SPECIES, weight);
    }

    /**
     * Four results of a symmetric kernel, from the centre outwards. The rows below (p, q) and
     * above (r, s) that belong to the four results at one distance move on by one row per step,
     * so that each step loads one new row below and one above.
     */
    private static void fold4(final float[][] rows, final int first, final float[] weights,
            final float[][] outs, final int outFirst, final int from, final int to) {
        final float[] outA = outs[outFirst];
        final float[] outB = outs[outFirst + 1];
        final float[] outC = outs[outFirst + 2];
        final float[] outD = outs[outFirst + 3];
        final int radius = weights.length / 2;
        final int centre = first + radius;
        final int sum = 2 * centre + 3;
        int i = from;
        for (; i + LANES < to; i += 2 * LANES) {
            final int j = i + LANES;
            FloatVector p0 = load(rows[centre], i);
            FloatVector p1 = load(rows[centre + 1], i);
            FloatVector p2 = load(rows[centre + 2], i);
            FloatVector p3 = load(rows[centre + 3], i);
            FloatVector q0 = load(rows[centre], j);
            FloatVector q1 = load(rows[centre + 1], j);
            FloatVector q2 = load(rows[centre + 2], j);
            FloatVector q3 = load(rows[centre + 3], j);
            FloatVector r0 = p0;
            FloatVector r1 = p1;
            FloatVector r2 = p2;
            FloatVector r3 = p3;
            FloatVector s0 = q0;
            FloatVector s1 = q1;
            FloatVector s2 = q2;
            FloatVector s3 = q3;
            FloatVector w = spread(weights[radius]);
            FloatVector a0 = FloatVector.zero(SPECIES).add(p0.mul(w));
            FloatVector b0 = FloatVector.zero(SPECIES).add(p1.mul(w));
            FloatVector c0 = FloatVector.zero(SPECIES).add(p2.mul(w));
            FloatVector d0 = FloatVector.zero(SPECIES).add(p3.mul(w));
            FloatVector a1 = FloatVector.zero(SPECIES).add(q0.mul(w));
            FloatVector b1 = FloatVector.zero(SPECIES).add(q1.mul(w));
            FloatVector c1 = FloatVector.zero(SPECIES).add(q2.mul(w));
            FloatVector d1 = FloatVector.zero(SPECIES).add(q3.mul(w));
            for (int low = centre - 1; low >= first; low--) {
                final float[] below = rows[low];
                final float[] above = rows[sum - low];
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
    private static void fold8(final float[][] rows, final int first, final float[] weights,
            final float[][] outs, final int outFirst, final int from, final int to) {
        final int radius = weights.length / 2;
        final int centre = first + radius;
        for (int i = from; i < to; i += LANES) {
            FloatVector p0 = load(rows[centre], i);
            FloatVector p1 = load(rows[centre + 1], i);
            FloatVector p2 = load(rows[centre + 2], i);
            FloatVector p3 = load(rows[centre + 3], i);
            FloatVector p4 = load(rows[centre + 4], i);
            FloatVector p5 = load(rows[centre + 5], i);
            FloatVector p6 = load(rows[centre + 6], i);
            FloatVector p7 = load(rows[centre + 7], i);
            FloatVector r0 = p0;
            FloatVector r1 = p1;
            FloatVector r2 = p2;
            FloatVector r3 = p3;
            FloatVector r4 = p4;
            FloatVector r5 = p5;
            FloatVector r6 = p6;
            FloatVector r7 = p7;
            FloatVector w = spread(weights[radius]);
            FloatVector s0 = FloatVector.zero(SPECIES).add(p0.mul(w));
            FloatVector s1 = FloatVector.zero(SPECIES).add(p1.mul(w));
            FloatVector s2 = FloatVector.zero(SPECIES).add(p2.mul(w));
            FloatVector s3 = FloatVector.zero(SPECIES).add(p3.mul(w));
            FloatVector s4 = FloatVector.zero(SPECIES).add(p4.mul(w));
            FloatVector s5 = FloatVector.zero(SPECIES).add(p5.mul(w));
            FloatVector s6 = FloatVector.zero(SPECIES).add(p6.mul(w));
            FloatVector s7 = FloatVector.zero(SPECIES).add(p7.mul(w));
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
    private static void fold1(final float[][] rows, final int first, final float[] weights,
            final float[] out, final int from, final int to) {
        final int radius = weights.length / 2;
        final int centre = first + radius;
        int i = from;
        for (; i + 3 * LANES < to; i += 4 * LANES) {
            final FloatVector w = spread(weights[radius]);
            final float[] row = rows[centre];
            FloatVector a = FloatVector.zero(SPECIES).add(load(row, i).mul(w));
            FloatVector b = FloatVector.zero(SPECIES).add(load(row, i + LANES).mul(w));
            FloatVector c = FloatVector.zero(SPECIES).add(load(row, i + 2 * LANES).mul(w));
            FloatVector d = FloatVector.zero(SPECIES).add(load(row, i + 3 * LANES).mul(w));
            for (int k = 1; k <= radius; k++) {
                final float[] below = rows[centre - k];
                final float[] above = rows[centre + k];
                final FloatVector v = spread(weights[radius - k]);
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
            FloatVector a = FloatVector.zero(SPECIES).add(load(rows[centre], i).mul(weights[radius]));
            for (int k = 1; k <= radius; k++) {
                final FloatVector w = spread(weights[radius - k]);
                a = a.add(load(rows[centre - k], i).add(load(rows[centre + k], i)).mul(w));
            }
            a.intoArray(out, i);
        }
    }

    /** Four results of any kernel; the first and last three rows belong to some of them only. */
    private static void band4(final float[][] rows, final int first, final float[] weights,
            final float[][] outs, final int outFirst, final int from, final int to) {
        final int taps = weights.length;
        for (int i = from; i < to; i += LANES) {
            FloatVector a = FloatVector.zero(SPECIES);
            FloatVector b = FloatVector.zero(SPECIES);
            FloatVector c = FloatVector.zero(SPECIES);
            FloatVector d = FloatVector.zero(SPECIES);
            for (int m = 0; m < 3; m++) {
                final FloatVector x = load(rows[first + m], i);
                a = a.add(x.mul(spread(weights[m])));
                if (m > 0) {
                    b = b.add(x.mul(spread(weights[m - 1])));
                }
                if (m > 1) {
                    c = c.add(x.mul(spread(weights[m - 2])));
                }
            }
            for (int m = 3; m < taps; m++) {
                final FloatVector x = load(rows[first + m], i);
                a = a.add(x.mul(spread(weights[m])));
                b = b.add(x.mul(spread(weights[m - 1])));
                c = c.add(x.mul(spread(weights[m - 2])));
                d = d.add(x.mul(spread(weights[m - 3])));
            }
            for (int m = taps; m < taps + 3; m++) {
                final FloatVector x = load(rows[first + m], i);
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
    private static void band1(final float[][] rows, final int first, final float[] weights,
            final float[] out, final int from, final int to) {
        int i = from;
        for (; i + 3 * LANES < to; i += 4 * LANES) {
            FloatVector a = FloatVector.zero(SPECIES);
            FloatVector b = FloatVector.zero(SPECIES);
            FloatVector c = FloatVector.zero(SPECIES);
            FloatVector d = FloatVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                final float[] row = rows[first + m];
                final FloatVector w = spread(weights[m]);
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
            FloatVector a = FloatVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                a = a.add(load(rows[first + m], i).mul(spread(weights[m])));
            }
            a.intoArray(out, i);
        }
    }

    @Override
    public void slide(final float[] in, final int offset, final float[] weights, final float[] out,
            final int from, final int to) {
        VectorFloatRow.slide(in, offset, weights, out, from, to);
    }
}
