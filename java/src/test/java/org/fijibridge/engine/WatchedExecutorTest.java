package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.imglib2.parallel.Parallelization;
import org.junit.jupiter.api.Test;

class WatchedExecutorTest {

    private static final List<Integer> ITEMS =
            IntStream.range(0, 50).boxed().collect(Collectors.toList());

    @Test
    void resultsComeInTheOrderOfTheItems() {
        final List<Integer> squares = WatchedExecutor.run(3,
                () -> Parallelization.getTaskExecutor().forEachApply(ITEMS, i -> i * i),
                done -> {}, () -> false);
        assertEquals(ITEMS.stream().map(i -> i * i).collect(Collectors.toList()), squares);
    }

    @Test
    void progressCountsLoopsAndPiecesAndIsToldOnTheCallersThread() throws Exception {
        final Thread caller = Thread.currentThread();
        final List<Long> told = Collections.synchronizedList(new ArrayList<>());
        // The second piece of the second loop waits until that much was told.
        final CountDownLatch seen = new CountDownLatch(1);
        WatchedExecutor.run(1, () -> {
            Parallelization.getTaskExecutor().forEach(ITEMS, i -> {});
            Parallelization.getTaskExecutor().forEach(ITEMS, i -> {
                if (i == 1) {
                    await(seen);
                }
            });
            return null;
        }, done -> {
            assertEquals(caller, Thread.currentThread());
            told.add(done);
            if (done >= WatchedExecutor.LOOP + WatchedExecutor.LOOP / ITEMS.size()) {
                seen.countDown();
            }
        }, () -> false);
        assertTrue(told.contains(WatchedExecutor.LOOP + (long) WatchedExecutor.LOOP / ITEMS.size()));
    }

    @Test
    void noPieceBeginsOnceItIsCancelled() {
        final AtomicInteger begun = new AtomicInteger();
        final CountDownLatch cancelled = new CountDownLatch(1);
        assertThrows(CancellationException.class, () -> WatchedExecutor.run(1, () -> {
            Parallelization.getTaskExecutor().forEach(ITEMS, i -> {
                begun.incrementAndGet();
                await(cancelled);
            });
            return null;
        }, done -> {}, () -> {
            // The flag is set after this returns, before the next question.
            if (begun.get() == 1) {
                new Thread(() -> {
                    pause();
                    cancelled.countDown();
                }).start();
                return true;
            }
            return false;
        }));
        assertEquals(1, begun.get());
    }

    @Test
    void whatTheAlgorithmThrowsArrives() {
        assertThrows(OutOfMemoryError.class, () -> WatchedExecutor.run(2, () -> {
            throw new OutOfMemoryError("made up");
        }, done -> {}, () -> false));
        final Exception thrown = assertThrows(IllegalArgumentException.class,
                () -> WatchedExecutor.run(2, () -> {
                    throw new IllegalArgumentException("no");
                }, done -> {}, () -> false));
        assertEquals("no", thrown.getMessage());
    }

    @Test
    void withoutTheLibraryThereIsNoGauss3() {
        assertFalse(Gauss3Adapter.available());
        assertThrows(IllegalStateException.class, Gauss3Adapter::version);
    }

    private static void await(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
