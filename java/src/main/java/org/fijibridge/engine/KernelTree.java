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
     * @param exact whether wide kernels along y and x must be summed directly
     */
    KernelTree(final List<Output> outputs, final VolumeSource in, final Border border,
            final boolean exact) {
        final Map<Kernel, Z> zs = new LinkedHashMap<>();
        final Map<Z, Map<Kernel, Y>> ys = new LinkedHashMap<>();
        for (final Output output : outputs) {
            final Kernel kz = BorderFold.fold(output.kz, border, in.depth());
            final Z zNode = zs.computeIfAbsent(kz, kernel -> {
                z.add(kernel, null);
                return new Z(kernel);
            });
            final Decimation dy = exact ? null : Decimation.of(output.ky, in.height());
            final Kernel ky = dy == null
                    ? BorderFold.fold(output.ky, border, in.height()) : output.ky;
            final Y yNode = ys.computeIfAbsent(zNode, node -> new LinkedHashMap<>())
                    .computeIfAbsent(ky, kernel -> {
                        y.add(kernel, dy);
                        final Y node = new Y(kernel, dy);
                        zNode.next.add(node);
                        return node;
                    });
            final Decimation dx = exact ? null : Decimation.of(output.kx, in.width());
            final Kernel kx = dx == null
                    ? BorderFold.fold(output.kx, border, in.width()) : output.kx;
            x.add(kx, dx);
            yNode.next.add(new X(kx, dx, output.target));
        }
        roots = new ArrayList<>(zs.values());
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
