package org.fijibridge.engine;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Rows that calls have finished with, for the next call. Without it, a series of calls fills the
 * Java heap with rows of the past until the garbage is collected, many times what one call needs.
 * The references are weak, so that a collection frees what is not in use.
 */
final class RowPool<R> {

    /** Beyond this, calls of ever new shapes leave more behind than is worth keeping track of. */
    private static final int MOST = 1 << 14;

    private final Map<Integer, ArrayDeque<WeakReference<R>>> free = new HashMap<>();
    private int count;

    /** A row of this length with any contents, or null if there is none. */
    synchronized R poll(final int length) {
        final ArrayDeque<WeakReference<R>> rows = free.get(length);
        while (rows != null && !rows.isEmpty()) {
            count--;
            final R row = rows.pop().get();
            if (row != null) {
                return row;
            }
        }
        return null;
    }

    synchronized void put(final int length, final R row) {
        if (count++ == MOST) {
            free.clear();
            count = 1;
        }
        free.computeIfAbsent(length, key -> new ArrayDeque<>()).push(new WeakReference<>(row));
    }
}
