package org.fijibridge.engine;

import java.util.List;
import org.fijibridge.kernel.Kernel;

/** In which precision a sweep sums, and how it rounds the weights for that. */
enum Sums {

    /** Float: samples and results of at most 24 digits, kernels that smooth. */
    FLOAT(Float.BYTES, 0x1p-24) {
        @Override
        double[] weights(final double[] values) {
            return WeightRounding.toFloat(values);
        }
    },

    /**
     * Double, for samples of at most 24 digits whose sums nearly cancel, or that nearly cancel
     * themselves: derivatives, blurs to be subtracted from each other, and what stands on a {@link
     * Pedestal}. Weights keep 29 digits, so that all products with one sample
     * and all their sums are exact: what is constant, be it as large as it may, gives exactly
     * nothing.
     */
    CANCELLING(Double.BYTES, 0x1p-53) {
        @Override
        double[] weights(final double[] values) {
            return WeightRounding.coarse(values);
        }
    },

    /** Double, for samples or results of more digits than a float holds. */
    DOUBLE(Double.BYTES, 0x1p-53) {
        @Override
        double[] weights(final double[] values) {
            return values;
        }
    };

    /** Bytes of an element of a row. */
    final int bytes;

    /** What one operation rounds off at most, in units of its result. */
    final double unit;

    Sums(final int bytes, final double unit) {
        this.bytes = bytes;
        this.unit = unit;
    }

    /** The weights that sums are made with. */
    abstract double[] weights(double[] values);

    /** Whether kernels may be summed in two steps. */
    boolean allowsSteps() {
        return this != DOUBLE;
    }

    /**
     * How a volume is summed.
     *
     * @param in all of it
     * @param part which part of a volume it is, and whether that stands on a pedestal
     */
    static Sums of(final List<Output> outputs, final boolean wide, final VolumeSource in,
            final Part part) {
        final Sums sums = of(outputs, wide);
        return sums == FLOAT && part.pedestal(in) ? CANCELLING : sums;
    }

    /** @param wide whether samples or results have more digits than a float */
    static Sums of(final List<Output> outputs, final boolean wide) {
        if (wide) {
            return DOUBLE;
        }
        for (final Output output : outputs) {
            if (output.target.cancels() || cancels(output.kz) || cancels(output.ky)
                    || cancels(output.kx)) {
                return CANCELLING;
            }
        }
        return FLOAT;
    }

    private static boolean cancels(final Kernel kernel) {
        double sum = 0;
        double size = 0;
        for (final double tap : kernel.taps()) {
            sum += tap;
            size += Math.abs(tap);
        }
        return Math.abs(sum) < 1e-3 * size;
    }

    /**
     * How far a pass across rows can be from the exact sum, in units of the largest sample: what
     * is rounded off each weight, each pair, each product and each sum so far.
     */
    double roundingAcross(final double[] exact) {
        final double[] rounded = weights(exact);
        if (!LineArithmetic.symmetric(exact)) {
            return rounding(exact, rounded, 1);
        }
        final int pairs = exact.length / 2;
        double lost = 0;
        double sum = 0;
        double sums = 0;
        for (int m = 0; m <= pairs; m++) {
            final int share = m < pairs ? 2 : 1;
            lost += share * Math.abs(rounded[m] - exact[m]);
            sum += share * Math.abs(rounded[m]);
            sums += sum;
        }
        return lost + unit * (2 * sum + sums);
    }

    /** The same for a pass along rows, which has no pairs. */
    double roundingAlong(final double[] exact) {
        return rounding(exact, weights(exact),
                exact.length < LineArithmetic.WIDE ? 1 : LineArithmetic.STRIDE);
    }

    private double rounding(final double[] exact, final double[] rounded, final int rounds) {
        double lost = 0;
        double sum = 0;
        double sums = 0;
        for (int round = 0; round < rounds; round++) {
            for (int m = round; m < exact.length; m += rounds) {
                lost += Math.abs(rounded[m] - exact[m]);
                sum += Math.abs(rounded[m]);
                sums += sum;
            }
        }
        return lost + unit * (sum + sums);
    }
}
