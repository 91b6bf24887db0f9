package org.fijibridge.engine;

import java.nio.ByteBuffer;
import java.util.Collections;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;

/**
 * Filters a small block again and again until the inner loops are compiled, so that the first
 * real call is fast. Meant to run while the user's program reads its file.
 */
public final class WarmUp {

    /** With and without remainders: a branch not seen here would be compiled away. */
    private static final int[][] SHAPES = {{13, 45, 137}, {16, 48, 128}};

    private static final int LARGEST = 16 * 48 * 137;

    /** Longer than this is not worth it on a slow machine. */
    private static final long MOST_NANOS = 2_000_000_000L;

    /** No faster run for so long: compilation, which has two stages and a queue, is through. */
    private static final long STEADY_NANOS = 150_000_000L;

    /** What counts as a faster run. */
    private static final double GAIN = 0.9;

    private WarmUp() {}

    /** Starts on a thread of its own and returns at once; the thread keeps no JVM alive. */
    public static Thread start() {
        final Thread thread = new Thread(WarmUp::run, "fiji-bridge-warm-up");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
        return thread;
    }

    private static void run() {
        final long end = System.nanoTime() + MOST_NANOS;
        for (final ElementType type : new ElementType[] {ElementType.FLOAT32, ElementType.UINT16}) {
            final ByteBuffer in = ByteBuffer.allocateDirect(LARGEST * type.bytes());
            final ByteBuffer out = ByteBuffer.allocateDirect(LARGEST * type.bytes());
            long fastest = Long.MAX_VALUE;
            long now = System.nanoTime();
            for (long gained = now; now - gained < STEADY_NANOS && now < end; ) {
                for (final int[] shape : SHAPES) {
                    filter(volume(in, type, shape), volume(out, type, shape));
                }
                final long taken = System.nanoTime() - now;
                now += taken;
                if (taken < GAIN * fastest) {
                    fastest = taken;
                    gained = now;
                }
            }
        }
    }

    private static void filter(final BufferVolume in, final BufferVolume out) {
        final Kernel narrow = GaussianKernels.gaussian("gauss3", 0.5);
        final Kernel wide = GaussianKernels.gaussian("gauss3", 3);
        SeparableConvolution.run(in, Collections.singletonList(new Output(out, narrow, wide, wide)),
                Border.MIRROR_DOUBLE, 0, false, 1, Progress.NONE);
    }

    private static BufferVolume volume(final ByteBuffer buffer, final ElementType type,
            final int[] shape) {
        return new BufferVolume(new ByteBuffer[] {buffer}, type, shape[0], shape[1], shape[2]);
    }
}
