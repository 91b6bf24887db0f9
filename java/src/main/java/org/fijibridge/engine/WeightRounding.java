package org.fijibridge.engine;

import java.util.Arrays;

/**
 * Rounds the weights of a kernel to fewer digits, so that their sum stays what it was.
 *
 * <p>Weights rounded one by one add up to a little more or less than 1, which shows as an offset of
 * the whole image wherever this sits on a high ground. What rounding has lost is therefore given
 * back, to the largest weights first, and to those in the middle and their mirror images alike.
 */
final class WeightRounding {

    /** Digits of a weight such that its product with a float is exact in double. */
    private static final int COARSE_DIGITS = 29;

    /** Weights change by no more than this part for the sake of the sum: some last digits. */
    private static final double MOST = 0x1p-20;

    /** Sums this close to 0 or 1, in units of all weights, are meant to be that. */
    private static final double MEANT = 1e-12;

    private WeightRounding() {}

    /** The same weights as floats. */
    static double[] toFloat(final double[] weights) {
        final double[] rounded = new double[weights.length];
        for (int i = 0; i < weights.length; i++) {
            rounded[i] = (float) weights[i];
        }
        double rest = sum(weights) - sum(rounded);
        final boolean pairs = LineArithmetic.symmetric(weights);
        for (final int i : byMagnitude(rounded)) {
            final int share = pairs && i != weights.length / 2 ? 2 : 1;
            if (share == 2 && i > weights.length / 2) {
                continue;
            }
            final double changed = (float) (rounded[i] + rest / share);
            final double change = changed - rounded[i];
            if (Math.abs(change) <= MOST * Math.abs(rounded[i])) {
                rest -= share * change;
                rounded[i] = changed;
                rounded[share == 2 ? weights.length - 1 - i : i] = changed;
            }
        }
        return rounded;
    }

    /** The same weights as multiples of one power of two, 29 digits of all of them together. */
    static double[] coarse(final double[] weights) {
        double size = 0;
        for (final double weight : weights) {
            size += Math.abs(weight);
        }
        if (size == 0) {
            return weights;
        }
        final double quantum = Math.scalb(1.0, Math.getExponent(size) + 1 - COARSE_DIGITS);
        final double[] rounded = new double[weights.length];
        for (int i = 0; i < weights.length; i++) {
            rounded[i] = Math.rint(weights[i] / quantum) * quantum;
        }
        final double rest = Math.rint(sum(weights) / quantum) * quantum - sum(rounded);
        // The middle of a symmetric kernel, whose mirror image it is; that of an antisymmetric
        // one is 0 and stays so, as nothing is left.
        final int middle = LineArithmetic.symmetric(weights)
                ? weights.length / 2 : byMagnitude(rounded)[0];
        rounded[middle] += rest;
        return rounded;
    }

    private static double sum(final double[] weights) {
        double sum = 0;
        double lost = 0;
        double size = 0;
        for (final double weight : weights) {
            final double term = weight - lost;
            final double next = sum + term;
            lost = next - sum - term;
            sum = next;
            size += Math.abs(weight);
        }
        return Math.abs(sum) < MEANT * size ? 0 : Math.abs(sum - 1) < MEANT * size ? 1 : sum;
    }

    private static int[] byMagnitude(final double[] weights) {
        final Integer[] order = new Integer[weights.length];
        Arrays.setAll(order, i -> i);
        // Stable: equals stay in their order.
        Arrays.sort(order, (i, j) -> Double.compare(Math.abs(weights[j]), Math.abs(weights[i])));
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }
}
