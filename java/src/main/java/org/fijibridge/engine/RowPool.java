package org.fijibridge.engine;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Rows that calls have finished with, for the next call. Without it, a series of calls fills the
 * Java heap with rows of the past until the garbage is collected, many times what one call needs.
 * Rows made together stay together: what is summed together is then close in memory. The
 * references are weak, so that a collection frees what is not in use.
 */
final class RowPool<R> {

    /** Beyond this, calls of ever new shapes leave more behind than is worth keeping track of. */
    private static final int MOST = 1 << 14;

    private final Map<Long, ArrayDeque<WeakReference<R[]>>> free = new HashMap<>();
    private int count;

    /** So many rows of this length, with any contents, or null if there are none. */
    synchronized R[] poll(final int number, final int length) {
        final ArrayDeque<WeakReference<R[]>> groups = free.get(key(number, length));
        while (groups != null && !groups.isEmpty()) {
            count--;
            final R[] rows = groups.pop().get();
            if (rows != null) {
                return rows;
            }
        }
        return null;
    }

    synchronized void put(final int length, final R[] rows) {
        if (count++ == MOST) {
            free.clear();
            count = 1;
        }
        free.computeIfAbsent(key(rows.length, length), key -> new ArrayDeque<>())
                .push(new WeakReference<>(rows));
    }

    private static long key(final int number, final int length) {
        return (long) number << Integer.SIZE | length;
    }
}
