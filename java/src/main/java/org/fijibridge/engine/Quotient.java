package org.fijibridge.engine;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Weighted sums over the sums of their weights. Two sweeps in step write one and the other, rows
 * in the same order, the weights first; one instance per worker.
 *
 * <p>What is divided by is the weight relative to that of all samples: where all are there, that is
 * 1, and the sum stays what it is to the last bit. What a weight is more than the smallest that
 * counts is divided by itself: 1, or NaN where there is nothing. There is no branch, and both rows
 * have the same index, so that the loop becomes vector instructions.
 */
final class Quotient {

    private final VolumeTarget out;
    private final Deque<float[]> floats = new ArrayDeque<>();
    private final Deque<double[]> doubles = new ArrayDeque<>();
    private final Deque<float[]> spareFloats = new ArrayDeque<>();
    private final Deque<double[]> spareDoubles = new ArrayDeque<>();
    private double full;

    /** @param out gets the means */
    Quotient(final VolumeTarget out) {
        this.out = out;
    }

    /** Says what the weights are where every sample is there. */
    void setFull(final double value) {
        full = value;
    }

    /** Where the sums of the weights go. */
    VolumeTarget weights() {
        return new TargetLike(out) {
            @Override
            public Writer writer() {
                return new WeightsWriter();
            }
        };
    }

    /** Where the sums of the samples go. */
    VolumeTarget sums() {
        return new TargetLike(out) {
            @Override
            public Writer writer() {
                return new SumsWriter(out.writer());
            }
        };
    }

    private final class WeightsWriter implements VolumeTarget.Writer {

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            final int to = offset + length;
            final float[] spare = spareFloats.poll();
            final float[] kept = spare == null || spare.length < to ? new float[to] : spare;
            System.arraycopy(row, offset, kept, offset, length);
            floats.add(kept);
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            final int to = offset + length;
            final double[] spare = spareDoubles.poll();
            final double[] kept = spare == null || spare.length < to ? new double[to] : spare;
            System.arraycopy(row, offset, kept, offset, length);
            doubles.add(kept);
        }
    }

    private final class SumsWriter implements VolumeTarget.Writer {

        private final VolumeTarget.Writer writer;

        SumsWriter(final VolumeTarget.Writer writer) {
            this.writer = writer;
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            final float[] weights = floats.remove();
            final float least = (float) SeparableConvolution.SMALLEST_WEIGHT;
            final float whole = (float) full;
            for (int i = offset; i < offset + length; i++) {
                final float more = Math.max(weights[i], least) - least;
                weights[i] = row[i] / (weights[i] / whole) * (more / more);
            }
            writer.write(z, y, x, length, weights, offset);
            spareFloats.push(weights);
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            final double[] weights = doubles.remove();
            final double least = SeparableConvolution.SMALLEST_WEIGHT;
            final double whole = full;
            for (int i = offset; i < offset + length; i++) {
                final double more = Math.max(weights[i], least) - least;
                weights[i] = row[i] / (weights[i] / whole) * (more / more);
            }
            writer.write(z, y, x, length, weights, offset);
            spareDoubles.push(weights);
        }
    }
}
