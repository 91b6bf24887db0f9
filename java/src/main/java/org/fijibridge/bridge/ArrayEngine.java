package org.fijibridge.bridge;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.BufferVolume;
import org.fijibridge.engine.ElementType;
import org.fijibridge.engine.Output;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;

/**
 * The engine as Python calls it: direct buffers, names and numbers only.
 *
 * <p>Arrays are contiguous, in native byte order, their last three axes z, y, x (x fastest);
 * axes before those count volumes, each of which is filtered on its own. Arrays above 2 GiB come
 * as several buffers, see {@link BufferVolume}.
 */
public final class ArrayEngine {

    private ArrayEngine() {}

    /**
     * Gaussian blur.
     *
     * @param shape at least three axes, the last three z, y, x
     * @param kernel "gauss3" or "discrete"
     * @param sigmaZYX standard deviation in pixels per axis; 0 leaves an axis alone
     * @param border label of a {@link Border}
     * @param constant value of the constant border
     * @param threads how many threads work
     * @param progress may be null
     */
    public static void gaussian(final ByteBuffer[] in, final String inType, final ByteBuffer[] out,
            final String outType, final long[] shape, final String kernel, final double[] sigmaZYX,
            final String border, final double constant, final int threads,
            final Progress progress) {
        run(in, inType, new ByteBuffer[][] {out}, outType, shape,
                new Kernel[][] {{
                    GaussianKernels.gaussian(kernel, sigmaZYX[0]),
                    GaussianKernels.gaussian(kernel, sigmaZYX[1]),
                    GaussianKernels.gaussian(kernel, sigmaZYX[2])}},
                border, constant, threads, progress);
    }

    /**
     * Convolutions of one input, which is read once.
     *
     * @param tapsZYX per output and axis the taps
     * @param centresZYX per output and axis the index of the centre tap
     */
    public static void convolveMany(final ByteBuffer[] in, final String inType,
            final ByteBuffer[][] outs, final String outType, final long[] shape,
            final double[][][] tapsZYX, final int[][] centresZYX, final String border,
            final double constant, final int threads, final Progress progress) {
        final Kernel[][] kernels = new Kernel[outs.length][3];
        for (int k = 0; k < outs.length; k++) {
            for (int axis = 0; axis < 3; axis++) {
                kernels[k][axis] = new Kernel(tapsZYX[k][axis], centresZYX[k][axis]);
            }
        }
        run(in, inType, outs, outType, shape, kernels, border, constant, threads, progress);
    }

    private static void run(final ByteBuffer[] in, final String inType, final ByteBuffer[][] outs,
            final String outType, final long[] shape, final Kernel[][] kernels,
            final String border, final double constant, final int threads,
            final Progress progress) {
        final ElementType source = ElementType.of(inType);
        final ElementType target = ElementType.of(outType);
        final int n = shape.length;
        final int depth = Math.toIntExact(shape[n - 3]);
        final int height = Math.toIntExact(shape[n - 2]);
        final int width = Math.toIntExact(shape[n - 1]);
        final long size = (long) depth * height * width;
        long volumes = 1;
        for (int axis = 0; axis < n - 3; axis++) {
            volumes *= shape[axis];
        }
        if (size == 0) {
            return;
        }
        final boolean wide = source.needsDouble() || target.needsDouble();
        for (long v = 0; v < volumes; v++) {
            final List<Output> outputs = new ArrayList<>();
            for (int k = 0; k < outs.length; k++) {
                outputs.add(new Output(
                        new BufferVolume(outs[k], target, depth, height, width, v * size),
                        kernels[k][0], kernels[k][1], kernels[k][2]));
            }
            SeparableConvolution.run(
                    new BufferVolume(in, source, depth, height, width, v * size), outputs,
                    Border.of(border), constant, wide, threads,
                    progress == null ? Progress.NONE : progress);
        }
    }
}
