package org.fijibridge.engine.vector;

import static org.fijibridge.engine.LineArithmetic.STRIDE;
import static org.fijibridge.engine.LineArithmetic.WIDE;
import static org.fijibridge.engine.vector.VectorDouble.LANES;
import static org.fijibridge.engine.vector.VectorDouble.load;
import static org.fijibridge.engine.vector.VectorDouble.spread;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import org.fijibridge.engine.LineArithmetic;

/**
 * Sums along a row of double[] with the Vector API, see {@link LineArithmetic#slide}. Loads are the
 * limit: nearly all of them straddle two lines of the cache. With few taps four vectors are summed
 * as they come; wide kernels go in rounds, in which results share what is loaded.
 */
final class VectorDoubleRow {

    private VectorDoubleRow() {}

    static void slide(final double[] in, final int offset, final double[] weights, final double[] out,
            final int from, final int to) {
        final int shift = offset - from;
        int i = from;
        if (weights.length >= WIDE) {
            Arrays.fill(out, from, to, 0);
            for (; i + 4 * STRIDE < to; i += 8 * STRIDE) {
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
            DoubleVector a = spread(0);
            DoubleVector b = spread(0);
            DoubleVector c = spread(0);
            DoubleVector d = spread(0);
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
            DoubleVector a = spread(0);
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
    private static void round8(final double[] in, final int offset, final double[] weights,
            final int round, final double[] out, final int to, final int lane) {
        final int at = offset + round + lane;
        final int first = to + lane;
        DoubleVector p0 = load(in, at);
        DoubleVector p1 = load(in, at + STRIDE);
        DoubleVector p2 = load(in, at + 2 * STRIDE);
        DoubleVector p3 = load(in, at + 3 * STRIDE);
        DoubleVector p4 = load(in, at + 4 * STRIDE);
        DoubleVector p5 = load(in, at + 5 * STRIDE);
        DoubleVector p6 = load(in, at + 6 * STRIDE);
        DoubleVector s0 = load(out, first);
        DoubleVector s1 = load(out, first + STRIDE);
        DoubleVector s2 = load(out, first + 2 * STRIDE);
        DoubleVector s3 = load(out, first + 3 * STRIDE);
        DoubleVector s4 = load(out, first + 4 * STRIDE);
        DoubleVector s5 = load(out, first + 5 * STRIDE);
        DoubleVector s6 = load(out, first + 6 * STRIDE);
        DoubleVector s7 = load(out, first + 7 * STRIDE);
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
    private static void round4(final double[] in, final int offset, final double[] weights,
            final int round, final double[] out, final int to, final int lane) {
        final int at = offset + round + lane;
        final int first = to + lane;
        DoubleVector p0 = load(in, at);
        DoubleVector p1 = load(in, at + STRIDE);
        DoubleVector p2 = load(in, at + 2 * STRIDE);
        DoubleVector s0 = load(out, first);
        DoubleVector s1 = load(out, first + STRIDE);
        DoubleVector s2 = load(out, first + 2 * STRIDE);
        DoubleVector s3 = load(out, first + 3 * STRIDE);
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
        s0.intoArray(out, first);
        s1.intoArray(out, first + STRIDE);
        s2.intoArray(out, first + 2 * STRIDE);
        s3.intoArray(out, first + 3 * STRIDE);
    }
}
