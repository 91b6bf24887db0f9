package org.fijibridge.engine;

import java.util.Locale;

/** How far the results of a sweep can be from the exact convolution. */
public final class Accuracy {

    /** Nothing was summed. */
    public static final Accuracy EXACT = new Accuracy(new double[3], 0, Float.SIZE);

    private final double[] steps;
    private final double rounding;
    private final int bits;

    /**
     * @param steps along z, y and x the largest error of sums in two steps, in units of the
     *     image's range
     * @param rounding the largest error of all sums together, in units of the largest sample
     * @param bits of the numbers that were summed
     */
    Accuracy(final double[] steps, final double rounding, final int bits) {
        this.steps = steps.clone();
        this.rounding = rounding;
        this.bits = bits;
    }

    /** Along z, y and x the largest error of sums in two steps; 0 where sums were direct. */
    public double[] steps() {
        return steps.clone();
    }

    /** What numbers of so many digits leave, in units of the largest sample. */
    public double rounding() {
        return rounding;
    }

    /** The worse of both. */
    public Accuracy or(final Accuracy other) {
        final double[] worse = new double[steps.length];
        for (int axis = 0; axis < worse.length; axis++) {
            worse[axis] = Math.max(steps[axis], other.steps[axis]);
        }
        return new Accuracy(worse, Math.max(rounding, other.rounding), Math.max(bits, other.bits));
    }

    /** Of the quotient of two sums. */
    Accuracy ofQuotient() {
        return new Accuracy(steps, 2 * rounding, bits);
    }

    /**
     * The same for people.
     *
     * @param axes the axes' letters, such as "zyx"
     * @return to be appended to what ran
     */
    public String remark(final String axes) {
        if (rounding == 0) {
            return "";
        }
        final StringBuilder text = new StringBuilder(String.format(Locale.ROOT,
                "; sums in float%d, within %.1e of the largest sample", bits, up(rounding)));
        for (int axis = 0; axis < steps.length; axis++) {
            if (steps[axis] > 0) {
                text.append("; along ").append(axes.charAt(axis)).append(String.format(
                        Locale.ROOT, " in two steps, within %.1e of the range", up(steps[axis])));
            }
        }
        return text.toString();
    }

    /** Two digits are shown, and what they say must not be less than what is so. */
    private static double up(final double error) {
        final double unit = Math.pow(10, Math.floor(Math.log10(error)) - 1);
        return Math.ceil(error / unit - 1e-9) * unit;
    }
}
