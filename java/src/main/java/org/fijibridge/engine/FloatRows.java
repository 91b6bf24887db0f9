package org.fijibridge.engine;

import java.util.function.Supplier;

/** Rows of float[]. */
final class FloatRows extends Rows<float[]> {

    private static final RowPool<float[]> POOL = new RowPool<>();

    FloatRows(final Supplier<LineArithmetic<float[]>> choice) {
        super(choice, POOL);
    }

    @Override
    int bytes() {
        return Float.BYTES;
    }

    @Override
    float[] create(final int length) {
        return new float[length];
    }

    @Override
    float[][] list(final int count) {
        return new float[count][];
    }

    @Override
    float[] weights(final double[] values) {
        final float[] weights = new float[values.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) values[i];
        }
        return weights;
    }

    @Override
    double get(final float[] row, final int index) {
        return row[index];
    }

    @Override
    void set(final float[] row, final int index, final double value) {
        row[index] = (float) value;
    }

    @Override
    void extend(final float[] row, final int[] index, final int[] source, final double outside) {
        for (int i = 0; i < index.length; i++) {
            row[index[i]] = source[i] < 0 ? (float) outside : row[source[i]];
        }
    }

    @Override
    void scatter(final float[] row, final int from, final int count, final float[][] columns,
            final int lane) {
        for (int i = 0; i < count; i++) {
            columns[i][lane] = row[from + i];
        }
    }

    @Override
    void gather(final float[][] columns, final int count, final int lane, final float[] row) {
        for (int i = 0; i < count; i++) {
            row[i] = columns[i][lane];
        }
    }

    @Override
    void read(final VolumeSource.Reader reader, final int z, final int y, final int x,
            final int length, final float[] row, final int offset) {
        reader.read(z, y, x, length, row, offset);
    }

    @Override
    void write(final VolumeTarget.Writer writer, final int z, final int y, final int x,
            final int length, final float[] row, final int offset) {
        writer.write(z, y, x, length, row, offset);
    }
}
