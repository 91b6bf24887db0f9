package org.fijibridge.engine;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** Runs numbered tasks on several threads, the caller's among them. */
final class Workers {

    /** What one thread does: some of the tasks, and then it ends. */
    interface Worker {

        void run(int task);

        void end();
    }

    /** Time between two calls of a Progress, which may live in another language. */
    private static final long PAUSE_NANOS = 20_000_000;

    /** Threads idle for a minute end; being daemons they never keep a JVM alive. */
    private static final ExecutorService POOL = Executors.newCachedThreadPool(task -> {
        final Thread thread = new Thread(task, "fiji-bridge-worker");
        thread.setDaemon(true);
        return thread;
    });

    private final int tasks;
    private final Supplier<Worker> workers;
    private final Progress progress;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private long lastReport = System.nanoTime() - PAUSE_NANOS;

    private Workers(final int tasks, final Supplier<Worker> workers, final Progress progress) {
        this.tasks = tasks;
        this.workers = workers;
        this.progress = progress;
    }

    /**
     * Runs tasks 0 .. tasks-1, each on one of the threads.
     *
     * @param workers makes the worker of a thread, on that thread
     * @throws CancellationException if progress asked for it or the caller was interrupted;
     *     by then no worker runs any more
     */
    static void run(final int threads, final int tasks, final Supplier<Worker> workers,
            final Progress progress) {
        new Workers(tasks, workers, progress).run(Math.min(threads, tasks));
    }

    private void run(final int threads) {
        final CountDownLatch helpers = new CountDownLatch(threads - 1);
        for (int t = 1; t < threads; t++) {
            POOL.execute(() -> {
                work(false);
                helpers.countDown();
            });
        }
        work(true);
        boolean interrupted = false;
        for (boolean ended = false; !ended; ) {
            try {
                ended = helpers.await(PAUSE_NANOS, TimeUnit.NANOSECONDS);
                consult();
            } catch (final InterruptedException e) {
                interrupted = true;
                failure.compareAndSet(null, new CancellationException("interrupted"));
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        final Throwable thrown = failure.get();
        if (thrown instanceof Error) {
            throw (Error) thrown;
        } else if (thrown != null) {
            throw (RuntimeException) thrown;
        }
        progress.report(tasks, tasks);
    }

    private void work(final boolean caller) {
        Worker worker = null;
        try {
            for (int task; failure.get() == null && (task = next.getAndIncrement()) < tasks; ) {
                if (worker == null) {
                    worker = workers.get();
                }
                worker.run(task);
                done.incrementAndGet();
                if (caller) {
                    consult();
                }
            }
        } catch (final RuntimeException | Error e) {
            failure.compareAndSet(null, e);
        } finally {
            if (worker != null) {
                worker.end();
            }
        }
    }

    /** Tells and asks the Progress, on the caller's thread, now and then. */
    private void consult() {
        final long now = System.nanoTime();
        if (failure.get() != null || now - lastReport < PAUSE_NANOS) {
            return;
        }
        lastReport = now;
        try {
            if (progress.cancelled()) {
                failure.compareAndSet(null, new CancellationException("cancelled"));
            } else if (done.get() < tasks) {
                progress.report(done.get(), tasks);
            }
        } catch (final RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }
}
