package org.fijibridge.engine;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/** Convolves a volume with one kernel per axis, for any number of outputs at once. */
public final class SeparableConvolution {

    private SeparableConvolution() {}

    /**
     * Computes all outputs from one reading of the input.
     *
     * <p>In float, smoothing kernels of many taps along y and x are summed in two steps where
     * that is cheaper; each then adds at most {@link Decimation#LARGEST_ERROR} of the image's
     * range to the error. In double all kernels are summed directly.
     *
     * <p>The outputs of one voxel are written by one thread, one after the other, the first of
     * the list first; outputs that share kernels follow each other, otherwise they keep the order
     * of the list. {@link Term} depends on that.
     *
     * @param in the input; must not overlap any output
     * @param outputs where results go, with their kernels; targets are as large as the input
     * @param border what lies outside of the input
     * @param constant the value of the constant border
     * @param doublePrecision sums in double instead of float
     * @param threads how many threads work, at least 1; the result does not depend on it
     * @param progress told and asked between tiles
     * @throws CancellationException if progress asked for it; outputs are then incomplete
     */
    public static void run(final VolumeSource in, final List<Output> outputs, final Border border,
            final double constant, final boolean doublePrecision, final int threads,
            final Progress progress) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1; got " + threads);
        }
        for (final Output output : outputs) {
            checkShape(in, output.target);
        }
        if (outputs.isEmpty() || in.depth() == 0 || in.height() == 0 || in.width() == 0) {
            return;
        }
        final KernelTree tree = new KernelTree(outputs, in, border, doublePrecision);
        final int bytes = doublePrecision ? Double.BYTES : Float.BYTES;
        final Tiling tiling = Tiling.choose(in, tree, bytes, threads);
        final Supplier<Workers.Worker> workers = () -> doublePrecision
                ? new TileSweep<>(tree, tiling, in, border, constant,
                        new DoubleRows(Arithmetics.doubles()))
                : new TileSweep<>(tree, tiling, in, border, constant,
                        new FloatRows(Arithmetics.floats()));
        Workers.run(threads, tiling.tasks, workers, progress);
    }

    private static void checkShape(final VolumeSource in, final VolumeTarget out) {
        if (in.depth() != out.depth() || in.height() != out.height()
                || in.width() != out.width()) {
            throw new IllegalArgumentException("input and output must have the same shape; got "
                    + in.depth() + " x " + in.height() + " x " + in.width() + " and "
                    + out.depth() + " x " + out.height() + " x " + out.width());
        }
    }
}
