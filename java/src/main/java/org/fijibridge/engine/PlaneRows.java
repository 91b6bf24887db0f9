package org.fijibridge.engine;

import java.util.Arrays;

/**
 * The rows of all planes that a tile needs at one y, with the border along z (and, where a tile
 * covers part of a row only, along x) already in place.
 *
 * <p>Element {@code lead + x - x0} of a row belongs to column x of the volume. A tile as wide as
 * the volume reads just its columns, and {@link RowBorder} adds the border after the y pass;
 * a narrower one carries the columns left and right of it through the z and y passes.
 */
final class PlaneRows<R> {

    /** Index in a row of the tile's first column: room for the x kernels, aligned. */
    final int lead;

    /** Length of a row before the y pass. */
    final int rowLength;

    /** Length of a row with its border along x. */
    final int extendedLength;

    /** First element of the rows that counts. */
    int from;

    /** End of the elements that count. */
    int to;

    private final KernelTree tree;
    private final Tiling tiling;
    private final Border border;
    private final double constant;
    private final Rows<R> rows;
    private final VolumeSource in;
    private final VolumeSource.Reader reader;
    private final R constantRow;
    private final R[] window;
    private final R[][] loaded;
    private final int[] planeOf;
    private final int[] loadedAt;
    private int planesLoaded;
    private int virtualPlanes;
    private int blockStart;
    private int x0;

    @SuppressWarnings("unchecked")
    PlaneRows(final KernelTree tree, final Tiling tiling, final VolumeSource in,
            final Border border, final double constant, final Rows<R> rows) {
        this.tree = tree;
        this.tiling = tiling;
        this.border = border;
        this.constant = constant / 2;
        this.rows = rows;
        this.in = in;
        reader = in.reader();
        lead = rows.aligned(tree.x.before);
        extendedLength = lead + tiling.tileColumns + tree.x.after + LineArithmetic.SLACK;
        rowLength = extendedLength - (tiling.isWholeWidth() ? tree.x.after : 0);
        constantRow = rows.constantRow(rowLength, this.constant);
        final int reach = tiling.tilePlanes + tree.z.both();
        window = rows.list(reach);
        loaded = (R[][]) new Object[Math.min(reach, in.depth())][];
        for (int slot = 0; slot < loaded.length; slot++) {
            loaded[slot] = rows.rows(tiling.block, rowLength);
        }
        planeOf = new int[loaded.length];
        loadedAt = new int[reach];
    }

    /** As many pointers to a row of the border's constant value. */
    R[] constantRows(final int count) {
        final R[] list = rows.list(count);
        Arrays.fill(list, constantRow);
        return list;
    }

    /** Goes to a tile at a place in the input: finds out which planes it needs, each once. */
    void moveTo(final int z0, final int planes, final int x0, final int width) {
        this.x0 = x0;
        final boolean whole = tiling.isWholeWidth();
        from = whole ? lead : lead - tree.x.before;
        to = lead + width + (whole ? 0 : tree.x.after);
        virtualPlanes = planes + tree.z.both();
        planesLoaded = 0;
        for (int v = 0; v < virtualPlanes; v++) {
            final int plane = border.source(z0 - tree.z.before + v, in.depth());
            loadedAt[v] = plane == Border.OUTSIDE ? -1 : slotOf(plane);
        }
    }

    private int slotOf(final int plane) {
        // Backwards: at a mirror the planes wanted last come again first.
        for (int slot = planesLoaded - 1; slot >= 0; slot--) {
            if (planeOf[slot] == plane) {
                return slot;
            }
        }
        planeOf[planesLoaded] = plane;
        return planesLoaded++;
    }

    /**
     * Reads the rows at y and the next few, which may lie outside of the volume. Several rows of
     * a plane at once: memory is faster the longer the stretches are that are read from it.
     */
    void load(final int y, final int count) {
        blockStart = y;
        for (int slot = 0; slot < planesLoaded; slot++) {
            for (int b = 0; b < count; b++) {
                final int source = border.source(y + b, in.height());
                if (source != Border.OUTSIDE) {
                    readRow(planeOf[slot], source, loaded[slot][b]);
                }
            }
        }
    }

    /** The rows at a y loaded last, one per plane, the border's planes among them. */
    R[] window(final int y) {
        final boolean outside = border.source(y, in.height()) == Border.OUTSIDE;
        for (int v = 0; v < virtualPlanes; v++) {
            window[v] = outside || loadedAt[v] < 0
                    ? constantRow : loaded[loadedAt[v]][y - blockStart];
        }
        return window;
    }

    private void readRow(final int z, final int y, final R row) {
        final int first = x0 + from - lead;
        final int end = x0 + to - lead;
        final int inside = Math.max(0, first);
        final int insideEnd = Math.min(in.width(), end);
        rows.read(reader, z, y, inside, insideEnd - inside, row, lead + inside - x0);
        rows.halve(row, lead + inside - x0, insideEnd - inside);
        for (int x = first; x < inside; x++) {
            readBeyond(z, y, x, inside, insideEnd, row);
        }
        for (int x = insideEnd; x < end; x++) {
            readBeyond(z, y, x, inside, insideEnd, row);
        }
    }

    /** A column outside of the volume: mostly the same as one that has been read already. */
    private void readBeyond(final int z, final int y, final int x, final int inside,
            final int insideEnd, final R row) {
        final int source = border.source(x, in.width());
        final int index = lead + x - x0;
        if (source == Border.OUTSIDE) {
            rows.set(row, index, constant);
        } else if (source >= inside && source < insideEnd) {
            rows.set(row, index, rows.get(row, lead + source - x0));
        } else {
            rows.read(reader, z, y, source, 1, row, index);
            rows.halve(row, index, 1);
        }
    }
}
