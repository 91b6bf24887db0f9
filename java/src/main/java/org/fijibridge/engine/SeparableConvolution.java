package org.fijibridge.engine;

import java.util.List;
import java.util.concurrent.CancellationException;
import org.fijibridge.kernel.Kernel;

/** Convolves a volume with one kernel per axis. */
public final class SeparableConvolution {

    private SeparableConvolution() {}

    /**
     * Computes all outputs from one reading of the input.
     *
     * @param in the input; must not overlap any output
     * @param outputs where results go, with their kernels; targets are as large as the input
     * @param border what lies outside of the input
     * @param constant the value of the constant border
     * @param doublePrecision sums in double instead of float
     * @param threads how many threads work, at least 1; the result does not depend on it
     * @param progress told and asked between slabs
     * @throws CancellationException if progress asked for it; outputs are then incomplete
     */
    public static void run(final VolumeSource in, final List<Output> outputs, final Border border,
            final double constant, final boolean doublePrecision, final int threads,
            final Progress progress) {
        final VolumeSource.Reader reader = in.reader();
        final double[] row = new double[in.width()];
        final double[] result = new double[in.width()];
        long done = 0;
        for (final Output output : outputs) {
            final VolumeTarget.Writer writer = output.target.writer();
            for (int z = 0; z < in.depth(); z++) {
                for (int y = 0; y < in.height(); y++) {
                    for (int x = 0; x < in.width(); x++) {
                        result[x] = 0;
                    }
                    final double[] wz = output.kz.weights();
                    final double[] wy = output.ky.weights();
                    for (int i = 0; i < wz.length; i++) {
                        for (int j = 0; j < wy.length; j++) {
                            final int sz = border.source(z - output.kz.before() + i, in.depth());
                            final int sy = border.source(y - output.ky.before() + j, in.height());
                            if (sz < 0 || sy < 0) {
                                java.util.Arrays.fill(row, constant);
                            } else {
                                reader.read(sz, sy, 0, in.width(), row, 0);
                            }
                            add(row, output.kx, border, constant, wz[i] * wy[j], result);
                        }
                    }
                    writer.write(z, y, 0, in.width(), result, 0);
                }
                if (progress.cancelled()) {
                    throw new CancellationException("cancelled");
                }
                progress.report(++done, (long) in.depth() * outputs.size());
            }
        }
    }

    private static void add(final double[] row, final Kernel kernel, final Border border,
            final double constant, final double weight, final double[] result) {
        final double[] wx = kernel.weights();
        for (int x = 0; x < row.length; x++) {
            double sum = 0;
            for (int k = 0; k < wx.length; k++) {
                final int s = border.source(x - kernel.before() + k, row.length);
                sum += wx[k] * (s < 0 ? constant : row[s]);
            }
            result[x] += weight * sum;
        }
    }
}
