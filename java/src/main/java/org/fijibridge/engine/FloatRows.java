package org.fijibridge.engine;

import java.util.function.Supplier;

/** Rows of float[]. */
class FloatRows extends Rows<float[]> {

    private static final RowPool<float[]> POOL = new RowPool<>();

    FloatRows(final Supplier<LineArithmetic<float[]>> choice, final Sums sums) {
        super(choice, POOL, sums);
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
    float[] convert(final double[] values, final double factor) {
        final float[] converted = new float[values.length];
        for (int i = 0; i < converted.length; i++) {
            converted[i] = (float) (factor * values[i]);
        }
        return converted;
    }

    @Override
    void halve(final float[] row, final int from, final int length) {
        for (int i = from; i < from + length; i++) {
            row[i] = 0.5f * row[i];
        }
    }

    @Override
    boolean isFinite(final float[] row, final int from, final int to) {
        for (int i = from; i < to; i++) {
            // False for NaN, too.
            if (!(Math.abs(row[i]) <= Float.MAX_VALUE)) {
                return false;
            }
        }
        return true;
    }

    @Override
    void replaceNonFinite(final float[] row, final float[] by, final int from, final int to) {
        for (int i = from; i < to; i++) {
            if (!(Math.abs(row[i]) <= Float.MAX_VALUE)) {
                row[i] = by[i];
            }
        }
    }

    @Override
    void keepEvery(final int step, final float[] row, final int from, final int count) {
        for (int i = 1; step > 1 && i < count; i++) {
            row[from + i] = row[from + i * step];
        }
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
