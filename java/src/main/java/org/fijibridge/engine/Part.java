package org.fijibridge.engine;

import java.util.Arrays;

/**
 * Where an input lies in a larger volume, and which part of the input is wanted.
 *
 * <p>What is computed has the bits that it would have if the whole volume were given, as long as
 * the input holds all that the kernels reach: beyond its faces the border holds, which therefore
 * have to be the volume's own wherever a kernel reaches them. Positions that matter (the coarse
 * grid of {@link Decimation}) count from the volume's first sample.
 *
 * <p>Of what is wanted, every so many-th sample may be all that is computed: with the bits that it
 * has among all.
 */
public final class Part {

    /** The input is the volume, and all of it is wanted. */
    public static final Part WHOLE = 
            new Part(new int[3], new int[3], new int[] {1, 1, 1}, null);

    /** Along z, y, x: the position in the input of the first sample wanted. */
    final int offsetZ;
    final int offsetY;
    final int offsetX;

    /** Along z, y, x: the position in the volume of the first sample wanted. */
    final int y;
    final int x;

    /** Along z, y, x: from one sample wanted to the next. */
    final int stepZ;
    final int stepY;
    final int stepX;

    /** Of the volume; null where that is what is given. */
    private final Boolean pedestal;

    /**
     * @param origin position in the volume of the input's first sample along z, y, x; negative
     *     where a periodic volume goes on before its start
     * @param offset position in the input of the first sample wanted along z, y, x
     * @param pedestal whether the volume stands on a {@link Pedestal}
     */
    public Part(final int[] origin, final int[] offset, final boolean pedestal) {
        this(origin, offset, new int[] {1, 1, 1}, Boolean.valueOf(pedestal));
    }

    private Part(final int[] origin, final int[] offset, final int[] step,
            final Boolean pedestal) {
        this.pedestal = pedestal;
        if (origin.length != 3 || offset.length != 3 || step.length != 3) {
            throw new IllegalArgumentException(
                    "origin, offset and step are given along z, y and x");
        }
        if (step[0] < 1 || step[1] < 1 || step[2] < 1) {
            throw new IllegalArgumentException(
                    "steps must be at least 1; got " + Arrays.toString(step));
        }
        offsetZ = offset[0];
        offsetY = offset[1];
        offsetX = offset[2];
        y = Math.addExact(origin[1], offset[1]);
        x = Math.addExact(origin[2], offset[2]);
        stepZ = step[0];
        stepY = step[1];
        stepX = step[2];
    }

    /**
     * The same, of which only every so many-th sample is wanted, the first among them.
     *
     * @param step along z, y, x, at least 1
     */
    public Part every(final int[] step) {
        return new Part(new int[] {0, y - offsetY, x - offsetX},
                new int[] {offsetZ, offsetY, offsetX}, step, pedestal);
    }

    /** How many samples so many results lie across, along an axis with this step. */
    static int span(final int results, final int step) {
        return (results - 1) * step + 1;
    }

    /** Whether the volume stands on a {@link Pedestal}. */
    boolean pedestal(final VolumeSource in) {
        return pedestal == null ? Pedestal.under(in) : pedestal;
    }

    /** Refuses a result that does not lie inside of the input. */
    void check(final VolumeSource in, final VolumeTarget out) {
        if (!inside(offsetZ, out.depth(), stepZ, in.depth())
                || !inside(offsetY, out.height(), stepY, in.height())
                || !inside(offsetX, out.width(), stepX, in.width())) {
            throw new IllegalArgumentException("the result must lie inside of the input; got "
                    + out.depth() + " x " + out.height() + " x " + out.width() + " samples from "
                    + offsetZ + ", " + offsetY + ", " + offsetX + " on, of "
                    + in.depth() + " x " + in.height() + " x " + in.width());
        }
    }

    private static boolean inside(final int offset, final int size, final int step,
            final int all) {
        return offset >= 0 && size >= 0 && (size == 0 || (size - 1L) * step < all - offset);
    }
}
