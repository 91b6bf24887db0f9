package org.fijibridge.engine;

import java.nio.IntBuffer;
import java.util.concurrent.CancellationException;

/**
 * The median of all samples within a footprint, by a histogram that slides along x: of each row of
 * the footprint one sample leaves and one comes, so that the work per sample grows with the
 * footprint's rows, not with its samples.
 *
 * <p>T. S. Huang, G. J. Yang and G. Y. Tang, "A fast two-dimensional median filtering algorithm",
 * IEEE Trans. Acoustics, Speech, Signal Process. 27 (1979) 13-18; here with counts of whole blocks
 * of levels beside those of levels, which are skipped where the median jumps.
 */
public final class SlidingMedian {

    private final int[] levels;
    private final int count;
    private final int shift;
    private final int height;
    private final int width;
    private final int paddedHeight;
    private final int paddedWidth;
    private final int[] rows;
    private final int[] halves;
    private final int rank;
    private final MedianArrays arrays;
    private final int[] out;

    /**
     * @param levels samples as numbers 0 .. count-1 in the order of their values, z, y, x, with
     *     what lies beyond the edges on each side
     * @param count how many levels there are
     * @param shape along z, y, x without what lies beyond the edges
     * @param reach along z, y, x how many samples beyond the edges are there, on each side
     * @param rows of the footprint, three numbers each: steps along z and y, and how many samples
     *     to each side along x
     * @param arrays to work with
     */
    private SlidingMedian(final IntBuffer levels, final int count, final int[] shape,
            final int[] reach, final int[] rows, final MedianArrays arrays) {
        this.levels = arrays.levels(levels);
        this.arrays = arrays;
        this.count = count;
        shift = (32 - Integer.numberOfLeadingZeros(Math.max(1, count - 1)) + 1) / 2;
        height = shape[1];
        width = shape[2];
        paddedHeight = height + 2 * reach[1];
        paddedWidth = width + 2 * reach[2];
        this.rows = new int[rows.length / 3];
        halves = new int[rows.length / 3];
        int samples = 0;
        for (int r = 0; r < halves.length; r++) {
            // Where the row's middle lies, seen from the padded corner of a sample.
            this.rows[r] = ((rows[3 * r] + reach[0]) * paddedHeight + rows[3 * r + 1] + reach[1])
                    * paddedWidth + reach[2];
            halves[r] = rows[3 * r + 2];
            samples += 2 * halves[r] + 1;
        }
        rank = samples / 2;
        out = arrays.found(shape[0] * height * width);
    }

    /**
     * Puts the level of the median at each sample; of an even number of samples the upper one.
     *
     * @param out as many as the shape says
     * @param threads how many threads work, at least 1
     * @param progress told and asked between rows
     * @throws CancellationException if progress asked for it
     */
    public static void run(final IntBuffer levels, final IntBuffer out, final int count,
            final int[] shape, final int[] reach, final int[] rows, final MedianArrays arrays,
            final int threads, final Progress progress) {
        final SlidingMedian median = new SlidingMedian(levels, count, shape, reach, rows, arrays);
        Workers.run(threads, shape[0] * shape[1], () -> median.new Histogram(), progress);
        out.put(median.out, 0, shape[0] * shape[1] * shape[2]);
    }

    /** What one thread counts. */
    private final class Histogram implements Workers.Worker {

        private final int[] fine = arrays.histogram(((count - 1 >> shift) + 1) << shift);
        private final int[] coarse = new int[(count - 1 >> shift) + 1];
        private int median;
        /** Samples whose level is below the median's. */
        private int below;

        @Override
        public void run(final int row) {
            final int first = (row / height * paddedHeight + row % height) * paddedWidth;
            fill(first, 1);
            out[row * width] = find();
            for (int x = 1; x < width; x++) {
                slide(first + x);
                out[row * width + x] = find();
            }
            fill(first + width - 1, -1);
            median = below = 0;
        }

        @Override
        public void end() {
            // After a failure it has entries; then there is no next block.
            arrays.back(fine);
        }

        /** Takes the whole footprint of a sample in, or out. */
        private void fill(final int corner, final int change) {
            for (int r = 0; r < rows.length; r++) {
                final int middle = corner + rows[r];
                for (int i = middle - halves[r]; i <= middle + halves[r]; i++) {
                    final int level = levels[i];
                    fine[level] += change;
                    coarse[level >> shift] += change;
                }
            }
        }

        /** Goes on by one sample. */
        private void slide(final int corner) {
            final int limit = median;
            int change = 0;
            for (int r = 0; r < rows.length; r++) {
                final int middle = corner + rows[r];
                final int gone = levels[middle - halves[r] - 1];
                final int come = levels[middle + halves[r]];
                if (gone == come) {
                    continue;
                }
                fine[gone]--;
                coarse[gone >> shift]--;
                fine[come]++;
                coarse[come >> shift]++;
                change += (come < limit ? 1 : 0) - (gone < limit ? 1 : 0);
            }
            below += change;
        }

        private int find() {
            final int mask = (1 << shift) - 1;
            while (below > rank) {
                final int block = (median >> shift) - 1;
                if ((median & mask) == 0 && below - coarse[block] > rank) {
                    below -= coarse[block];
                    median -= mask + 1;
                } else {
                    median--;
                    below -= fine[median];
                }
            }
            while (true) {
                final int block = median >> shift;
                if ((median & mask) == 0 && below + coarse[block] <= rank) {
                    below += coarse[block];
                    median += mask + 1;
                } else if (below + fine[median] <= rank) {
                    below += fine[median];
                    median++;
                } else {
                    return median;
                }
            }
        }
    }
}
