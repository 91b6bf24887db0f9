package org.fijibridge.bridge;

import java.nio.ByteBuffer;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.BufferVolume;
import org.fijibridge.engine.ElementType;
import org.fijibridge.engine.Gauss3Adapter;
import org.fijibridge.engine.Output;
import org.fijibridge.engine.Progress;
import org.fijibridge.kernel.Kernel;

/**
 * The real Gauss3 as Python calls it; arrays as in {@link ArrayEngine}, but of exactly three
 * axes z, y, x.
 */
public final class Gauss3Engine {

    private Gauss3Engine() {}

    /**
     * Gaussian blur by Gauss3; sigma in pixels, 0 leaves an axis alone, progress may be null.
     * Returns the class of imglib2-algorithm that filtered.
     */
    public static String gaussian(final ByteBuffer[] in, final String inType, final ByteBuffer[] out,
            final String outType, final long[] shapeZYX, final double[] sigmaZYX,
            final String border, final double constant, final int threads,
            final Progress progress) {
        return Gauss3Adapter.gaussian(volume(in, inType, shapeZYX), volume(out, outType, shapeZYX),
                sigmaZYX, Border.of(border), constant, wide(inType, outType), threads,
                progress == null ? Progress.NONE : progress);
    }

    /** Any separable kernel by SeparableKernelConvolution. */
    public static String convolve(final ByteBuffer[] in, final String inType, final ByteBuffer[] out,
            final String outType, final long[] shapeZYX, final Kernel[] kernels,
            final String border, final double constant, final int threads,
            final Progress progress) {
        return Gauss3Adapter.run(volume(in, inType, shapeZYX),
                new Output(volume(out, outType, shapeZYX), kernels[0], kernels[1], kernels[2]),
                Border.of(border), constant, wide(inType, outType), threads,
                progress == null ? Progress.NONE : progress);
    }

    private static BufferVolume volume(final ByteBuffer[] buffers, final String type,
            final long[] shape) {
        if (shape.length != 3) {
            throw new IllegalArgumentException("a volume has 3 axes; got " + shape.length);
        }
        return new BufferVolume(buffers, ElementType.of(type), Math.toIntExact(shape[0]),
                Math.toIntExact(shape[1]), Math.toIntExact(shape[2]));
    }

    private static boolean wide(final String inType, final String outType) {
        return ElementType.of(inType).needsDouble() || ElementType.of(outType).needsDouble();
    }
}
