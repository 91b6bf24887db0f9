package org.fijibridge.engine;

/**
 * Planes as ImageJ 1.x holds them: one heap array per z, each a {@code byte[]} (unsigned), a
 * {@code short[]} (unsigned), a {@code float[]} or one sample of an RGB {@code int[]}.
 */
public final class PlaneVolume implements VolumeSource, VolumeTarget {

    private final Object[] planes;
    private final int height;
    private final int width;
    private final int shift;

    /** Planes of {@code byte[]}, {@code short[]} or {@code float[]}. */
    public PlaneVolume(final Object[] planes, final int height, final int width) {
        this(planes, height, width, 0);
    }

    /**
     * @param shift for RGB planes, the bits right of the sample: 16 red, 8 green, 0 blue;
     *     writing leaves the other samples as they are
     */
    public PlaneVolume(final Object[] planes, final int height, final int width, final int shift) {
        for (final Object plane : planes) {
            check(plane, (long) height * width);
        }
        this.planes = planes.clone();
        this.height = height;
        this.width = width;
        this.shift = shift;
    }

    private static void check(final Object plane, final long pixels) {
        if (!(plane instanceof byte[] || plane instanceof short[]
                || plane instanceof float[] || plane instanceof int[])) {
            throw new IllegalArgumentException("planes must be byte[], short[], float[] or int[]; got "
                    + (plane == null ? "null" : plane.getClass().getSimpleName()));
        }
        if (java.lang.reflect.Array.getLength(plane) != pixels) {
            throw new IllegalArgumentException("a plane must hold " + pixels + " pixels; got "
                    + java.lang.reflect.Array.getLength(plane));
        }
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
    public boolean isInteger() {
        return !(planes[0] instanceof float[]);
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

        @Override
        public void read(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            final int start = y * width + x;
            final Object plane = planes[z];
            if (plane instanceof float[]) {
                System.arraycopy(plane, start, row, offset, length);
            } else if (plane instanceof short[]) {
                final short[] data = (short[]) plane;
                for (int i = 0; i < length; i++) {
                    row[offset + i] = data[start + i] & 0xffff;
                }
            } else if (plane instanceof byte[]) {
                final byte[] data = (byte[]) plane;
                for (int i = 0; i < length; i++) {
                    row[offset + i] = data[start + i] & 0xff;
                }
            } else {
                final int[] data = (int[]) plane;
                for (int i = 0; i < length; i++) {
                    row[offset + i] = data[start + i] >> shift & 0xff;
                }
            }
        }

        @Override
        public void read(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            // All these types fit a float exactly; the double form is for completeness.
            final float[] narrow = new float[length];
            read(z, y, x, length, narrow, 0);
            for (int i = 0; i < length; i++) {
                row[offset + i] = narrow[i];
            }
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            final int start = y * width + x;
            final Object plane = planes[z];
            if (plane instanceof float[]) {
                System.arraycopy(row, offset, plane, start, length);
                return;
            }
            for (int i = 0; i < length; i++) {
                store(plane, start + i, row[offset + i]);
            }
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            final int start = y * width + x;
            for (int i = 0; i < length; i++) {
                store(planes[z], start + i, row[offset + i]);
            }
        }

        private void store(final Object plane, final int index, final double value) {
            if (plane instanceof float[]) {
                ((float[]) plane)[index] = (float) value;
            } else if (plane instanceof short[]) {
                ((short[]) plane)[index] = (short) (int) ElementType.UINT16.quantise(value);
            } else {
                final int sample = (int) ElementType.UINT8.quantise(value);
                if (plane instanceof byte[]) {
                    ((byte[]) plane)[index] = (byte) sample;
                } else {
                    final int[] data = (int[]) plane;
                    data[index] = data[index] & ~(0xff << shift) | sample << shift;
                }
            }
        }
    }
}
