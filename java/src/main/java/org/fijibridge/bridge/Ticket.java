package org.fijibridge.bridge;

import org.fijibridge.engine.Progress;

/**
 * Progress that another thread reads and may cancel.
 *
 * <p>Python starts the computation on a thread of its own and looks at the ticket from its main
 * thread, so that an interrupt from the keyboard is seen while Java computes.
 */
public final class Ticket implements Progress {

    private volatile long done;
    private volatile long total;
    private volatile boolean cancelled;

    @Override
    public void report(final long done, final long total) {
        this.total = total;
        this.done = done;
    }

    @Override
    public boolean cancelled() {
        return cancelled;
    }

    /** How many pieces of work are finished. */
    public long done() {
        return done;
    }

    /** Of how many; 0 before the computation has begun. */
    public long total() {
        return total;
    }

    /** Asks the computation to end. */
    public void cancel() {
        cancelled = true;
    }
}
