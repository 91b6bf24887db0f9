package org.fijibridge.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fijibridge.kernel.Kernel;

/**
 * The kernels of all outputs as a tree: outputs with the same z kernel share its pass, those
 * that also have the same y kernel share that one too.
 */
final class KernelTree {

    /** A z kernel and what follows it. */
    static final class Z {
        final Kernel kernel;
        final List<Y> next = new ArrayList<>();

        Z(final Kernel kernel) {
            this.kernel = kernel;
        }
    }

    /** A y kernel, in two steps or (where decimation is null) directly, and what follows it. */
    static final class Y {
        final Kernel kernel;
        final Decimation decimation;
        final List<X> next = new ArrayList<>();

        Y(final Kernel kernel, final Decimation decimation) {
            this.kernel = kernel;
            this.decimation = decimation;
        }
    }

    /** An x kernel, in two steps or directly, and where its results go. */
    static final class X {
        final Kernel kernel;
        final Decimation decimation;
        final VolumeTarget target;

        X(final Kernel kernel, final Decimation decimation, final VolumeTarget target) {
            this.kernel = kernel;
            this.decimation = decimation;
            this.target = target;
        }
    }

    private final Sums sums;
    final List<Z> roots;
    final Reach z = new Reach();
    final Reach y = new Reach();
    final Reach x = new Reach();

    /** How far the kernels along an axis reach together, their taps, and their largest error. */
    static final class Reach {
        int before;
        int after;
        int taps;
        double error;

        int both() {
            return before + after;
        }

        int[] reach() {
            return new int[] {before, after};
        }

        private void add(final Kernel kernel, final Decimation decimation) {
            final boolean direct = decimation == null;
            before = Math.max(before, direct ? kernel.before() : decimation.before());
            after = Math.max(after, direct ? kernel.after() : decimation.after());
            taps += direct ? kernel.length() : decimation.taps();
            error = Math.max(error, direct ? 0 : decimation.error);
        }
    }

    /**
     * Kernels wider than an axis are folded onto it on the way, see {@link BorderFold}.
     *
     * @param size along z, y, x
     * @param sums how they are summed; in two steps where these allow it and that is cheaper
     */
    KernelTree(final List<Output> outputs, final int[] size, final Border border,
            final Sums sums) {
        this(outputs, size, border, sums, !sums.allowsSteps());
    }

    /** @param exact whether all sums are direct */
    KernelTree(final List<Output> outputs, final int[] size, final Border border,
            final Sums sums, final boolean exact) {
        this.sums = sums;
        final Map<Kernel, Z> zs = new LinkedHashMap<>();
        final Map<Z, Map<Kernel, Y>> ys = new LinkedHashMap<>();
        for (final Output output : outputs) {
            final Kernel kz = BorderFold.fold(output.kz, border, size[0]);
            final Z zNode = zs.computeIfAbsent(kz, kernel -> {
                z.add(kernel, null);
                return new Z(kernel);
            });
            final Decimation dy = exact ? null : Decimation.of(output.ky, size[1]);
            final Kernel ky = dy == null
                    ? BorderFold.fold(output.ky, border, size[1]) : output.ky;
            final Y yNode = ys.computeIfAbsent(zNode, node -> new LinkedHashMap<>())
                    .computeIfAbsent(ky, kernel -> {
                        y.add(kernel, dy);
                        final Y node = new Y(kernel, dy);
                        zNode.next.add(node);
                        return node;
                    });
            final Decimation dx = exact ? null : Decimation.of(output.kx, size[2]);
            final Kernel kx = dx == null
                    ? BorderFold.fold(output.kx, border, size[2]) : output.kx;
            x.add(kx, dx);
            yNode.next.add(new X(kx, dx, output.target));
        }
        roots = new ArrayList<>(zs.values());
    }

    /** Whether some sums are made in two steps. */
    boolean hasSteps() {
        return y.error > 0 || x.error > 0;
    }

    /** How far the results can be from the exact ones. */
    Accuracy accuracy() {
        double worst = 0;
        for (final Z root : roots) {
            for (final Y yNode : root.next) {
                for (final X xNode : yNode.next) {
                    final Loss loss = new Loss();
                    loss.pass(root.kernel, null, false);
                    loss.pass(yNode.kernel, yNode.decimation, false);
                    loss.pass(xNode.kernel, xNode.decimation, true);
                    worst = Math.max(worst, loss.error);
                }
            }
        }
        // Results in double are rounded once more, to the digits of the target.
        worst += sums == Sums.CANCELLING ? Sums.FLOAT.unit : 0;
        return new Accuracy(new double[] {z.error, y.error, x.error}, worst,
                Byte.SIZE * sums.bytes);
    }

    /** What passes have lost so far, and the largest value so far, in units of the largest sample. */
    private final class Loss {
        double error;
        double largest = 1;

        void pass(final Kernel kernel, final Decimation decimation, final boolean along) {
            if (decimation != null) {
                pass(decimation.weights, sums.roundingAcross(decimation.weights));
                double worst = 0;
                for (final double[] phase : decimation.phases) {
                    worst = Math.max(worst, sums.roundingAcross(phase));
                }
                pass(decimation.phases[0], worst);
            } else if (!kernel.isIdentity()) {
                final double[] weights = kernel.weights();
                pass(weights, along ? sums.roundingAlong(weights) : sums.roundingAcross(weights));
            }
        }

        private void pass(final double[] weights, final double rounding) {
            double size = 0;
            for (final double weight : weights) {
                size += Math.abs(weight);
            }
            error = error * size + largest * rounding;
            largest *= size;
        }
    }

    /** Bytes that the x pass of a tile needs besides its rows. */
    double columnBytes(final int bytes, final int tileWidth, final int lanes) {
        double columns = 0;
        for (final Z root : roots) {
            for (final Y yNode : root.next) {
                for (final X xNode : yNode.next) {
                    if (xNode.decimation != null) {
                        columns += 2.0 * tileWidth + x.both()
                                + tileWidth / xNode.decimation.step + Decimation.SUPPORT;
                    }
                }
            }
        }
        return columns * bytes * (lanes + LineArithmetic.SLACK);
    }
}
