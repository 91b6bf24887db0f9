package org.fijibridge.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GaussianKernelsTest {

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.25, 0.5, 1, 2, 2.2222, 4.44, 20, 50, 333.3})
    void kernelsSumToOne(final double sigma) {
        for (final String name : new String[] {"gauss3", "discrete"}) {
            double sum = 0;
            for (final double tap : GaussianKernels.gaussian(name, sigma).taps()) {
                assertTrue(tap >= 0);
                sum += tap;
            }
            assertEquals(1, sum, 1e-14, name);
        }
    }

    /** Deviations in percent from the table of Gauss3's effective sigma, given to 0.1 or 0.01. */
    @ParameterizedTest
    @CsvSource({"0.3, -70.8, 0.06", "0.5, -7.3, 0.06", "1, -0.2, 0.06", "2, -0.6, 0.06",
        "4.44, -2.25, 0.006", "20, -3.0, 0.06"})
    void gauss3IsAsWideAsMeasured(final double sigma, final double percent, final double digits) {
        final double effective = GaussianKernels.gaussian("gauss3", sigma).effectiveSigma();
        assertEquals(percent, 100 * (effective / sigma - 1), digits);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.3, 0.5, 1, 2, 2.2222, 4.44, 20, 50})
    void discreteHasTheVarianceAskedFor(final double sigma) {
        // The cut tail of 1e-12 lies at about seven sigma: 50e-12 of the variance.
        final double effective = GaussianKernels.gaussian("discrete", sigma).effectiveSigma();
        assertEquals(1, effective / sigma, 1e-10 + 1e-11 / (sigma * sigma));
    }

    @Test
    void discreteEqualsTabulatedBesselFunctions() {
        // exp(-1) I_n(1), Abramowitz and Stegun, table 9.8.
        final double[] half = GaussianKernels.discreteHalf(1);
        assertEquals(0.4657596077, half[0], 1e-9);
        assertEquals(0.2079104154, half[1], 1e-9);
    }

    @Test
    void sigmaZeroIsTheIdentity() {
        assertEquals(Kernel.identity(), GaussianKernels.gaussian("gauss3", 0));
        assertEquals(Kernel.identity(), GaussianKernels.gaussian("discrete", 0));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY, 1e9})
    void senselessSigmaIsRefused(final double sigma) {
        assertThrows(IllegalArgumentException.class,
                () -> GaussianKernels.gaussian("gauss3", sigma));
    }

    @Test
    void kernelsAreConvolutions() {
        final Kernel shift = new Kernel(new double[] {0, 0, 1}, 0);
        // out[i] = in[i - 2]: reaches two samples back and none forward.
        assertEquals(2, shift.before());
        assertEquals(0, shift.after());
        assertArrayEquals(new double[] {1, 0, 0}, shift.weights());
    }
}
