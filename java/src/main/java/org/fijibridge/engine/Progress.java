package org.fijibridge.engine;

/**
 * Told how far a computation is, and asked whether to go on.
 *
 * <p>Both methods are called on the thread that started the computation, never on a worker.
 */
public interface Progress {

    /** Tells no one and never cancels. */
    Progress NONE = new Progress() {
        @Override
        public void report(final long done, final long total) {}

        @Override
        public boolean cancelled() {
            return false;
        }
    };

    /** {@code done} of {@code total} pieces of work are finished. */
    void report(long done, long total);

    /** Whether the computation should end with a CancellationException. */
    boolean cancelled();
}
