package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Blocks of different sizes and numbers of levels, one after the other in the same arrays. */
class SlidingMedianTest {

    private static final int[] REACH = {0, 1, 1};
    private static final int[] CROSS = {0, -1, 0, 0, 0, 1, 0, 1, 0};

    private static int[] random(final int length, final int count, final long seed) {
        return new Random(seed).ints(length, 0, count).toArray();
    }

    private static int[] medians(final int[] levels, final int height, final int width) {
        final int across = width + 2;
        final int[] found = new int[height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                final int at = (y + 1) * across + x + 1;
                final int[] cross = {levels[at], levels[at - 1], levels[at + 1],
                    levels[at - across], levels[at + across]};
                Arrays.sort(cross);
                found[y * width + x] = cross[2];
            }
        }
        return found;
    }

    @Test
    void aBlockLeavesNothingOfItselfToTheNext() {
        final MedianArrays arrays = new MedianArrays();
        final int[][] blocks = {{9, 14, 300}, {3, 5, 20}, {16, 20, 1000}, {4, 4, 1}};
        for (int threads = 1; threads <= 3; threads++) {
            for (final int[] block : blocks) {
                final int[] levels = random((block[0] + 2) * (block[1] + 2), block[2], threads);
                final int[] found = new int[block[0] * block[1]];
                SlidingMedian.run(IntBuffer.wrap(levels), IntBuffer.wrap(found), block[2],
                        new int[] {1, block[0], block[1]}, REACH, CROSS, arrays, threads,
                        Progress.NONE);
                assertArrayEquals(medians(levels, block[0], block[1]), found);
            }
        }
    }

    @Test
    void aBlockTakesNoMemoryThatTheOneBeforeIsDoneWith() {
        final MedianArrays arrays = new MedianArrays();
        final int[] levels = arrays.levels(IntBuffer.allocate(100));
        final int[] found = arrays.found(80);
        final int[] histogram = arrays.histogram(50);
        arrays.back(histogram);
        assertSame(levels, arrays.levels(IntBuffer.allocate(99)));
        assertSame(found, arrays.found(80));
        assertSame(histogram, arrays.histogram(40));
    }
}
