package org.fijibridge.bridge;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fijibridge.engine.Accuracy;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.BufferVolume;
import org.fijibridge.engine.ElementType;
import org.fijibridge.engine.MedianArrays;
import org.fijibridge.engine.Output;
import org.fijibridge.engine.Part;
import org.fijibridge.engine.Pedestal;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.Resampling;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.engine.SlidingMedian;
import org.fijibridge.engine.TensorShapes;
import org.fijibridge.engine.Term;
import org.fijibridge.engine.TermSum;
import org.fijibridge.engine.VolumeTarget;
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
     * @param place see {@link #reach}; null where inputs are whole volumes
     * @param kernelsZYX per output one kernel per axis
     * @param border label of a {@link Border}
     * @param constant value of the constant border
     * @param threads how many threads work
     * @param progress may be null
     * @return how far results can be from the exact ones, the worst of all volumes
     */
    public static Accuracy convolve(final ByteBuffer[] in, final String inType,
            final ByteBuffer[][] outs, final String outType, final long[] shape,
            final int[][] place, final Kernel[][] kernelsZYX, final String border,
            final double constant, final int threads, final Progress progress) {
        return run(in, inType, outs, outType, shape, place, kernelsZYX, null, border, constant,
                threads, progress);
    }

    /**
     * Convolutions of one input, which is read once, as one result.
     *
     * @param kernelsZYX per term one kernel per axis
     * @param terms per term the name of a {@link Term}
     * @return as {@link #convolve}
     */
    public static Accuracy sum(final ByteBuffer[] in, final String inType, final ByteBuffer[] out,
            final String outType, final long[] shape, final int[][] place,
            final Kernel[][] kernelsZYX, final String[] terms, final String border,
            final double constant, final int threads, final Progress progress) {
        return run(in, inType, new ByteBuffer[][] {out}, outType, shape, place, kernelsZYX, terms,
                border, constant, threads, progress);
    }

    /**
     * The same, with the mean of the samples that are there for each term; see {@link
     * SeparableConvolution#means}.
     */
    public static Accuracy means(final ByteBuffer[] in, final String inType, final ByteBuffer[] out,
            final String outType, final long[] shape, final int[][] place,
            final Kernel[][] kernelsZYX, final String[] terms, final String border,
            final double constant, final int threads, final Progress progress) {
        final ElementType source = ElementType.of(inType);
        final ElementType target = ElementType.of(outType);
        final Volumes volumes = new Volumes(shape);
        final int[] made = made(volumes, place);
        Accuracy accuracy = Accuracy.EXACT;
        for (long v = 0; v < volumes.count; v++) {
            accuracy = accuracy.or(SeparableConvolution.means(
                    new BufferVolume(in, source, volumes.depth, volumes.height, volumes.width,
                            v * volumes.size), part(place),
                    new BufferVolume(out, target, made[0], made[1], made[2],
                            v * made[0] * made[1] * made[2]),
                    result -> outputs(new VolumeTarget[] {result}, kernelsZYX, terms), Border.of(border), constant,
                    source.needsDouble() || target.needsDouble(), threads,
                    progress == null ? Progress.NONE : progress));
        }
        return accuracy;
    }

    /**
     * Outputs, one for each three kernels.
     *
     * @param results one per output, or the one that the terms make
     * @param terms may be null
     */
    private static List<Output> outputs(final VolumeTarget[] results, final Kernel[][] kernelsZYX,
            final String[] terms) {
        final TermSum sum = terms == null ? null : new TermSum(results[0], terms.length);
        final List<Output> outputs = new ArrayList<>();
        for (int k = 0; k < kernelsZYX.length; k++) {
            outputs.add(new Output(sum == null ? results[k] : sum.target(Term.of(terms[k])),
                    kernelsZYX[k][0], kernelsZYX[k][1], kernelsZYX[k][2]));
        }
        return outputs;
    }

    private static Part part(final int[][] place) {
        if (place == null) {
            return Part.WHOLE;
        }
        final Part part = place[4].length == 0
                ? Part.WHOLE : new Part(place[1], place[2], place[4][0] != 0);
        return part.every(place[3]);
    }

    /** Size along z, y, x of what is wanted. */
    private static int[] made(final Volumes volumes, final int[][] place) {
        return place == null
                ? new int[] {volumes.depth, volumes.height, volumes.width} : place[0];
    }

    /**
     * Medians within a footprint, see {@link SlidingMedian}.
     *
     * @param in levels of the samples, int32, with what lies beyond the edges
     * @param out int32, the levels of the medians
     * @param count how many levels there are
     * @param shape along z, y, x, of the output
     * @param reach along z, y, x what the input has beyond the edges, on each side
     * @param rows of the footprint, three numbers each: z, y, and the reach along x
     * @param arrays one for all blocks of a volume, one after the other
     */
    public static void median(final ByteBuffer in, final ByteBuffer out, final int count,
            final int[] shape, final int[] reach, final int[] rows, final MedianArrays arrays,
            final int threads, final Progress progress) {
        SlidingMedian.run(ints(in), ints(out), count, shape, reach, rows, arrays, threads,
                progress == null ? Progress.NONE : progress);
    }

    private static IntBuffer ints(final ByteBuffer buffer) {
        return buffer.duplicate().order(ByteOrder.nativeOrder()).asIntBuffer();
    }

    /**
     * What symmetric tensors say, see {@link TensorShapes}; volume by volume.
     *
     * @param type of all arrays but the colours, which are uint8 and have an axis more, of three
     * @param shape as for {@link #convolve}
     */
    public static void tensors(final ByteBuffer[][] elements, final String type,
            final ByteBuffer[][] values, final ByteBuffer[][] vectors,
            final ByteBuffer[][] measures, final ByteBuffer[] colours, final int[] colourAxes,
            final long[] shape, final int threads, final Progress progress) {
        final ElementType kind = ElementType.of(type);
        final Volumes volumes = new Volumes(shape);
        for (long v = 0; v < volumes.count; v++) {
            new TensorShapes(volumes.of(elements, kind, v), volumes.of(values, kind, v),
                    volumes.of(vectors, kind, v), volumes.of(measures, kind, v),
                    new BufferVolume(colours, ElementType.UINT8, volumes.depth, volumes.height,
                            3 * volumes.width, 3 * v * volumes.size),
                    colourAxes).run(threads, progress == null ? Progress.NONE : progress);
        }
    }

    /**
     * A volume on another grid, see {@link Resampling}.
     *
     * @param shape of the input along z, y, x; made is that of the output
     * @param taps along z, y, x how many samples make a place
     * @param samples along z, y, x per place and tap the sample, -1 for the constant
     * @param weights along z, y, x per place and tap
     */
    public static void resample(final ByteBuffer[] in, final String inType, final int[] shape,
            final ByteBuffer[] out, final String outType, final int[] made, final int[] taps,
            final int[][] samples, final double[][] weights, final double constant,
            final int threads, final Progress progress) {
        final Resampling.Axis[] axes = new Resampling.Axis[3];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = new Resampling.Axis(taps[i], samples[i], weights[i]);
        }
        Resampling.run(
                new BufferVolume(in, ElementType.of(inType), shape[0], shape[1], shape[2]),
                new BufferVolume(out, ElementType.of(outType), made[0], made[1], made[2]),
                axes[0], axes[1], axes[2], constant, threads,
                progress == null ? Progress.NONE : progress);
    }

    /** The volumes of arrays of a shape. */
    private static final class Volumes {

        final long count;
        final int depth;
        final int height;
        final int width;
        final long size;

        Volumes(final long[] shape) {
            final int n = shape.length;
            depth = Math.toIntExact(shape[n - 3]);
            height = Math.toIntExact(shape[n - 2]);
            width = Math.toIntExact(shape[n - 1]);
            size = (long) depth * height * width;
            long volumes = size == 0 ? 0 : 1;
            for (int axis = 0; axis < n - 3; axis++) {
                volumes *= shape[axis];
            }
            count = volumes;
        }

        BufferVolume[] of(final ByteBuffer[][] arrays, final ElementType type, final long v) {
            final BufferVolume[] found = new BufferVolume[arrays.length];
            for (int i = 0; i < found.length; i++) {
                found[i] = new BufferVolume(arrays[i], type, depth, height, width, v * size);
            }
            return found;
        }
    }

    /**
     * How far results reach into the input, so that a part of a volume can be computed alone: with
     * all samples within reach, but for those beyond the volume's faces, it has the same bits.
     * Of a periodic volume those go on as well, where not all of an axis is given.
     *
     * <p>A place is then size, origin and offset along z, y, x: the size of the result, where the
     * input's first sample lies in the volume, and where the result's first sample lies in the
     * input; then the step along z, y, x from one sample of the result to the next; and at last a 1
     * if the volume stands on a pedestal, see {@link #pedestal}, or nothing where all of it is given.
     *
     * @param size of the volume along z, y, x
     * @param terms may be null
     * @return samples before and after, along z, y, x
     */
    public static int[][] reach(final String inType, final String outType, final int[] size,
            final Kernel[][] kernelsZYX, final String[] terms, final String border) {
        final ElementType source = ElementType.of(inType);
        final ElementType target = ElementType.of(outType);
        final VolumeTarget[] nothing = new VolumeTarget[kernelsZYX.length];
        Arrays.fill(nothing, new BufferVolume(new ByteBuffer[0], target, 0, 0, 0));
        return SeparableConvolution.reach(outputs(nothing, kernelsZYX, terms), size, Border.of(border),
                source.needsDouble() || target.needsDouble());
    }

    /**
     * Whether a volume stands on a pedestal, see {@link Pedestal}.
     *
     * @param in all of it, or its samples at the {@link #pedestalPlaces} along each axis
     */
    public static boolean pedestal(final ByteBuffer[] in, final String inType, final int[] shape) {
        return Pedestal.under(new BufferVolume(in, ElementType.of(inType), shape[0], shape[1],
                shape[2]));
    }

    /** Where along an axis the samples are that tell whether there is a pedestal. */
    public static int[] pedestalPlaces(final int size) {
        return Pedestal.places(size);
    }

    private static Accuracy run(final ByteBuffer[] in, final String inType,
            final ByteBuffer[][] outs, final String outType, final long[] shape, final int[][] place,
            final Kernel[][] kernels, final String[] terms, final String border,
            final double constant, final int threads, final Progress progress) {
        final ElementType source = ElementType.of(inType);
        final ElementType target = ElementType.of(outType);
        final Volumes volumes = new Volumes(shape);
        final Part part = part(place);
        final int[] made = made(volumes, place);
        final long madeSize = (long) made[0] * made[1] * made[2];
        Accuracy accuracy = Accuracy.EXACT;
        final boolean wide = source.needsDouble() || target.needsDouble();
        for (long v = 0; v < volumes.count; v++) {
            final VolumeTarget[] wanted = new VolumeTarget[outs.length];
            for (int k = 0; k < outs.length; k++) {
                wanted[k] =
                        new BufferVolume(outs[k], target, made[0], made[1], made[2], v * madeSize);
            }
            accuracy = accuracy.or(SeparableConvolution.run(
                    new BufferVolume(in, source, volumes.depth, volumes.height, volumes.width,
                            v * volumes.size), part, outputs(wanted, kernels, terms),
                    Border.of(border), constant, wide, threads,
                    progress == null ? Progress.NONE : progress));
        }
        return accuracy;
    }
}
