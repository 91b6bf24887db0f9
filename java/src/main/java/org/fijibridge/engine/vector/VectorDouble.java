package org.fijibridge.engine.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;
import org.fijibridge.engine.LineArithmetic;

/**
 * The inner loops for double[] with the Vector API.
 *
 * <p>Sums stay in registers from the first tap to the last: across rows, four results of two
 * vectors each, so that a row that has been loaded serves all four; along a row, four vectors
 * whose loads are shifted by one element per tap.
 */
public final class VectorDouble implements LineArithmetic<double[]> {

    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    /** Called by name, where the module is present. */
    public VectorDouble() {}

    @Override
    public void band(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int count, final int from,
            final int to) {
        int o = 0;
        if (weights.length >= 4) {
            for (; o + 4 <= count; o += 4) {
                band4(rows, first + o, weights, outs, outFirst + o, from, to);
            }
        }
        for (; o < count; o++) {
            band1(rows, first + o, weights, outs[outFirst + o], from, to);
        }
    }

    /** Four results; the first and last three rows belong to some of them only. */
    private static void band4(final double[][] rows, final int first, final double[] weights,
            final double[][] outs, final int outFirst, final int from, final int to) {
        final double[] outA = outs[outFirst];
        final double[] outB = outs[outFirst + 1];
        final double[] outC = outs[outFirst + 2];
        final double[] outD = outs[outFirst + 3];
        final int taps = weights.length;
        int i = from;
        for (; i + LANES < to; i += 2 * LANES) {
            DoubleVector a0 = DoubleVector.zero(SPECIES);
            DoubleVector a1 = a0;
            DoubleVector b0 = a0;
            DoubleVector b1 = a0;
            DoubleVector c0 = a0;
            DoubleVector c1 = a0;
            DoubleVector d0 = a0;
            DoubleVector d1 = a0;
            for (int m = 0; m < 3; m++) {
                final double[] row = rows[first + m];
                final DoubleVector x = DoubleVector.fromArray(SPECIES, row, i);
                final DoubleVector y = DoubleVector.fromArray(SPECIES, row, i + LANES);
                a0 = a0.add(x.mul(weights[m]));
                a1 = a1.add(y.mul(weights[m]));
                if (m > 0) {
                    b0 = b0.add(x.mul(weights[m - 1]));
                    b1 = b1.add(y.mul(weights[m - 1]));
                }
                if (m > 1) {
                    c0 = c0.add(x.mul(weights[m - 2]));
                    c1 = c1.add(y.mul(weights[m - 2]));
                }
            }
            for (int m = 3; m < taps; m++) {
                final double[] row = rows[first + m];
                final DoubleVector x = DoubleVector.fromArray(SPECIES, row, i);
                final DoubleVector y = DoubleVector.fromArray(SPECIES, row, i + LANES);
                a0 = a0.add(x.mul(weights[m]));
                a1 = a1.add(y.mul(weights[m]));
                b0 = b0.add(x.mul(weights[m - 1]));
                b1 = b1.add(y.mul(weights[m - 1]));
                c0 = c0.add(x.mul(weights[m - 2]));
                c1 = c1.add(y.mul(weights[m - 2]));
                d0 = d0.add(x.mul(weights[m - 3]));
                d1 = d1.add(y.mul(weights[m - 3]));
            }
            for (int m = taps; m < taps + 3; m++) {
                final double[] row = rows[first + m];
                final DoubleVector x = DoubleVector.fromArray(SPECIES, row, i);
                final DoubleVector y = DoubleVector.fromArray(SPECIES, row, i + LANES);
                if (m < taps + 1) {
                    b0 = b0.add(x.mul(weights[m - 1]));
                    b1 = b1.add(y.mul(weights[m - 1]));
                }
                if (m < taps + 2) {
                    c0 = c0.add(x.mul(weights[m - 2]));
                    c1 = c1.add(y.mul(weights[m - 2]));
                }
                d0 = d0.add(x.mul(weights[m - 3]));
                d1 = d1.add(y.mul(weights[m - 3]));
            }
            a0.intoArray(outA, i);
            a1.intoArray(outA, i + LANES);
            b0.intoArray(outB, i);
            b1.intoArray(outB, i + LANES);
            c0.intoArray(outC, i);
            c1.intoArray(outC, i + LANES);
            d0.intoArray(outD, i);
            d1.intoArray(outD, i + LANES);
        }
        if (i < to) {
            for (int o = 0; o < 4; o++) {
                band1(rows, first + o, weights, outs[outFirst + o], i, to);
            }
        }
    }

    private static void band1(final double[][] rows, final int first, final double[] weights,
            final double[] out, final int from, final int to) {
        int i = from;
        for (; i + LANES < to; i += 2 * LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            DoubleVector b = a;
            for (int m = 0; m < weights.length; m++) {
                final double[] row = rows[first + m];
                a = a.add(DoubleVector.fromArray(SPECIES, row, i).mul(weights[m]));
                b = b.add(DoubleVector.fromArray(SPECIES, row, i + LANES).mul(weights[m]));
            }
            a.intoArray(out, i);
            b.intoArray(out, i + LANES);
        }
        if (i < to) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                a = a.add(DoubleVector.fromArray(SPECIES, rows[first + m], i).mul(weights[m]));
            }
            a.intoArray(out, i);
        }
    }

    @Override
    public void slide(final double[] in, final int offset, final double[] weights, final double[] out,
            final int n) {
        int i = 0;
        for (; i + 3 * LANES < n; i += 4 * LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            DoubleVector b = a;
            DoubleVector c = a;
            DoubleVector d = a;
            for (int m = 0; m < weights.length; m++) {
                final int at = offset + i + m;
                final DoubleVector w = DoubleVector.broadcast(SPECIES, weights[m]);
                a = a.add(DoubleVector.fromArray(SPECIES, in, at).mul(w));
                b = b.add(DoubleVector.fromArray(SPECIES, in, at + LANES).mul(w));
                c = c.add(DoubleVector.fromArray(SPECIES, in, at + 2 * LANES).mul(w));
                d = d.add(DoubleVector.fromArray(SPECIES, in, at + 3 * LANES).mul(w));
            }
            a.intoArray(out, i);
            b.intoArray(out, i + LANES);
            c.intoArray(out, i + 2 * LANES);
            d.intoArray(out, i + 3 * LANES);
        }
        for (; i < n; i += LANES) {
            DoubleVector a = DoubleVector.zero(SPECIES);
            for (int m = 0; m < weights.length; m++) {
                a = a.add(DoubleVector.fromArray(SPECIES, in, offset + i + m).mul(weights[m]));
            }
            a.intoArray(out, i);
        }
    }
}
