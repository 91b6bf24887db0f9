package org.fijibridge.engine;

import java.util.List;

/** The size of a volume, for questions that need no samples. */
public final class Extent implements VolumeSource, VolumeTarget {

    private final int depth;
    private final int height;
    private final int width;

    public Extent(final int depth, final int height, final int width) {
        this.depth = depth;
        this.height = height;
        this.width = width;
    }

    /** What a convolution over a volume of this size takes. */
    public Needs needs(final List<Output> outputs, final Border border,
            final boolean wide, final int threads) {
        return Needs.of(this, outputs, border, wide, threads);
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public VolumeSource.Reader reader() {
        throw new UnsupportedOperationException("there are no samples");
    }

    @Override
    public VolumeTarget.Writer writer() {
        throw new UnsupportedOperationException("there are no samples");
    }
}
