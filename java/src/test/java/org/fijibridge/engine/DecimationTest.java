package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.Random;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecimationTest {

    /** Rounding of sums in float, in units of the range. */
    private static final double FLOAT = 1e-6;

    @ParameterizedTest
    @CsvSource({"gauss3, 40", "gauss3, 100", "discrete, 20", "discrete, 100"})
    void noImageHasALargerErrorThanStated(final String name, final double sigma) {
        final Kernel kernel = GaussianKernels.gaussian(name, sigma);
        final Decimation decimation = Decimation.of(kernel, 2000);
        assertNotNull(decimation);
        assertTrue(decimation.error <= Decimation.LARGEST_ERROR);
        for (final double weight : decimation.weights) {
            assertTrue(weight >= 0);
        }
        // The worst image for an output: 1 where the difference of the responses is positive.
        final double[] weights = kernel.weights();
        for (int d = 0; d < decimation.step; d++) {
            double worst = 0;
            double sum = 0;
            for (int o = -decimation.before() - d; o <= decimation.after() + d; o++) {
                double got = 0;
                for (int p = 0; p < Decimation.SUPPORT; p++) {
                    final int m = d + o - (p - Decimation.LEFT) * decimation.step - decimation.first;
                    if (m >= 0 && m < decimation.weights.length) {
                        got += decimation.phases[d][p] * decimation.weights[m];
                    }
                }
                final int index = o + kernel.before();
                final double wanted = index < 0 || index >= weights.length ? 0 : weights[index];
                worst += Math.max(0, got - wanted);
                sum += got;
            }
            assertEquals(1, sum, 1e-12);
            assertTrue(worst <= decimation.error + 1e-12);
        }
    }

    @ParameterizedTest
    @CsvSource({"discrete, 10.1, false", "discrete, 10.2, true", "band-limited, 13.2, false",
            "band-limited, 13.3, true", "gauss3, 36.8, false", "gauss3, 36.9, true"})
    void twoStepsPayFromThisSigmaOn(final String name, final double sigma, final boolean pays) {
        final Kernel kernel = GaussianKernels.gaussian(name, sigma);
        assertEquals(pays, Decimation.of(kernel, 2000) != null);
    }

    @Test
    void workDoesNotGrowWithSigma() {
        // Gauss3 needs more than the discrete kernel: it is less smooth.
        for (final double sigma : new double[] {40, 80, 160, 320}) {
            assertTrue(Decimation.of(GaussianKernels.gaussian("gauss3", sigma), 2000).taps() < 140);
            assertTrue(Decimation.of(GaussianKernels.gaussian("discrete", sigma), 2000).taps() < 60);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 2, 5, 8})
    void narrowKernelsAreSummedDirectly(final double sigma) {
        assertNull(Decimation.of(GaussianKernels.gaussian("gauss3", sigma), 2000));
    }

    @Test
    void derivativesAreSummedDirectly() {
        final double[] taps = GaussianKernels.gaussian("discrete", 60).taps();
        for (int i = 0; i < taps.length; i++) {
            taps[i] *= i - taps.length / 2;
        }
        assertNull(Decimation.of(new Kernel(taps, taps.length / 2), 2000));
    }

    @ParameterizedTest
    @EnumSource(Border.class)
    void wholeSweepStaysWithinTheStatedError(final Border border) {
        final int[][] shapes = {{2, 300, 333}, {1, 1, 700}, {3, 650, 1}, {1, 40, 4000}, {1, 100, 90}};
        for (final int[] shape : shapes) {
            final int size = shape[0] * shape[1] * shape[2];
            final Random random = new Random(1);
            final double[] values = new double[size];
            final ByteBuffer in = ByteBuffer.allocateDirect(4 * size).order(ByteOrder.nativeOrder());
            for (int i = 0; i < size; i++) {
                // Stripes as wide as the steps, blocks and noise: range 1.
                values[i] = i / 7 % 2 == 0 ? random.nextInt(2) : i / 3000 % 2;
                in.putFloat(4 * i, (float) values[i]);
            }
            final Kernel kernel = GaussianKernels.gaussian("discrete", 24);
            final Kernel[] kernels = {Kernel.identity(), kernel, kernel};
            final double[] expected = Naive.convolve(values, shape, kernels, border, 0.5);
            ByteBuffer first = null;
            for (final int threads : new int[] {1, 2, 7}) {
                final ByteBuffer out =
                        ByteBuffer.allocateDirect(4 * size).order(ByteOrder.nativeOrder());
                SeparableConvolution.run(volume(in, shape), Collections.singletonList(
                        new Output(volume(out, shape), kernels[0], kernels[1], kernels[2])),
                        border, 0.5, false, threads, Progress.NONE);
                for (int i = 0; i < size; i++) {
                    assertEquals(expected[i], out.getFloat(4 * i),
                            2 * Decimation.LARGEST_ERROR + FLOAT);
                }
                first = first == null ? out : first;
                assertEquals(first, out, threads + " threads");
            }
        }
    }

    private static BufferVolume volume(final ByteBuffer buffer, final int[] shape) {
        return new BufferVolume(new ByteBuffer[] {buffer}, ElementType.FLOAT32,
                shape[0], shape[1], shape[2]);
    }
}
