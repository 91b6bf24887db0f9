package org.fijibridge.kernel;

import java.util.Arrays;

/**
 * The band-limited Gaussian, the physical blur by every measure; the twin of
 * fiji_bridge/kernels/band_limited.py, which names the sources of the method and says why.
 */
final class BandLimited {

    /** From this sigma on, in samples, a sampled Gaussian is as good. */
    static final double SAMPLED_FROM = 1;

    /** Where that one ends, in sigma. */
    static final double SAMPLED_REACH = 5;

    private static final int REACH = 16;
    private static final int FREQUENCIES = 256;
    private static final double LEAST_WEIGHT = 0.01;

    private BandLimited() {}

    /** The smoothing kernel; sigma in samples, above 0. */
    static Kernel kernel(final double sigma) {
        return sigma >= SAMPLED_FROM
                ? Kernel.symmetric(sampled(sigma, (int) Math.ceil(SAMPLED_REACH * sigma)))
                : fitted(sigma, 0);
    }

    /** Half of a sampled Gaussian with so many taps beside the centre. */
    static double[] sampled(final double sigma, final int reach) {
        if (reach == 0) {
            return new double[] {1};
        }
        final double[] half = new double[reach + 1];
        double sum = 0;
        for (int x = reach; x >= 0; x--) {
            half[x] = Math.exp(-0.5 / (sigma * sigma) * ((double) x * x));
            sum += x == 0 ? half[x] : 2 * half[x];
        }
        for (int x = 0; x <= reach; x++) {
            half[x] /= sum;
        }
        return half;
    }

    /**
     * The kernel nearest to a Gaussian and its derivative of an order, by frequency.
     *
     * @throws IllegalArgumentException if the order is more than the taps can take
     */
    static Kernel fitted(final double sigma, final int order) {
        final double t = sigma * sigma;
        final boolean odd = order % 2 != 0;
        final int terms = REACH - order / 2 - (odd ? 1 : 0) - (order == 0 ? 1 : 0);
        if (terms < 1) {
            throw new IllegalArgumentException("a derivative of order " + order
                    + " is more than the kernel's taps can take");
        }
        final double[] omega = new double[FREQUENCIES];
        final double[] x = new double[FREQUENCIES];
        final double[] free = new double[FREQUENCIES];
        final double[] fit = new double[FREQUENCIES];
        final double[] rest = new double[FREQUENCIES];
        final double[] weight = new double[FREQUENCIES];
        for (int j = 0; j < FREQUENCIES; j++) {
            omega[j] = (j + 0.5) * Math.PI / FREQUENCIES;
            x[j] = Math.cos(omega[j]);
            double wanted = Math.exp(-t * omega[j] * omega[j] / 2);
            for (int i = 0; i < order; i++) {
                wanted *= omega[j];
            }
            double lead = odd ? Math.sin(omega[j]) : 1;
            for (int i = 0; i < order / 2; i++) {
                lead *= 2 * (1 - x[j]);
            }
            fit[j] = order == 0 ? 1 - t * (1 - x[j]) : lead;
            free[j] = (order == 0 ? 1 - x[j] : lead) * (1 - x[j]);
            final double importance = (1 + x[j]) / 2 * ((1 + x[j]) / 2) + LEAST_WEIGHT;
            rest[j] = importance * free[j] * (wanted - fit[j]);
            weight[j] = importance * free[j] * free[j];
        }
        fit(terms, x, free, rest, weight, fit);
        final double sign = (order + 1) / 2 % 2 == 0 ? 1 : -1;
        final double[] taps = new double[2 * REACH + 1];
        for (int n = 0; n <= REACH; n++) {
            double sum = 0;
            for (int j = 0; j < FREQUENCIES; j++) {
                sum += fit[j] * (odd ? Math.sin(n * omega[j]) : Math.cos(n * omega[j]));
            }
            taps[REACH - n] = (odd ? -sign : sign) * sum / FREQUENCIES;
            taps[REACH + n] = sign * sum / FREQUENCIES;
        }
        return new Kernel(taps, REACH);
    }

    /** Adds to fit what is missing, as orthogonal polynomials in x times free. */
    private static void fit(final int terms, final double[] x, final double[] free,
            final double[] rest, final double[] weight, final double[] fit) {
        final double[] before = new double[x.length];
        final double[] now = new double[x.length];
        Arrays.fill(now, 1);
        double normBefore = 1;
        for (int degree = 0; degree < terms; degree++) {
            double norm = 0;
            double part = 0;
            double first = 0;
            for (int j = 0; j < x.length; j++) {
                norm += weight[j] * now[j] * now[j];
                part += rest[j] * now[j];
                first += weight[j] * x[j] * now[j] * now[j];
            }
            final double coefficient = part / norm;
            final double centre = first / norm;
            final double back = degree == 0 ? 0 : norm / normBefore;
            for (int j = 0; j < x.length; j++) {
                fit[j] += coefficient * free[j] * now[j];
                final double next = (x[j] - centre) * now[j] - back * before[j];
                before[j] = now[j];
                now[j] = next;
            }
            normBefore = norm;
        }
    }
}
