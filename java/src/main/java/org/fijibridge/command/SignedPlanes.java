package org.fijibridge.command;

import org.fijibridge.engine.ElementType;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;

/**
 * Signed 16-bit values as ImageJ keeps them: unsigned, 32768 higher. The filter has to see the
 * values themselves, or sums, rounding and the constant border would come out differently.
 */
final class SignedPlanes {

    private static final int SHIFT = 32768;

    private SignedPlanes() {}

    static VolumeSource source(final VolumeSource raw) {
        return new VolumeSource() {
            @Override
            public int depth() {
                return raw.depth();
            }

            @Override
            public int height() {
                return raw.height();
            }

            @Override
            public int width() {
                return raw.width();
            }

            @Override
            public boolean isInteger() {
                return raw.isInteger();
            }

            @Override
            public Reader reader() {
                final Reader reader = raw.reader();
                return new Reader() {
                    @Override
                    public void read(final int z, final int y, final int x, final int length,
                            final float[] row, final int offset) {
                        reader.read(z, y, x, length, row, offset);
                        for (int i = 0; i < length; i++) {
                            row[offset + i] -= SHIFT;
                        }
                    }

                    @Override
                    public void read(final int z, final int y, final int x, final int length,
                            final double[] row, final int offset) {
                        reader.read(z, y, x, length, row, offset);
                        for (int i = 0; i < length; i++) {
                            row[offset + i] -= SHIFT;
                        }
                    }
                };
            }
        };
    }

    static VolumeTarget target(final VolumeTarget raw) {
        return new VolumeTarget() {
            @Override
            public int depth() {
                return raw.depth();
            }

            @Override
            public int height() {
                return raw.height();
            }

            @Override
            public int width() {
                return raw.width();
            }

            @Override
            public Writer writer() {
                final Writer writer = raw.writer();
                return new Writer() {
                    @Override
                    public void write(final int z, final int y, final int x, final int length,
                            final float[] row, final int offset) {
                        final float[] stored = new float[length];
                        for (int i = 0; i < length; i++) {
                            stored[i] = (float) stored(row[offset + i]);
                        }
                        writer.write(z, y, x, length, stored, 0);
                    }

                    @Override
                    public void write(final int z, final int y, final int x, final int length,
                            final double[] row, final int offset) {
                        final double[] stored = new double[length];
                        for (int i = 0; i < length; i++) {
                            stored[i] = stored(row[offset + i]);
                        }
                        writer.write(z, y, x, length, stored, 0);
                    }
                };
            }
        };
    }

    private static double stored(final double value) {
        return ElementType.INT16.quantise(value) + SHIFT;
    }
}
