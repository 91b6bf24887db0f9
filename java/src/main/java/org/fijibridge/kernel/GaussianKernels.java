package org.fijibridge.kernel;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The Gaussian kernels of the package by name, as fiji_bridge/kernels/gaussian.py makes them; sigma
 * is in samples.
 */
public final class GaussianKernels {

    /** Their names. */
    public static final List<String> NAMES = Collections.unmodifiableList(
            Arrays.asList("gauss3", "band-limited", "scipy", "discrete"));

    /** Where SciPy's sampled Gaussian ends by default, in sigma. */
    public static final double TRUNCATE = 4;

    /** The discrete kernel ends where both tails together hold less than this times min(1, t). */
    static final double DISCRETE_TAIL = 1e-12;

    /** Beyond this the kernel itself would no longer fit an array sensibly. */
    static final double LARGEST_SIGMA = 1e6;

    /** From here on the discrete Gaussian is the sampled one to 2e-10, and Bessel functions fail. */
    static final double DISCRETE_IS_SAMPLED = 30000;

    /** Where that one ends, in sigma. */
    static final double DISCRETE_REACH = 7.2;

    private GaussianKernels() {}

    /** A Gaussian by name, the one of SciPy with its own {@link #TRUNCATE}. */
    public static Kernel gaussian(final String name, final double sigma) {
        return gaussian(name, sigma, TRUNCATE);
    }

    /**
     * A Gaussian by name.
     *
     * @param name one of {@link #NAMES}
     * @param sigma standard deviation in samples; 0 gives the identity
     * @param truncate where the kernel "scipy" ends, in sigma
     */
    public static Kernel gaussian(final String name, final double sigma, final double truncate) {
        if (!(sigma >= 0 && sigma <= LARGEST_SIGMA)) {
            throw new IllegalArgumentException(
                    "sigma must be between 0 and " + LARGEST_SIGMA + " pixels; got " + sigma);
        }
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException("unknown kernel \"" + name + "\"; known: "
                    + String.join(", ", NAMES));
        }
        checkTruncate(name, truncate);
        if (sigma == 0) {
            return Kernel.identity();
        }
        switch (name) {
            case "gauss3":
                return Kernel.symmetric(gauss3Half(sigma));
            case "discrete":
                return Kernel.symmetric(discreteHalf(sigma));
            case "scipy":
                return Kernel.symmetric(
                        BandLimited.sampled(sigma, (int) (truncate * sigma + 0.5)));
            default:
                return BandLimited.kernel(sigma);
        }
    }

    private static void checkTruncate(final String name, final double truncate) {
        if (!(truncate > 0 && truncate <= 1000)) {
            throw new IllegalArgumentException(
                    "truncate must be above 0 and at most 1000; got " + truncate);
        }
        if (!name.equals("scipy") && truncate != TRUNCATE) {
            throw new IllegalArgumentException("truncate=" + truncate
                    + " goes with kernel=scipy; the kernel is " + name);
        }
    }

    /**
     * Half of the kernel that ImgLib2's Gauss3 uses, centre tap first: a sampled Gaussian
     * whose tail is replaced by a parabola that reaches zero at the kernel's end.
     */
    public static double[] gauss3Half(final double sigma) {
        final int length = Math.max(2, (int) (3 * sigma + 0.5) + 1);
        final double[] half = new double[length];
        half[0] = 1;
        for (int x = 1; x < length; x++) {
            // Divided, not multiplied by a rounded reciprocal: one rounding less in the exponent.
            half[x] = Math.exp(-((double) x * x) / (2 * sigma * sigma));
        }
        smoothTail(half);
        // Added from the centre outwards and multiplied by the reciprocal: of the ways to write
        // this down, the one that gives the doubles of the real Gauss3 bit for bit.
        double sum = 0.5;
        for (int x = 1; x < length; x++) {
            sum += half[x];
        }
        final double scale = 1 / (2 * sum);
        for (int x = 0; x < length; x++) {
            half[x] *= scale;
        }
        return half;
    }

    /** Joins the parabola slope * (length - x)^2 where its value and slope fit. */
    private static void smoothTail(final double[] half) {
        final int length = half.length;
        double slope = Double.MAX_VALUE;
        int r = length;
        while (r > length / 2) {
            r--;
            final double distance = length - r;
            final double candidate = half[r] / (distance * distance);
            if (candidate < slope) {
                slope = candidate;
            } else {
                r++;
                break;
            }
        }
        for (int x = r + 1; x < length; x++) {
            final double distance = length - x;
            half[x] = slope * (distance * distance);
        }
    }

    /**
     * Half of the discrete Gaussian exp(-t) I_n(t), t = sigma^2 (Lindeberg 1990), centre tap
     * first, with variance sigma^2. Bessel functions by Miller's downward recurrence.
     */
    public static double[] discreteHalf(final double sigma) {
        if (sigma >= DISCRETE_IS_SAMPLED) {
            return BandLimited.sampled(sigma, (int) Math.ceil(DISCRETE_REACH * sigma));
        }
        final double t = sigma * sigma;
        if (t < 1e-30) {
            // The recurrence would overflow; I_1(t) is t / 2 to the last digit here.
            return new double[] {1, t / 2};
        }
        // Far enough out for the start of the recurrence to be negligible.
        final int start = (int) (12 * sigma) + 40;
        final double[] bessel = new double[start + 2];
        bessel[start] = 1e-300;
        for (int n = start; n > 0; n--) {
            bessel[n - 1] = bessel[n + 1] + 2 * n / t * bessel[n];
            if (bessel[n - 1] > 1e100) {
                for (int m = n - 1; m <= start; m++) {
                    bessel[m] *= 1e-100;
                }
            }
        }
        // exp(-t) (I_0 + 2 sum I_n) = 1 gives the scale; smallest terms are added first.
        double sum = 0;
        for (int n = start; n > 0; n--) {
            sum += 2 * bessel[n];
        }
        sum += bessel[0];
        int radius = start;
        double tail = 0;
        final double limit = DISCRETE_TAIL * Math.min(1, t) * sum;
        while (radius > 1 && tail + 2 * bessel[radius] <= limit) {
            tail += 2 * bessel[radius];
            radius--;
        }
        final double[] half = Arrays.copyOf(bessel, radius + 1);
        for (int n = 0; n <= radius; n++) {
            half[n] /= sum - tail;
        }
        return half;
    }
}
