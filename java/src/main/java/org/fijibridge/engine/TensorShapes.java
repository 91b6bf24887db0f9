package org.fijibridge.engine;

import java.util.concurrent.CancellationException;

/**
 * What the symmetric tensors of a volume say: eigenvalues, eigenvectors, measures of shape and
 * colours, row by row. A sample whose tensor is not finite has NaN, and black.
 *
 * <p>Everything is worked out in double and rounded once. Measures are those of
 * {@code fiji_bridge.engines.tensors}.
 */
public final class TensorShapes {

    private static final int COLOURS = 3;

    private final int n;
    private final VolumeSource[] elements;
    private final BufferVolume[] values;
    private final BufferVolume[] vectors;
    private final BufferVolume[] measures;
    private final BufferVolume colours;
    private final int[] colourAxes;
    private final int height;
    private final int width;
    private double steepest;

    /**
     * @param elements the upper triangle, row by row
     * @param values one per eigenvalue, largest first
     * @param vectors per eigenvalue its vector's components
     * @param measures fractional anisotropy, linear, planar (of three eigenvalues only), spherical
     * @param colours red, green and blue next to each other along x
     * @param colourAxes which component of the last vector is shown in red, green, blue; -1: none
     */
    public TensorShapes(final VolumeSource[] elements, final BufferVolume[] values,
            final BufferVolume[] vectors, final BufferVolume[] measures,
            final BufferVolume colours, final int[] colourAxes) {
        n = values.length;
        this.elements = elements.clone();
        this.values = values.clone();
        this.vectors = vectors.clone();
        this.measures = measures.clone();
        this.colours = colours;
        this.colourAxes = colourAxes.clone();
        height = elements[0].height();
        width = elements[0].width();
    }

    /**
     * Fills the outputs.
     *
     * @throws CancellationException if progress asked for it
     */
    public void run(final int threads, final Progress progress) {
        final int rows = elements[0].depth() * height;
        Workers.run(threads, rows, Shapes::new, progress);
        Workers.run(threads, rows, Colours::new, Progress.NONE);
    }

    private synchronized void atLeast(final double energy) {
        steepest = Math.max(steepest, energy);
    }

    private double[][] rows(final int count) {
        return new double[count][width];
    }

    private static VolumeSource.Reader[] readers(final VolumeSource[] volumes) {
        final VolumeSource.Reader[] readers = new VolumeSource.Reader[volumes.length];
        for (int i = 0; i < readers.length; i++) {
            readers[i] = volumes[i].reader();
        }
        return readers;
    }

    private static VolumeTarget.Writer[] writers(final VolumeTarget[] volumes) {
        final VolumeTarget.Writer[] writers = new VolumeTarget.Writer[volumes.length];
        for (int i = 0; i < writers.length; i++) {
            writers[i] = volumes[i].writer();
        }
        return writers;
    }

    private void read(final VolumeSource.Reader[] readers, final int row, final double[][] into) {
        for (int i = 0; i < readers.length; i++) {
            readers[i].read(row / height, row % height, 0, width, into[i], 0);
        }
    }

    private void write(final VolumeTarget.Writer[] writers, final int row, final double[][] from) {
        for (int i = 0; i < writers.length; i++) {
            writers[i].write(row / height, row % height, 0, width, from[i], 0);
        }
    }

    /** Eigenvalues, vectors and measures. */
    private final class Shapes implements Workers.Worker {

        private final VolumeSource.Reader[] readElements = readers(elements);
        private final VolumeTarget.Writer[] writeValues = writers(values);
        private final VolumeTarget.Writer[] writeVectors = writers(vectors);
        private final VolumeTarget.Writer[] writeMeasures = writers(measures);
        private final double[][] e = rows(elements.length);
        private final double[][] found = rows(n);
        private final double[][] directions = rows(n * n);
        private final double[][] shapes = rows(measures.length);
        private final SymmetricMatrices matrices = new SymmetricMatrices(e, found, directions);
        private double most;

        @Override
        public void run(final int row) {
            read(readElements, row, e);
            for (int x = 0; x < width; x++) {
                matrices.solve(x);
            }
            // A tensor of squares has no negative eigenvalues; rounding makes some.
            for (final double[] value : found) {
                for (int x = 0; x < width; x++) {
                    value[x] = Math.max(value[x], 0);
                }
            }
            for (int x = 0; x < width; x++) {
                double energy = 0;
                for (final double[] value : found) {
                    energy += value[x];
                }
                most = energy > most ? energy : most;
                measure(x);
            }
            write(writeValues, row, found);
            write(writeVectors, row, directions);
            write(writeMeasures, row, shapes);
        }

        private void measure(final int x) {
            final double first = found[0][x];
            final double last = found[n - 1][x];
            if (first == 0) {
                for (final double[] shape : shapes) {
                    shape[x] = 0;
                }
                return;
            }
            double sum = 0;
            double squares = 0;
            for (int k = 0; k < n; k++) {
                // Of the largest, for squares must neither overflow nor vanish.
                final double value = found[k][x] / first;
                sum += value;
                squares += value * value;
            }
            double spread = 0;
            for (int k = 0; k < n; k++) {
                final double off = found[k][x] / first - sum / n;
                spread += off * off;
            }
            shapes[0][x] = Math.min(1, Math.sqrt(spread * n / (n - 1) / squares));
            shapes[1][x] = 1 - found[1][x] / first;
            if (n == 3) {
                shapes[2][x] = (found[1][x] - last) / first;
            }
            shapes[shapes.length - 1][x] = last / first;
        }

        @Override
        public void end() {
            atLeast(most);
        }
    }

    /** The direction of least change, as bright as it is distinct and gradients are steep. */
    private final class Colours implements Workers.Worker {

        private final VolumeSource.Reader[] readValues = readers(values);
        private final VolumeSource.Reader[] readVectors = readers(vectors);
        private final VolumeSource.Reader readMeasure = measures[0].reader();
        private final VolumeTarget.Writer writer = colours.writer();
        private final double[][] found = rows(n);
        private final double[] anisotropy = new double[width];
        private final double[] component = new double[width];
        private final double[] mixed = new double[COLOURS * width];

        @Override
        public void run(final int row) {
            final int z = row / height;
            final int y = row % height;
            read(readValues, row, found);
            readMeasure.read(z, y, 0, width, anisotropy, 0);
            for (int colour = 0; colour < COLOURS; colour++) {
                if (colourAxes[colour] < 0) {
                    continue;
                }
                readVectors[(n - 1) * n + colourAxes[colour]].read(z, y, 0, width, component, 0);
                for (int x = 0; x < width; x++) {
                    double energy = 0;
                    for (int k = 0; k < n; k++) {
                        energy += found[k][x];
                    }
                    final double bright = steepest > 0 ? Math.sqrt(energy / steepest) : 0;
                    final double shown = 255 * Math.abs(component[x]) * anisotropy[x] * bright;
                    mixed[COLOURS * x + colour] = shown == shown ? shown : 0;
                }
            }
            writer.write(z, y, 0, COLOURS * width, mixed, 0);
        }

        @Override
        public void end() {}
    }
}
