package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PartTest {

    private static final int[] SIZE = {9, 140, 150};

    private static ByteBuffer buffer(final int[] shape) {
        return ByteBuffer.allocateDirect(4 * shape[0] * shape[1] * shape[2])
                .order(ByteOrder.nativeOrder());
    }

    private static BufferVolume volume(final ByteBuffer buffer, final int[] shape) {
        return new BufferVolume(new ByteBuffer[] {buffer}, ElementType.FLOAT32, shape[0], shape[1],
                shape[2]);
    }

    private static int index(final int[] shape, final int z, final int y, final int x) {
        return 4 * ((z * shape[1] + y) * shape[2] + x);
    }

    private static List<Output> output(final BufferVolume out, final Kernel... kernels) {
        return Collections.singletonList(new Output(out, kernels[0], kernels[1], kernels[2]));
    }

    /** Samples from {@code first} on, of a volume that repeats. */
    private static ByteBuffer cut(final ByteBuffer all, final int[] first, final int[] shape) {
        return cut(all, first, shape, new int[] {1, 1, 1});
    }

    /** Every so many-th of them. */
    private static ByteBuffer cut(final ByteBuffer all, final int[] first, final int[] shape,
            final int[] step) {
        final ByteBuffer cut = buffer(shape);
        for (int z = 0; z < shape[0]; z++) {
            for (int y = 0; y < shape[1]; y++) {
                for (int x = 0; x < shape[2]; x++) {
                    cut.putFloat(index(shape, z, y, x), all.getFloat(index(SIZE,
                            Math.floorMod(first[0] + z * step[0], SIZE[0]),
                            Math.floorMod(first[1] + y * step[1], SIZE[1]),
                            Math.floorMod(first[2] + x * step[2], SIZE[2]))));
                }
            }
        }
        return cut;
    }

    @ParameterizedTest
    @EnumSource(Border.class)
    void partsHaveTheBitsOfTheWhole(final Border border) {
        final Random random = new Random(3);
        final ByteBuffer in = buffer(SIZE);
        for (int i = 0; i < in.capacity(); i += 4) {
            in.putFloat(i, random.nextFloat());
        }
        // Direct, in two steps, wider than an axis.
        final double[][] sigmas = {{1, 2, 0.7}, {0, 18, 17}, {40, 1, 18}};
        for (final double[] sigma : sigmas) {
            final Kernel[] kernels = new Kernel[3];
            for (int axis = 0; axis < 3; axis++) {
                kernels[axis] = GaussianKernels.gaussian("discrete", sigma[axis]);
            }
            final ByteBuffer whole = buffer(SIZE);
            SeparableConvolution.run(volume(in, SIZE), output(volume(whole, SIZE), kernels), border,
                    3.25, false, 2, Progress.NONE);
            final int[][] reach = SeparableConvolution.reach(
                    output(volume(whole, SIZE), kernels), SIZE, border, false);
            for (int n = 0; n < 8; n++) {
                final int[] start = new int[3];
                final int[] shape = new int[3];
                final int[] first = new int[3];
                final int[] given = new int[3];
                final int[] offset = new int[3];
                for (int axis = 0; axis < 3; axis++) {
                    start[axis] = random.nextInt(SIZE[axis]);
                    shape[axis] = 1 + random.nextInt(Math.min(40, SIZE[axis] - start[axis]));
                    int from = start[axis] - reach[axis][0];
                    int to = start[axis] + shape[axis] + reach[axis][1];
                    if (border != Border.PERIODIC || to - from >= SIZE[axis]) {
                        from = Math.max(0, border == Border.PERIODIC ? 0 : from);
                        to = Math.min(SIZE[axis], border == Border.PERIODIC ? SIZE[axis] : to);
                    }
                    first[axis] = from;
                    given[axis] = to - from;
                    offset[axis] = start[axis] - from;
                }
                final ByteBuffer part = buffer(shape);
                SeparableConvolution.run(volume(cut(in, first, given), given),
                        new Part(first, offset, false), output(volume(part, shape), kernels), border, 3.25,
                        false, 1 + n % 2, Progress.NONE);
                assertEquals(cut(whole, start, shape), part,
                        Arrays.toString(sigma) + " " + Arrays.toString(start));
                final int[] step = new int[3];
                for (int axis = 0; axis < 3; axis++) {
                    step[axis] = 1 + random.nextInt(3);
                    shape[axis] = (shape[axis] - 1) / step[axis] + 1;
                }
                final ByteBuffer thinned = buffer(shape);
                SeparableConvolution.run(volume(cut(in, first, given), given),
                        new Part(first, offset, false).every(step),
                        output(volume(thinned, shape), kernels), border, 3.25, false, 1 + n % 2,
                        Progress.NONE);
                assertEquals(cut(whole, start, shape, step), thinned, Arrays.toString(sigma) + " "
                        + Arrays.toString(start) + " " + Arrays.toString(step));
            }
            for (int every = 2; every < 10; every += 3) {
                final int[] step = {every - 1, every, every};
                final int[] shape = new int[3];
                for (int axis = 0; axis < 3; axis++) {
                    shape[axis] = (SIZE[axis] - 1) / step[axis] + 1;
                }
                final ByteBuffer thinned = buffer(shape);
                SeparableConvolution.run(volume(in, SIZE), Part.WHOLE.every(step),
                        output(volume(thinned, shape), kernels), border, 3.25, false, 2,
                        Progress.NONE);
                assertEquals(cut(whole, new int[3], shape, step), thinned,
                        Arrays.toString(sigma) + " " + Arrays.toString(step));
            }
        }
    }

    @Test
    void aResultOutsideOfTheInputIsRefused() {
        final int[] shape = {1, 1, 4};
        final BufferVolume volume = volume(buffer(shape), shape);
        final Kernel one = Kernel.identity();
        final Part part = new Part(new int[3], new int[] {0, 0, 1}, false);
        assertThrows(IllegalArgumentException.class, () -> SeparableConvolution.run(volume, part,
                output(volume, one, one, one), Border.NEAREST, 0, false, 1, Progress.NONE));
    }
}
