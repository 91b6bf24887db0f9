package org.fijibridge.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.fijibridge.kernel.DerivativeKernels;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.api.Test;

class ArrayEngineTest {

    private static final Kernel[] KERNELS = {
        GaussianKernels.gaussian("gauss3", 0.5), GaussianKernels.gaussian("gauss3", 1.5),
        GaussianKernels.gaussian("discrete", 2)};

    private static ByteBuffer random(final int size) {
        final Random random = new Random(size);
        final ByteBuffer buffer = buffer(size);
        for (int i = 0; i < size; i++) {
            buffer.putFloat(4 * i, random.nextFloat());
        }
        return buffer;
    }

    private static ByteBuffer buffer(final int size) {
        return ByteBuffer.allocateDirect(4 * size).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer gaussian(final ByteBuffer in, final long... shape) {
        final ByteBuffer out = buffer(in.capacity() / 4);
        ArrayEngine.convolve(new ByteBuffer[] {in}, "float32", new ByteBuffer[][] {{out}},
                "float32", shape, null, new Kernel[][] {KERNELS}, "mirror-double", 0, 2, null);
        return out;
    }

    @Test
    void volumesOfMoreAxesStayApart() {
        final int size = 4 * 5 * 6;
        final ByteBuffer all = random(6 * size);
        final ByteBuffer together = gaussian(all, 2, 3, 4, 5, 6);
        for (int v = 0; v < 6; v++) {
            final ByteBuffer one = buffer(size);
            final ByteBuffer expected = buffer(size);
            for (int i = 0; i < size; i++) {
                one.putFloat(4 * i, all.getFloat(4 * (v * size + i)));
                expected.putFloat(4 * i, together.getFloat(4 * (v * size + i)));
            }
            assertEquals(expected, gaussian(one, 4, 5, 6));
        }
    }

    @Test
    void termsAreTakenInWhileTheyAreMade() {
        final int size = 4 * 15 * 16;
        final ByteBuffer in = random(size);
        final Kernel slope = DerivativeKernels.derivative("gauss3", 1.5, 1, 0.7);
        final Kernel[][] kernels = {
            KERNELS, {KERNELS[0], slope, KERNELS[2]}, {slope, KERNELS[1], KERNELS[2]}};
        final ByteBuffer[][] outs = {{buffer(size)}, {buffer(size)}, {buffer(size)}};
        ArrayEngine.convolve(new ByteBuffer[] {in}, "float32", outs, "float32",
                new long[] {4, 15, 16}, null, kernels, "mirror-double", 0, 1, null);
        for (final int threads : new int[] {1, 3}) {
            final ByteBuffer sum = buffer(size);
            ArrayEngine.sum(new ByteBuffer[] {in}, "float32", new ByteBuffer[] {sum}, "float32",
                    new long[] {4, 15, 16}, null, kernels,
                    new String[] {"subtract", "add_square", "add"}, "mirror-double", 0, threads,
                    null);
            for (int i = 0; i < size; i++) {
                final double square = outs[1][0].getFloat(4 * i);
                final double expected = -outs[0][0].getFloat(4 * i) + square * square
                        + outs[2][0].getFloat(4 * i);
                // Sums of terms are double, and rounded to float wherever they are stored.
                assertEquals(expected, sum.getFloat(4 * i), 4 * Math.ulp(1f));
            }
        }
    }

    @Test
    void unknownNamesAreRefused() {
        final ByteBuffer[] one = {buffer(1)};
        final IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> ArrayEngine.convolve(one, "bool", new ByteBuffer[][] {one}, "float32",
                        new long[] {1, 1, 1}, null, new Kernel[][] {KERNELS}, "nearest", 0, 1,
                        null));
        assertTrue(e.getMessage().contains("bool"));
    }
}
