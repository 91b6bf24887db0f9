package org.fijibridge.engine;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.util.Properties;
import java.util.concurrent.CancellationException;
import net.imglib2.RandomAccessible;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.basictypeaccess.array.ArrayDataAccess;
import net.imglib2.img.planar.PlanarImg;
import net.imglib2.img.planar.PlanarImgFactory;
import net.imglib2.outofbounds.OutOfBoundsConstantValueFactory;
import net.imglib2.type.NativeType;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.real.DoubleType;
import net.imglib2.type.numeric.real.FloatType;
import net.imglib2.view.ExtendedRandomAccessibleInterval;
import net.imglib2.view.Views;
import org.fijibridge.kernel.Kernel;

/**
 * The Gauss3 and the SeparableKernelConvolution of imglib2-algorithm, where they are present.
 *
 * <p>This module is compiled without that library, so both are called by reflection. They see
 * one volume at a time and are kept away from three of their habits: a mirror-single border over
 * an axis of one sample throws, a sigma of 0 still lets a NaN reach its neighbours, and only a
 * double target makes them compute in double.
 */
public final class Gauss3Adapter {

    private static final String GAUSS3 = "net.imglib2.algorithm.gauss3.Gauss3";
    private static final String CONVOLUTION =
            "net.imglib2.algorithm.convolution.kernel.SeparableKernelConvolution";
    private static final String KERNEL = "net.imglib2.algorithm.convolution.kernel.Kernel1D";
    private static final int LOOP = WatchedExecutor.LOOP;
    private static final String POM =
            "META-INF/maven/net.imglib2/imglib2-algorithm/pom.properties";

    private Gauss3Adapter() {}

    /** Whether imglib2-algorithm is on the class path. */
    public static boolean available() {
        try {
            find(GAUSS3);
            find(CONVOLUTION);
            return true;
        } catch (final IllegalStateException absent) {
            return false;
        }
    }

    /**
     * Version of the imglib2-algorithm found.
     *
     * @throws IllegalStateException where it is absent
     */
    public static String version() {
        final Class<?> gauss3 = find(GAUSS3);
        final Properties pom = new Properties();
        try (InputStream stream = gauss3.getClassLoader().getResourceAsStream(POM)) {
            if (stream != null) {
                pom.load(stream);
            }
        } catch (final IOException unreadable) {
            return "unknown";
        }
        return pom.getProperty("version", "unknown");
    }

    /**
     * Gaussian blur by Gauss3.
     *
     * @param in the input
     * @param out as large as the input; may share no memory with it
     * @param sigmaZYX standard deviation in pixels per axis; 0 leaves an axis alone
     * @param border what lies outside of the input
     * @param constant the value of the constant border
     * @param doublePrecision sums in double instead of float
     * @param threads how many threads work, at least 1
     * @param progress told and asked now and then
     * @return the class of imglib2-algorithm that filtered, or "" where nothing was to be done
     * @throws CancellationException if progress asked for it
     */
    public static String gaussian(final VolumeSource in, final VolumeTarget out,
            final double[] sigmaZYX, final Border border, final double constant,
            final boolean doublePrecision, final int threads, final Progress progress) {
        final double[] sigma = {sigmaZYX[2], sigmaZYX[1], sigmaZYX[0]};
        for (final double s : sigma) {
            if (!(s >= 0) || Double.isInfinite(s)) {
                throw new IllegalArgumentException("sigma must be finite and >= 0; got " + s);
            }
        }
        return new Run(in, out, border, constant, doublePrecision, threads, progress) {
            @Override
            boolean leavesAlone(final int d) {
                return sigma[d] == 0;
            }

            @Override
            double sum(final int d) {
                return 1;
            }

            @Override
            String filter(final int[] axes, final RandomAccessible<?> source,
                    final RandomAccessibleInterval<?> target) {
                final double[] s = new double[axes.length];
                boolean everyAxis = true;
                for (int i = 0; i < s.length; i++) {
                    s[i] = sigma[axes[i]];
                    everyAxis &= s[i] > 0;
                }
                if (everyAxis) {
                    call(GAUSS3, "gauss",
                            new Class<?>[] {double[].class, RandomAccessible.class,
                                RandomAccessibleInterval.class}, s, source, target);
                    return GAUSS3;
                }
                // What Gauss3.gauss does inside, but for a sigma of 0: there it would convolve
                // with the taps 0, 1, 0, which turn one NaN into three.
                final double[][] half = (double[][]) call(GAUSS3, "halfkernels",
                        new Class<?>[] {double[].class}, (Object) s);
                final Kernel[] kernels = new Kernel[s.length];
                for (int i = 0; i < s.length; i++) {
                    kernels[i] = s[i] > 0 ? Kernel.symmetric(half[i]) : Kernel.identity();
                }
                return convolve(kernels, source, target);
            }
        }.go();
    }

    /**
     * Convolution with any kernels by SeparableKernelConvolution; parameters as in
     * {@link SeparableConvolution#run}, for one output; returns what {@link #gaussian} does.
     */
    public static String run(final VolumeSource in, final Output output, final Border border,
            final double constant, final boolean doublePrecision, final int threads,
            final Progress progress) {
        final Kernel[] kernels = {output.kx, output.ky, output.kz};
        return new Run(in, output.target, border, constant, doublePrecision, threads, progress) {
            @Override
            boolean leavesAlone(final int d) {
                return kernels[d].isIdentity();
            }

            @Override
            double sum(final int d) {
                double sum = 0;
                for (final double tap : kernels[d].taps()) {
                    sum += tap;
                }
                return sum;
            }

            @Override
            String filter(final int[] axes, final RandomAccessible<?> source,
                    final RandomAccessibleInterval<?> target) {
                final Kernel[] chosen = new Kernel[axes.length];
                for (int i = 0; i < axes.length; i++) {
                    chosen[i] = kernels[axes[i]];
                }
                return convolve(chosen, source, target);
            }
        }.go();
    }

    private static String convolve(final Kernel[] kernels, final RandomAccessible<?> source,
            final RandomAccessibleInterval<?> target) {
        final Object theirs = Array.newInstance(find(KERNEL), kernels.length);
        for (int i = 0; i < kernels.length; i++) {
            Array.set(theirs, i, call(KERNEL, "asymmetric",
                    new Class<?>[] {double[].class, int.class},
                    kernels[i].taps(), kernels[i].centre()));
        }
        call(CONVOLUTION, "convolve",
                new Class<?>[] {theirs.getClass(), RandomAccessible.class,
                    RandomAccessibleInterval.class}, theirs, source, target);
        return CONVOLUTION;
    }

    private static Class<?> find(final String name) {
        try {
            return Class.forName(name);
        } catch (final ClassNotFoundException absent) {
            throw new IllegalStateException(
                    "imglib2-algorithm is not on the class path: no " + name, absent);
        }
    }

    private static Object call(final String owner, final String method,
            final Class<?>[] parameters, final Object... arguments) {
        try {
            return find(owner).getMethod(method, parameters).invoke(null, arguments);
        } catch (final InvocationTargetException thrown) {
            final Throwable cause = thrown.getCause();
            if (cause instanceof Error) {
                throw (Error) cause;
            }
            if (cause instanceof RuntimeException) {
                throw (RuntimeException) cause;
            }
            throw new IllegalStateException(cause);
        } catch (final ReflectiveOperationException changed) {
            throw new IllegalStateException("imglib2-algorithm " + version()
                    + " has no " + owner + "." + method + " as expected", changed);
        }
    }

    /** One call: the volume into an ImgLib2 image, the filter, the result out again. */
    private abstract static class Run {

        private final VolumeSource in;
        private final VolumeTarget out;
        private final Border border;
        private final double constant;
        private final boolean wide;
        private final int threads;
        private final Progress progress;

        Run(final VolumeSource in, final VolumeTarget out, final Border border,
                final double constant, final boolean wide, final int threads,
                final Progress progress) {
            this.in = in;
            this.out = out;
            this.border = border;
            this.constant = constant;
            this.wide = wide;
            this.threads = threads;
            this.progress = progress;
        }

        /** Whether dimension d (0 is x) is not filtered. */
        abstract boolean leavesAlone(int d);

        /** Sum of the kernel's taps along d. */
        abstract double sum(int d);

        /** Filters a view that has only the given dimensions; returns the class that did. */
        abstract String filter(int[] axes, RandomAccessible<?> source,
                RandomAccessibleInterval<?> target);

        String go() {
            return wide ? go(new DoubleType()) : go(new FloatType());
        }

        private <T extends NativeType<T> & RealType<T>> String go(final T type) {
            final long[] size = {in.width(), in.height(), in.depth()};
            step(0);
            final PlanarImg<T, ?> source = new PlanarImgFactory<>(type).create(size);
            read(source);
            step(1);
            PlanarImg<T, ?> result = source;
            String ran = "";
            if (!(leavesAlone(0) && leavesAlone(1) && leavesAlone(2))) {
                final PlanarImg<T, ?> target = new PlanarImgFactory<>(type).create(size);
                ran = WatchedExecutor.run(threads, () -> filter(source, target),
                        done -> report(LOOP + Math.min(done, 3 * LOOP)), progress::cancelled);
                result = target;
            }
            step(4);
            write(result);
            step(5);
            return ran;
        }

        private void step(final int done) {
            if (progress.cancelled()) {
                throw new CancellationException("cancelled");
            }
            report((long) done * LOOP);
        }

        /** Reading, one loop per axis and writing are five parts. */
        private void report(final long done) {
            progress.report(done, 5L * LOOP);
        }

        private <T extends NativeType<T> & RealType<T>> String filter(
                final PlanarImg<T, ?> source, final PlanarImg<T, ?> target) {
            RandomAccessibleInterval<T> from = source;
            RandomAccessibleInterval<T> to = target;
            int[] axes = {};
            double factor = 1;
            for (int d = 2; d >= 0; d--) {
                final boolean single = source.dimension(d) == 1;
                if (single && (leavesAlone(d) || border != Border.CONSTANT)) {
                    // Every border but the constant one repeats the only sample for ever.
                    factor *= leavesAlone(d) ? 1 : sum(d);
                    from = Views.hyperSlice(from, d, 0);
                    to = Views.hyperSlice(to, d, 0);
                } else {
                    final int[] longer = new int[axes.length + 1];
                    longer[0] = d;
                    System.arraycopy(axes, 0, longer, 1, axes.length);
                    axes = longer;
                }
            }
            String ran = "";
            if (axes.length == 0) {
                to.randomAccess().get().set(from.randomAccess().get());
            } else {
                ran = filter(axes, extend(from), to);
            }
            if (factor != 1) {
                for (final T value : target) {
                    value.mul(factor);
                }
            }
            return ran;
        }

        private <T extends RealType<T>> RandomAccessible<T> extend(
                final RandomAccessibleInterval<T> image) {
            switch (border) {
                case MIRROR_SINGLE:
                    return Views.extendMirrorSingle(image);
                case MIRROR_DOUBLE:
                    return Views.extendMirrorDouble(image);
                case NEAREST:
                    return Views.extendBorder(image);
                case PERIODIC:
                    return Views.extendPeriodic(image);
                default:
                    final T value = image.randomAccess().get().createVariable();
                    value.setReal(constant);
                    return new ExtendedRandomAccessibleInterval<>(
                            image, new OutOfBoundsConstantValueFactory<>(value));
            }
        }

        private void read(final PlanarImg<?, ?> image) {
            final VolumeSource.Reader reader = in.reader();
            final int width = in.width();
            for (int z = 0; z < in.depth(); z++) {
                final Object plane = plane(image, z);
                for (int y = 0; y < in.height(); y++) {
                    if (wide) {
                        reader.read(z, y, 0, width, (double[]) plane, y * width);
                    } else {
                        reader.read(z, y, 0, width, (float[]) plane, y * width);
                    }
                }
            }
        }

        private void write(final PlanarImg<?, ?> image) {
            final VolumeTarget.Writer writer = out.writer();
            final int width = in.width();
            for (int z = 0; z < in.depth(); z++) {
                final Object plane = plane(image, z);
                for (int y = 0; y < in.height(); y++) {
                    if (wide) {
                        writer.write(z, y, 0, width, (double[]) plane, y * width);
                    } else {
                        writer.write(z, y, 0, width, (float[]) plane, y * width);
                    }
                }
            }
        }

        private static Object plane(final PlanarImg<?, ?> image, final int z) {
            return ((ArrayDataAccess<?>) image.getPlane(z)).getCurrentStorageArray();
        }
    }
}
