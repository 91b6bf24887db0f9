package org.fijibridge.command;

import org.fijibridge.engine.Part;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;

/**
 * Normalised convolution by a filter that knows nothing of it: the weighted mean of the samples
 * that are there, wherever one within reach is missing, which is where a sum is no number.
 */
final class StoredMeans {

    /** In double: samples, weights, and what the filter makes of them. */
    static final long VOLUMES = 4;

    private StoredMeans() {}

    static <V extends VolumeSource & VolumeTarget> void run(final VolumeFilter filter,
            final VolumeSource in, final V out, final double constant, final Progress progress) {
        final int width = in.width();
        filter.run(in, Part.WHOLE, out, constant, false, progress);
        final DoublePlanes values = new DoublePlanes(in.depth(), in.height(), width);
        final DoublePlanes weights = new DoublePlanes(in.depth(), in.height(), width);
        final VolumeSource.Reader reader = in.reader();
        for (int z = 0; z < in.depth(); z++) {
            for (int y = 0; y < in.height(); y++) {
                reader.read(z, y, 0, width, values.planes[z], y * width);
            }
            for (int i = 0; i < values.planes[z].length; i++) {
                final double value = values.planes[z][i];
                final boolean there = !Double.isNaN(value) && !Double.isInfinite(value);
                values.planes[z][i] = there ? value : 0;
                weights.planes[z][i] = there ? 1 : 0;
            }
        }
        final DoublePlanes total = new DoublePlanes(in.depth(), in.height(), width);
        final DoublePlanes weight = new DoublePlanes(in.depth(), in.height(), width);
        filter.run(values, Part.WHOLE, total, constant, true, progress);
        filter.run(weights, Part.WHOLE, weight, 1, true, progress);
        final VolumeSource.Reader plain = out.reader();
        final VolumeTarget.Writer writer = out.writer();
        final double[] row = new double[width];
        for (int z = 0; z < in.depth(); z++) {
            for (int y = 0; y < in.height(); y++) {
                plain.read(z, y, 0, width, row, 0);
                for (int x = 0; x < width; x++) {
                    final int i = y * width + x;
                    if (Double.isNaN(row[x]) || Double.isInfinite(row[x])) {
                        row[x] = weight.planes[z][i] > SeparableConvolution.SMALLEST_WEIGHT
                                ? total.planes[z][i] / weight.planes[z][i] : Double.NaN;
                    }
                }
                writer.write(z, y, 0, width, row, 0);
            }
        }
    }
}
