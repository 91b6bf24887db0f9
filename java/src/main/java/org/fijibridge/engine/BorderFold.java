package org.fijibridge.engine;

import org.fijibridge.kernel.Kernel;

/**
 * Shortens a kernel that is wider than the axis it runs along, without changing the result.
 *
 * <p>Beyond the borders an axis of n samples repeats (mirrors with a period of 2n or 2n - 2,
 * periodic with n) or stays the same (nearest, constant, which take one value from distance n
 * on). Taps that always meet the same value are therefore added up, so that the work per sample
 * is bounded by the size of the axis, whatever sigma is.
 */
final class BorderFold {

    private BorderFold() {}

    static Kernel fold(final Kernel kernel, final Border border, final int size) {
        final int reach = border == Border.MIRROR_SINGLE ? Math.max(1, size - 1) : size;
        if (kernel.before() <= reach && kernel.after() <= reach) {
            return kernel;
        }
        // Offsets -reach .. reach of the samples that a tap meets; weights stand in that order.
        final double[] folded = new double[2 * reach + 1];
        final double[] weights = kernel.weights();
        // Many taps may meet in one weight: what each addition rounds off is kept (Kahan 1965).
        final double[] lost = new double[folded.length];
        for (int m = 0; m < weights.length; m++) {
            final int at = reach + offset(m - kernel.before(), border, size, reach);
            final double term = weights[m] - lost[at];
            final double sum = folded[at] + term;
            lost[at] = sum - folded[at] - term;
            folded[at] = sum;
        }
        final double[] taps = new double[folded.length];
        for (int j = 0; j < taps.length; j++) {
            taps[j] = folded[folded.length - 1 - j];
        }
        return new Kernel(taps, reach);
    }

    private static int offset(final int offset, final Border border, final int size,
            final int reach) {
        if (Math.abs(offset) <= reach) {
            return offset;
        }
        switch (border) {
            case NEAREST:
            case CONSTANT:
                return offset < 0 ? -reach : reach;
            case PERIODIC:
                return offset % size;
            case MIRROR_SINGLE:
                // A single sample is its own mirror image at every distance.
                return size == 1 ? 0 : wrap(offset, 2L * size - 2, reach);
            default:
                return wrap(offset, 2L * size, reach);
        }
    }

    /** The offset of the same sample in -reach .. period - 1 - reach, period up to 2 reach. */
    private static int wrap(final int offset, final long period, final int reach) {
        return (int) (Math.floorMod(offset + (long) reach, period) - reach);
    }
}
