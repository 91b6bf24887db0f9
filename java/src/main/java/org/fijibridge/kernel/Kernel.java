package org.fijibridge.kernel;

import java.util.Arrays;

/**
 * A one-dimensional convolution kernel: taps and the index of the centre tap.
 *
 * <p>{@code out[i] = sum over j of taps[j] * in[i - (j - centre)]}. Immutable.
 */
public final class Kernel {

    private static final Kernel IDENTITY = new Kernel(new double[] {1}, 0);

    private final double[] taps;
    private final int centre;

    /**
     * @param taps the taps, at least one, all finite
     * @param centre index of the tap that meets the sample itself
     */
    public Kernel(final double[] taps, final int centre) {
        if (taps.length == 0) {
            throw new IllegalArgumentException("a kernel needs at least one tap");
        }
        if (centre < 0 || centre >= taps.length) {
            throw new IllegalArgumentException(
                    "kernel centre must be in 0.." + (taps.length - 1) + "; got " + centre);
        }
        for (final double tap : taps) {
            if (Double.isNaN(tap) || Double.isInfinite(tap)) {
                throw new IllegalArgumentException("kernel taps must be finite; got " + tap);
            }
        }
        this.taps = taps.clone();
        this.centre = centre;
    }

    /** The symmetric kernel whose centre tap is {@code half[0]}. */
    public static Kernel symmetric(final double[] half) {
        final int radius = half.length - 1;
        final double[] taps = new double[2 * radius + 1];
        for (int i = 0; i <= radius; i++) {
            taps[radius - i] = half[i];
            taps[radius + i] = half[i];
        }
        return new Kernel(taps, radius);
    }

    /** The kernel that changes nothing. */
    public static Kernel identity() {
        return IDENTITY;
    }

    /** A copy of the taps. */
    public double[] taps() {
        return taps.clone();
    }

    /** Index of the centre tap. */
    public int centre() {
        return centre;
    }

    /** Number of taps. */
    public int length() {
        return taps.length;
    }

    /** Largest distance of a tap from the centre, in samples. */
    public int radius() {
        return Math.max(before(), after());
    }

    /** How many samples before position i the sum for {@code out[i]} reaches. */
    public int before() {
        return taps.length - 1 - centre;
    }

    /** How many samples after position i the sum for {@code out[i]} reaches. */
    public int after() {
        return centre;
    }

    /** Whether convolving with this kernel returns the input. */
    public boolean isIdentity() {
        return taps.length == 1 && taps[0] == 1;
    }

    /** Whether the taps are the same in both directions from the centre. */
    public boolean isSymmetric() {
        for (int j = 0; j < taps.length / 2; j++) {
            if (taps[j] != taps[taps.length - 1 - j]) {
                return false;
            }
        }
        return 2 * centre + 1 == taps.length;
    }

    /**
     * The taps in the order in which they meet the samples, first sample first:
     * {@code out[i] = sum over m of weights[m] * in[i - before() + m]}.
     */
    public double[] weights() {
        final double[] weights = new double[taps.length];
        for (int m = 0; m < weights.length; m++) {
            weights[m] = taps[taps.length - 1 - m];
        }
        return weights;
    }

    /** Standard deviation of the taps seen as a distribution, in samples. */
    public double effectiveSigma() {
        double sum = 0;
        double first = 0;
        for (int j = 0; j < taps.length; j++) {
            sum += taps[j];
            first += taps[j] * (j - centre);
        }
        final double mean = first / sum;
        double second = 0;
        for (int j = 0; j < taps.length; j++) {
            final double d = j - centre - mean;
            second += taps[j] * d * d;
        }
        return Math.sqrt(second / sum);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof Kernel
                && ((Kernel) other).centre == centre
                && Arrays.equals(((Kernel) other).taps, taps);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(taps) + centre;
    }

    @Override
    public String toString() {
        return "Kernel of " + taps.length + " taps, centre " + centre;
    }
}
