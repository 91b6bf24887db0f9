package org.fijibridge.engine;

/** The y pass of one plane in two steps, see {@link Decimation}. */
final class CoarseRows<R> {

    private final Decimation decimation;
    private final Rows<R> rows;
    private final R weights;
    private final R[] phases;
    private final int slots;
    /** Coarse rows, a ring listed twice. */
    private final R[] coarse;
    private int next;

    CoarseRows(final Decimation decimation, final Rows<R> rows, final int block,
            final int rowLength) {
        this.decimation = decimation;
        this.rows = rows;
        weights = rows.weights(decimation.weights);
        phases = rows.list(decimation.step);
        for (int d = 0; d < phases.length; d++) {
            phases[d] = rows.weights(decimation.phases[d]);
        }
        slots = block / decimation.step + Decimation.SUPPORT + 2;
        coarse = rows.ring(slots, rowLength);
    }

    /** Begins a tile whose first row is y. */
    void start(final int y) {
        next = Math.floorDiv(y, decimation.step) - Decimation.LEFT;
    }

    /**
     * Rows y .. y+count-1 of the volume go to the outs.
     *
     * @param ring rows of the z pass, as many as the ring has slots listed twice
     * @param first position in the volume of what was the ring's first row at the tile's start
     */
    void sum(final R[] ring, final int first, final int y, final int count, final R[] outs,
            final int from, final int to) {
        final int step = decimation.step;
        final int last = Math.floorDiv(y + count - 1, step) - Decimation.LEFT
                + Decimation.SUPPORT - 1;
        for (; next <= last; next++) {
            final int row = next * step + decimation.first - first;
            rows.arithmetic.band(ring, row % (ring.length / 2), weights, coarse,
                    Math.floorMod(next, slots), 1, from, to);
        }
        for (int i = 0; i < count; i++) {
            final int left = Math.floorDiv(y + i, step) - Decimation.LEFT;
            rows.arithmetic.band(coarse, Math.floorMod(left, slots),
                    phases[Math.floorMod(y + i, step)], outs, i, 1, from, to);
        }
    }
}
