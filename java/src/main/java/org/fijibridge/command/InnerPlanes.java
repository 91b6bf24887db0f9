package org.fijibridge.command;

import org.fijibridge.engine.PlaneVolume;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;

/** The planes of a slab that count; what is written to the planes around them is dropped. */
final class InnerPlanes implements VolumeSource, VolumeTarget {

    private final PlaneVolume inner;
    private final int around;

    /** @param around planes before and after the inner ones */
    InnerPlanes(final PlaneVolume inner, final int around) {
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

    private boolean counts(final int z) {
        return z >= around && z < around + inner.depth();
    }

    /** Reads back what was written; rows that were dropped are left as they are. */
    @Override
    public Reader reader() {
        final Reader reader = inner.reader();
        return new Reader() {
            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final float[] row, final int offset) {
                if (counts(z)) {
                    reader.read(z - around, y, x, length, row, offset);
                }
            }

            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final double[] row, final int offset) {
                if (counts(z)) {
                    reader.read(z - around, y, x, length, row, offset);
                }
            }
        };
    }

    @Override
    public Writer writer() {
        final Writer writer = inner.writer();
        return new Writer() {
            @Override
            public void write(final int z, final int y, final int x, final int length,
                    final float[] row, final int offset) {
                if (counts(z)) {
                    writer.write(z - around, y, x, length, row, offset);
                }
            }

            @Override
            public void write(final int z, final int y, final int x, final int length,
                    final double[] row, final int offset) {
                if (counts(z)) {
                    writer.write(z - around, y, x, length, row, offset);
                }
            }
        };
    }
}
