package org.fijibridge.bridge;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.BufferVolume;
import org.fijibridge.engine.ElementType;
import org.fijibridge.engine.Output;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.engine.Term;
import org.fijibridge.kernel.Kernel;

/**
 * The engine as Python calls it: direct buffers, names, numbers and kernels.
 *
 * <p>Arrays are contiguous, in native byte order, their last three axes z, y, x (x fastest);
 * axes before those count volumes, each of which is filtered on its own. Arrays above 2 GiB come
 * as several buffers, see {@link BufferVolume}.
 */
public final class ArrayEngine {

    private ArrayEngine() {}

    /**
     * Convolutions of one input, which is read once.
     *
     * @param outs one array per output, as buffers
     * @param shape at least three axes, the last three z, y, x
     * @param kernelsZYX per output one kernel per axis
     * @param border label of a {@link Border}
     * @param constant value of the constant border
     * @param threads how many threads work
     * @param progress may be null
     */
    public static void convolve(final ByteBuffer[] in, final String inType,
            final ByteBuffer[][] outs, final String outType, final long[] shape,
            final Kernel[][] kernelsZYX, final String border, final double constant,
            final int threads, final Progress progress) {
        run(in, inType, outs, outType, shape, kernelsZYX, null, border, constant, threads,
                progress);
    }

    /**
     * Convolutions of one input, which is read once, as one result.
     *
     * @param kernelsZYX per term one kernel per axis
     * @param terms per term the name of a {@link Term}
     */
    public static void sum(final ByteBuffer[] in, final String inType, final ByteBuffer[] out,
            final String outType, final long[] shape, final Kernel[][] kernelsZYX,
            final String[] terms, final String border, final double constant, final int threads,
            final Progress progress) {
        final ByteBuffer[][] outs = new ByteBuffer[terms.length][];
        Arrays.fill(outs, out);
        run(in, inType, outs, outType, shape, kernelsZYX, terms, border, constant, threads,
                progress);
    }

    private static void run(final ByteBuffer[] in, final String inType, final ByteBuffer[][] outs,
            final String outType, final long[] shape, final Kernel[][] kernels,
            final String[] terms, final String border, final double constant, final int threads,
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
                final BufferVolume out =
                        new BufferVolume(outs[k], target, depth, height, width, v * size);
                outputs.add(new Output(terms == null ? out : Term.of(terms[k]).into(out, k == 0),
                        kernels[k][0], kernels[k][1], kernels[k][2]));
            }
            SeparableConvolution.run(
                    new BufferVolume(in, source, depth, height, width, v * size), outputs,
                    Border.of(border), constant, wide, threads,
                    progress == null ? Progress.NONE : progress);
        }
    }
}
