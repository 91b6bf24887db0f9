package org.fijibridge.command;

import org.fijibridge.engine.VolumeTarget;

/** The planes of a slab that count; what is written to the planes around them is dropped. */
final class InnerPlanes implements VolumeTarget {

    private final VolumeTarget inner;
    private final int around;

    /** @param around planes before and after the inner ones */
    InnerPlanes(final VolumeTarget inner, final int around) {
        this.inner = inner;
        this.around = around;
    }

    @Override
    public int depth() {
        return inner.depth() + 2 * around;
    }

    @Override
    public int height() {
        return inner.height();
    }

    @Override
    public int width() {
        return inner.width();
    }

    @Override
    public Writer writer() {
        final Writer writer = inner.writer();
        return new Writer() {
            @Override
            public void write(final int z, final int y, final int x, final int length,
                    final float[] row, final int offset) {
                if (z >= around && z < around + inner.depth()) {
                    writer.write(z - around, y, x, length, row, offset);
                }
            }

            @Override
            public void write(final int z, final int y, final int x, final int length,
                    final double[] row, final int offset) {
                if (z >= around && z < around + inner.depth()) {
                    writer.write(z - around, y, x, length, row, offset);
                }
            }
        };
    }
}
