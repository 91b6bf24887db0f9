package org.fijibridge.engine;

import java.util.List;

/** What a convolution takes beside its input and its outputs, known before any sample is read. */
public final class Needs {

    /** Memory of all threads together. */
    public final long bytes;

    /** Time by a rough model: right within a factor of a few, on a machine of these years. */
    public final double seconds;

    private Needs(final long bytes, final double seconds) {
        this.bytes = bytes;
        this.seconds = seconds;
    }

    /** Of {@link SeparableConvolution#run} over a volume of this size; the outputs hold none. */
    static Needs of(final VolumeSource in, final List<Output> outputs, final Border border,
            final boolean wide, final int threads) {
        final Sums sums = Sums.of(outputs, wide);
        final int[] size = {in.depth(), in.height(), in.width()};
        final Tiling tiling = Tiling.choose(in, Part.WHOLE, size,
                new KernelTree(outputs, size, border, sums), sums.bytes, threads);
        return new Needs((long) tiling.bytes * Math.min(threads, tiling.tasks),
                tiling.nanos * 1e-9);
    }
}
