package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The inner loops against their definition, and the same bits in whatever pieces. */
class LineArithmeticTest {

    /** Twenty products of numbers below one half, in float. */
    private static final double FLOAT = 1e-6;

    /** The same in double. */
    private static final double DOUBLE = 1e-15;

    /** Numbers of taps about where sums along a row change their order, and beyond. */
    private static final int[] WIDE = {63, 64, 65, 80, 81, 100, 127, 161};

    /** So many times the products, and the rounding, of the narrow ones. */
    private static final double WIDER = 8;

    private final Random random = new Random(11);

    @Test
    void plain() {
        check(new FloatRows(PlainFloat::new, Sums.FLOAT), FLOAT);
        check(new DoubleRows(PlainDouble::new, Sums.DOUBLE), DOUBLE);
    }

    @Test
    void vector() {
        assumeTrue("vector".equals(Arithmetics.kind()),
                "this JVM has no module jdk.incubator.vector, or plain arithmetic was asked for");
        check(new FloatRows(Arithmetics::floats, Sums.FLOAT), FLOAT);
        check(new DoubleRows(Arithmetics::doubles, Sums.DOUBLE), DOUBLE);
    }

    @Test
    void sameBits() {
        assumeTrue("vector".equals(Arithmetics.kind()),
                "this JVM has no module jdk.incubator.vector, or plain arithmetic was asked for");
        compare(new FloatRows(PlainFloat::new, Sums.FLOAT), new FloatRows(Arithmetics::floats, Sums.FLOAT));
        compare(new DoubleRows(PlainDouble::new, Sums.DOUBLE), new DoubleRows(Arithmetics::doubles, Sums.DOUBLE));
    }

    private <R> void compare(final Rows<R> plain, final Rows<R> vector) {
        for (int taps = 1; taps < 40; taps++) {
            for (final boolean symmetric : new boolean[] {false, true}) {
                final R weights = plain.weights(weights(taps, symmetric));
                for (int count = 1; count < 20; count++) {
                    final R[] in = plain.rows(taps + count, 100 + LineArithmetic.SLACK);
                    for (final R row : in) {
                        fill(plain, row, 100 + LineArithmetic.SLACK);
                        // Products and sums of zeros have signs, too.
                        plain.set(row, 7, random.nextBoolean() ? -0.0 : 0.0);
                    }
                    final R[] some = plain.rows(count, 100 + LineArithmetic.SLACK);
                    final R[] others = plain.rows(count, 100 + LineArithmetic.SLACK);
                    plain.arithmetic.band(in, 0, weights, some, 0, count, 0, 100);
                    vector.arithmetic.band(in, 0, weights, others, 0, count, 0, 100);
                    for (int o = 0; o < count; o++) {
                        assertSame(plain, some[o], others[o], 0, 100);
                    }
                    for (int step = 2; step < 4; step++) {
                        final int fewer = (count - 1) / step + 1;
                        vector.arithmetic.band(in, 0, step, weights, others, 0, fewer, 0, 100);
                        for (int o = 0; o < fewer; o++) {
                            assertSame(plain, some[o * step], others[o], 0, 100);
                        }
                        plain.arithmetic.band(in, 0, step, weights, others, 0, fewer, 0, 100);
                        for (int o = 0; o < fewer; o++) {
                            assertSame(plain, some[o * step], others[o], 0, 100);
                        }
                    }
                    final int n = 100 - taps;
                    plain.arithmetic.slide(in[0], 0, weights, some[0], 0, n);
                    vector.arithmetic.slide(in[0], 0, weights, others[0], 0, n);
                    assertSame(plain, some[0], others[0], 0, n);
                }
            }
        }
        for (final int taps : WIDE) {
            final R weights = plain.weights(weights(taps, true));
            final R in = plain.row(400 + taps + LineArithmetic.SLACK);
            fill(plain, in, 400 + taps + LineArithmetic.SLACK);
            final R some = plain.row(400 + LineArithmetic.SLACK);
            final R other = plain.row(400 + LineArithmetic.SLACK);
            for (int to = 4; to <= 400; to += 33) {
                plain.arithmetic.slide(in, 0, weights, some, 3, to);
                vector.arithmetic.slide(in, 0, weights, other, 3, to);
                assertSame(plain, some, other, 3, to);
            }
        }
    }

    private static <R> void assertSame(final Rows<R> rows, final R some, final R other,
            final int from, final int to) {
        for (int i = from; i < to; i++) {
            // As objects: zeros of different signs differ.
            assertEquals(Double.valueOf(rows.get(some, i)), Double.valueOf(rows.get(other, i)));
        }
    }

    private double[] weights(final int taps, final boolean symmetric) {
        final double[] weights = random.doubles(taps, -0.5, 0.5).toArray();
        for (int m = 0; symmetric && m < taps / 2; m++) {
            weights[taps - 1 - m] = weights[m];
        }
        return weights;
    }

    private <R> void check(final Rows<R> rows, final double tolerance) {
        for (int taps = 1; taps < 40; taps++) {
            for (final boolean symmetric : new boolean[] {false, true}) {
                final double[] weights = weights(taps, symmetric);
                for (int count = 1; count < 10; count++) {
                    checkBand(rows, weights, count, tolerance);
                }
                for (final int n : new int[] {1, 15, 16, 17, 48, 49, 63, 64, 65, 130}) {
                    checkSlide(rows, weights, n, tolerance);
                }
            }
        }
        for (final int taps : WIDE) {
            for (final int n : new int[] {1, 63, 64, 65, 127, 128, 129, 192, 193, 300}) {
                checkSlide(rows, weights(taps, false), n, WIDER * tolerance);
            }
        }
    }

    private <R> void checkBand(final Rows<R> rows, final double[] weights, final int count,
            final double tolerance) {
        final int from = random.nextInt(20);
        final int to = from + 1 + random.nextInt(100);
        final R taps = rows.weights(weights);
        final R[] in = rows.rows(weights.length + count + 1, to + LineArithmetic.SLACK);
        for (final R row : in) {
            fill(rows, row, to + LineArithmetic.SLACK);
        }
        final R[] together = rows.rows(count + 2, to + LineArithmetic.SLACK);
        final R[] alone = rows.rows(1, to + LineArithmetic.SLACK);
        rows.arithmetic.band(in, 2, taps, together, 2, count, from, to);
        for (int o = 0; o < count; o++) {
            final int middle = from + random.nextInt(to - from);
            rows.arithmetic.band(in, 2 + o, taps, alone, 0, 1, middle, to);
            for (int i = from; i < to; i++) {
                double sum = 0;
                for (int m = 0; m < weights.length; m++) {
                    sum += weights[m] * rows.get(in[2 + o + m], i);
                }
                assertEquals(sum, rows.get(together[2 + o], i), tolerance);
                if (i >= middle) {
                    assertEquals(rows.get(together[2 + o], i), rows.get(alone[0], i));
                }
            }
        }
    }

    private <R> void checkSlide(final Rows<R> rows, final double[] weights, final int n,
            final double tolerance) {
        final int offset = random.nextInt(9);
        final R in = rows.row(offset + n + weights.length + LineArithmetic.SLACK);
        fill(rows, in, offset + n + weights.length + LineArithmetic.SLACK);
        final int from = random.nextInt(20);
        final R whole = rows.row(from + n + LineArithmetic.SLACK);
        final R part = rows.row(n + LineArithmetic.SLACK);
        final int start = random.nextInt(n);
        rows.arithmetic.slide(in, offset, rows.weights(weights), whole, from, from + n);
        rows.arithmetic.slide(in, offset + start, rows.weights(weights), part, 0, n - start);
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int m = 0; m < weights.length; m++) {
                sum += weights[m] * rows.get(in, offset + i + m);
            }
            assertEquals(sum, rows.get(whole, from + i), tolerance);
            if (i >= start) {
                assertEquals(rows.get(whole, from + i), rows.get(part, i - start));
            }
        }
    }

    private <R> void fill(final Rows<R> rows, final R row, final int length) {
        final double[] values = random.doubles(length, -0.5, 0.5).toArray();
        Arrays.setAll(values, i -> (float) values[i]);
        for (int i = 0; i < length; i++) {
            rows.set(row, i, values[i]);
        }
    }
}
