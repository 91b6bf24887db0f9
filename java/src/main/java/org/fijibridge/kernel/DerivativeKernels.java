package org.fijibridge.kernel;

import java.util.Arrays;

/**
 * Gaussian derivatives of any order, as fiji_bridge/kernels/derivative.py makes them; that file names the
 * source of the method (Meer and Weiss 1992). Python's engines in Java take their taps from here,
 * so that they compute what the ImageJ commands do, bit for bit.
 */
public final class DerivativeKernels {

    private DerivativeKernels() {}

    /** {@link #derivative(String, double, int, double, double)} with SciPy's own truncation. */
    public static Kernel derivative(final String name, final double sigma, final int order,
            final double scale) {
        return derivative(name, sigma, order, scale, GaussianKernels.TRUNCATE);
    }

    /**
     * A Gaussian by name that also takes a derivative. The taps of a derivative sum to exactly 0.
     *
     * @param name one of {@link GaussianKernels#NAMES}
     * @param sigma standard deviation in samples
     * @param order of the derivative; 0 gives the Gaussian itself
     * @param scale what the taps are multiplied by
     * @param truncate where the kernel "scipy" ends, in sigma
     * @throws IllegalArgumentException where the kernel has too few taps for the order
     */
    public static Kernel derivative(final String name, final double sigma, final int order,
            final double scale, final double truncate) {
        final Kernel smooth = GaussianKernels.gaussian(name, sigma, truncate);
        if (order == 0) {
            return scale == 1 ? smooth : scaled(smooth, scale);
        }
        final boolean fitted = name.equals("band-limited") && sigma > 0
                && sigma < BandLimited.SAMPLED_FROM;
        return balanced(scaled(
                fitted ? BandLimited.fitted(sigma, order) : of(smooth, order), scale));
    }

    /** The derivative of a smoothing kernel. */
    private static Kernel of(final Kernel smooth, final int order) {
        final double[] weights = smooth.taps();
        final int counted = nonZero(weights);
        if (order >= counted) {
            throw new IllegalArgumentException("a derivative of order " + order
                    + " needs a kernel of more than " + order + " taps, this one has " + counted
                    + ": take a larger sigma, or kernel 'band-limited'");
        }
        final int radius = smooth.radius();
        // Three-term recurrence of monic polynomials; the weight is even, so it has two terms.
        double[] before = new double[weights.length];
        double[] now = new double[weights.length];
        Arrays.fill(now, 1);
        double normBefore = 1;
        double norm = sum(weights, now);
        for (int degree = 0; degree < order; degree++) {
            final double coefficient = degree == 0 ? 0 : norm / normBefore;
            final double[] next = new double[now.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = (i - radius) * now[i] - coefficient * before[i];
            }
            before = now;
            now = next;
            normBefore = norm;
            norm = sum(weights, now);
        }
        double factorial = order % 2 == 0 ? 1 : -1;
        for (int i = 2; i <= order; i++) {
            factorial *= i;
        }
        final double[] taps = new double[weights.length];
        for (int i = 0; i < taps.length; i++) {
            taps[i] = factorial / norm * now[i] * weights[i];
        }
        return new Kernel(taps, radius);
    }

    private static Kernel scaled(final Kernel kernel, final double scale) {
        final double[] taps = kernel.taps();
        for (int i = 0; i < taps.length; i++) {
            taps[i] *= scale;
        }
        return new Kernel(taps, kernel.centre());
    }

    /** Multiples of one power of two whose sum is exactly 0, in whatever order they are added. */
    private static Kernel balanced(final Kernel kernel) {
        final double[] taps = kernel.taps();
        double size = 0;
        for (final double tap : taps) {
            size += Math.abs(tap);
        }
        if (size == 0) {
            return kernel;
        }
        final double unit = Math.scalb(1.0, Math.getExponent(size) - 51);
        double sum = 0;
        for (int i = 0; i < taps.length; i++) {
            taps[i] = Math.rint(taps[i] / unit) * unit;
            sum += taps[i];
        }
        taps[kernel.centre()] -= sum;
        return new Kernel(taps, kernel.centre());
    }

    private static int nonZero(final double[] weights) {
        int count = 0;
        for (final double weight : weights) {
            count += weight == 0 ? 0 : 1;
        }
        return count;
    }

    /** Sum of weights times squares. */
    private static double sum(final double[] weights, final double[] values) {
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * values[i] * values[i];
        }
        return sum;
    }
}
