package org.fijibridge.engine;

/** What is there of a volume, neither NaN nor infinite. */
abstract class Present implements VolumeSource {

    private final VolumeSource in;

    private Present(final VolumeSource in) {
        this.in = in;
    }

    /** The samples, with 0 for those that are not there. */
    static VolumeSource samples(final VolumeSource in) {
        return new Present(in) {
            @Override
            void change(final float[] row, final int from, final int to) {
                for (int i = from; i < to; i++) {
                    // True for NaN, too.
                    if (!(Math.abs(row[i]) <= Float.MAX_VALUE)) {
                        row[i] = 0;
                    }
                }
            }

            @Override
            void change(final double[] row, final int from, final int to) {
                for (int i = from; i < to; i++) {
                    if (!(Math.abs(row[i]) <= Double.MAX_VALUE)) {
                        row[i] = 0;
                    }
                }
            }
        };
    }

    /**
     * Their weights: 1, or 0 for what is not there. Without a branch: 0 times that is NaN, which
     * is 0 as an int.
     */
    static VolumeSource weights(final VolumeSource in) {
        return new Present(in) {
            @Override
            void change(final float[] row, final int from, final int to) {
                for (int i = from; i < to; i++) {
                    row[i] = (int) (row[i] * 0 + 1);
                }
            }

            @Override
            void change(final double[] row, final int from, final int to) {
                for (int i = from; i < to; i++) {
                    row[i] = (int) (row[i] * 0 + 1);
                }
            }
        };
    }

    abstract void change(float[] row, int from, int to);

    abstract void change(double[] row, int from, int to);

    @Override
    public int depth() {
        return in.depth();
    }

    @Override
    public int height() {
        return in.height();
    }

    @Override
    public int width() {
        return in.width();
    }

    @Override
    public Reader reader() {
        final Reader reader = in.reader();
        return new Reader() {
            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final float[] row, final int offset) {
                reader.read(z, y, x, length, row, offset);
                change(row, offset, offset + length);
            }

            @Override
            public void read(final int z, final int y, final int x, final int length,
                    final double[] row, final int offset) {
                reader.read(z, y, x, length, row, offset);
                change(row, offset, offset + length);
            }
        };
    }
}
