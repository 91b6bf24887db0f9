package org.fijibridge.engine;

/**
 * A 3-D volume that can be written row by row (rows run along x).
 *
 * <p>Each worker takes a writer of its own. Integer targets round to the nearest value, halves
 * away from zero, and saturate.
 */
public interface VolumeTarget {

    /** Size along z. */
    int depth();

    /** Size along y. */
    int height();

    /** Size along x. */
    int width();

    /** A new view for one thread. */
    Writer writer();

    /** Whether what is written is to nearly cancel with other results, which needs more digits. */
    default boolean cancels() {
        return false;
    }

    /** Copies parts of rows into the volume. */
    interface Writer {

        /** {@code row[offset]} and after become elements x .. x+length-1 of row (z, y). */
        void write(int z, int y, int x, int length, float[] row, int offset);

        /** The same in double. */
        void write(int z, int y, int x, int length, double[] row, int offset);
    }
}
