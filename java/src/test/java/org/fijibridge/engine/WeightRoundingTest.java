package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.fijibridge.kernel.DerivativeKernels;
import org.fijibridge.kernel.GaussianKernels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightRoundingTest {

    private static double sum(final double[] weights) {
        double sum = 0;
        for (int i = 0; i < weights.length / 2; i++) {
            sum += weights[i] + weights[weights.length - 1 - i];
        }
        return weights.length % 2 == 1 ? sum + weights[weights.length / 2] : sum;
    }

    @ParameterizedTest
    @CsvSource({"gauss3, 0.5", "gauss3, 2.2", "gauss3, 20", "discrete, 2.2", "discrete, 50"})
    void floatsAddUpToOne(final String name, final double sigma) {
        final double[] weights = GaussianKernels.gaussian(name, sigma).weights();
        final double[] rounded = WeightRounding.toFloat(weights);
        for (int i = 0; i < weights.length; i++) {
            assertEquals(rounded[i], (float) rounded[i]);
            assertEquals(rounded[i], rounded[weights.length - 1 - i]);
            assertEquals(weights[i], rounded[i], 2e-6 * weights[i]);
        }
        // Below the last digit of a float, 6e-8; with five taps there is little to give back with.
        assertEquals(1, sum(rounded), rounded.length > 5 ? 1e-10 : 1e-8);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 0", "2, 0"})
    void productsOfOneFloatAddUpExactly(final int order, final double total) {
        for (final double sigma : new double[] {0.7, 2.2, 20}) {
            final double[] weights = order == 0
                    ? GaussianKernels.gaussian("gauss3", sigma).weights()
                    : DerivativeKernels.derivative("gauss3", sigma, order, 1 / 0.45).weights();
            double size = 0;
            for (final double weight : weights) {
                size += Math.abs(weight);
            }
            final double[] rounded = WeightRounding.coarse(weights);
            final float sample = 16777213f;
            double sum = 0;
            for (int i = 0; i < rounded.length; i++) {
                assertEquals(weights[i], rounded[i], rounded.length * 0x1p-28 * size);
                sum += sample * rounded[i];
            }
            assertEquals(total * sample, sum, "sigma " + sigma);
        }
    }

    @Test
    void otherSumsStayWhatTheyAre() {
        final double[] weights = {0.1, 0.7, -0.3, 1.9};
        assertEquals(2.4, sum(WeightRounding.toFloat(weights)), 1e-8);
        assertEquals(2.4, sum(WeightRounding.coarse(weights)), 1e-8);
    }

    /** A power of two below those of floats was taken for 0, and all results were NaN. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-37, 1e-39, 1e-200, 1e200})
    void weightsOfAnySizeStayThatSize(final double size) {
        final double[] rounded = WeightRounding.coarse(new double[] {size, -size, size / 2});
        assertEquals(1, rounded[0] / size, 1e-8);
        assertEquals(-1, rounded[1] / size, 1e-8);
    }
}
