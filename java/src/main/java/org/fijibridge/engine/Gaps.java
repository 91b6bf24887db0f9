package org.fijibridge.engine;

/**
 * A result that a first sweep leaves NaN or infinite where it meets such a sample, and a second one
 * fills there; one instance per worker.
 */
final class Gaps<V extends VolumeSource & VolumeTarget> {

    private final V volume;
    private boolean found;

    Gaps(final V volume) {
        this.volume = volume;
    }

    /** Whether the first sweep left some since this was asked last. */
    boolean found() {
        final boolean since = found;
        found = false;
        return since;
    }

    /** Where the first sweep writes. */
    VolumeTarget left() {
        return new TargetLike(volume) {
            @Override
            public Writer writer() {
                return new LeftWriter(volume.writer());
            }
        };
    }

    /** Where the second one does. */
    VolumeTarget filled() {
        return new TargetLike(volume) {
            @Override
            public Writer writer() {
                return new FilledWriter(volume.reader(), volume.writer());
            }
        };
    }

    private final class LeftWriter implements VolumeTarget.Writer {

        private final VolumeTarget.Writer writer;

        LeftWriter(final VolumeTarget.Writer writer) {
            this.writer = writer;
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            for (int i = offset; !found && i < offset + length; i++) {
                // True for NaN, too.
                found = !(Math.abs(row[i]) <= Float.MAX_VALUE);
            }
            writer.write(z, y, x, length, row, offset);
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            for (int i = offset; !found && i < offset + length; i++) {
                found = !(Math.abs(row[i]) <= Float.MAX_VALUE);
            }
            writer.write(z, y, x, length, row, offset);
        }
    }

    private final class FilledWriter implements VolumeTarget.Writer {

        private final VolumeSource.Reader reader;
        private final VolumeTarget.Writer writer;
        private float[] floats = {};
        private double[] doubles = {};

        FilledWriter(final VolumeSource.Reader reader, final VolumeTarget.Writer writer) {
            this.reader = reader;
            this.writer = writer;
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            if (floats.length < length) {
                floats = new float[length];
            }
            reader.read(z, y, x, length, floats, 0);
            for (int i = 0; i < length; i++) {
                if (!(Math.abs(floats[i]) <= Float.MAX_VALUE)) {
                    floats[i] = row[offset + i];
                }
            }
            writer.write(z, y, x, length, floats, 0);
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            if (doubles.length < length) {
                doubles = new double[length];
            }
            reader.read(z, y, x, length, doubles, 0);
            for (int i = 0; i < length; i++) {
                if (!(Math.abs(doubles[i]) <= Double.MAX_VALUE)) {
                    doubles[i] = row[offset + i];
                }
            }
            writer.write(z, y, x, length, doubles, 0);
        }
    }
}
