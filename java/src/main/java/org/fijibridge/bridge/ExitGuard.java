package org.fijibridge.bridge;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps code of others from ending the process with System.exit while it runs.
 *
 * <p>Java lives in Python's process, which would be gone without a word. The JVM ends when its
 * shutdown hooks have; ours does not, if code of others runs at that moment. The thread that asked
 * stays where it is, everything else goes on. Hooks that others registered before, JPype's among
 * them, would leave nothing to go on with: they come after ours. Where Java does not let itself be
 * looked into (no --add-opens=java.base/java.lang=ALL-UNNAMED) nothing is held up; neither is
 * Runtime.halt, which asks no hook.
 */
final class ExitGuard {

    private static final AtomicInteger RUNNING = new AtomicInteger();
    private static volatile boolean asked;
    private static boolean registered;
    private static List<Thread> others = new ArrayList<>();

    private ExitGuard() {}

    /** To be called before code of others runs; every call needs its {@link #leave}. */
    static synchronized void enter() {
        if (!registered) {
            registered = true;
            if (comeFirst()) {
                Runtime.getRuntime().addShutdownHook(
                        new Thread(ExitGuard::hold, "fiji-bridge-exit-guard"));
            }
        }
        RUNNING.incrementAndGet();
    }

    static void leave() {
        RUNNING.decrementAndGet();
    }

    /** Whether a thread waits for the end of the JVM, which does not come. */
    static boolean stopped(final Thread thread) {
        if (!asked) {
            return false;
        }
        for (final StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getClassName().equals("java.lang.Runtime")
                    && frame.getMethodName().equals("exit")) {
                return true;
            }
        }
        return false;
    }

    /** Takes the hooks that are there out of the JVM's list; false where that cannot be. */
    @SuppressWarnings("unchecked")
    private static boolean comeFirst() {
        try {
            final Class<?> list = Class.forName("java.lang.ApplicationShutdownHooks");
            final Field field = list.getDeclaredField("hooks");
            field.setAccessible(true);
            synchronized (list) {
                final Collection<Thread> hooks =
                        ((Map<Thread, Thread>) field.get(null)).keySet();
                others = new ArrayList<>(hooks);
                hooks.clear();
            }
            return true;
        } catch (final ReflectiveOperationException | RuntimeException closed) {
            return false;
        }
    }

    private static void hold() {
        if (RUNNING.get() == 0) {
            others.forEach(Thread::start);
            for (final Thread other : others) {
                try {
                    other.join();
                } catch (final InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return;
        }
        asked = true;
        while (true) {
            LockSupport.park();
        }
    }
}
