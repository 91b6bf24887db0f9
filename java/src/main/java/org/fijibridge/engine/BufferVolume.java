package org.fijibridge.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A volume in memory outside the Java heap, as a list of direct byte buffers.
 *
 * <p>Elements lie in the order z, y, x (x fastest), in native byte order. A ByteBuffer ends at
 * 2 GiB, so that a larger volume comes in several: all of the same size, but for the last.
 */
public final class BufferVolume implements VolumeSource, VolumeTarget {

    private final ByteBuffer[] chunks;
    private final ElementType type;
    private final int depth;
    private final int height;
    private final int width;
    private final long chunkElements;
    private final long firstElement;

    /** A volume that fills the buffers from their start. */
    public BufferVolume(final ByteBuffer[] chunks, final ElementType type,
            final int depth, final int height, final int width) {
        this(chunks, type, depth, height, width, 0);
    }

    /**
     * @param firstElement where in the buffers the volume starts, in elements: several volumes
     *     may lie one after the other
     */
    public BufferVolume(final ByteBuffer[] chunks, final ElementType type,
            final int depth, final int height, final int width, final long firstElement) {
        final long needed = firstElement + (long) depth * height * width;
        this.chunks = chunks.clone();
        this.type = type;
        this.depth = depth;
        this.height = height;
        this.width = width;
        this.firstElement = firstElement;
        this.chunkElements = chunks.length == 0 ? 1 : chunks[0].capacity() / type.bytes();
        long bytes = 0;
        for (int i = 0; i < chunks.length; i++) {
            if (i + 1 < chunks.length && chunks[i].capacity() != chunkElements * type.bytes()) {
                throw new IllegalArgumentException(
                        "all buffers but the last must hold " + chunkElements + " elements");
            }
            bytes += chunks[i].capacity();
        }
        if (bytes < needed * type.bytes()) {
            throw new IllegalArgumentException("the buffers hold " + bytes + " bytes; a volume of "
                    + depth + " x " + height + " x " + width + " " + type.label() + " needs "
                    + needed * type.bytes());
        }
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
    public boolean isInteger() {
        return type.isInteger();
    }

    @Override
    public Reader reader() {
        return new View();
    }

    @Override
    public Writer writer() {
        return new View();
    }

    /** Buffers have a position, so that each thread needs duplicates of its own. */
    private final class View implements Reader, Writer {

        private final BufferRow[] rows = new BufferRow[chunks.length];

        View() {
            for (int i = 0; i < rows.length; i++) {
                final ByteBuffer own = chunks[i].duplicate().order(ByteOrder.nativeOrder());
                own.clear();
                rows[i] = BufferRow.of(own, type);
            }
        }

        private long index(final int z, final int y, final int x) {
            return firstElement + ((long) z * height + y) * width + x;
        }

        @Override
        public void read(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            long index = index(z, y, x);
            for (int done = 0; done < length; ) {
                final int inChunk = (int) (index % chunkElements);
                final int n = (int) Math.min(length - done, chunkElements - inChunk);
                rows[(int) (index / chunkElements)].get(inChunk, row, offset + done, n);
                done += n;
                index += n;
            }
        }

        @Override
        public void read(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            long index = index(z, y, x);
            for (int done = 0; done < length; ) {
                final int inChunk = (int) (index % chunkElements);
                final int n = (int) Math.min(length - done, chunkElements - inChunk);
                rows[(int) (index / chunkElements)].get(inChunk, row, offset + done, n);
                done += n;
                index += n;
            }
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            long index = index(z, y, x);
            for (int done = 0; done < length; ) {
                final int inChunk = (int) (index % chunkElements);
                final int n = (int) Math.min(length - done, chunkElements - inChunk);
                rows[(int) (index / chunkElements)].put(inChunk, row, offset + done, n);
                done += n;
                index += n;
            }
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            long index = index(z, y, x);
            for (int done = 0; done < length; ) {
                final int inChunk = (int) (index % chunkElements);
                final int n = (int) Math.min(length - done, chunkElements - inChunk);
                rows[(int) (index / chunkElements)].put(inChunk, row, offset + done, n);
                done += n;
                index += n;
            }
        }
    }
}
