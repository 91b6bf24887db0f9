package org.fijibridge.command;

import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;

/** A volume of doubles, one array per plane, for the two sums of a normalised convolution. */
final class DoublePlanes implements VolumeSource, VolumeTarget {

    final double[][] planes;
    private final int height;
    private final int width;

    DoublePlanes(final int depth, final int height, final int width) {
        this.planes = new double[depth][height * width];
        this.height = height;
        this.width = width;
    }

    @Override
    public int depth() {
        return planes.length;
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
    public Reader reader() {
        return new Reader() {
            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final float[] row, final int offset) {
                for (int i = 0; i < length; i++) {
                    row[offset + i] = (float) planes[z][y * width + x + i];
                }
            }

            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final double[] row, final int offset) {
                System.arraycopy(planes[z], y * width + x, row, offset, length);
            }
        };
    }

    @Override
    public Writer writer() {
        return new Writer() {
            @Override
            public void write(final int z, final int y, final int x, final int length,
                    final float[] row, final int offset) {
                for (int i = 0; i < length; i++) {
                    planes[z][y * width + x + i] = row[offset + i];
                }
            }

            @Override
            public void write(final int z, final int y, final int x, final int length,
                    final double[] row, final int offset) {
                System.arraycopy(row, offset, planes[z], y * width + x, length);
            }
        };
    }
}
