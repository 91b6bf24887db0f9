package org.fijibridge.engine;

import java.util.function.Supplier;

/** Rows of double[]. */
final class DoubleRows extends Rows<double[]> {

    private static final RowPool<double[]> POOL = new RowPool<>();

    DoubleRows(final Supplier<LineArithmetic<double[]>> choice) {
        super(choice, POOL);
    }

    @Override
    int bytes() {
        return Double.BYTES;
    }

    @Override
    double[] create(final int length) {
        return new double[length];
    }

    @Override
    double[][] list(final int count) {
        return new double[count][];
    }

    @Override
    double[] weights(final double[] values) {
        final double[] weights = new double[values.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = values[i];
        }
        return weights;
    }

    @Override
    double get(final double[] row, final int index) {
        return row[index];
    }

    @Override
    void set(final double[] row, final int index, final double value) {
        row[index] = value;
    }

    @Override
    void extend(final double[] row, final int[] index, final int[] source, final double outside) {
        for (int i = 0; i < index.length; i++) {
            row[index[i]] = source[i] < 0 ? outside : row[source[i]];
        }
    }

    @Override
    void scatter(final double[] row, final int from, final int count, final double[][] columns,
            final int lane) {
        for (int i = 0; i < count; i++) {
            columns[i][lane] = row[from + i];
        }
    }

    @Override
    void gather(final double[][] columns, final int count, final int lane, final double[] row) {
        for (int i = 0; i < count; i++) {
            row[i] = columns[i][lane];
        }
    }

    @Override
    void read(final VolumeSource.Reader reader, final int z, final int y, final int x,
            final int length, final double[] row, final int offset) {
        reader.read(z, y, x, length, row, offset);
    }

    @Override
    void write(final VolumeTarget.Writer writer, final int z, final int y, final int x,
            final int length, final double[] row, final int offset) {
        writer.write(z, y, x, length, row, offset);
    }
}
