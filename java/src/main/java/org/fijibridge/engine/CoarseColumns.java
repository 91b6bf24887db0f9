package org.fijibridge.engine;

/**
 * The x pass of many rows at once in two steps, see {@link Decimation}. The rows are turned into
 * columns first, so that the steps are sums across columns, whatever the step is.
 */
final class CoarseColumns<R> {

    private final Decimation decimation;
    private final Rows<R> rows;
    private final int before;
    private final int offset;
    private final int both;
    private final int every;
    private final R weights;
    private final R[] phases;
    /** Of the kernel itself. */
    private final R direct;
    private final R[] columns;
    private final R[] coarse;
    private final R[] results;
    private final R[] exact;
    /** Whether the coarse columns hold nothing infinite, and no NaN. */
    private final boolean[] finite;

    /**
     * @param before how many columns left of a tile the rows carry
     * @param offset index of the first of them in a row
     * @param both how many columns left and right of a tile together
     * @param tileWidth most columns that results lie across
     * @param every from one result to the next
     * @param lanes most rows at once
     */
    CoarseColumns(final Decimation decimation, final Rows<R> rows, final int before,
            final int offset, final int both, final int tileWidth, final int every,
            final int lanes) {
        this.every = every;
        this.decimation = decimation;
        this.rows = rows;
        this.before = before;
        this.offset = offset;
        this.both = both;
        weights = rows.weights(decimation.weights);
        direct = rows.weights(decimation.kernel.weights(), 2);
        phases = rows.list(decimation.step);
        for (int d = 0; d < phases.length; d++) {
            // Twice, because rows are half of what was read: see PlaneRows.
            phases[d] = rows.weights(decimation.phases[d], 2);
        }
        final int length = lanes + LineArithmetic.SLACK;
        columns = rows.rows(tileWidth + both, length);
        coarse = rows.rows(tileWidth / decimation.step + Decimation.SUPPORT + 1, length);
        results = rows.rows((tileWidth - 1) / every + 1, length);
        exact = rows.rows(1, length);
        finite = new boolean[coarse.length];
    }

    /** Takes a row that carries its border. */
    void put(final R row, final int lane, final int width) {
        rows.scatter(row, offset, width + both, columns, lane);
    }

    /** Computes the results that lie from x0 across so many columns of the rows taken. */
    void sum(final int x0, final int width, final int lanes) {
        final int step = decimation.step;
        final int first = Math.floorDiv(x0, step) - Decimation.LEFT;
        final int last = Math.floorDiv(x0 + width - 1, step) - Decimation.LEFT
                + Decimation.SUPPORT - 1;
        for (int k = first; k <= last; k++) {
            rows.arithmetic.band(columns, k * step + decimation.first - x0 + before, weights,
                    coarse, k - first, 1, 0, lanes);
            finite[k - first] = rows.isFinite(coarse[k - first], 0, lanes);
        }
        for (int x = x0; x < x0 + width; x += every) {
            final int result = (x - x0) / every;
            final int left = Math.floorDiv(x, step) - Decimation.LEFT - first;
            rows.arithmetic.band(coarse, left, phases[Math.floorMod(x, step)], results, result, 1,
                    0, lanes);
            if (!Decimation.allOf(finite, left)) {
                rows.arithmetic.band(columns, x - x0 + before - decimation.kernel.before(), direct,
                        exact, 0, 1, 0, lanes);
                rows.replaceNonFinite(results[result], exact[0], 0, lanes);
            }
        }
    }

    /** Gives a finished row. */
    void get(final int lane, final int width, final R row) {
        rows.gather(results, width, lane, row);
    }
}
