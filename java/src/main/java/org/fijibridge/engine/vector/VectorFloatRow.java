package org.fijibridge.engine.vector;

import static org.fijibridge.engine.LineArithmetic.STRIDE;
import static org.fijibridge.engine.LineArithmetic.WIDE;
import static org.fijibridge.engine.vector.VectorFloat.LANES;
import static org.fijibridge.engine.vector.VectorFloat.MANY_REGISTERS;
import static org.fijibridge.engine.vector.VectorFloat.load;
import static org.fijibridge.engine.vector.VectorFloat.spread;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.fijibridge.engine.LineArithmetic;

/**
 * Sums along a row of float[] with the Vector API, see {@link LineArithmetic#slide}. Loads are the
 * limit: nearly all of them straddle two lines of the cache. With few taps four vectors are summed
 * as they come; wide kernels go in rounds, in which results share what is loaded.
 */
final class VectorFloatRow {

    private VectorFloatRow() {}

    static void slide(final float[] in, final int offset, final float[] weights, final float[] out,
            final int from, final int to) {
        final int shift = offset - from;
        int i = from;
        if (weights.length >= WIDE) {
            Arrays.fill(out, from, to, 0);
            for (; MANY_REGISTERS && i + 4 * STRIDE < to; i += 8 * STRIDE) {
                for (int at = 0; at < STRIDE * STRIDE; at += LANES) {
                    round8(in, shift + i, weights, at / STRIDE, out, i, at % STRIDE);
                }
            }
            for (; i < to; i += 4 * STRIDE) {
                for (int at = 0; at < STRIDE * STRIDE; at += LANES) {
                    round4(in, shift + i, weights, at / STRIDE, out, i, at % STRIDE);
                }
            }
            return;
        }
        for (; i + 3 * LANES < to; i += 4 * LANES) {
            FloatVector a = spread(0);
            FloatVector b = spread(0);
            FloatVector c = spread(0);
            FloatVector d = spread(0);
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
            FloatVector a = spread(0);
            for (int m = 0; m < weights.length; m++) {
                a = a.add(load(in, shift + i + m).mul(spread(weights[m])));
            }
            a.intoArray(out, i);
        }
    }

    /**
     * Adds the taps of a round to every 16th of 128 results. From one tap to the next, what the
     * results need moves on by one stride, so that each tap loads one new vector for all. The sums
     * of a round stay in registers; kept there over all rounds, JDK 17 would make objects of them.
     */
    private static void round8(final float[] in, final int offset, final float[] weights,
            final int round, final float[] out, final int to, final int lane) {
        final int at = offset + round + lane;
        final int first = to + lane;
        FloatVector p0 = load(in, at);
        FloatVector p1 = load(in, at + STRIDE);
        FloatVector p2 = load(in, at + 2 * STRIDE);
        FloatVector p3 = load(in, at + 3 * STRIDE);
        FloatVector p4 = load(in, at + 4 * STRIDE);
        FloatVector p5 = load(in, at + 5 * STRIDE);
        FloatVector p6 = load(in, at + 6 * STRIDE);
        FloatVector s0 = load(out, first);
        FloatVector s1 = load(out, first + STRIDE);
        FloatVector s2 = load(out, first + 2 * STRIDE);
        FloatVector s3 = load(out, first + 3 * STRIDE);
        FloatVector s4 = load(out, first + 4 * STRIDE);
        FloatVector s5 = load(out, first + 5 * STRIDE);
        FloatVector s6 = load(out, first + 6 * STRIDE);
        FloatVector s7 = load(out, first + 7 * STRIDE);
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
        s0.intoArray(out, first);
        s1.intoArray(out, first + STRIDE);
        s2.intoArray(out, first + 2 * STRIDE);
        s3.intoArray(out, first + 3 * STRIDE);
        s4.intoArray(out, first + 4 * STRIDE);
        s5.intoArray(out, first + 5 * STRIDE);
        s6.intoArray(out, first + 6 * STRIDE);
        s7.intoArray(out, first + 7 * STRIDE);
    }

    /** The same for 64 results. */
    private static void round4(final float[] in, final int offset, final float[] weights,
            final int round, final float[] out, final int to, final int lane) {
        final int at = offset + round + lane;
        final int first = to + lane;
        FloatVector p0 = load(in, at);
        FloatVector p1 = load(in, at + STRIDE);
        FloatVector p2 = load(in, at + 2 * STRIDE);
        FloatVector s0 = load(out, first);
        FloatVector s1 = load(out, first + STRIDE);
        FloatVector s2 = load(out, first + 2 * STRIDE);
        FloatVector s3 = load(out, first + 3 * STRIDE);
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
        s0.intoArray(out, first);
        s1.intoArray(out, first + STRIDE);
        s2.intoArray(out, first + 2 * STRIDE);
        s3.intoArray(out, first + 3 * STRIDE);
    }
}
