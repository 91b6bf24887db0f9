package org.fijibridge.engine;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;

/**
 * Filters small blocks again and again until the code is compiled, so that the first real calls
 * are fast. Meant to run while the user's program reads its file.
 *
 * <p>Plain loops are compiled at once, those of the Vector API take most of a second and are very
 * slow until then: so the whole sweep is run with plain loops first, and real calls use them too
 * until the others are ready.
 */
public final class WarmUp {

    /** With and without remainders: a branch not seen here would be compiled away. */
    private static final int[][] SHAPES = {{13, 45, 137}, {16, 48, 128}};

    private static final int LARGEST = 16 * 48 * 137;

    /** Longer than this is not worth it on a slow machine. */
    private static final long MOST_NANOS = 1_000_000_000L;

    /** Loops of the Vector API that are not faster than plain ones by then will never be. */
    private static final long MOST_VECTOR_NANOS = 2_000_000_000L;

    /** No much faster run for so long: compilation, of two stages and a queue, is through. */
    private static final long STEADY_NANOS = 100_000_000L;

    /** Between two looks whether a real call is over. */
    private static final long PAUSE_NANOS = 1_000_000L;

    /** How long real calls go first, in all: if they go on, they are better off with fast loops. */
    private static final long PATIENCE_NANOS = 300_000_000L;

    /** What counts as a faster run. */
    private static final double GAIN = 0.9;

    /** Results, of all remainders, and their length for the inner loops alone. */
    private static final int OUTS = 8 + 4 + 1;
    private static final int LENGTH = 256;

    private long patience = PATIENCE_NANOS;

    private WarmUp() {}

    /** Called by the JVM as it starts, where our jar is its agent. */
    public static void premain(final String argument) {
        start();
    }

    /** Starts on a thread of its own and returns at once; the thread keeps no JVM alive. */
    public static Thread start() {
        final boolean vector = "vector".equals(Arithmetics.kind());
        Arithmetics.setWarming(vector);
        final Thread thread = new Thread(() -> {
            final WarmUp warmUp = new WarmUp();
            try {
                warmUp.repeat(sweeps(ElementType.FLOAT32), Long.MAX_VALUE, MOST_NANOS);
                warmUp.repeat(sweeps(ElementType.UINT16), Long.MAX_VALUE, MOST_NANOS);
                if (vector) {
                    warmUp.chooseLoops();
                }
            } finally {
                Arithmetics.setWarming(false);
            }
        }, "fiji-bridge-warm-up");
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
        return thread;
    }

    /**
     * Compiles the loops of the Vector API that are faster here than plain ones: as they were found
     * to be at an earlier start, else by measuring.
     */
    private void chooseLoops() {
        final Rows<float[]> floats = new FloatRows(PlainFloat::new, Sums.FLOAT);
        final Rows<double[]> doubles = new DoubleRows(PlainDouble::new, Sums.DOUBLE);
        final LoopChoice known = LoopChoice.load();
        if (known != null) {
            Arithmetics.choose(known);
            for (final LoopChoice.Kind kind : known.floats) {
                repeat(loops(floats, Arithmetics.vectorFloats(), kind), Long.MAX_VALUE, MOST_NANOS);
            }
            for (final LoopChoice.Kind kind : known.doubles) {
                repeat(loops(doubles, Arithmetics.vectorDoubles(), kind), Long.MAX_VALUE, MOST_NANOS);
            }
            return;
        }
        final LoopChoice found = new LoopChoice(
                faster(floats, Arithmetics.vectorFloats()),
                faster(doubles, Arithmetics.vectorDoubles()));
        Arithmetics.choose(found);
        found.store();
    }

    private <R> Set<LoopChoice.Kind> faster(final Rows<R> rows, final LineArithmetic<R> vector) {
        final Set<LoopChoice.Kind> faster = EnumSet.noneOf(LoopChoice.Kind.class);
        for (final LoopChoice.Kind kind : LoopChoice.Kind.values()) {
            final long plain =
                    repeat(loops(rows, rows.arithmetic, kind), Long.MAX_VALUE, MOST_NANOS);
            if (repeat(loops(rows, vector, kind), plain, MOST_VECTOR_NANOS) <= plain) {
                faster.add(kind);
            }
        }
        return faster;
    }

    /**
     * Runs work until it gets no faster and a run took no longer than {@code goal}.
     *
     * @param most longest time for it
     * @return the shortest time of a run
     */
    private long repeat(final Runnable work, final long goal, final long most) {
        long now = System.nanoTime();
        final long end = now + most;
        long fastest = Long.MAX_VALUE;
        for (long gained = now;
                (now - gained < STEADY_NANOS || fastest > goal) && now < end; ) {
            letOthersGoFirst();
            now = System.nanoTime();
            work.run();
            final long taken = System.nanoTime() - now;
            now += taken;
            if (taken < GAIN * fastest) {
                gained = now;
            }
            fastest = Math.min(fastest, taken);
        }
        return fastest;
    }

    /** A real call compiles as well as this one, and someone waits for it. */
    private void letOthersGoFirst() {
        while (patience > 0 && SeparableConvolution.isRunning()) {
            LockSupport.parkNanos(PAUSE_NANOS);
            patience -= PAUSE_NANOS;
        }
    }

    private static Runnable sweeps(final ElementType type) {
        final ByteBuffer in = ByteBuffer.allocateDirect(LARGEST * type.bytes());
        final ByteBuffer out = ByteBuffer.allocateDirect(LARGEST * type.bytes());
        final Kernel narrow = GaussianKernels.gaussian("gauss3", 0.5);
        final Kernel wide = GaussianKernels.gaussian("gauss3", 3);
        return () -> {
            for (final int[] shape : SHAPES) {
                SeparableConvolution.sweep(volume(in, type, shape), Part.WHOLE,
                        Collections.singletonList(
                                new Output(volume(out, type, shape), narrow, wide, wide)),
                        Border.MIRROR_DOUBLE, 0, false, 1, Progress.NONE);
            }
        };
    }

    private static BufferVolume volume(final ByteBuffer buffer, final ElementType type,
            final int[] shape) {
        return new BufferVolume(new ByteBuffer[] {buffer}, type, shape[0], shape[1], shape[2]);
    }

    /** A loop that a symmetric kernel takes, for tiles of all remainders. */
    private static <R> Runnable loops(final Rows<R> rows, final LineArithmetic<R> arithmetic,
            final LoopChoice.Kind kind) {
        final boolean wide =
                kind == LoopChoice.Kind.BAND_WIDE || kind == LoopChoice.Kind.SLIDE_WIDE;
        final double[] taps = new double[wide ? 2 * LineArithmetic.WIDE + 1 : 15];
        Arrays.fill(taps, 1.0 / taps.length);
        final R weights = rows.weights(taps);
        final R[] in = rows.rows(taps.length + OUTS, LENGTH + taps.length + LineArithmetic.SLACK);
        final R[] outs = rows.rows(OUTS, LENGTH + LineArithmetic.SLACK);
        final boolean band =
                kind == LoopChoice.Kind.BAND_NARROW || kind == LoopChoice.Kind.BAND_WIDE;
        return () -> {
            for (int to = LENGTH / 2; to <= LENGTH; to += 50) {
                if (band) {
                    arithmetic.band(in, 0, weights, outs, 0, OUTS, 0, to);
                    continue;
                }
                for (int row = 0; row < OUTS; row++) {
                    arithmetic.slide(in[row], 0, weights, outs[row], 0, to);
                }
            }
        };
    }
}
