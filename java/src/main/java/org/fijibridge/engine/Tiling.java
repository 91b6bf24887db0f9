package org.fijibridge.engine;

/**
 * How a volume is cut into tiles. A tile is swept along y; what it needs beyond its own bounds is
 * read, and partly computed, again by its neighbours, so tiles should be large; but there must be
 * enough of them to keep all threads busy, and their scratch memory must stay small.
 */
final class Tiling {

    /** Bytes read from a plane at one go: shorter stretches leave the memory waiting. */
    private static final int STRETCH = 32 << 10;

    /** Most rows read at one go; a multiple of the four that the inner loops sum together. */
    private static final int BLOCK = 16;

    /** Most scratch memory of one thread, with room below what the plan counts. */
    static final long MEMORY = 12L << 20;

    /** Beyond this, scratch rows no longer sit in the cache that a core has for itself. */
    private static final double CACHE = 1 << 20;

    // Nanoseconds per voxel or tap, measured on one machine; only their ratios matter. FAR is for
    // rows that wait in a slower cache.
    private static final double READ = 0.17;
    private static final double WRITE = 0.2;
    private static final double TAP = 0.012;
    private static final double FAR = 0.2;
    private static final double TASK = 10_000;

    // What a plane costs where the inner loops have not eight or four of them to sum together.
    private static final double OF_FOUR = 1.3;
    private static final double ALONE = 2.5;

    /** Part of a tile's time that the last one is waited for, beyond whole rounds. */
    private static final double WAIT = 0.15;

    /** Most voxels of a tile: progress and cancellation come between tiles. */
    private static final long VOXELS = 1L << 24;

    /** Of what is computed; the input may be larger. */
    final int depth;
    final int height;
    final int width;
    final int tileDepth;
    final int tileHeight;
    final int tileWidth;
    final int tasks;
    /** Planes and columns of the input that a tile lies across. */
    final int tilePlanes;
    final int tileColumns;
    /** Rows that are read, and rows of the result that are then summed, together. */
    final int block;
    /** Rows of the input that so many results lie across. */
    final int blockRows;
    /** Scratch memory of one thread. */
    long bytes;
    /** Time of the whole sweep, by the model. */
    double nanos;

    private final int acrossZ;
    private final int acrossY;
    private final int acrossX;

    private final boolean wholeWidth;

    private Tiling(final VolumeSource in, final Part part, final int[] made, final int bytes,
            final int tileDepth, final int tileHeight, final int tileWidth) {
        wholeWidth = isWhole(in, part, tileWidth);
        tilePlanes = Part.span(tileDepth, part.stepZ);
        tileColumns = columns(in, part, tileWidth);
        block = block(tileColumns, bytes);
        blockRows = Part.span(block, part.stepY);
        this.depth = made[0];
        this.height = made[1];
        this.width = made[2];
        this.tileDepth = tileDepth;
        this.tileHeight = tileHeight;
        this.tileWidth = tileWidth;
        acrossZ = pieces(depth, tileDepth);
        acrossY = pieces(height, tileHeight);
        acrossX = pieces(width, tileWidth);
        tasks = Math.toIntExact((long) acrossZ * acrossY * acrossX);
    }

    private static int block(final int columns, final int bytes) {
        return Math.max(4, Math.min(BLOCK, STRETCH / bytes / columns / 4 * 4));
    }

    /** Whether tiles of a width take rows of the input from end to end. */
    private static boolean isWhole(final VolumeSource in, final Part part, final int tileWidth) {
        return part.offsetX == 0 && tileWidth == pieces(in.width(), part.stepX);
    }

    private static int columns(final VolumeSource in, final Part part, final int tileWidth) {
        return isWhole(in, part, tileWidth) ? in.width() : Part.span(tileWidth, part.stepX);
    }

    private static int pieces(final int size, final int tile) {
        return (size - 1) / tile + 1;
    }

    /**
     * The cheapest tiling by a rough model of time, within the limits of memory.
     *
     * @param made size of what is computed, along z, y, x
     */
    static Tiling choose(final VolumeSource in, final Part part, final int[] made, final KernelTree tree,
            final int bytes, final int threads) {
        Tiling best = null;
        double bestTime = Double.POSITIVE_INFINITY;
        for (int x = made[2]; x > 0; x = smaller(x, 512)) {
            for (int y = made[1]; y > 0; y = smaller(y, 16)) {
                for (int z = made[0]; z > 0; z = shallower(z)) {
                    final double time = time(in, part, made, tree, bytes, threads, z, y, x);
                    if (time < bestTime) {
                        bestTime = time;
                        best = new Tiling(in, part, made, bytes, z, y, x);
                    }
                }
            }
        }
        best.bytes = (long) memory(in, part, tree, bytes, best.tileDepth, best.tileWidth);
        best.nanos = bestTime;
        return best;
    }

    /** Next candidate below a size: about two thirds, even pieces, not below the least. */
    private static int smaller(final int size, final int least) {
        if (size <= least) {
            return 0;
        }
        final int next = size * 2L / 3 > 64 ? (int) (size * 2L / 3) / 16 * 16 : size - Math.max(1, size / 5);
        return Math.max(least, next);
    }

    /** Next candidate below a depth: by eights, and below that by ones. */
    private static int shallower(final int depth) {
        return depth > 8 ? (depth - 1) / 8 * 8 : depth - 1;
    }

    private static double time(final VolumeSource in, final Part part, final int[] made,
            final KernelTree tree, final int bytes, final int threads, final int z, final int y,
            final int x) {
        final double across = columns(in, part, x);
        final double columns = isWhole(in, part, x) ? across : across + tree.x.both();
        final double readPlanes =
                Math.min(in.depth(), Part.span(z, part.stepZ) + tree.z.both());
        final double rows = Part.span(y, part.stepY) + tree.y.both();
        final double roots = tree.roots.size();
        if (memory(in, part, tree, bytes, z, x) > MEMORY && (z > 1 || x > 512)) {
            return Double.POSITIVE_INFINITY;
        }
        final double scratch = scratch(in, part, tree, bytes, z, x);
        final double tiles = (double) pieces(made[0], z) * pieces(made[1], y)
                * pieces(made[2], x);
        if (tiles > Integer.MAX_VALUE || (double) z * y * x > VOXELS && z > 1) {
            return Double.POSITIVE_INFINITY;
        }
        final double far = FAR * Math.max(0, 1 - CACHE / scratch);
        final double tile = TASK
                + readPlanes * rows * columns * READ
                + summed(z) * rows * columns * tree.z.taps * TAP
                + roots * z * rows * columns * far
                + z * (double) y * columns * tree.y.taps * TAP
                + z * (double) y * (across * tree.x.taps * TAP + x * WRITE * Math.max(1, roots));
        final double rounds = Math.ceil(tiles / threads);
        return tile * (rounds + (threads > 1 ? WAIT : 0));
    }

    /** Bytes of the rows that a thread holds. */
    private static double scratch(final VolumeSource in, final Part part, final KernelTree tree,
            final int bytes, final int z, final int x) {
        final int columns = columns(in, part, x);
        final double rowBytes =
                (double) bytes * (columns + tree.x.both() + 2 * LineArithmetic.SLACK);
        final int block = block(columns, bytes);
        final double ring = (double) tree.roots.size() * z
                * (tree.y.both() + Part.span(block, part.stepY)) * rowBytes;
        final int planes = Math.min(in.depth(), Part.span(z, part.stepZ) + tree.z.both());
        return ring + (planes + 2) * block * rowBytes;
    }

    /** The same, and what the x pass needs besides. */
    private static double memory(final VolumeSource in, final Part part, final KernelTree tree,
            final int bytes, final int z, final int x) {
        final int columns = columns(in, part, x);
        return scratch(in, part, tree, bytes, z, x)
                + tree.columnBytes(bytes, columns, z * block(columns, bytes));
    }

    /** Planes, weighted by how well the inner loops can sum them. */
    private static double summed(final int planes) {
        final int rest = planes % 8;
        return planes - rest + (rest >= 4 ? 4 * OF_FOUR : 0) + rest % 4 * ALONE;
    }

    /** Whether rows of tiles are rows of the volume. */
    boolean isWholeWidth() {
        return wholeWidth;
    }

    int z0(final int task) {
        return task / (acrossY * acrossX) * tileDepth;
    }

    int y0(final int task) {
        return task / acrossX % acrossY * tileHeight;
    }

    int x0(final int task) {
        return task % acrossX * tileWidth;
    }
}
