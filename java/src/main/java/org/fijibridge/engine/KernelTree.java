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

    /** A y kernel and what follows it. */
    static final class Y {
        final Kernel kernel;
        final List<X> next = new ArrayList<>();

        Y(final Kernel kernel) {
            this.kernel = kernel;
        }
    }

    /** An x kernel and where its results go. */
    static final class X {
        final Kernel kernel;
        final VolumeTarget target;

        X(final Kernel kernel, final VolumeTarget target) {
            this.kernel = kernel;
            this.target = target;
        }
    }

    final List<Z> roots;
    final Reach z = new Reach();
    final Reach y = new Reach();
    final Reach x = new Reach();

    /** How far the kernels along an axis reach together, and how many taps they have. */
    static final class Reach {
        int before;
        int after;
        int taps;

        int both() {
            return before + after;
        }

        private void add(final Kernel kernel) {
            before = Math.max(before, kernel.before());
            after = Math.max(after, kernel.after());
            taps += kernel.length();
        }
    }

    /** Kernels wider than an axis are folded onto it on the way, see {@link BorderFold}. */
    KernelTree(final List<Output> outputs, final VolumeSource in, final Border border) {
        final Map<Kernel, Z> zs = new LinkedHashMap<>();
        final Map<Z, Map<Kernel, Y>> ys = new LinkedHashMap<>();
        for (final Output output : outputs) {
            final Z zNode = zs.computeIfAbsent(BorderFold.fold(output.kz, border, in.depth()), Z::new);
            final Kernel ky = BorderFold.fold(output.ky, border, in.height());
            final Y yNode = ys.computeIfAbsent(zNode, k -> new LinkedHashMap<>())
                    .computeIfAbsent(ky, kernel -> {
                        final Y node = new Y(kernel);
                        zNode.next.add(node);
                        y.add(kernel);
                        return node;
                    });
            final Kernel kx = BorderFold.fold(output.kx, border, in.width());
            yNode.next.add(new X(kx, output.target));
            x.add(kx);
        }
        roots = new ArrayList<>(zs.values());
        for (final Z root : roots) {
            z.add(root.kernel);
        }
    }
}
