package org.fijibridge.engine;

/**
 * A 3-D volume that can be read row by row (rows run along x).
 *
 * <p>Each worker takes a reader of its own, so that readers need not be thread-safe.
 */
public interface VolumeSource {

    /** Size along z. */
    int depth();

    /** Size along y. */
    int height();

    /** Size along x. */
    int width();

    /** Whether no sample has anything behind the point. */
    default boolean isInteger() {
        return false;
    }

    /** A new view for one thread. */
    Reader reader();

    /** Copies parts of rows out of the volume. */
    interface Reader {

        /** Elements x .. x+length-1 of row (z, y) go to {@code row[offset]} and after. */
        void read(int z, int y, int x, int length, float[] row, int offset);

        /** The same in double. */
        void read(int z, int y, int x, int length, double[] row, int offset);
    }
}
