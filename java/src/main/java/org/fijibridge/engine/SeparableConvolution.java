package org.fijibridge.engine;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Convolves a volume with one kernel per axis, for any number of outputs at once. */
public final class SeparableConvolution {

    /** Below this the weight of a mean is rounding noise: no sample is within reach. */
    public static final double SMALLEST_WEIGHT = 1e-12;

    private static final AtomicInteger RUNNING = new AtomicInteger();

    private SeparableConvolution() {}

    /** Whether any thread is inside of {@link #run}. */
    static boolean isRunning() {
        return RUNNING.get() > 0;
    }

    /**
     * Computes all outputs from one reading of the input.
     *
     * <p>Sums are float, but double where kernels or results nearly cancel, where samples stand on
     * a {@link Pedestal}, and where they have more digits than a float. Smoothing kernels of many taps along y and x are summed in two
     * steps where that is cheaper and samples are no doubles; each then adds at most
     * {@link Decimation#LARGEST_ERROR} of the image's range to the error.
     *
     * <p>The outputs of one row of a tile are written by one thread, shortly after each other.
     * {@link TermSum} depends on that.
     *
     * @param in the input; must not overlap any output
     * @param outputs where results go, with their kernels; targets are as large as the input
     * @param border what lies outside of the input
     * @param constant the value of the constant border
     * @param wide whether samples or results have more digits than a float
     * @param threads how many threads work, at least 1; the result does not depend on it
     * @param progress told and asked between tiles
     * @return how far results can be from the exact ones
     * @throws CancellationException if progress asked for it; outputs are then incomplete
     */
    public static Accuracy run(final VolumeSource in, final List<Output> outputs, final Border border,
            final double constant, final boolean wide, final int threads,
            final Progress progress) {
        return run(in, Part.WHOLE, outputs, border, constant, wide, threads, progress);
    }

    /**
     * The same for a part of a larger volume.
     *
     * @param in a part of the volume, with all that the kernels reach
     * @param part where that lies, and what of it the targets, of one size, hold
     */
    public static Accuracy run(final VolumeSource in, final Part part, final List<Output> outputs,
            final Border border, final double constant, final boolean wide, final int threads,
            final Progress progress) {
        RUNNING.incrementAndGet();
        try {
            return sweep(in, part, outputs, border, constant, wide, threads, progress);
        } finally {
            RUNNING.decrementAndGet();
        }
    }

    /** What {@link #run} does. */
    static Accuracy sweep(final VolumeSource in, final Part part, final List<Output> outputs,
            final Border border, final double constant, final boolean wide, final int threads,
            final Progress progress) {
        if (check(in, part, outputs, threads)) {
            return Accuracy.EXACT;
        }
        final Sums sums = Sums.of(outputs, wide, in, part);
        final int[] size = {in.depth(), in.height(), in.width()};
        final KernelTree tree = new KernelTree(outputs, size, border, sums);
        final VolumeTarget first = outputs.get(0).target;
        final int[] made = {first.depth(), first.height(), first.width()};
        final Tiling tiling = Tiling.choose(in, part, made, tree, sums.bytes, threads);
        Workers.run(threads, tiling.tasks,
                () -> worker(tree, tiling, in, part, border, constant, sums), progress);
        return tree.accuracy();
    }

    /** Computes tiles of all outputs of a tree. */
    static TileSweep<?> worker(final KernelTree tree, final Tiling tiling, final VolumeSource in,
            final Part part, final Border border, final double constant, final Sums sums) {
        return sums == Sums.FLOAT
                ? new TileSweep<>(tree, tiling, in, part, border, constant,
                        new FloatRows(Arithmetics::floats, sums))
                : new TileSweep<>(tree, tiling, in, part, border, constant,
                        new DoubleRows(Arithmetics::doubles, sums));
    }

    /** Refuses what does not fit together; says whether there is nothing to compute. */
    private static boolean check(final VolumeSource in, final Part part,
            final List<Output> outputs, final int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1; got " + threads);
        }
        for (final Output output : outputs) {
            checkShape(outputs.get(0).target, output.target);
            part.check(in, output.target);
        }
        return outputs.isEmpty() || isEmpty(outputs.get(0).target);
    }

    /**
     * The same for the samples that are there: each output is their mean, weighted by its kernel;
     * NaN where none is within reach. Samples that are NaN or infinite are left out. No kernel may
     * have negative taps.
     *
     * <p>Sums and the sums of their weights are made side by side. Outputs within whose reach
     * every sample is there have the bits that {@link #run} gives them. Where that sums in two
     * steps or with weights of fewer digits, it goes first, and what it leaves NaN or infinite is
     * filled by direct sums: what these ways lose is small beside a sum of all weights, but not
     * beside that of some.
     *
     * @param out as large as what is wanted of the input, for 32-bit or 64-bit floating point
     * @param outputs makes all outputs, of a target that takes their common result
     */
    public static <V extends VolumeSource & VolumeTarget> Accuracy means(final VolumeSource in,
            final Part part, final V out, final Function<VolumeTarget, List<Output>> outputs,
            final Border border, final double constant, final boolean wide, final int threads,
            final Progress progress) {
        RUNNING.incrementAndGet();
        try {
            final List<Output> all = outputs.apply(out);
            if (check(in, part, all, threads)) {
                return Accuracy.EXACT;
            }
            final NormalizedConvolution<V> task = new NormalizedConvolution<>(in, part, out,
                    outputs, border, constant, Sums.of(all, wide, in, part), threads);
            Workers.run(threads, task.tiling.tasks, task::worker, progress);
            return task.accuracy();
        } finally {
            RUNNING.decrementAndGet();
        }
    }

    /**
     * How many samples before and after its own position a result can depend on, along z, y, x.
     *
     * @param size of the whole volume along z, y, x
     * @return three pairs
     */
    public static int[][] reach(final List<Output> outputs, final int[] size, final Border border,
            final boolean wide) {
        final KernelTree tree = new KernelTree(outputs, size, border, Sums.of(outputs, wide));
        return new int[][] {tree.z.reach(), tree.y.reach(), tree.x.reach()};
    }

    private static boolean isEmpty(final VolumeTarget out) {
        return out.depth() == 0 || out.height() == 0 || out.width() == 0;
    }

    private static void checkShape(final VolumeTarget first, final VolumeTarget out) {
        if (first.depth() != out.depth() || first.height() != out.height()
                || first.width() != out.width()) {
            throw new IllegalArgumentException("outputs must have the same shape; got "
                    + first.depth() + " x " + first.height() + " x " + first.width() + " and "
                    + out.depth() + " x " + out.height() + " x " + out.width());
        }
    }
}
