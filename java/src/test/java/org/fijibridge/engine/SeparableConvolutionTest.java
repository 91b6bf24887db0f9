package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SeparableConvolutionTest {

    /** Sums of a few hundred products of numbers up to 100 in float: some ulps of 100. */
    private static final double FLOAT_TOLERANCE = 1e-4;

    /** The same in double. */
    private static final double DOUBLE_TOLERANCE = 1e-11;

    private static final int[][] SHAPES = {
        {7, 9, 11}, {1, 1, 1}, {1, 1, 40}, {40, 1, 1}, {1, 40, 1}, {2, 3, 4}, {20, 5, 70},
        {3, 64, 17}, {1, 33, 130}, {5, 1, 9},
    };

    private static ByteBuffer buffer(final long bytes) {
        return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer random(final int size, final ElementType type, final long seed) {
        final Random random = new Random(seed);
        final ByteBuffer buffer = buffer((long) size * type.bytes());
        for (int i = 0; i < size; i++) {
            final double value = type.quantise(random.nextDouble() * 200 - 100);
            final double[] row = {value};
            BufferRow.of(buffer.duplicate().order(ByteOrder.nativeOrder()), type).put(i, row, 0, 1);
        }
        return buffer;
    }

    private static double[] values(final ByteBuffer buffer, final ElementType type) {
        final double[] values = new double[buffer.capacity() / type.bytes()];
        BufferRow.of(buffer.duplicate().order(ByteOrder.nativeOrder()), type)
                .get(0, values, 0, values.length);
        return values;
    }

    private static Kernel randomKernel(final Random random, final int longest) {
        final double[] taps = new double[1 + random.nextInt(longest)];
        double norm = 0;
        for (int i = 0; i < taps.length; i++) {
            taps[i] = random.nextDouble() - 0.3;
            norm += Math.abs(taps[i]);
        }
        for (int i = 0; i < taps.length; i++) {
            taps[i] /= norm;
        }
        return new Kernel(taps, random.nextInt(taps.length));
    }

    private static ByteBuffer run(final ByteBuffer in, final int[] shape, final ElementType type,
            final ElementType outType, final Kernel[] kernels, final Border border,
            final boolean wide, final int threads) {
        final int size = shape[0] * shape[1] * shape[2];
        final ByteBuffer out = buffer((long) size * outType.bytes());
        SeparableConvolution.run(volume(in, type, shape), Collections.singletonList(
                new Output(volume(out, outType, shape), kernels[0], kernels[1], kernels[2])),
                border, 3.25, wide, threads, Progress.NONE);
        return out;
    }

    private static BufferVolume volume(final ByteBuffer buffer, final ElementType type,
            final int[] shape) {
        return new BufferVolume(new ByteBuffer[] {buffer}, type, shape[0], shape[1], shape[2]);
    }

    @ParameterizedTest
    @EnumSource(Border.class)
    void equalsTheDefinition(final Border border) {
        final Random random = new Random(7);
        for (final int[] shape : SHAPES) {
            for (final int longest : new int[] {1, 3, 9, 40, 150}) {
                final Kernel[] kernels = {randomKernel(random, longest),
                    randomKernel(random, longest), randomKernel(random, longest)};
                final ByteBuffer in = random(shape[0] * shape[1] * shape[2], ElementType.FLOAT64, 3);
                final double[] expected = Naive.convolve(
                        values(in, ElementType.FLOAT64), shape, kernels, border, 3.25);
                final String what = Arrays.toString(shape) + " " + Arrays.toString(kernels);
                assertArrayEquals(expected, values(run(in, shape, ElementType.FLOAT64,
                        ElementType.FLOAT64, kernels, border, true, 2), ElementType.FLOAT64),
                        DOUBLE_TOLERANCE, what);
                assertArrayEquals(expected, values(run(in, shape, ElementType.FLOAT64,
                        ElementType.FLOAT32, kernels, border, false, 1), ElementType.FLOAT32),
                        FLOAT_TOLERANCE, what);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void everyTypeIsReadAndRoundedOnce(final ElementType type) {
        final int[] shape = {5, 12, 21};
        final Kernel kernel = GaussianKernels.gaussian("gauss3", 1.3);
        final Kernel[] kernels = {kernel, kernel, kernel};
        final ByteBuffer in = random(5 * 12 * 21, type, 5);
        final double[] exact = Naive.convolve(
                values(in, type), shape, kernels, Border.MIRROR_DOUBLE, 0);
        for (final boolean wide : new boolean[] {false, true}) {
            final double[] got = values(run(in, shape, type, type, kernels,
                    Border.MIRROR_DOUBLE, wide, 2), type);
            for (int i = 0; i < exact.length; i++) {
                // Values that close to a half may go either way in float.
                if (Math.abs(Math.abs(exact[i] % 1) - 0.5) > FLOAT_TOLERANCE) {
                    assertEquals(type.quantise(exact[i]), got[i], FLOAT_TOLERANCE);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Border.class)
    void bitsDoNotDependOnThreads(final Border border) {
        final int[][] shapes = {{37, 61, 53}, {1, 700, 300}, {1, 1, 70000}, {300, 40, 3}};
        for (final int[] shape : shapes) {
            final Kernel[] kernels = {GaussianKernels.gaussian("gauss3", 0.7),
                GaussianKernels.gaussian("discrete", 2.1), GaussianKernels.gaussian("gauss3", 4)};
            final ByteBuffer in = random(shape[0] * shape[1] * shape[2], ElementType.FLOAT32, 1);
            final ByteBuffer one = run(in, shape, ElementType.FLOAT32, ElementType.FLOAT32,
                    kernels, border, false, 1);
            for (final int threads : new int[] {2, 3, 8, 64}) {
                assertEquals(one, run(in, shape, ElementType.FLOAT32, ElementType.FLOAT32,
                        kernels, border, false, threads), threads + " threads");
            }
        }
    }

    @Test
    void severalOutputsEqualSingleOnes() {
        final int[] shape = {11, 23, 31};
        final Random random = new Random(2);
        final ByteBuffer in = random(11 * 23 * 31, ElementType.FLOAT32, 9);
        final Kernel shared = randomKernel(random, 9);
        final Kernel[][] kernels = new Kernel[5][];
        for (int k = 0; k < kernels.length; k++) {
            kernels[k] = new Kernel[] {k < 3 ? shared : randomKernel(random, 6),
                k < 2 ? shared : randomKernel(random, 12), randomKernel(random, 15)};
        }
        for (final Border border : Border.values()) {
            final List<Output> outputs = new ArrayList<>();
            final List<ByteBuffer> results = new ArrayList<>();
            for (final Kernel[] k : kernels) {
                final ByteBuffer out = buffer(in.capacity());
                results.add(out);
                outputs.add(new Output(volume(out, ElementType.FLOAT32, shape), k[0], k[1], k[2]));
            }
            SeparableConvolution.run(volume(in, ElementType.FLOAT32, shape), outputs, border, 3.25,
                    false, 2, Progress.NONE);
            for (int k = 0; k < kernels.length; k++) {
                assertEquals(run(in, shape, ElementType.FLOAT32, ElementType.FLOAT32, kernels[k],
                        border, false, 1), results.get(k));
            }
        }
    }

    @Test
    void oneNanSpoilsOnlyWhatTheKernelReaches() {
        final int[] shape = {9, 9, 41};
        final ByteBuffer in = random(9 * 9 * 41, ElementType.FLOAT32, 4);
        in.putFloat(4 * ((4 * 9 + 4) * 41 + 20), Float.NaN);
        final Kernel kernel = GaussianKernels.gaussian("gauss3", 1);
        final double[] out = values(run(in, shape, ElementType.FLOAT32, ElementType.FLOAT32,
                new Kernel[] {kernel, kernel, kernel}, Border.NEAREST, false, 2),
                ElementType.FLOAT32);
        for (int i = 0; i < out.length; i++) {
            final boolean reached = Math.abs(i / 41 / 9 - 4) <= kernel.radius()
                    && Math.abs(i / 41 % 9 - 4) <= kernel.radius()
                    && Math.abs(i % 41 - 20) <= kernel.radius();
            assertEquals(reached, Double.isNaN(out[i]), "at " + i);
        }
    }

    @Test
    void severalBuffersEqualOne() {
        final int[] shape = {6, 10, 15};
        final ByteBuffer in = random(900, ElementType.INT16, 8);
        final Kernel kernel = GaussianKernels.gaussian("gauss3", 1.5);
        final Kernel[] kernels = {kernel, kernel, kernel};
        final ByteBuffer expected = run(in, shape, ElementType.INT16, ElementType.INT16, kernels,
                Border.PERIODIC, false, 1);
        // 37 elements a piece: rows, and planes, are split between buffers.
        final ByteBuffer[] ins = new ByteBuffer[25];
        final ByteBuffer[] outs = new ByteBuffer[25];
        for (int c = 0; c < ins.length; c++) {
            final int length = Math.min(74, 1800 - c * 74);
            ins[c] = buffer(length);
            for (int b = 0; b < length; b++) {
                ins[c].put(b, in.get(c * 74 + b));
            }
            outs[c] = buffer(length);
        }
        SeparableConvolution.run(new BufferVolume(ins, ElementType.INT16, 6, 10, 15),
                Collections.singletonList(new Output(
                        new BufferVolume(outs, ElementType.INT16, 6, 10, 15), kernel, kernel, kernel)),
                Border.PERIODIC, 0, false, 2, Progress.NONE);
        for (int b = 0; b < 1800; b++) {
            assertEquals(expected.get(b), outs[b / 74].get(b % 74));
        }
    }

    @Test
    void cancelEndsTheWork() {
        final int[] shape = {64, 128, 128};
        final ByteBuffer in = buffer(64L * 128 * 128 * 4);
        final Kernel kernel = GaussianKernels.gaussian("gauss3", 10);
        final AtomicInteger asked = new AtomicInteger();
        final Progress progress = new Progress() {
            @Override
            public void report(final long done, final long total) {}

            @Override
            public boolean cancelled() {
                return asked.incrementAndGet() > 0;
            }
        };
        // Repeated until a run lasts long enough to be asked at all.
        assertThrows(CancellationException.class, () -> {
            for (int i = 0; i < 1000; i++) {
                SeparableConvolution.run(volume(in, ElementType.FLOAT32, shape),
                        Collections.singletonList(new Output(
                                volume(buffer(in.capacity()), ElementType.FLOAT32, shape),
                                kernel, kernel, kernel)),
                        Border.NEAREST, 0, false, 2, progress);
            }
        });
        assertTrue(asked.get() > 0);
    }

    @Test
    void progressEndsComplete() {
        final long[] last = new long[2];
        final Progress progress = new Progress() {
            @Override
            public void report(final long done, final long total) {
                assertTrue(done >= last[0] && done <= total);
                last[0] = done;
                last[1] = total;
            }

            @Override
            public boolean cancelled() {
                return false;
            }
        };
        final int[] shape = {16, 64, 64};
        final ByteBuffer in = buffer(16 * 64 * 64 * 4);
        SeparableConvolution.run(volume(in, ElementType.FLOAT32, shape),
                Collections.singletonList(new Output(
                        volume(buffer(in.capacity()), ElementType.FLOAT32, shape),
                        Kernel.identity(), Kernel.identity(), Kernel.identity())),
                Border.NEAREST, 0, false, 2, progress);
        assertTrue(last[1] > 0);
        assertEquals(last[1], last[0]);
    }

    @Test
    void emptyVolumesAreFine() {
        final int[] shape = {0, 5, 3};
        final ByteBuffer out = run(buffer(0), shape, ElementType.UINT8, ElementType.UINT8,
                new Kernel[] {Kernel.identity(), Kernel.identity(), Kernel.identity()},
                Border.NEAREST, false, 2);
        assertEquals(0, out.capacity());
    }

    @Test
    void otherShapeIsRefused() {
        final Output output = new Output(volume(buffer(60), ElementType.UINT8, new int[] {3, 4, 5}),
                Kernel.identity(), Kernel.identity(), Kernel.identity());
        final BufferVolume in = volume(buffer(60), ElementType.UINT8, new int[] {3, 5, 4});
        final IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> SeparableConvolution.run(in, Collections.singletonList(output),
                        Border.NEAREST, 0, false, 1, Progress.NONE));
        assertTrue(e.getMessage().contains("3 x 5 x 4"));
    }
}
