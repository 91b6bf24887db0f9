package org.fijibridge.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.api.Test;

class ArrayEngineTest {

    private static final double[] SIGMA = {0.5, 1.5, 2};

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
        ArrayEngine.gaussian(new ByteBuffer[] {in}, "float32", new ByteBuffer[] {out}, "float32",
                shape, "gauss3", SIGMA, "mirror-double", 0, 2, null);
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
    void kernelsByNameAndByTapsAreTheSame() {
        final ByteBuffer in = random(4 * 15 * 16);
        final double[][] taps = new double[3][];
        final int[] centres = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            final Kernel kernel = GaussianKernels.gaussian("gauss3", SIGMA[axis]);
            taps[axis] = kernel.taps();
            centres[axis] = kernel.centre();
        }
        final ByteBuffer[][] outs = {{buffer(4 * 15 * 16)}, {buffer(4 * 15 * 16)}};
        ArrayEngine.convolveMany(new ByteBuffer[] {in}, "float32", outs, "float32",
                new long[] {4, 15, 16}, new double[][][] {taps, taps},
                new int[][] {centres, centres}, "mirror-double", 0, 1, null);
        final ByteBuffer expected = gaussian(in, 4, 15, 16);
        assertEquals(expected, outs[0][0]);
        assertEquals(expected, outs[1][0]);
    }

    @Test
    void unknownNamesAreRefused() {
        final ByteBuffer[] one = {buffer(1)};
        final IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> ArrayEngine.gaussian(one, "bool", one, "float32", new long[] {1, 1, 1},
                        "gauss3", SIGMA, "nearest", 0, 1, null));
        assertTrue(e.getMessage().contains("bool"));
    }
}
