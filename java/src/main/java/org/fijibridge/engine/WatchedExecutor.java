package org.fijibridge.engine;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import net.imglib2.parallel.Parallelization;
import net.imglib2.parallel.TaskExecutor;
import net.imglib2.parallel.TaskExecutors;

/**
 * Runs the pieces into which ImgLib2 divides a loop, counts them, and once told to stop lets no
 * further one begin: so an algorithm that knows nothing of progress has one and can be cancelled.
 */
final class WatchedExecutor implements TaskExecutor {

    /** What a finished loop counts in {@link #run}. */
    static final int LOOP = 1000;

    /** Pieces per loop: enough to stop soon, few enough to cost nothing. */
    private static final int PIECES = 64;
    private static final long PAUSE_MILLIS = 20;

    private final TaskExecutor executor;
    private final AtomicInteger finished = new AtomicInteger();
    private volatile int loop = -1;
    private volatile int pieces = 1;
    private volatile boolean stopped;

    private WatchedExecutor(final TaskExecutor executor) {
        this.executor = executor;
    }

    /**
     * Runs an algorithm on some threads, watched from this one.
     *
     * @param report told how many loops are finished, times {@link #LOOP}
     * @param cancelled asked now and then whether to stop
     * @throws CancellationException if it was stopped
     */
    static <R> R run(final int threads, final Supplier<R> algorithm, final LongConsumer report,
            final BooleanSupplier cancelled) {
        try (WatchedExecutor watched = new WatchedExecutor(TaskExecutors.numThreads(threads))) {
            final FutureTask<R> task = new FutureTask<>(() -> watched.apply(algorithm));
            final Thread thread = new Thread(task, "fiji_bridge watched");
            thread.setDaemon(true);
            thread.start();
            try {
                return watched.await(task, report, cancelled);
            } finally {
                watched.stopped = true;
            }
        }
    }

    private <R> R apply(final Supplier<R> algorithm) {
        final AtomicReference<R> result = new AtomicReference<>();
        // Not the form that takes a Callable: it hides what is thrown in a RuntimeException.
        Parallelization.runWithExecutor(this, () -> result.set(algorithm.get()));
        return result.get();
    }

    private <R> R await(final FutureTask<R> task, final LongConsumer report,
            final BooleanSupplier cancelled) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
                } catch (final TimeoutException running) {
                    report.accept(done());
                    stopped |= cancelled.getAsBoolean();
                } catch (final InterruptedException e) {
                    interrupted = true;
                    stopped = true;
                }
            }
        } catch (final ExecutionException thrown) {
            if (stopped) {
                throw new CancellationException("cancelled");
            }
            if (thrown.getCause() instanceof Error) {
                throw (Error) thrown.getCause();
            }
            throw (RuntimeException) thrown.getCause();  // a Supplier throws nothing checked
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private long done() {
        return Math.max(0, (long) loop * LOOP + (long) LOOP * finished.get() / pieces);
    }

    private void begin(final int size) {
        finished.set(0);
        pieces = Math.max(1, size);
        loop++;
    }

    private <T, R> Function<T, R> counted(final Function<? super T, ? extends R> work) {
        return item -> {
            if (stopped) {
                throw new CancellationException("cancelled");
            }
            final R result = work.apply(item);
            finished.incrementAndGet();
            return result;
        };
    }

    @Override
    public int getParallelism() {
        return executor.getParallelism();
    }

    @Override
    public int suggestNumberOfTasks() {
        return Math.max(PIECES, executor.suggestNumberOfTasks());
    }

    @Override
    public void runAll(final List<Runnable> tasks) {
        forEach(tasks, Runnable::run);
    }

    @Override
    public <T> void forEach(final List<? extends T> items, final Consumer<? super T> work) {
        forEachApply(items, item -> {
            work.accept(item);
            return null;
        });
    }

    @Override
    public <T, R> List<R> forEachApply(final List<? extends T> items,
            final Function<? super T, ? extends R> work) {
        begin(items.size());
        return executor.forEachApply(items, counted(work));
    }

    @Override
    public ExecutorService getExecutorService() {
        return executor.getExecutorService();
    }

    @Override
    public void close() {
        executor.close();
    }
}
