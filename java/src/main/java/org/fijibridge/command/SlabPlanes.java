package org.fijibridge.command;

import java.util.Arrays;
import org.fijibridge.engine.PlaneVolume;
import org.fijibridge.engine.VolumeSource;

/**
 * Part of a volume along z with the planes that its border consists of: each plane is one of
 * those in memory, or holds the border's constant value.
 */
final class SlabPlanes implements VolumeSource {

    private final PlaneVolume planes;
    private final int[] which;
    private final double constant;

    /**
     * @param planes the planes in memory
     * @param which for each plane of the slab its index in planes, or -1 for the constant
     */
    SlabPlanes(final PlaneVolume planes, final int[] which, final double constant) {
        this.planes = planes;
        this.which = which;
        this.constant = constant;
    }

    @Override
    public int depth() {
        return which.length;
    }

    @Override
    public int height() {
        return planes.height();
    }

    @Override
    public int width() {
        return planes.width();
    }

    @Override
    public boolean isInteger() {
        return planes.isInteger();
    }

    @Override
    public Reader reader() {
        final Reader reader = planes.reader();
        return new Reader() {
            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final float[] row, final int offset) {
                if (which[z] < 0) {
                    Arrays.fill(row, offset, offset + length, (float) constant);
                } else {
                    reader.read(which[z], y, x, length, row, offset);
                }
            }

            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final double[] row, final int offset) {
                if (which[z] < 0) {
                    Arrays.fill(row, offset, offset + length, constant);
                } else {
                    reader.read(which[z], y, x, length, row, offset);
                }
            }
        };
    }
}
