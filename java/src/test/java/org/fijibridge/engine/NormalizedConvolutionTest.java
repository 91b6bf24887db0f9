package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.Random;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NormalizedConvolutionTest {

    private static final int[] SHAPE = {7, 40, 90};
    private static final int SIZE = 7 * 40 * 90;
    private static final Kernel[] KERNELS = {GaussianKernels.gaussian("scipy", 0.6),
        GaussianKernels.gaussian("scipy", 2), GaussianKernels.gaussian("scipy", 3)};

    private static double[] samples() {
        final Random random = new Random(5);
        final double[] samples = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            final boolean hole = i % 90 < 40 || random.nextInt(50) == 0;
            samples[i] = hole ? i % 2 == 0 ? Double.NaN : Double.NEGATIVE_INFINITY
                    : random.nextFloat();
        }
        return samples;
    }

    private static BufferVolume volume(final double[] values) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(4 * SIZE).order(ByteOrder.nativeOrder());
        for (int i = 0; i < SIZE; i++) {
            buffer.putFloat(4 * i, (float) values[i]);
        }
        return new BufferVolume(new ByteBuffer[] {buffer}, ElementType.FLOAT32, SHAPE[0], SHAPE[1],
                SHAPE[2]);
    }

    private static double[] values(final BufferVolume volume) {
        final double[] values = new double[SIZE];
        final VolumeSource.Reader reader = volume.reader();
        for (int row = 0; row < SIZE / SHAPE[2]; row++) {
            reader.read(row / SHAPE[1], row % SHAPE[1], 0, SHAPE[2], values, row * SHAPE[2]);
        }
        return values;
    }

    private static double[] means(final double[] samples, final Border border, final int threads) {
        final BufferVolume out = volume(new double[SIZE]);
        SeparableConvolution.means(volume(samples), Part.WHOLE, out,
                target -> Collections.singletonList(
                        new Output(target, KERNELS[0], KERNELS[1], KERNELS[2])),
                border, 0.25, false, threads, Progress.NONE);
        return values(out);
    }

    @ParameterizedTest
    @EnumSource(Border.class)
    void theDefinition(final Border border) {
        final double[] samples = samples();
        final double[] there = new double[SIZE];
        final double[] weights = new double[SIZE];
        for (int i = 0; i < SIZE; i++) {
            weights[i] = Double.isNaN(samples[i]) || Double.isInfinite(samples[i]) ? 0 : 1;
            there[i] = weights[i] == 0 ? 0 : samples[i];
        }
        final double[] sums = Naive.convolve(there, SHAPE, KERNELS, border, 0.25);
        final double[] all = Naive.convolve(weights, SHAPE, KERNELS, border, 1);
        final double[] found = means(samples, border, 2);
        int missing = 0;
        for (int i = 0; i < SIZE; i++) {
            if (all[i] > SeparableConvolution.SMALLEST_WEIGHT) {
                // Two sums in float of 5 + 17 + 25 products of samples below 1, and a quotient.
                assertEquals(sums[i] / all[i], found[i], 2e-6, "at " + i);
            } else {
                assertEquals(Double.NaN, found[i], "at " + i);
                missing++;
            }
        }
        assertTrue(missing > 0, "samples out of reach of all");
        assertArrayEquals(found, means(samples, border, 1));
    }

    @Test
    void whereAllAreThereTheMeanIsTheSum() {
        final double[] samples = new double[SIZE];
        final Random random = new Random(6);
        for (int i = 0; i < SIZE; i++) {
            samples[i] = random.nextFloat();
        }
        final BufferVolume plain = volume(new double[SIZE]);
        SeparableConvolution.run(volume(samples), Collections.singletonList(
                new Output(plain, KERNELS[0], KERNELS[1], KERNELS[2])), Border.MIRROR_DOUBLE, 0,
                false, 2, Progress.NONE);
        assertArrayEquals(values(plain), means(samples, Border.MIRROR_DOUBLE, 2));
    }
}
