package org.fijibridge.engine;

import org.fijibridge.kernel.Kernel;

/**
 * A wide smooth kernel in two cheaper steps: a slightly narrower one at every step-th sample
 * only, and a quintic B-spline between those.
 *
 * <p>{@code g[k] = sum of weights[m] * in[k * step + first + m]}, then
 * {@code out[i] = sum over p of phases[i mod step][p] * g[floor(i / step) - 2 + p]}, p = 0 .. 5.
 *
 * <p>The weights are the least-squares fit to the kernel wanted. How far the two steps are from
 * it is then computed, not assumed: the response to every impulse, for every position between
 * two coarse samples. Half the sum of the differences is the largest error that any image can
 * have, in units of its range (both responses sum to 1), and the step is the largest for which
 * that stays within {@link #LARGEST_ERROR}. Smooth kernels allow steps of 0.4 sigma; Gauss3's,
 * which is not smooth where its parabolic tail begins, about 0.08 sigma. Either way the step
 * grows with sigma, so that the work per sample does not.
 *
 * <p>Positions count from the volume's first sample, whatever part of it is computed.
 */
final class Decimation {

    /** Worst error of one axis, in units of the range of the image; two axes may have it. */
    static final double LARGEST_ERROR = 5e-6;

    /** Coarse samples that meet in one output. */
    static final int SUPPORT = 6;

    /** Coarse samples up to the one at or before an output. */
    static final int LEFT = 2;

    /**
     * Taps that the two steps must save before they pay. Measured along both axes: some 64 with
     * plain loops, 200 with the Vector API; one number for both, as both give the same bits.
     */
    private static final int OVERHEAD = 100;

    /** Widest border that is worth going through, in lengths of the axis. */
    private static final int MOST_BORDER = 4;

    /** Steps tried, in units of the kernel's effective sigma. */
    private static final double[] STEPS = {0.45, 0.4, 0.3, 0.2, 0.15, 0.12, 0.1, 0.08, 0.065, 0.05};

    final Kernel kernel;
    final int step;
    final int first;
    final double[] weights;
    final double[][] phases;
    final double error;

    private Decimation(final Kernel kernel, final int step) {
        this.kernel = kernel;
        this.step = step;
        phases = phases(step);
        final int reach = Math.max(kernel.before(), kernel.after()) / step + 3;
        weights = new double[2 * reach * step + 1];
        first = -reach * step;
        fit(kernel, reach);
        error = largestError(kernel);
    }

    /**
     * The two steps for a kernel, or null where direct summation is as good.
     *
     * @param size length of the axis
     */
    static Decimation of(final Kernel kernel, final int size) {
        // Direct sums fold a kernel onto the axis; these two steps go through all of its border.
        final int direct = Math.min(kernel.length(), 2 * size + 1);
        if (direct < OVERHEAD || kernel.radius() > MOST_BORDER * size || !isSmoothing(kernel)) {
            return null;
        }
        final double sigma = kernel.effectiveSigma();
        for (final double relative : STEPS) {
            final int step = (int) Math.round(relative * sigma);
            if (step < 2) {
                break;
            }
            // No step smaller than this one can pay, either.
            if (kernel.length() / step + 2 * SUPPORT + OVERHEAD > direct) {
                break;
            }
            final Decimation candidate = new Decimation(kernel, step);
            if (candidate.error <= LARGEST_ERROR) {
                return candidate;
            }
        }
        return null;
    }

    private static boolean isSmoothing(final Kernel kernel) {
        double sum = 0;
        for (final double tap : kernel.taps()) {
            if (tap < 0) {
                return false;
            }
            sum += tap;
        }
        return Math.abs(sum - 1) < 1e-9;
    }

    /**
     * Whether this is so for all coarse samples that meet in an output, from {@code left} on.
     * Coarse samples reach further than the kernel does: outputs near something infinite, or near
     * NaN, that the kernel itself does not meet are then summed directly.
     */
    static boolean allOf(final boolean[] finite, final int left) {
        for (int p = 0; p < SUPPORT; p++) {
            if (!finite[left + p]) {
                return false;
            }
        }
        return true;
    }

    /** How many samples before an output its sum reaches. */
    int before() {
        return (LEFT + 1) * step - 1 - first;
    }

    /** How many samples after an output its sum reaches. */
    int after() {
        return (SUPPORT - LEFT - 1) * step + first + weights.length - 1;
    }

    /** Taps per output that cost as much. */
    int taps() {
        return weights.length / step + SUPPORT;
    }

    private static double[][] phases(final int step) {
        final double[][] phases = new double[step][SUPPORT];
        for (int d = 0; d < step; d++) {
            for (int p = 0; p < SUPPORT; p++) {
                phases[d][p] = spline((double) d / step - (p - LEFT));
            }
        }
        return phases;
    }

    /** The quintic B-spline, which sums to 1 over any integer grid. */
    private static double spline(final double x) {
        final double[] binomials = {1, -6, 15, -20, 15, -6, 1};
        double sum = 0;
        for (int j = 0; j < binomials.length; j++) {
            final double positive = Math.max(0, x + 3 - j);
            sum += binomials[j] * positive * positive * positive * positive * positive;
        }
        return Math.abs(x) < 3 ? sum / 120 : 0;
    }

    /** Weight of in[i + offset] in out[i]. */
    private static double wanted(final double[] kernel, final int before, final int offset) {
        final int index = offset + before;
        return index < 0 || index >= kernel.length ? 0 : kernel[index];
    }

    /**
     * Least squares: samples that differ by multiples of the step form one small system each,
     * all with the same banded matrix.
     */
    private void fit(final Kernel kernel, final int reach) {
        final int size = 2 * reach + 1;
        final double[] band = new double[SUPPORT];
        for (final double[] phase : phases) {
            for (int l = 0; l < SUPPORT; l++) {
                for (int p = 0; p + l < SUPPORT; p++) {
                    band[l] += phase[p] * phase[p + l];
                }
            }
        }
        final double[] taps = kernel.weights();
        double sum = 0;
        for (int r = 0; r < step; r++) {
            final double[] right = new double[size];
            for (int c = 0; c < size; c++) {
                for (int p = 0; p < SUPPORT; p++) {
                    for (int d = 0; d < step; d++) {
                        final int offset = r + (c - reach + p - LEFT) * step - d;
                        right[c] += phases[d][p] * wanted(taps, kernel.before(), offset);
                    }
                }
            }
            final double[] found = fitNotNegative(band, right);
            for (int c = 0; c < size && c * step + r < weights.length; c++) {
                weights[c * step + r] = found[c];
            }
        }
        // A symmetric kernel stays one to the last bit: the inner loops make use of it.
        for (int i = 0, j = weights.length - 1; kernel.isSymmetric() && i < j; i++, j--) {
            weights[i] = weights[j] = (weights[i] + weights[j]) / 2;
        }
        for (final double weight : weights) {
            sum += weight;
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= sum;
        }
    }

    /**
     * The best weights of which none is negative, so that no image without negative samples gets
     * some: those that would be, at the ends of the kernel, are held at zero and the others found
     * again, until none is left.
     */
    private static double[] fitNotNegative(final double[] band, final double[] right) {
        final boolean[] zero = new boolean[right.length];
        double[] found;
        boolean again;
        do {
            found = right.clone();
            for (int i = 0; i < zero.length; i++) {
                found[i] = zero[i] ? 0 : found[i];
            }
            solve(cholesky(band, zero), found);
            again = false;
            for (int i = 0; i < zero.length; i++) {
                again |= found[i] < 0;
                zero[i] |= found[i] < 0;
            }
        } while (again);
        return found;
    }

    /** Lower triangle of the factor; row i holds columns i - 5 .. i. */
    private static double[][] cholesky(final double[] band, final boolean[] zero) {
        final int size = zero.length;
        final double[][] factor = new double[size][SUPPORT];
        for (int i = 0; i < size; i++) {
            for (int j = Math.max(0, i - SUPPORT + 1); j <= i; j++) {
                double sum = !zero[i] && !zero[j] ? band[i - j] : i == j ? 1 : 0;
                for (int k = Math.max(0, i - SUPPORT + 1); k < j; k++) {
                    if (j - k < SUPPORT) {
                        sum -= factor[i][k - i + SUPPORT - 1] * factor[j][k - j + SUPPORT - 1];
                    }
                }
                factor[i][j - i + SUPPORT - 1] =
                        i == j ? Math.sqrt(sum) : sum / factor[j][SUPPORT - 1];
            }
        }
        return factor;
    }

    private static void solve(final double[][] factor, final double[] x) {
        final int size = x.length;
        for (int i = 0; i < size; i++) {
            for (int j = Math.max(0, i - SUPPORT + 1); j < i; j++) {
                x[i] -= factor[i][j - i + SUPPORT - 1] * x[j];
            }
            x[i] /= factor[i][SUPPORT - 1];
        }
        for (int i = size - 1; i >= 0; i--) {
            for (int j = i + 1; j < Math.min(size, i + SUPPORT); j++) {
                x[i] -= factor[j][i - j + SUPPORT - 1] * x[j];
            }
            x[i] /= factor[i][SUPPORT - 1];
        }
    }

    private double largestError(final Kernel kernel) {
        final double[] taps = kernel.weights();
        double largest = 0;
        for (int d = 0; d < step; d++) {
            double sum = 0;
            for (int offset = -before() - step; offset <= after() + step; offset++) {
                double got = 0;
                for (int p = 0; p < SUPPORT; p++) {
                    final int m = d + offset - (p - LEFT) * step - first;
                    got += m < 0 || m >= weights.length ? 0 : phases[d][p] * weights[m];
                }
                sum += Math.abs(got - wanted(taps, kernel.before(), offset));
            }
            largest = Math.max(largest, sum / 2);
        }
        return largest;
    }
}
