package org.fijibridge.engine.vector;

import static org.fijibridge.engine.LineArithmetic.STRIDE;
import static org.fijibridge.engine.LineArithmetic.WIDE;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import org.fijibridge.engine.LineArithmetic;

/**
 * Sums along a row of double[] with the Vector API, see {@link LineArithmetic#slide}. Loads are the
 * limit: nearly all of them straddle two lines of the cache. With few taps four vectors are summed
 * as they come; wide kernels go in rounds, in which results share what is loaded.
 */
final class VectorDoubleRow {

    /** Never longer than a stride. */
    private static final VectorSpecies<Double> SPECIES =
            DoubleVector.SPECIES_PREFERRED.length() > STRIDE
                    ? DoubleVector.SPECIES_512 : DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorDoubleRow() {}

    private static DoubleVector load(final double[] row, final int index) {
        return DoubleVector.fromArray(SPECIES, row, index);
    }

    private static DoubleVector spread(final double weight) {
        return DoubleVector.broadcast(SPECIES, weight);
    }

    static void slide(final double[] in, final int offset, final double[] weights, final double[] out,
            final int from, final int to) {
        final int shift = offset - from;
        int i = from;
        if (weights.length >= WIDE) {
            for (; i + 4 * STRIDE < to; i += 8 * STRIDE) {
                rounds8(in, shift + i, weights, out, i);
            }
            for (; i < to; i += 4 * STRIDE) {
                rounds4(in, shift + i, weights, out, i);
            }
            return;
        }
        for (; i + 3 * LANES < to; i += 4 * LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            DoubleVector b = DoubleVector.zero(SPECIES);
            DoubleVector c = DoubleVector.zero(SPECIES);
            DoubleVector d = DoubleVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                final int at = shift + i + m;
                final DoubleVector w = spread(weights[m]);
                a = a.add(load(in, at).mul(w));
                b = b.add(load(in, at + LANES).mul(w));
                c = c.add(load(in, at + 2 * LANES).mul(w));
                d = d.add(load(in, at + 3 * LANES).mul(w));
            }
            a.intoArray(out, i);
            b.intoArray(out, i + LANES);
            c.intoArray(out, i + 2 * LANES);
            d.intoArray(out, i + 3 * LANES);
        }
        for (; i < to; i += LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                a = a.add(load(in, shift + i + m).mul(spread(weights[m])));
            }
            a.intoArray(out, i);
        }
    }

    /**
     * 128 results of a wide kernel, in rounds. From one tap of a round to the next, what the
     * results need moves on by one vector, so that each tap loads one new vector for all.
     */
    private static void rounds8(final double[] in, final int offset, final double[] weights,
            final double[] out, final int to) {
        for (int lane = 0; lane < STRIDE; lane += LANES) {
            DoubleVector s0 = DoubleVector.zero(SPECIES);
            DoubleVector s1 = s0;
            DoubleVector s2 = s0;
            DoubleVector s3 = s0;
            DoubleVector s4 = s0;
            DoubleVector s5 = s0;
            DoubleVector s6 = s0;
            DoubleVector s7 = s0;
            for (int round = 0; round < STRIDE; round++) {
                final int at = offset + lane + round;
                DoubleVector p0 = load(in, at);
                DoubleVector p1 = load(in, at + STRIDE);
                DoubleVector p2 = load(in, at + 2 * STRIDE);
                DoubleVector p3 = load(in, at + 3 * STRIDE);
                DoubleVector p4 = load(in, at + 4 * STRIDE);
                DoubleVector p5 = load(in, at + 5 * STRIDE);
                DoubleVector p6 = load(in, at + 6 * STRIDE);
                int next = at + 7 * STRIDE;
                for (int m = round; m < weights.length; m += STRIDE, next += STRIDE) {
                    final DoubleVector p7 = load(in, next);
                    final DoubleVector w = spread(weights[m]);
                    s0 = s0.add(p0.mul(w));
                    s1 = s1.add(p1.mul(w));
                    s2 = s2.add(p2.mul(w));
                    s3 = s3.add(p3.mul(w));
                    s4 = s4.add(p4.mul(w));
                    s5 = s5.add(p5.mul(w));
                    s6 = s6.add(p6.mul(w));
                    s7 = s7.add(p7.mul(w));
                    p0 = p1;
                    p1 = p2;
                    p2 = p3;
                    p3 = p4;
                    p4 = p5;
                    p5 = p6;
                    p6 = p7;
                }
            }
            s0.intoArray(out, to + lane);
            s1.intoArray(out, to + lane + STRIDE);
            s2.intoArray(out, to + lane + 2 * STRIDE);
            s3.intoArray(out, to + lane + 3 * STRIDE);
            s4.intoArray(out, to + lane + 4 * STRIDE);
            s5.intoArray(out, to + lane + 5 * STRIDE);
            s6.intoArray(out, to + lane + 6 * STRIDE);
            s7.intoArray(out, to + lane + 7 * STRIDE);
        }
    }

    /** 64 results of a wide kernel, in rounds. */
    private static void rounds4(final double[] in, final int offset, final double[] weights,
            final double[] out, final int to) {
        for (int lane = 0; lane < STRIDE; lane += LANES) {
            DoubleVector s0 = DoubleVector.zero(SPECIES);
            DoubleVector s1 = s0;
            DoubleVector s2 = s0;
            DoubleVector s3 = s0;
            for (int round = 0; round < STRIDE; round++) {
                final int at = offset + lane + round;
                DoubleVector p0 = load(in, at);
                DoubleVector p1 = load(in, at + STRIDE);
                DoubleVector p2 = load(in, at + 2 * STRIDE);
                int next = at + 3 * STRIDE;
                for (int m = round; m < weights.length; m += STRIDE, next += STRIDE) {
                    final DoubleVector p3 = load(in, next);
                    final DoubleVector w = spread(weights[m]);
                    s0 = s0.add(p0.mul(w));
                    s1 = s1.add(p1.mul(w));
                    s2 = s2.add(p2.mul(w));
                    s3 = s3.add(p3.mul(w));
                    p0 = p1;
                    p1 = p2;
                    p2 = p3;
                }
            }
            s0.intoArray(out, to + lane);
            s1.intoArray(out, to + lane + STRIDE);
            s2.intoArray(out, to + lane + 2 * STRIDE);
            s3.intoArray(out, to + lane + 3 * STRIDE);
        }
    }
}
