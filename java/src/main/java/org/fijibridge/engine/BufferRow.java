package org.fijibridge.engine;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/**
 * Moves stretches of elements between one direct buffer and heap arrays, converting on the way.
 *
 * <p>Small integers pass through a small array: a bulk copy and loops that the compiler can
 * vectorise beat single element access by far, and no volume is ever held in another type.
 * Vectorised are signed conversions, so unsigned samples are taken as signed ones with an offset.
 */
abstract class BufferRow {

    /** Elements converted at a time; small enough to stay in the first cache. */
    static final int STEP = 1024;

    static BufferRow of(final ByteBuffer buffer, final ElementType type) {
        switch (type) {
            case INT8:
            case UINT8:
                return new Bytes(buffer, type);
            case INT16:
            case UINT16:
                return new Shorts(buffer.asShortBuffer(), type);
            case INT32:
            case UINT32:
                return new Ints(buffer.asIntBuffer(), type);
            case FLOAT32:
                return new Floats(buffer.asFloatBuffer());
            default:
                return new Doubles(buffer.asDoubleBuffer());
        }
    }

    abstract void get(int index, float[] row, int offset, int length);

    abstract void get(int index, double[] row, int offset, int length);

    abstract void put(int index, float[] row, int offset, int length);

    abstract void put(int index, double[] row, int offset, int length);

    private static final class Floats extends BufferRow {

        private final FloatBuffer buffer;
        private final float[] raw = new float[STEP];

        Floats(final FloatBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        void get(final int index, final float[] row, final int offset, final int length) {
            buffer.position(index);
            buffer.get(row, offset, length);
        }

        @Override
        void get(final int index, final double[] row, final int offset, final int length) {
            buffer.position(index);
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                buffer.get(raw, 0, n);
                for (int i = 0; i < n; i++) {
                    row[offset + done + i] = raw[i];
                }
            }
        }

        @Override
        void put(final int index, final float[] row, final int offset, final int length) {
            buffer.position(index);
            buffer.put(row, offset, length);
        }

        @Override
        void put(final int index, final double[] row, final int offset, final int length) {
            buffer.position(index);
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                for (int i = 0; i < n; i++) {
                    raw[i] = (float) row[offset + done + i];
                }
                buffer.put(raw, 0, n);
            }
        }
    }

    private static final class Doubles extends BufferRow {

        private final DoubleBuffer buffer;

        Doubles(final DoubleBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        void get(final int index, final float[] row, final int offset, final int length) {
            for (int i = 0; i < length; i++) {
                row[offset + i] = (float) buffer.get(index + i);
            }
        }

        @Override
        void get(final int index, final double[] row, final int offset, final int length) {
            buffer.position(index);
            buffer.get(row, offset, length);
        }

        @Override
        void put(final int index, final float[] row, final int offset, final int length) {
            for (int i = 0; i < length; i++) {
                buffer.put(index + i, row[offset + i]);
            }
        }

        @Override
        void put(final int index, final double[] row, final int offset, final int length) {
            buffer.position(index);
            buffer.put(row, offset, length);
        }
    }

    /** Samples of 8 bits, unsigned ones with their first bit flipped on the way. */
    private static final class Bytes extends BufferRow {

        private final ByteBuffer buffer;
        private final ElementType type;
        private final byte flip;
        private final float bias;
        private final byte[] raw = new byte[STEP];
        private final float[] rounded = new float[STEP];

        Bytes(final ByteBuffer buffer, final ElementType type) {
            this.buffer = buffer;
            this.type = type;
            final boolean signed = type == ElementType.INT8;
            flip = signed ? 0 : (byte) 0x80;
            bias = signed ? 0 : 0x80;
        }

        private void load(final int index, final int length) {
            buffer.position(index);
            buffer.get(raw, 0, length);
            for (int i = 0; i < length; i++) {
                raw[i] ^= flip;
            }
        }

        @Override
        void get(final int index, final float[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                load(index + done, n);
                for (int i = 0; i < n; i++) {
                    row[offset + done + i] = raw[i] + bias;
                }
            }
        }

        @Override
        void get(final int index, final double[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                load(index + done, n);
                for (int i = 0; i < n; i++) {
                    row[offset + done + i] = raw[i] + bias;
                }
            }
        }

        @Override
        void put(final int index, final float[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                System.arraycopy(row, offset + done, rounded, 0, n);
                type.quantise(rounded, n);
                for (int i = 0; i < n; i++) {
                    raw[i] = (byte) (int) rounded[i];
                }
                buffer.position(index + done);
                buffer.put(raw, 0, n);
            }
        }

        @Override
        void put(final int index, final double[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                for (int i = 0; i < n; i++) {
                    raw[i] = (byte) (int) type.quantise(row[offset + done + i]);
                }
                buffer.position(index + done);
                buffer.put(raw, 0, n);
            }
        }
    }

    /** Samples of 16 bits, unsigned ones with their first bit flipped on the way. */
    private static final class Shorts extends BufferRow {

        private final ShortBuffer buffer;
        private final ElementType type;
        private final short flip;
        private final float bias;
        private final short[] raw = new short[STEP];
        private final float[] rounded = new float[STEP];

        Shorts(final ShortBuffer buffer, final ElementType type) {
            this.buffer = buffer;
            this.type = type;
            final boolean signed = type == ElementType.INT16;
            flip = signed ? 0 : (short) 0x8000;
            bias = signed ? 0 : 0x8000;
        }

        private void load(final int index, final int length) {
            buffer.position(index);
            buffer.get(raw, 0, length);
            for (int i = 0; i < length; i++) {
                raw[i] ^= flip;
            }
        }

        @Override
        void get(final int index, final float[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                load(index + done, n);
                for (int i = 0; i < n; i++) {
                    row[offset + done + i] = raw[i] + bias;
                }
            }
        }

        @Override
        void get(final int index, final double[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                load(index + done, n);
                for (int i = 0; i < n; i++) {
                    row[offset + done + i] = raw[i] + bias;
                }
            }
        }

        @Override
        void put(final int index, final float[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                System.arraycopy(row, offset + done, rounded, 0, n);
                type.quantise(rounded, n);
                for (int i = 0; i < n; i++) {
                    raw[i] = (short) (int) rounded[i];
                }
                buffer.position(index + done);
                buffer.put(raw, 0, n);
            }
        }

        @Override
        void put(final int index, final double[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                for (int i = 0; i < n; i++) {
                    raw[i] = (short) (int) type.quantise(row[offset + done + i]);
                }
                buffer.position(index + done);
                buffer.put(raw, 0, n);
            }
        }
    }

    private static final class Ints extends BufferRow {

        private final IntBuffer buffer;
        private final ElementType type;
        private final long mask;

        Ints(final IntBuffer buffer, final ElementType type) {
            this.buffer = buffer;
            this.type = type;
            this.mask = type == ElementType.UINT32 ? 0xffffffffL : -1L;
        }

        @Override
        void get(final int index, final float[] row, final int offset, final int length) {
            for (int i = 0; i < length; i++) {
                row[offset + i] = buffer.get(index + i) & mask;
            }
        }

        @Override
        void get(final int index, final double[] row, final int offset, final int length) {
            for (int i = 0; i < length; i++) {
                row[offset + i] = buffer.get(index + i) & mask;
            }
        }

        @Override
        void put(final int index, final float[] row, final int offset, final int length) {
            for (int i = 0; i < length; i++) {
                buffer.put(index + i, (int) (long) type.quantise(row[offset + i]));
            }
        }

        @Override
        void put(final int index, final double[] row, final int offset, final int length) {
            for (int i = 0; i < length; i++) {
                buffer.put(index + i, (int) (long) type.quantise(row[offset + i]));
            }
        }
    }
}
