package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plain and vector loops against the definition, and against each other bit for bit. */
class LineArithmeticTest {

    private final Random random = new Random(11);

    @BeforeEach
    void needsTheVectorApi() {
        assumeTrue("vector".equals(Arithmetics.kind()),
                "this JVM has no module jdk.incubator.vector, or plain arithmetic was asked for");
    }

    private float[] row(final int length) {
        final float[] row = new float[length];
        for (int i = 0; i < length; i++) {
            row[i] = random.nextFloat() - 0.5f;
        }
        return row;
    }

    private static double[] wide(final float[] row) {
        final double[] result = new double[row.length];
        for (int i = 0; i < row.length; i++) {
            result[i] = row[i];
        }
        return result;
    }

    @Test
    void bandOfFloats() {
        for (int taps = 1; taps < 20; taps++) {
            for (int count = 1; count < 10; count++) {
                final int from = random.nextInt(20);
                final int to = from + 1 + random.nextInt(100);
                final float[][] rows = new float[taps + count + 1][];
                final float[][] plain = new float[count + 2][to + LineArithmetic.SLACK];
                final float[][] vector = new float[count + 2][to + LineArithmetic.SLACK];
                Arrays.setAll(rows, r -> row(to + LineArithmetic.SLACK));
                final float[] weights = row(taps);
                new PlainFloat().band(rows, 2, weights, plain, 2, count, from, to);
                Arithmetics.floats().band(rows, 2, weights, vector, 2, count, from, to);
                for (int o = 0; o < count; o++) {
                    for (int i = from; i < to; i++) {
                        float sum = 0;
                        for (int m = 0; m < taps; m++) {
                            sum += weights[m] * rows[2 + o + m][i];
                        }
                        assertEquals(sum, plain[2 + o][i]);
                        assertEquals(sum, vector[2 + o][i]);
                    }
                }
            }
        }
    }

    @Test
    void bandOfDoubles() {
        final int to = 75;
        for (final int taps : new int[] {1, 2, 3, 4, 5, 9, 14}) {
            final double[][] rows = new double[taps + 6][];
            Arrays.setAll(rows, r -> wide(row(to + LineArithmetic.SLACK)));
            final double[] weights = wide(row(taps));
            final double[][] plain = new double[7][to + LineArithmetic.SLACK];
            final double[][] vector = new double[7][to + LineArithmetic.SLACK];
            new PlainDouble().band(rows, 0, weights, plain, 0, 7, 3, to);
            Arithmetics.doubles().band(rows, 0, weights, vector, 0, 7, 3, to);
            for (int o = 0; o < 7; o++) {
                assertArrayEquals(Arrays.copyOfRange(plain[o], 3, to),
                        Arrays.copyOfRange(vector[o], 3, to));
            }
        }
    }

    @Test
    void slides() {
        for (int taps = 1; taps < 20; taps++) {
            for (final int n : new int[] {1, 15, 16, 17, 48, 49, 63, 64, 65, 130}) {
                final int offset = random.nextInt(9);
                final float[] in = row(offset + n + taps + LineArithmetic.SLACK);
                final float[] weights = row(taps);
                final float[] plain = new float[n + LineArithmetic.SLACK];
                final float[] vector = new float[n + LineArithmetic.SLACK];
                new PlainFloat().slide(in, offset, weights, plain, n);
                Arithmetics.floats().slide(in, offset, weights, vector, n);
                final double[] widePlain = new double[n + LineArithmetic.SLACK];
                final double[] wideVector = new double[n + LineArithmetic.SLACK];
                new PlainDouble().slide(wide(in), offset, wide(weights), widePlain, n);
                Arithmetics.doubles().slide(wide(in), offset, wide(weights), wideVector, n);
                for (int i = 0; i < n; i++) {
                    float sum = 0;
                    for (int m = 0; m < taps; m++) {
                        sum += weights[m] * in[offset + i + m];
                    }
                    assertEquals(sum, plain[i]);
                    assertEquals(sum, vector[i]);
                    assertEquals(widePlain[i], wideVector[i]);
                }
            }
        }
    }
}
