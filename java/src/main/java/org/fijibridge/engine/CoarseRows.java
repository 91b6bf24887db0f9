package org.fijibridge.engine;

import java.util.Arrays;

/** The y pass of one plane in two steps, see {@link Decimation}. */
final class CoarseRows<R> {

    private final Decimation decimation;
    private final Rows<R> rows;
    private final R weights;
    private final R[] phases;
    /** Of the kernel itself. */
    private final R direct;
    private final int slots;
    private final int every;
    /** Coarse rows, a ring listed twice. */
    private final R[] coarse;
    private final R[] exact;
    /** Whether the coarse rows hold nothing infinite, and no NaN. */
    private final boolean[] finite;
    private int next;

    /**
     * @param span most rows that results of one call lie across
     * @param every from one result to the next
     */
    CoarseRows(final Decimation decimation, final Rows<R> rows, final int span,
            final int every, final int rowLength) {
        this.every = every;
        this.decimation = decimation;
        this.rows = rows;
        weights = rows.weights(decimation.weights);
        direct = rows.weights(decimation.kernel.weights());
        phases = rows.list(decimation.step);
        for (int d = 0; d < phases.length; d++) {
            phases[d] = rows.weights(decimation.phases[d]);
        }
        slots = span / decimation.step + Decimation.SUPPORT + 2;
        coarse = rows.ring(slots, rowLength);
        exact = rows.rows(1, rowLength);
        finite = new boolean[2 * slots];
    }

    /**
     * What rows of one value become, per row of a step.
     *
     * @param value of all samples
     * @param exact what the kernel itself makes of it
     */
    double[] constant(final double value, final double exact) {
        final R[] all = rows.list(Math.max(decimation.weights.length, Decimation.SUPPORT));
        final R[] result = rows.rows(1, 1 + LineArithmetic.SLACK);
        Arrays.fill(all, rows.constantRow(1 + LineArithmetic.SLACK, value));
        rows.arithmetic.band(all, 0, weights, result, 0, 1, 0, 1);
        final R coarseRow = rows.constantRow(1 + LineArithmetic.SLACK, rows.get(result[0], 0));
        Arrays.fill(all, coarseRow);
        final double[] found = new double[phases.length];
        for (int d = 0; d < found.length; d++) {
            rows.arithmetic.band(all, 0, phases[d], result, 0, 1, 0, 1);
            found[d] = rows.isFinite(result[0], 0, 1) ? rows.get(result[0], 0) : exact;
        }
        return found;
    }

    /** Begins a tile whose first row is y. */
    void start(final int y) {
        next = Math.floorDiv(y, decimation.step) - Decimation.LEFT;
    }

    /**
     * So many rows of the volume from y on go to the outs.
     *
     * @param ring rows of the z pass, as many as the ring has slots listed twice
     * @param first position in the volume of what was the ring's first row at the tile's start
     */
    void sum(final R[] ring, final int first, final int y, final int count, final R[] outs,
            final int from, final int to) {
        final int step = decimation.step;
        // What lies between results may be further than they reach.
        next = Math.max(next, Math.floorDiv(y, step) - Decimation.LEFT);
        final int last = Math.floorDiv(y + (count - 1) * every, step) - Decimation.LEFT
                + Decimation.SUPPORT - 1;
        for (; next <= last; next++) {
            final int row = next * step + decimation.first - first;
            final int slot = Math.floorMod(next, slots);
            rows.arithmetic.band(ring, row % (ring.length / 2), weights, coarse, slot, 1, from, to);
            finite[slot] = finite[slots + slot] = rows.isFinite(coarse[slot], from, to);
        }
        for (int i = 0; i < count; i++) {
            final int at = y + i * every;
            final int left = Math.floorMod(Math.floorDiv(at, step) - Decimation.LEFT, slots);
            rows.arithmetic.band(coarse, left, phases[Math.floorMod(at, step)], outs, i, 1, from,
                    to);
            if (!Decimation.allOf(finite, left)) {
                final int row = at - decimation.kernel.before() - first;
                rows.arithmetic.band(ring, row % (ring.length / 2), direct, exact, 0, 1, from, to);
                rows.replaceNonFinite(outs[i], exact[0], from, to);
            }
        }
    }
}
