package org.fijibridge.engine.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.fijibridge.engine.LineArithmetic;

/**
 * The inner loops for float[] with the Vector API.
 *
 * <p>Sums stay in registers from the first tap to the last. Across rows, eight results, or four, are summed
 * at once, so that a row that has been loaded serves all of them. A method with more vector
 * operations than these have is no longer compiled to registers.
 */
public final class VectorFloat implements LineArithmetic<float[]> {

    /** Never longer than a stride, see {@link #slide}. */
    private static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > STRIDE
                    ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;

    static final int LANES = SPECIES.length();

    /** Elements of rows that are summed together where results share few of them. */
    private static final int PIECE = 4 * STRIDE;

    /** Processors with vectors of 512 bits have 32 registers for them, others 16. */
    static final boolean MANY_REGISTERS = SPECIES.vectorBitSize() >= 512;

    /** Called by name, where the module is present. */
    public VectorFloat() {}

    @Override
    public void band(final float[][] rows, final int first, final int step,
            final float[] weights, final float[][] outs, final int outFirst, final int count,
            final int from, final int to) {
        final boolean symmetric = LineArithmetic.symmetric(weights);
        if (step > 1) {
            // A piece at a time: results share what the fastest cache holds of the rows.
            for (int i = from; i < to; i += PIECE) {
                ones(rows, first, step, weights, outs, outFirst, 0, count, i,
                        Math.min(i + PIECE, to));
            }
            return;
        }
        int o = 0;
        for (; symmetric && MANY_REGISTERS && o + 8 <= count; o += 8) {
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
        ones(rows, first, 1, weights, outs, outFirst, o, count, from, to);
    }

    /** Results from {@code o} on, one by one. */
    private static void ones(final float[][] rows, final int first, final int step,
            final float[] weights, final float[][] outs, final int outFirst, final int o,
            final int count, final int from, final int to) {
        final boolean symmetric = LineArithmetic.symmetric(weights);
        for (int k = o; k < count; k++) {
            if (symmetric) {
                fold1(rows, first + k * step, weights, outs[outFirst + k], from, to);
            } else {
                band1(rows, first + k * step, weights, outs[outFirst + k], from, to);
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
     * Eight results of a symmetric kernel, from the ends to the centre. The rows below (p) and above
     * (r) that belong to the eight results at one distance move on by one row per step, so that
     * each step loads one new row below and one above.
     */
    private static void fold8(final float[][] rows, final int first, final float[] weights,
            final float[][] outs, final int outFirst, final int from, final int to) {
        final int radius = weights.length / 2;
        final int last = first + weights.length - 1;
        for (int i = from; i < to; i += LANES) {
            FloatVector p0 = load(rows[first], i);
            FloatVector p1 = load(rows[first + 1], i);
            FloatVector p2 = load(rows[first + 2], i);
            FloatVector p3 = load(rows[first + 3], i);
            FloatVector p4 = load(rows[first + 4], i);
            FloatVector p5 = load(rows[first + 5], i);
            FloatVector p6 = load(rows[first + 6], i);
            FloatVector p7 = load(rows[first + 7], i);
            FloatVector r0 = load(rows[last], i);
            FloatVector r1 = load(rows[last + 1], i);
            FloatVector r2 = load(rows[last + 2], i);
            FloatVector r3 = load(rows[last + 3], i);
            FloatVector r4 = load(rows[last + 4], i);
            FloatVector r5 = load(rows[last + 5], i);
            FloatVector r6 = load(rows[last + 6], i);
            FloatVector r7 = load(rows[last + 7], i);
            FloatVector s0 = FloatVector.zero(SPECIES);
            FloatVector s1 = FloatVector.zero(SPECIES);
            FloatVector s2 = FloatVector.zero(SPECIES);
            FloatVector s3 = FloatVector.zero(SPECIES);
            FloatVector s4 = FloatVector.zero(SPECIES);
            FloatVector s5 = FloatVector.zero(SPECIES);
            FloatVector s6 = FloatVector.zero(SPECIES);
            FloatVector s7 = FloatVector.zero(SPECIES);
            FloatVector w;
            for (int m = 0; m < radius; m++) {
                w = spread(weights[m]);
                s0 = s0.add(p0.add(r0).mul(w));
                s1 = s1.add(p1.add(r1).mul(w));
                s2 = s2.add(p2.add(r2).mul(w));
                s3 = s3.add(p3.add(r3).mul(w));
                s4 = s4.add(p4.add(r4).mul(w));
                s5 = s5.add(p5.add(r5).mul(w));
                s6 = s6.add(p6.add(r6).mul(w));
                s7 = s7.add(p7.add(r7).mul(w));
                p0 = p1;
                p1 = p2;
                p2 = p3;
                p3 = p4;
                p4 = p5;
                p5 = p6;
                p6 = p7;
                p7 = load(rows[first + 8 + m], i);
                r7 = r6;
                r6 = r5;
                r5 = r4;
                r4 = r3;
                r3 = r2;
                r2 = r1;
                r1 = r0;
                r0 = load(rows[last - 1 - m], i);
            }
            w = spread(weights[radius]);
            s0 = s0.add(p0.mul(w));
            s1 = s1.add(p1.mul(w));
            s2 = s2.add(p2.mul(w));
            s3 = s3.add(p3.mul(w));
            s4 = s4.add(p4.mul(w));
            s5 = s5.add(p5.mul(w));
            s6 = s6.add(p6.mul(w));
            s7 = s7.add(p7.mul(w));
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

    /** The same for four results: as many as sixteen registers hold. */
    private static void fold4(final float[][] rows, final int first, final float[] weights,
            final float[][] outs, final int outFirst, final int from, final int to) {
        final int radius = weights.length / 2;
        final int last = first + weights.length - 1;
        for (int i = from; i < to; i += LANES) {
            FloatVector p0 = load(rows[first], i);
            FloatVector p1 = load(rows[first + 1], i);
            FloatVector p2 = load(rows[first + 2], i);
            FloatVector p3 = load(rows[first + 3], i);
            FloatVector r0 = load(rows[last], i);
            FloatVector r1 = load(rows[last + 1], i);
            FloatVector r2 = load(rows[last + 2], i);
            FloatVector r3 = load(rows[last + 3], i);
            FloatVector s0 = FloatVector.zero(SPECIES);
            FloatVector s1 = FloatVector.zero(SPECIES);
            FloatVector s2 = FloatVector.zero(SPECIES);
            FloatVector s3 = FloatVector.zero(SPECIES);
            FloatVector w;
            for (int m = 0; m < radius; m++) {
                w = spread(weights[m]);
                s0 = s0.add(p0.add(r0).mul(w));
                s1 = s1.add(p1.add(r1).mul(w));
                s2 = s2.add(p2.add(r2).mul(w));
                s3 = s3.add(p3.add(r3).mul(w));
                p0 = p1;
                p1 = p2;
                p2 = p3;
                p3 = load(rows[first + 4 + m], i);
                r3 = r2;
                r2 = r1;
                r1 = r0;
                r0 = load(rows[last - 1 - m], i);
            }
            w = spread(weights[radius]);
            s0 = s0.add(p0.mul(w));
            s1 = s1.add(p1.mul(w));
            s2 = s2.add(p2.mul(w));
            s3 = s3.add(p3.mul(w));
            s0.intoArray(outs[outFirst], i);
            s1.intoArray(outs[outFirst + 1], i);
            s2.intoArray(outs[outFirst + 2], i);
            s3.intoArray(outs[outFirst + 3], i);
        }
    }

    /** One result of a symmetric kernel, four vectors at once: one alone would wait for its sum. */
    private static void fold1(final float[][] rows, final int first, final float[] weights,
            final float[] out, final int from, final int to) {
        final int radius = weights.length / 2;
        final int last = first + weights.length - 1;
        int i = from;
        for (; i + 3 * LANES < to; i += 4 * LANES) {
            FloatVector a = FloatVector.zero(SPECIES);
            FloatVector b = FloatVector.zero(SPECIES);
            FloatVector c = FloatVector.zero(SPECIES);
            FloatVector d = FloatVector.zero(SPECIES);
            for (int m = 0; m < radius; m++) {
                final float[] below = rows[first + m];
                final float[] above = rows[last - m];
                final FloatVector v = spread(weights[m]);
                a = a.add(load(below, i).add(load(above, i)).mul(v));
                b = b.add(load(below, i + LANES).add(load(above, i + LANES)).mul(v));
                c = c.add(load(below, i + 2 * LANES).add(load(above, i + 2 * LANES)).mul(v));
                d = d.add(load(below, i + 3 * LANES).add(load(above, i + 3 * LANES)).mul(v));
            }
            final float[] row = rows[first + radius];
            final FloatVector w = spread(weights[radius]);
            a.add(load(row, i).mul(w)).intoArray(out, i);
            b.add(load(row, i + LANES).mul(w)).intoArray(out, i + LANES);
            c.add(load(row, i + 2 * LANES).mul(w)).intoArray(out, i + 2 * LANES);
            d.add(load(row, i + 3 * LANES).mul(w)).intoArray(out, i + 3 * LANES);
        }
        for (; i < to; i += LANES) {
            FloatVector a = FloatVector.zero(SPECIES);
            for (int m = 0; m < radius; m++) {
                final FloatVector w = spread(weights[m]);
                a = a.add(load(rows[first + m], i).add(load(rows[last - m], i)).mul(w));
            }
            a.add(load(rows[first + radius], i).mul(weights[radius])).intoArray(out, i);
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
