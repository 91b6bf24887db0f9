package org.fijibridge.engine;

import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.type.numeric.IntegerType;
import net.imglib2.type.numeric.RealType;

/** An ImgLib2 image of one to three dimensions; dimension 0 is x, 1 is y, 2 is z. */
public final class ImgVolume<T extends RealType<T>> implements VolumeSource, VolumeTarget {

    private final RandomAccessibleInterval<T> image;

    public ImgVolume(final RandomAccessibleInterval<T> image) {
        final int n = image.numDimensions();
        if (n < 1 || n > 3) {
            throw new IllegalArgumentException("an image of 1 to 3 dimensions is needed; got " + n);
        }
        this.image = image;
    }

    /** The image itself. */
    public RandomAccessibleInterval<T> image() {
        return image;
    }

    @Override
    public int depth() {
        return size(2);
    }

    @Override
    public int height() {
        return size(1);
    }

    @Override
    public int width() {
        return size(0);
    }

    private int size(final int d) {
        return d < image.numDimensions() ? Math.toIntExact(image.dimension(d)) : 1;
    }

    @Override
    public boolean isInteger() {
        return image.getType() instanceof IntegerType;
    }

    @Override
    public Reader reader() {
        return new View();
    }

    @Override
    public Writer writer() {
        return new View();
    }

    private final class View implements Reader, Writer {

        private final RandomAccess<T> access = image.randomAccess();
        private final boolean integer = image.getType() instanceof IntegerType;
        private final double smallest =
                integer ? image.getType().getMinValue() : Double.NEGATIVE_INFINITY;
        private final double largest =
                integer ? image.getType().getMaxValue() : Double.POSITIVE_INFINITY;

        private void moveTo(final int z, final int y, final int x) {
            final int n = image.numDimensions();
            access.setPosition(image.min(0) + x, 0);
            if (n > 1) {
                access.setPosition(image.min(1) + y, 1);
            }
            if (n > 2) {
                access.setPosition(image.min(2) + z, 2);
            }
        }

        @Override
        public void read(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            moveTo(z, y, x);
            for (int i = 0; i < length; i++, access.fwd(0)) {
                row[offset + i] = access.get().getRealFloat();
            }
        }

        @Override
        public void read(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            moveTo(z, y, x);
            for (int i = 0; i < length; i++, access.fwd(0)) {
                row[offset + i] = access.get().getRealDouble();
            }
        }

        // ImgLib2's integer types round in setReal but do not all saturate.
        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            moveTo(z, y, x);
            for (int i = 0; i < length; i++, access.fwd(0)) {
                access.get().setReal(Math.max(smallest, Math.min(largest, row[offset + i])));
            }
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            moveTo(z, y, x);
            for (int i = 0; i < length; i++, access.fwd(0)) {
                access.get().setReal(Math.max(smallest, Math.min(largest, row[offset + i])));
            }
        }
    }
}
