package org.fijibridge.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Normalised convolution (Knutsson and Westin 1993) of samples that are there or not: see {@link
 * SeparableConvolution#means}.
 */
final class NormalizedConvolution<V extends VolumeSource & VolumeTarget> {

    final Tiling tiling;

    private final VolumeSource in;
    private final Part part;
    private final V out;
    private final Function<VolumeTarget, List<Output>> outputs;
    private final Border border;
    private final double constant;
    private final int[] size;
    /** Of the convolution that leaves gaps; null where none goes first. */
    private final Sums first;
    private final Sums sums;
    private final KernelTree tree;

    NormalizedConvolution(final VolumeSource in, final Part part, final V out,
            final Function<VolumeTarget, List<Output>> outputs, final Border border,
            final double constant, final Sums sums, final int threads) {
        this.in = in;
        this.part = part;
        this.out = out;
        this.outputs = outputs;
        this.border = border;
        this.constant = constant;
        size = new int[] {in.depth(), in.height(), in.width()};
        tree = new KernelTree(outputs.apply(out), size, border, sums);
        first = sums == Sums.CANCELLING || tree.hasSteps() ? sums : null;
        // Weights of 29 digits of all of them together leave none to the outermost.
        this.sums = sums == Sums.CANCELLING ? Sums.DOUBLE : sums;
        // As if rows were of twice as many bytes: those of two sweeps are held at a time.
        tiling = Tiling.choose(in, part, new int[] {out.depth(), out.height(), out.width()}, tree,
                2 * sums.bytes, threads);
    }

    /** How far the results can be from the exact ones. */
    Accuracy accuracy() {
        final Accuracy means = direct(outputs.apply(out)).accuracy().ofQuotient();
        return first == null ? means : means.or(tree.accuracy());
    }

    private KernelTree direct(final List<Output> all) {
        return new KernelTree(all, size, border, sums, true);
    }

    /** What one thread does. */
    Workers.Worker worker() {
        if (first == null) {
            return new Means(out);
        }
        final Gaps<V> gaps = new Gaps<>(out);
        final TileSweep<?> sweep = SeparableConvolution.worker(
                new KernelTree(outputs.apply(gaps.left()), size, border, first), tiling, in, part,
                border, constant, first);
        final Means means = new Means(gaps.filled());
        return new Workers.Worker() {
            @Override
            public void run(final int task) {
                sweep.run(task);
                if (gaps.found()) {
                    means.run(task);
                }
            }

            @Override
            public void end() {
                sweep.end();
                means.end();
            }
        };
    }

    /** Two sweeps in step, over the samples and over their weights. */
    private final class Means implements Workers.Worker {

        private final TileSweep<?> values;
        private final TileSweep<?> weights;

        Means(final VolumeTarget target) {
            final List<Quotient> quotients = new ArrayList<>();
            final List<Output> above = new ArrayList<>();
            final List<Output> below = new ArrayList<>();
            for (final Output one : outputs.apply(target)) {
                final Quotient quotient = new Quotient(one.target);
                quotients.add(quotient);
                above.add(new Output(quotient.sums(), one.kz, one.ky, one.kx));
                below.add(new Output(quotient.weights(), one.kz, one.ky, one.kx));
            }
            values = SeparableConvolution.worker(direct(above), tiling, Present.samples(in), part,
                    border, constant, sums);
            weights = SeparableConvolution.worker(direct(below), tiling, Present.weights(in), part,
                    border, 1, sums);
            for (int i = 0; i < quotients.size(); i++) {
                quotients.get(i).setFull(weights.ofConstant(below.get(i).target));
            }
        }

        @Override
        public void run(final int task) {
            values.begin(task);
            weights.begin(task);
            while (weights.advance()) {
                values.advance();
            }
        }

        @Override
        public void end() {
            values.end();
            weights.end();
        }
    }
}
