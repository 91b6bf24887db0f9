package org.fijibridge.engine;

import java.util.concurrent.CancellationException;

/**
 * Weighted sums of a few samples along each axis, at places of another grid: interpolation. Sums
 * are in double, along z, then y, then x, and rounded once.
 *
 * <p>What is summed along z and y is kept row by row while neighbouring rows of the result need it.
 */
public final class Resampling {

    /** What the places of the result along an axis are made of. */
    public static final class Axis {

        private final int taps;
        private final int[] samples;
        private final double[] weights;

        /**
         * @param taps how many samples each place has
         * @param samples per place and tap the sample, -1: the constant
         * @param weights per place and tap
         */
        public Axis(final int taps, final int[] samples, final double[] weights) {
            this.taps = taps;
            this.samples = samples.clone();
            this.weights = weights.clone();
        }

        int places() {
            return samples.length / taps;
        }
    }

    /** Rows of a plane of the result that one thread makes at a time. */
    private static final int ROWS = 32;

    private final VolumeSource in;
    private final VolumeTarget out;
    private final Axis z;
    private final Axis y;
    private final Axis x;
    private final double constant;

    private Resampling(final VolumeSource in, final VolumeTarget out, final Axis z, final Axis y,
            final Axis x, final double constant) {
        this.in = in;
        this.out = out;
        this.z = z;
        this.y = y;
        this.x = x;
        this.constant = constant;
    }

    /**
     * Fills the result.
     *
     * @param constant what lies beyond the volume where a place says so
     * @throws CancellationException if progress asked for it
     */
    public static void run(final VolumeSource in, final VolumeTarget out, final Axis z,
            final Axis y, final Axis x, final double constant, final int threads,
            final Progress progress) {
        final Resampling sampling = new Resampling(in, out, z, y, x, constant);
        final int stretches = (y.places() + ROWS - 1) / ROWS;
        Workers.run(threads, z.places() * stretches, () -> sampling.new Stretch(stretches),
                progress);
    }

    /** Some rows of a plane. */
    private final class Stretch implements Workers.Worker {

        private final int stretches;
        private final VolumeSource.Reader reader = in.reader();
        private final VolumeTarget.Writer writer = out.writer();
        /** Rows summed along z, by the row of the volume; the last sample is the constant. */
        private final double[][] alongZ = new double[y.taps][in.width()];
        private final int[] rows = new int[y.taps];
        private final double[] read = new double[in.width()];
        private final double[] summed = new double[in.width() + 1];
        private final double[] made = new double[x.places()];
        private int plane = -1;

        Stretch(final int stretches) {
            this.stretches = stretches;
        }

        @Override
        public void run(final int task) {
            if (task / stretches != plane) {
                plane = task / stretches;
                java.util.Arrays.fill(rows, -2);
            }
            final int first = task % stretches * ROWS;
            for (int row = first; row < Math.min(first + ROWS, y.places()); row++) {
                sumAlongY(row);
                sumAlongX();
                writer.write(plane, row, 0, made.length, made, 0);
            }
        }

        private void sumAlongY(final int row) {
            java.util.Arrays.fill(summed, 0);
            for (int tap = 0; tap < y.taps; tap++) {
                final double weight = y.weights[row * y.taps + tap];
                if (weight == 0) {
                    // So that what is not finite reaches no further than it counts.
                    continue;
                }
                final double[] given = summedAlongZ(y.samples[row * y.taps + tap]);
                for (int i = 0; i < given.length; i++) {
                    summed[i] += weight * given[i];
                }
            }
            summed[in.width()] = constant;
        }

        /** Rows stay where they are until another one of the same number modulo taps comes. */
        private double[] summedAlongZ(final int row) {
            final int slot = Math.floorMod(row, rows.length);
            final double[] sum = alongZ[slot];
            if (rows[slot] == row) {
                return sum;
            }
            rows[slot] = row;
            if (row < 0) {
                java.util.Arrays.fill(sum, constant);
                return sum;
            }
            java.util.Arrays.fill(sum, 0);
            for (int tap = 0; tap < z.taps; tap++) {
                final double weight = z.weights[plane * z.taps + tap];
                final int sample = z.samples[plane * z.taps + tap];
                if (weight == 0) {
                    continue;
                }
                if (sample < 0) {
                    java.util.Arrays.fill(read, constant);
                } else {
                    reader.read(sample, row, 0, read.length, read, 0);
                }
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += weight * read[i];
                }
            }
            return sum;
        }

        private void sumAlongX() {
            final int constantAt = in.width();
            for (int i = 0; i < made.length; i++) {
                double sum = 0;
                for (int tap = i * x.taps; tap < (i + 1) * x.taps; tap++) {
                    final int sample = x.samples[tap];
                    final double weight = x.weights[tap];
                    if (weight != 0) {
                        sum += weight * summed[sample < 0 ? constantAt : sample];
                    }
                }
                made[i] = sum;
            }
        }

        @Override
        public void end() {}
    }
}
