package org.fijibridge.engine;

import java.util.Arrays;

/**
 * Convolves one tile after the other; the work of one thread.
 *
 * <p>A tile is swept along y. For each y, the rows of all planes that the z kernels reach are
 * read; the z pass makes of them one row per output plane, kept in a ring of as many rows as the
 * y kernels reach; the y pass sums rows of the ring; the x pass runs along the resulting rows,
 * which are then written. Nothing larger than the ring is ever stored in between, and each voxel
 * of the input is read once per tile.
 */
final class TileSweep<R> implements Workers.Worker {

    private final KernelTree tree;
    private final Tiling tiling;
    private final Part part;
    private final Rows<R> rows;
    private final PlaneRows<R> input;
    private final RowBorder<R> sides;
    private final R[] summed;
    private final R[] finished;
    /** Index in a finished row of the tile's first column. */
    private final int first;
    private final ZStage[] stages;

    // The tile, and how many of its rows are read, and finished.
    private int z0;
    private int y0;
    private int x0;
    private int planes;
    private int height;
    private int width;
    private int filled;
    private int finishedRows;

    TileSweep(final KernelTree tree, final Tiling tiling, final VolumeSource in, final Part part,
            final Border border, final double constant, final Rows<R> rows) {
        this.tree = tree;
        this.tiling = tiling;
        this.part = part;
        this.rows = rows;
        this.input = new PlaneRows<>(tree, tiling, in, border, constant, rows);
        this.sides = new RowBorder<>(tree, tiling, border, rows, input.lead);
        this.summed = rows.rows(tiling.block, input.extendedLength);
        this.first = rows.aligned(0);
        this.finished = rows.rows(tiling.block, first + tiling.tileColumns + LineArithmetic.SLACK);
        this.stages = new TileSweep.ZStage[tree.roots.size()];
        for (int i = 0; i < stages.length; i++) {
            stages[i] = new ZStage(tree.roots.get(i));
        }
    }

    @Override
    public void run(final int task) {
        begin(task);
        while (advance()) {
            continue;
        }
    }

    /** Goes to the first rows of a tile. */
    void begin(final int task) {
        z0 = tiling.z0(task);
        y0 = tiling.y0(task);
        x0 = tiling.x0(task);
        planes = Math.min(tiling.tileDepth, tiling.depth - z0);
        height = Math.min(tiling.tileHeight, tiling.height - y0);
        width = Math.min(tiling.tileWidth, tiling.width - x0);
        rows.chooseAgain();
        input.moveTo(part.offsetZ + z0 * part.stepZ, Part.span(planes, part.stepZ),
                part.offsetX + x0 * part.stepX,
                tiling.isWholeWidth() ? tiling.tileColumns : Part.span(width, part.stepX));
        filled = 0;
        finishedRows = 0;
    }

    /** Computes the next rows of the tile, in all of its planes; false where none are left. */
    boolean advance() {
        if (finishedRows == height) {
            return false;
        }
        final int y = finishedRows;
        final int top = part.offsetY + y0 * part.stepY - tree.y.before;
        final int count = Math.min(tiling.block, height - y);
        final int wanted = Part.span(y + count, part.stepY) + tree.y.both();
        while (filled < wanted) {
            final int block = Math.min(tiling.block, wanted - filled);
            input.load(top + filled, block);
            for (int b = 0; b < block; b++, filled++) {
                final R[] window = input.window(top + filled);
                for (final ZStage stage : stages) {
                    stage.fill(window, filled, planes);
                }
            }
        }
        for (final ZStage stage : stages) {
            stage.finish(planes, y, count, z0, y0, x0, width);
        }
        finishedRows += count;
        return true;
    }

    /** What the kernels of an output make of the border's constant value, summed directly. */
    double ofConstant(final VolumeTarget target) {
        for (final ZStage z : stages) {
            for (final YStage y : z.next) {
                for (final XStage x : y.next) {
                    if (x.target == target) {
                        return x.ofConstant(y.ofConstant);
                    }
                }
            }
        }
        throw new IllegalArgumentException("no output of this sweep");
    }

    @Override
    public void end() {
        rows.release();
    }

    /** A z kernel, its ring of rows, and the y and x kernels that follow. */
    private final class ZStage {

        private final R weights;
        private final int skip;
        private final int slots;
        private final R[][] bySlot;
        /** Per plane the rows of the ring, listed twice. */
        private final R[][] byPlane;
        private final YStage[] next;

        @SuppressWarnings("unchecked")
        ZStage(final KernelTree.Z node) {
            weights = rows.weights(node.kernel.weights());
            skip = tree.z.before - node.kernel.before();
            slots = tree.y.both() + tiling.blockRows;
            bySlot = (R[][]) new Object[slots][];
            byPlane = (R[][]) new Object[tiling.tileDepth][];
            for (int s = 0; s < slots; s++) {
                bySlot[s] = rows.list(tiling.tileDepth);
            }
            for (int z = 0; z < byPlane.length; z++) {
                // Made together: the y pass goes through the rows of one plane.
                byPlane[z] = rows.ring(slots, input.rowLength);
                for (int s = 0; s < slots; s++) {
                    bySlot[s][z] = byPlane[z][s];
                }
            }
            final R[] outside = rows.rows(1, input.rowLength);
            rows.arithmetic.band(input.constantRows(tree.z.both() + 1), 0, weights, outside, 0, 1,
                    0, 1);
            final double filtered = rows.get(outside[0], 0);
            next = new TileSweep.YStage[node.next.size()];
            for (int i = 0; i < next.length; i++) {
                next[i] = new YStage(node.next.get(i), filtered);
            }
        }

        void fill(final R[] window, final int row, final int planes) {
            rows.arithmetic.band(window, skip, part.stepZ, weights, bySlot[row % slots], 0, planes,
                    input.from, input.to);
        }

        void finish(final int planes, final int y, final int count, final int z0, final int y0,
                final int x0, final int width) {
            for (final YStage stage : next) {
                for (int z = 0; z < planes; z++) {
                    stage.sum(byPlane[z], z, y, count, y0);
                    stage.finish(z, z0, y0 + y, count, x0, width);
                }
                for (final XStage last : stage.next) {
                    last.flush(planes, z0, y0 + y, count, x0, width);
                }
            }
        }
    }

    /** A y kernel and the x kernels that follow. */
    private final class YStage {

        private final R weights;
        private final int skip;
        /** What becomes of the constant border, per row; rows repeat after so many. */
        private final double[] outside;
        /** The same, summed directly. */
        private final double ofConstant;
        /** Per plane, where the kernel is summed in two steps; else null. */
        private final CoarseRows<R>[] coarse;
        private final XStage[] next;

        /** @param filtered what the z pass makes of the constant border */
        @SuppressWarnings("unchecked")
        YStage(final KernelTree.Y node, final double filtered) {
            weights = rows.weights(node.kernel.weights());
            skip = tree.y.before - node.kernel.before();
            final R[] constant = rows.list(node.kernel.length());
            Arrays.fill(constant, rows.constantRow(1 + LineArithmetic.SLACK, filtered));
            final R[] result = rows.rows(1, 1 + LineArithmetic.SLACK);
            rows.arithmetic.band(constant, 0, weights, result, 0, 1, 0, 1);
            ofConstant = rows.get(result[0], 0);
            coarse = node.decimation == null ? null : new CoarseRows[tiling.tileDepth];
            for (int z = 0; coarse != null && z < coarse.length; z++) {
                coarse[z] = new CoarseRows<>(node.decimation, rows, tiling.blockRows, part.stepY,
                        input.rowLength);
            }
            outside = coarse == null
                    ? new double[] {ofConstant} : coarse[0].constant(filtered, ofConstant);
            next = new TileSweep.XStage[node.next.size()];
            for (int i = 0; i < next.length; i++) {
                next[i] = new XStage(node.next.get(i));
            }
        }

        void sum(final R[] ring, final int z, final int y, final int count, final int y0) {
            if (coarse == null) {
                rows.arithmetic.band(ring, y * part.stepY % (ring.length / 2) + skip, part.stepY,
                        weights, summed, 0, count, input.from, input.to);
                return;
            }
            final int at = part.y + y0 * part.stepY;
            if (y == 0) {
                coarse[z].start(at);
            }
            coarse[z].sum(ring, at - tree.y.before, at + y * part.stepY, count, summed,
                    input.from, input.to);
        }

        void finish(final int z, final int z0, final int y, final int count, final int x0,
                final int width) {
            for (int row = 0; row < count; row++) {
                sides.extend(summed[row],
                        outside[Math.floorMod(part.y + (y + row) * part.stepY, outside.length)]);
            }
            for (final XStage stage : next) {
                stage.finish(z, z0, y, count, x0, width);
            }
        }
    }

    /** An x kernel and where its rows go. */
    private final class XStage {

        private final R weights;
        private final int offset;
        private final int taps;
        private final VolumeTarget target;
        private final VolumeTarget.Writer writer;
        /** Where the kernel is summed in two steps; else null. */
        private final CoarseColumns<R> coarse;

        XStage(final KernelTree.X node) {
            // Twice, because rows are half of what was read: see PlaneRows.
            weights = rows.weights(node.kernel.weights(), 2);
            offset = input.lead - node.kernel.before();
            taps = node.kernel.length();
            target = node.target;
            writer = target.writer();
            coarse = node.decimation == null ? null : new CoarseColumns<>(node.decimation, rows,
                    tree.x.before, input.lead - tree.x.before, tree.x.both(), tiling.tileColumns,
                    part.stepX, tiling.tileDepth * tiling.block);
        }

        double ofConstant(final double filtered) {
            final R row = rows.constantRow(taps + 2 * LineArithmetic.SLACK, filtered);
            final R result = rows.row(1 + LineArithmetic.SLACK);
            rows.arithmetic.slide(row, 0, weights, result, 0, 1);
            return rows.get(result, 0);
        }

        void finish(final int z, final int z0, final int y, final int count, final int x0,
                final int width) {
            if (coarse != null) {
                for (int i = 0; i < count; i++) {
                    coarse.put(summed[i], z * tiling.block + i, Part.span(width, part.stepX));
                }
                return;
            }
            for (int i = 0; i < count; i++) {
                rows.arithmetic.slide(summed[i], offset, weights, finished[i], first,
                        first + Part.span(width, part.stepX));
                rows.keepEvery(part.stepX, finished[i], first, width);
            }
            for (int i = 0; i < count; i++) {
                rows.write(writer, z0 + z, y + i, x0, width, finished[i], first);
            }
        }

        /** Finishes the rows of all planes that were only taken so far. */
        void flush(final int planes, final int z0, final int y, final int count, final int x0,
                final int width) {
            if (coarse == null) {
                return;
            }
            coarse.sum(part.x + x0 * part.stepX, Part.span(width, part.stepX),
                    planes * tiling.block);
            for (int z = 0; z < planes; z++) {
                for (int i = 0; i < count; i++) {
                    coarse.get(z * tiling.block + i, width, finished[i]);
                    rows.write(writer, z0 + z, y + i, x0, width, finished[i], 0);
                }
            }
        }
    }
}
