package org.fijibridge.kernel;

import java.util.Arrays;

/**
 * Gaussian derivatives of any order, as fiji_bridge/derivatives.py makes them; that file names the
 * source of the method (Meer and Weiss 1992). Python's engines in Java take their taps from here,
 * so that they compute what the ImageJ commands do, bit for bit.
 */
public final class DerivativeKernels {

    private DerivativeKernels() {}

    /**
     * A Gaussian by name that also takes a derivative.
     *
     * @param name "gauss3" or "discrete"
     * @param sigma standard deviation in samples
     * @param order of the derivative; 0 gives the Gaussian itself
     * @param scale what the taps are multiplied by
     * @throws IllegalArgumentException where the kernel has too few taps for the order
     */
    public static Kernel derivative(final String name, final double sigma, final int order,
            final double scale) {
        final Kernel smooth = GaussianKernels.gaussian(name, sigma);
        if (order == 0 && scale == 1) {
            return smooth;
        }
        final double[] weights = smooth.taps();
        final int counted = nonZero(weights);
        if (order >= counted) {
            throw new IllegalArgumentException("a derivative of order " + order
                    + " needs a kernel of more than " + order + " taps, this one has " + counted
                    + ": take a larger sigma, or kernel 'discrete'");
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
            taps[i] = order == 0 ? weights[i] * scale
                    : factorial / norm * now[i] * weights[i] * scale;
        }
        return new Kernel(taps, radius);
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
