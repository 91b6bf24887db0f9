package org.fijibridge.kernel;

/**
 * What a Gaussian kernel is worth beside the ideal blur, whose transfer function is
 * exp(-sigma^2 omega^2 / 2) up to Nyquist; the twin of fiji_bridge/kernels/worth.py.
 */
public final class Worth {

    /** Wider kernels are measured at this sigma: their shape changes by less than 1e-3 from there. */
    static final double WIDEST = 200;

    /** Narrower ones at this: they are the identity to the last digits. */
    static final double NARROWEST = 1e-3;

    private static final int FREQUENCIES = 256;
    private static final int FREQUENCIES_PER_SIGMA = 8;
    private static final int STEPS = 32;
    private static final int PLACES = 5 * STEPS;
    private static final double FWHM = 2 * Math.sqrt(2 * Math.log(2));

    /** Standard deviation of the kernel (second moment) over sigma; 1 is right. */
    public final double effective;

    /** FWHM that a bead of sigma 1 pixel gains, in quadrature, over that of sigma; 1 is right. */
    public final double fwhm;

    /** Largest difference of the transfer function from the ideal one. */
    public final double transferError;

    /** Largest error of that blurred bead, as a part of its peak. */
    public final double beadError;

    /** Smallest tap over the largest; below 0 the kernel has negative lobes. */
    public final double smallest;

    private Worth(final double[] half, final double sigma) {
        final int count = Math.max(FREQUENCIES, (int) Math.ceil(FREQUENCIES_PER_SIGMA * sigma));
        final double[] omega = new double[count];
        final double[] got = new double[count];
        final double[] right = new double[count];
        final double[] error = new double[count];
        double largest = Math.abs(transfer(half, Math.PI) - ideal(sigma, Math.PI));
        for (int j = 0; j < count; j++) {
            final double w = (j + 0.5) * (Math.PI / count);
            final double ideal = ideal(sigma, w);
            final double bead = Math.exp(-w * w / 2);
            final double transfer = transfer(half, w);
            omega[j] = w;
            got[j] = bead * transfer;
            right[j] = bead * ideal;
            error[j] = bead * (transfer - ideal);
            largest = Math.max(largest, Math.abs(transfer - ideal));
        }
        final double wide = 2 * halfWidth(got, omega, sigma) / FWHM;
        final double wanted = 2 * halfWidth(right, omega, sigma) / FWHM;
        double worst = 0;
        for (int k = 0; k <= PLACES; k++) {
            final double place = k * Math.hypot(1, sigma) / STEPS;
            worst = Math.max(worst, Math.abs(at(error, omega, place)));
        }
        double second = 0;
        double smallestTap = half[0];
        double largestTap = half[0];
        for (int n = half.length - 1; n > 0; n--) {
            second += 2 * ((double) n * n * half[n]);
            smallestTap = Math.min(smallestTap, half[n]);
            largestTap = Math.max(largestTap, half[n]);
        }
        effective = Math.sqrt(Math.max(0, second)) / sigma;
        fwhm = Math.sqrt(Math.max(0, 1 + (wide + wanted) * (wide - wanted) / (sigma * sigma)));
        transferError = largest;
        beadError = worst / at(right, omega, 0);
        smallest = smallestTap / largestTap;
    }

    /**
     * Measures a Gaussian kernel.
     *
     * @param name one of {@link GaussianKernels#NAMES}
     * @param sigma in samples, above 0
     * @param truncate of the kernel "scipy"
     */
    public static Worth of(final String name, final double sigma, final double truncate) {
        final double measured = Math.min(Math.max(sigma, NARROWEST), WIDEST);
        final Kernel kernel = GaussianKernels.gaussian(name, measured, truncate);
        final double[] half = new double[kernel.radius() + 1];
        System.arraycopy(kernel.taps(), kernel.centre(), half, 0, half.length);
        return new Worth(half, measured);
    }

    private static double ideal(final double sigma, final double omega) {
        return Math.exp(-sigma * sigma * omega * omega / 2);
    }

    /** The transfer function of a symmetric kernel, by Clenshaw's recurrence. */
    private static double transfer(final double[] half, final double omega) {
        final double twice = 2 * Math.cos(omega);
        double last = 0;
        double now = 0;
        for (int n = half.length - 1; n > 0; n--) {
            final double next = 2 * half[n] + twice * now - last;
            last = now;
            now = next;
        }
        return half[0] + twice / 2 * now - last;
    }

    /** The even function of a spectrum, but for a factor. */
    private static double at(final double[] spectrum, final double[] omega, final double x) {
        double sum = 0;
        for (int j = 0; j < omega.length; j++) {
            sum += spectrum[j] * Math.cos(omega[j] * x);
        }
        return sum;
    }

    /** Where the even function of a spectrum has fallen to half its value at 0. */
    private static double halfWidth(final double[] spectrum, final double[] omega,
            final double sigma) {
        final double half = at(spectrum, omega, 0) / 2;
        final double step = Math.hypot(1, sigma) / 4;
        double low = 0;
        double high = step;
        while (at(spectrum, omega, high) > half) {
            low = high;
            high += step;
        }
        for (int i = 0; i < 50; i++) {
            final double x = (low + high) / 2;
            if (at(spectrum, omega, x) > half) {
                low = x;
            } else {
                high = x;
            }
        }
        return (low + high) / 2;
    }
}
