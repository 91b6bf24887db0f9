package org.fijibridge.engine.vector;

import static org.fijibridge.engine.LineArithmetic.STRIDE;
import static org.fijibridge.engine.LineArithmetic.WIDE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.fijibridge.engine.LineArithmetic;

/**
 * Sums along a row of float[] with the Vector API, see {@link LineArithmetic#slide}. Loads are the
 * limit: nearly all of them straddle two lines of the cache. With few taps four vectors are summed
 * as they come; wide kernels go in rounds, in which results share what is loaded.
 */
final class VectorFloatRow {

    /** Never longer than a stride. */
    private static final VectorSpecies<Float> SPECIES =
            FloatVector.SPECIES_PREFERRED.length() > STRIDE
                    ? FloatVector.SPECIES_512 : FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private VectorFloatRow() {}

    private static FloatVector load(final float[] row, final int index) {
        return FloatVector.fromArray(SPECIES, row, index);
    }

    private static FloatVector spread(final float weight) {
        return FloatVector.broadcast(SPECIES, weight);
    }

    static void slide(final float[] in, final int offset, final float[] weights, final float[] out,
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
            FloatVector a = FloatVector.zero(SPECIES);
            FloatVector b = FloatVector.zero(SPECIES);
            FloatVector c = FloatVector.zero(SPECIES);
            FloatVector d = FloatVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                final int at = shift + i + m;
                final FloatVector w = spread(weights[m]);
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
            FloatVector a = FloatVector.zero(SPECIES);
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
    private static void rounds8(final float[] in, final int offset, final float[] weights,
            final float[] out, final int to) {
        for (int lane = 0; lane < STRIDE; lane += LANES) {
            FloatVector s0 = FloatVector.zero(SPECIES);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            FloatVector s4 = s0;
            FloatVector s5 = s0;
            FloatVector s6 = s0;
            FloatVector s7 = s0;
            for (int round = 0; round < STRIDE; round++) {
                final int at = offset + lane + round;
                FloatVector p0 = load(in, at);
                FloatVector p1 = load(in, at + STRIDE);
                FloatVector p2 = load(in, at + 2 * STRIDE);
                FloatVector p3 = load(in, at + 3 * STRIDE);
                FloatVector p4 = load(in, at + 4 * STRIDE);
                FloatVector p5 = load(in, at + 5 * STRIDE);
                FloatVector p6 = load(in, at + 6 * STRIDE);
                int next = at + 7 * STRIDE;
                for (int m = round; m < weights.length; m += STRIDE, next += STRIDE) {
                    final FloatVector p7 = load(in, next);
                    final FloatVector w = spread(weights[m]);
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
    private static void rounds4(final float[] in, final int offset, final float[] weights,
            final float[] out, final int to) {
        for (int lane = 0; lane < STRIDE; lane += LANES) {
            FloatVector s0 = FloatVector.zero(SPECIES);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int round = 0; round < STRIDE; round++) {
                final int at = offset + lane + round;
                FloatVector p0 = load(in, at);
                FloatVector p1 = load(in, at + STRIDE);
                FloatVector p2 = load(in, at + 2 * STRIDE);
                int next = at + 3 * STRIDE;
                for (int m = round; m < weights.length; m += STRIDE, next += STRIDE) {
                    final FloatVector p3 = load(in, next);
                    final FloatVector w = spread(weights[m]);
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
