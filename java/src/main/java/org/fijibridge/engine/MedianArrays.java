package org.fijibridge.engine;

import java.nio.IntBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Arrays of {@link SlidingMedian} that one block of a volume leaves to the next. A JVM that is given
 * new ones for each lets its heap grow to the largest size now and then before it collects the old
 * ones, and Python's samples lie beside it.
 */
public final class MedianArrays {

    private int[] levels = {};
    private int[] found = {};
    private final Queue<int[]> histograms = new ConcurrentLinkedQueue<>();

    /** The numbers of a buffer, and perhaps others behind them. */
    int[] levels(final IntBuffer given) {
        levels = room(levels, given.remaining());
        given.duplicate().get(levels, 0, given.remaining());
        return levels;
    }

    /** Room for so many numbers or more, whatever they are now. */
    int[] found(final int length) {
        found = room(found, length);
        return found;
    }

    /** A histogram without an entry, of so many levels or more; one thread's until given back. */
    int[] histogram(final int length) {
        final int[] left = histograms.poll();
        return room(left == null ? new int[0] : left, length);
    }

    /** Takes a histogram back; it has no entry any more. */
    void back(final int[] histogram) {
        histograms.add(histogram);
    }

    private static int[] room(final int[] old, final int length) {
        return old.length < length ? new int[length] : old;
    }
}
