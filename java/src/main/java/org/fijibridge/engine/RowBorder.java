package org.fijibridge.engine;

/** Puts the border along x left and right of rows that cover the whole width of a volume. */
final class RowBorder<R> {

    private final Rows<R> rows;
    private final int[] index;
    private final int[] source;

    RowBorder(final KernelTree tree, final Tiling tiling, final Border border, final Rows<R> rows,
            final int lead) {
        this.rows = rows;
        final int count = tiling.isWholeWidth() ? tree.x.both() : 0;
        index = new int[count];
        source = new int[count];
        for (int i = 0; i < count; i++) {
            final int x = i < tree.x.before ? -1 - i : tiling.tileColumns + i - tree.x.before;
            final int from = border.source(x, tiling.tileColumns);
            index[i] = lead + x;
            source[i] = from == Border.OUTSIDE ? Border.OUTSIDE : lead + from;
        }
    }

    /** Fills a row's border; outside is what the passes before made of the constant border. */
    void extend(final R row, final double outside) {
        rows.extend(row, index, source, outside);
    }
}
