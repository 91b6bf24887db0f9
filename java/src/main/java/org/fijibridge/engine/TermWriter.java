package org.fijibridge.engine;

/** Takes a term into a volume, row by row. */
final class TermWriter implements VolumeTarget.Writer {

    private final Term term;
    private final VolumeSource.Reader reader;
    private final VolumeTarget.Writer writer;
    private float[] floats = {};
    private float[] floatSums = {};
    private double[] doubles = {};
    private double[] doubleSums = {};

    /** @param reader of the terms so far; null where there are none */
    TermWriter(final Term term, final VolumeSource.Reader reader,
            final VolumeTarget.Writer writer) {
        this.term = term;
        this.reader = reader;
        this.writer = writer;
    }

    @Override
    public void write(final int z, final int y, final int x, final int length, final float[] row,
            final int offset) {
        if (floats.length < length) {
            floats = new float[length];
            floatSums = new float[length];
        }
        System.arraycopy(row, offset, floats, 0, length);
        term.change(floats, length);
        if (reader != null) {
            reader.read(z, y, x, length, floatSums, 0);
            for (int i = 0; i < length; i++) {
                floats[i] += floatSums[i];
            }
        }
        writer.write(z, y, x, length, floats, 0);
    }

    @Override
    public void write(final int z, final int y, final int x, final int length, final double[] row,
            final int offset) {
        if (doubles.length < length) {
            doubles = new double[length];
            doubleSums = new double[length];
        }
        System.arraycopy(row, offset, doubles, 0, length);
        term.change(doubles, length);
        if (reader != null) {
            reader.read(z, y, x, length, doubleSums, 0);
            for (int i = 0; i < length; i++) {
                doubles[i] += doubleSums[i];
            }
        }
        writer.write(z, y, x, length, doubles, 0);
    }
}
