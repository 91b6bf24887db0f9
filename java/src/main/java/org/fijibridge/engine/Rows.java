package org.fijibridge.engine;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the sweep needs to know about its rows, R being float[] or double[]: making them, moving
 * them in and out of volumes, and the arithmetic. One instance per worker.
 */
abstract class Rows<R> {

    /** Bytes of a line of the cache. */
    private static final int LINE = 64;

    /** Bytes before the first element of an array, in a 64-bit JVM with its usual options. */
    private static final int ARRAY_HEADER = 16;

    /** The inner loops. */
    LineArithmetic<R> arithmetic;

    private final Supplier<LineArithmetic<R>> choice;
    private final RowPool<R> pool;
    private final List<R[]> taken = new ArrayList<>();
    private final Sums sums;

    Rows(final Supplier<LineArithmetic<R>> choice, final RowPool<R> pool, final Sums sums) {
        this.sums = sums;
        this.choice = choice;
        this.pool = pool;
        chooseAgain();
    }

    /** Takes the inner loops that are the fastest by now; all give the same bits. */
    final void chooseAgain() {
        arithmetic = choice.get();
    }

    /** A row with any contents; it belongs to this worker until {@link #release()}. */
    final R row(final int length) {
        return rows(1, length)[0];
    }

    /** Rows with any contents; they belong to this worker until {@link #release()}. */
    final R[] rows(final int count, final int length) {
        R[] rows = pool.poll(count, length);
        if (rows == null) {
            rows = list(count);
            for (int i = 0; i < count; i++) {
                rows[i] = create(length);
            }
        }
        taken.add(rows);
        return rows;
    }

    /** The rows of a ring, listed twice: any window of it is contiguous. */
    final R[] ring(final int count, final int length) {
        final R[] once = rows(count, length);
        final R[] twice = list(2 * count);
        System.arraycopy(once, 0, twice, 0, count);
        System.arraycopy(once, 0, twice, count, count);
        return twice;
    }

    /** Gives all rows back: none of them may be used any more. */
    final void release() {
        for (final R[] rows : taken) {
            pool.put(Array.getLength(rows[0]), rows);
        }
        taken.clear();
    }

    /** Bytes of an element. */
    abstract int bytes();

    abstract R create(int length);

    abstract R[] list(int count);

    /** Weights of a pass, rounded as sums need them. */
    final R weights(final double[] values) {
        return weights(values, 1);
    }

    /** The same, times a power of two. */
    final R weights(final double[] values, final double factor) {
        return convert(sums.weights(values), factor);
    }

    abstract R convert(double[] values, double factor);

    /** Halves elements from .. from+length-1. */
    abstract void halve(R row, int from, int length);

    /** Whether elements from .. to-1 are neither infinite nor NaN. */
    abstract boolean isFinite(R row, int from, int to);

    /** Takes elements from .. to-1 that are infinite or NaN from another row. */
    abstract void replaceNonFinite(R row, R by, int from, int to);

    /** Element {@code from + i} becomes what element {@code from + i * step} was, i below count. */
    abstract void keepEvery(int step, R row, int from, int count);

    abstract double get(R row, int index);

    abstract void set(R row, int index, double value);

    /** Element index[i] becomes a copy of element source[i], or outside where that is -1. */
    abstract void extend(R row, int[] index, int[] source, double outside);

    /** {@code columns[i][lane] = row[from + i]} for i below count. */
    abstract void scatter(R row, int from, int count, R[] columns, int lane);

    /** {@code row[i] = columns[i][lane]} for i below count. */
    abstract void gather(R[] columns, int count, int lane, R row);

    abstract void read(VolumeSource.Reader reader, int z, int y, int x, int length, R row,
            int offset);

    abstract void write(VolumeTarget.Writer writer, int z, int y, int x, int length, R row,
            int offset);

    /**
     * The first index from {@code least} on where vectors are aligned to lines of the cache, if
     * objects are: sessions started from Python ask for that, elsewhere it does no harm.
     */
    final int aligned(final int least) {
        final int line = LINE / bytes();
        final int inLine = (LINE - ARRAY_HEADER) / bytes();
        return Math.floorDiv(least - inLine + line - 1, line) * line + inLine;
    }

    final R constantRow(final int length, final double value) {
        final R row = row(length);
        for (int i = 0; i < length; i++) {
            set(row, i, value);
        }
        return row;
    }
}
