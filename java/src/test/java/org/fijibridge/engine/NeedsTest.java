package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a convolution says that it needs is what its threads hold. */
class NeedsTest {

    @ParameterizedTest
    @CsvSource({"9,41,67,1", "60,203,307,2", "30,307,2003,9", "5,17,103,30", "1,523,509,4",
        "40,101,1009,60"})
    void memoryIsThatOfTheRowsOfAThread(final int depth, final int height, final int width,
            final double sigma) {
        final Kernel kernel = GaussianKernels.gaussian("discrete", sigma);
        final Extent extent = new Extent(depth, height, width);
        final List<Output> outputs =
                Collections.singletonList(new Output(extent, kernel, kernel, kernel));
        final long said = extent.needs(outputs, Border.NEAREST, false, 1).bytes;
        final AtomicLong held = new AtomicLong();
        final Rows<float[]> rows = new FloatRows(Arithmetics::floats, Sums.FLOAT) {
            @Override
            float[] create(final int length) {
                held.addAndGet((long) Float.BYTES * length);
                return super.create(length);
            }
        };
        final float[] plane = new float[width * height];
        final Object[] planes = new Object[depth];
        Arrays.fill(planes, plane);
        final PlaneVolume volume = new PlaneVolume(planes, height, width, 0);
        final int[] size = {depth, height, width};
        final KernelTree tree = new KernelTree(Collections.singletonList(
                new Output(volume, kernel, kernel, kernel)), size, Border.NEAREST, Sums.FLOAT);
        new TileSweep<>(tree, Tiling.choose(volume, Part.WHOLE, size, tree, Float.BYTES, 1), volume,
                Part.WHOLE, Border.NEAREST, 0, rows);
        // Rows are aligned, and some are held once for all planes: a little for small images.
        assertTrue(held.get() < 1.2 * said + 300_000, held + " held, " + said + " said");
        assertTrue(said < 1.5 * held.get() + 300_000, held + " held, " + said + " said");
    }
}
