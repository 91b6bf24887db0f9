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

    /** Most scratch memory of one thread. */
    private static final long MEMORY = 12L << 20;

    /** Beyond this, scratch rows no longer sit in the cache next to the core. */
    private static final long CACHE = 768L << 10;

    // Nanoseconds per voxel or tap, measured on one machine; only their ratios matter.
    private static final double READ = 0.4;
    private static final double WRITE = 0.6;
    private static final double TAP = 0.035;
    private static final double TASK = 20_000;

    /** Most voxels of a tile: progress and cancellation come between tiles. */
    private static final long VOXELS = 1L << 24;

    final int depth;
    final int height;
    final int width;
    final int tileDepth;
    final int tileHeight;
    final int tileWidth;
    final int tasks;
    /** Rows that are read, and then summed, together. */
    final int block;

    private final int acrossZ;
    private final int acrossY;
    private final int acrossX;

    private Tiling(final VolumeSource in, final int bytes, final int tileDepth,
            final int tileHeight, final int tileWidth) {
        block = block(tileWidth, bytes);
        this.depth = in.depth();
        this.height = in.height();
        this.width = in.width();
        this.tileDepth = tileDepth;
        this.tileHeight = tileHeight;
        this.tileWidth = tileWidth;
        acrossZ = pieces(depth, tileDepth);
        acrossY = pieces(height, tileHeight);
        acrossX = pieces(width, tileWidth);
        tasks = Math.toIntExact((long) acrossZ * acrossY * acrossX);
    }

    private static int block(final int tileWidth, final int bytes) {
        return Math.max(4, Math.min(BLOCK, STRETCH / bytes / tileWidth / 4 * 4));
    }

    private static int pieces(final int size, final int tile) {
        return (size - 1) / tile + 1;
    }

    /** The cheapest tiling by a rough model of time, within the limits of memory. */
    static Tiling choose(final VolumeSource in, final KernelTree tree, final int bytes,
            final int threads) {
        Tiling best = null;
        double bestTime = Double.POSITIVE_INFINITY;
        for (int x = in.width(); x > 0; x = smaller(x, 512)) {
            for (int y = in.height(); y > 0; y = smaller(y, 16)) {
                for (int z = in.depth(); z > 0; z = smaller(z, 1)) {
                    final double time = time(in, tree, bytes, threads, z, y, x);
                    if (time < bestTime) {
                        bestTime = time;
                        best = new Tiling(in, bytes, z, y, x);
                    }
                }
            }
        }
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

    private static double time(final VolumeSource in, final KernelTree tree, final int bytes,
            final int threads, final int z, final int y, final int x) {
        final boolean whole = x == in.width();
        final double columns = whole ? x : x + tree.x.both();
        final double readPlanes = Math.min(in.depth(), z + tree.z.both());
        final double rows = y + tree.y.both();
        final double roots = tree.roots.size();
        final double rowBytes = (double) bytes * (x + tree.x.both() + 2 * LineArithmetic.SLACK);
        final int block = block(x, bytes);
        final double ring = roots * z * (tree.y.both() + block) * rowBytes;
        final double memory = ring + (readPlanes + 2) * block * rowBytes
                + tree.columnBytes(bytes, x, z * block);
        if (memory > MEMORY && (z > 1 || x > 512)) {
            return Double.POSITIVE_INFINITY;
        }
        final double tiles = (double) pieces(in.depth(), z) * pieces(in.height(), y)
                * pieces(in.width(), x);
        if (tiles > Integer.MAX_VALUE || (double) z * y * x > VOXELS && z > 1) {
            return Double.POSITIVE_INFINITY;
        }
        // Rows that wait for the y pass in a slower cache cost more to sum up.
        final double far = ring > CACHE ? 1.3 : 1;
        final double tile = TASK
                + readPlanes * rows * columns * READ
                + z * rows * columns * tree.z.taps * TAP
                + z * (double) y * columns * tree.y.taps * TAP * far
                + z * (double) y * x * (tree.x.taps * TAP + WRITE * Math.max(1, roots));
        // Whole rounds, and on average half a tile of waiting for the last one.
        final double rounds = Math.ceil(tiles / threads);
        return tile * (rounds + (threads > 1 ? 0.3 : 0));
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
