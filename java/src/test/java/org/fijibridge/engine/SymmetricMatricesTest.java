package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SymmetricMatricesTest {

    /** Some tens of roundings of the largest element, which a matrix times a vector has as well. */
    private static final double TIGHT = 2e-15;

    @ParameterizedTest
    @CsvSource({"3, 2, 1", "1, 1, 0", "1, 0, 0", "1, 1, 1", "1, 0.999999999, 0.999999998",
        "1e9, 1, 1e-9", "1, 1e-12, 0", "0, 0, 0", "1e150, 1e149, 0", "1e-150, 1e-151, 1e-300",
        "5, -5, 0", "-1, -2, -3", "1e-310, 1e-311, 0"})
    void turnedMatricesHaveTheirValuesAndVectors(final double first, final double second,
            final double third) {
        final Random random = new Random(4);
        final double[] expected = {first, second, third};
        java.util.Arrays.sort(expected);
        final double largest = Math.max(Math.abs(expected[0]), Math.abs(expected[2]));
        for (int k = 0; k < 2000; k++) {
            final double[][] turn = rotation(random);
            final double[][] m = new double[3][3];
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    m[i][j] = turn[0][i] * first * turn[0][j] + turn[1][i] * second * turn[1][j]
                            + turn[2][i] * third * turn[2][j];
                }
            }
            final Found found = solve(m[0][0], m[0][1], m[0][2], m[1][1], m[1][2], m[2][2]);
            for (int i = 0; i < 3; i++) {
                assertEquals(expected[2 - i], found.values[i], TIGHT * largest + 1e-323);
            }
            holds(m, found);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void anyMatrixIsItsVectorsTimesItsValues(final int n) {
        final Random random = new Random(n);
        for (int k = 0; k < 200_000; k++) {
            final double[][] m = new double[n][n];
            final double[] upper = new double[n * (n + 1) / 2];
            int place = 0;
            for (int i = 0; i < n; i++) {
                for (int j = i; j < n; j++) {
                    // Also zeros, and elements of other sizes.
                    m[i][j] = m[j][i] = upper[place++] = random.nextInt(4) == 0 ? 0
                            : random.nextGaussian() * Math.pow(10, -random.nextInt(9));
                }
            }
            final Found found = solve(upper);
            holds(m, found);
            for (int i = 1; i < n; i++) {
                assertTrue(found.values[i - 1] >= found.values[i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void whatIsNotFiniteHasNoDirection(final double odd) {
        for (int place = 0; place < 6; place++) {
            final double[] e = {2, 1, 1, 2, 1, 2};
            e[place] = odd;
            final Found found = solve(e);
            assertArrayEquals(filled(3), found.values);
            assertArrayEquals(filled(9), found.vectors);
            if (place < 3) {
                assertArrayEquals(filled(2), solve(e[0], e[1], e[2]).values);
            }
        }
    }

    private static final class Found {

        final double[] values;
        final double[] vectors;

        Found(final double[] values, final double[] vectors) {
            this.values = values;
            this.vectors = vectors;
        }
    }

    /** Takes one matrix apart, in a row of two, for it must not matter where it is. */
    private static Found solve(final double... upper) {
        final int n = upper.length == 3 ? 2 : 3;
        final double[][] elements = new double[upper.length][2];
        for (int i = 0; i < upper.length; i++) {
            elements[i][1] = upper[i];
        }
        final double[][] values = new double[n][2];
        final double[][] vectors = new double[n * n][2];
        new SymmetricMatrices(elements, values, vectors).solve(1);
        return new Found(second(values), second(vectors));
    }

    private static double[] second(final double[][] rows) {
        final double[] found = new double[rows.length];
        for (int i = 0; i < found.length; i++) {
            found[i] = rows[i][1];
        }
        return found;
    }

    private static double[] filled(final int n) {
        final double[] values = new double[n];
        java.util.Arrays.fill(values, Double.NaN);
        return values;
    }

    /** Vectors are of length 1, across each other and as they are said to be oriented. */
    private static void holds(final double[][] m, final Found found) {
        final int n = m.length;
        double largest = 0;
        for (final double[] row : m) {
            for (final double value : row) {
                largest = Math.max(largest, Math.abs(value));
            }
        }
        for (int k = 0; k < n; k++) {
            assertTrue(found.vectors[k * n + n - 1] >= 0);
            for (int i = 0; i < n; i++) {
                final double component = found.vectors[k * n + i];
                double product = 0;
                for (int j = 0; j < n; j++) {
                    product += m[i][j] * found.vectors[k * n + j];
                }
                assertEquals(found.values[k] * component, product, TIGHT * largest + 1e-322);
            }
            for (int l = 0; l <= k; l++) {
                double product = 0;
                for (int i = 0; i < n; i++) {
                    product += found.vectors[k * n + i] * found.vectors[l * n + i];
                }
                assertEquals(k == l ? 1 : 0, product, TIGHT);
            }
        }
    }

    private static double[][] rotation(final Random random) {
        final double[] q = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian(),
            random.nextGaussian()};
        final double length = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
        final double w = q[0] / length;
        final double x = q[1] / length;
        final double y = q[2] / length;
        final double z = q[3] / length;
        return new double[][] {
            {1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
            {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
            {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)},
        };
    }
}
