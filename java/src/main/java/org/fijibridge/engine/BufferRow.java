package org.fijibridge.engine;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/**
 * Moves stretches of elements between one direct buffer and heap arrays, converting on the way.
 *
 * <p>Integer stretches pass through a small array: a bulk copy and a loop that the compiler can
 * vectorise beat single element access by far, and no volume is ever held in another type.
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
            for (int i = 0; i < length; i++) {
                row[offset + i] = buffer.get(index + i);
            }
        }

        @Override
        void put(final int index, final float[] row, final int offset, final int length) {
            buffer.position(index);
            buffer.put(row, offset, length);
        }

        @Override
        void put(final int index, final double[] row, final int offset, final int length) {
            for (int i = 0; i < length; i++) {
                buffer.put(index + i, (float) row[offset + i]);
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

    /** Integer types: the subclass moves whole numbers, this class converts them. */
    private abstract static class Whole extends BufferRow {

        private final ElementType type;
        private final int[] step = new int[STEP];

        Whole(final ElementType type) {
            this.type = type;
        }

        abstract void load(int index, int[] values, int length);

        abstract void store(int index, int[] values, int length);

        @Override
        void get(final int index, final float[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                load(index + done, step, n);
                if (type == ElementType.UINT32) {
                    for (int i = 0; i < n; i++) {
                        row[offset + done + i] = step[i] & 0xffffffffL;
                    }
                } else {
                    for (int i = 0; i < n; i++) {
                        row[offset + done + i] = step[i];
                    }
                }
            }
        }

        @Override
        void get(final int index, final double[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                load(index + done, step, n);
                if (type == ElementType.UINT32) {
                    for (int i = 0; i < n; i++) {
                        row[offset + done + i] = step[i] & 0xffffffffL;
                    }
                } else {
                    for (int i = 0; i < n; i++) {
                        row[offset + done + i] = step[i];
                    }
                }
            }
        }

        @Override
        void put(final int index, final float[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                if (type == ElementType.UINT8 || type == ElementType.UINT16) {
                    roundUnsigned(row, offset + done, n, type == ElementType.UINT8 ? 255 : 65535);
                } else {
                    for (int i = 0; i < n; i++) {
                        step[i] = (int) (long) type.quantise(row[offset + done + i]);
                    }
                }
                store(index + done, step, n);
            }
        }

        // The largest float below one half: adding a half itself would carry 0.49999997 to 1.
        // No call and no branch, so that compilers can use vector instructions.
        private void roundUnsigned(final float[] row, final int from, final int n,
                final float largest) {
            for (int i = 0; i < n; i++) {
                step[i] = (int) (Math.max(0f, Math.min(largest, row[from + i])) + 0.49999997f);
            }
        }

        @Override
        void put(final int index, final double[] row, final int offset, final int length) {
            for (int done = 0; done < length; done += STEP) {
                final int n = Math.min(STEP, length - done);
                for (int i = 0; i < n; i++) {
                    step[i] = (int) (long) type.quantise(row[offset + done + i]);
                }
                store(index + done, step, n);
            }
        }
    }

    private static final class Bytes extends Whole {

        private final ByteBuffer buffer;
        private final byte[] raw = new byte[STEP];
        private final boolean signed;

        Bytes(final ByteBuffer buffer, final ElementType type) {
            super(type);
            this.buffer = buffer;
            this.signed = type == ElementType.INT8;
        }

        @Override
        void load(final int index, final int[] values, final int length) {
            buffer.position(index);
            buffer.get(raw, 0, length);
            if (signed) {
                for (int i = 0; i < length; i++) {
                    values[i] = raw[i];
                }
            } else {
                for (int i = 0; i < length; i++) {
                    values[i] = raw[i] & 0xff;
                }
            }
        }

        @Override
        void store(final int index, final int[] values, final int length) {
            for (int i = 0; i < length; i++) {
                raw[i] = (byte) values[i];
            }
            buffer.position(index);
            buffer.put(raw, 0, length);
        }
    }

    private static final class Shorts extends Whole {

        private final ShortBuffer buffer;
        private final short[] raw = new short[STEP];
        private final boolean signed;

        Shorts(final ShortBuffer buffer, final ElementType type) {
            super(type);
            this.buffer = buffer;
            this.signed = type == ElementType.INT16;
        }

        @Override
        void load(final int index, final int[] values, final int length) {
            buffer.position(index);
            buffer.get(raw, 0, length);
            if (signed) {
                for (int i = 0; i < length; i++) {
                    values[i] = raw[i];
                }
            } else {
                for (int i = 0; i < length; i++) {
                    values[i] = raw[i] & 0xffff;
                }
            }
        }

        @Override
        void store(final int index, final int[] values, final int length) {
            for (int i = 0; i < length; i++) {
                raw[i] = (short) values[i];
            }
            buffer.position(index);
            buffer.put(raw, 0, length);
        }
    }

    private static final class Ints extends Whole {

        private final IntBuffer buffer;

        Ints(final IntBuffer buffer, final ElementType type) {
            super(type);
            this.buffer = buffer;
        }

        @Override
        void load(final int index, final int[] values, final int length) {
            buffer.position(index);
            buffer.get(values, 0, length);
        }

        @Override
        void store(final int index, final int[] values, final int length) {
            buffer.position(index);
            buffer.put(values, 0, length);
        }
    }
}
