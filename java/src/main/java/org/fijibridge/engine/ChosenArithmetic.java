package org.fijibridge.engine;

import java.lang.reflect.Array;
import java.util.Set;

/** Loops of the Vector API for some kernels, plain ones for the others; the bits are the same. */
final class ChosenArithmetic<R> implements LineArithmetic<R> {

    private final LineArithmetic<R> plain;
    private final LineArithmetic<R> vector;
    private final Set<LoopChoice.Kind> kinds;

    /** @param kinds those that the Vector API serves */
    ChosenArithmetic(final LineArithmetic<R> plain, final LineArithmetic<R> vector,
            final Set<LoopChoice.Kind> kinds) {
        this.plain = plain;
        this.vector = vector;
        this.kinds = kinds;
    }

    @Override
    public void band(final R[] rows, final int first, final int step, final R weights,
            final R[] outs, final int outFirst, final int count, final int from, final int to) {
        of(LoopChoice.Kind.band(Array.getLength(weights)))
                .band(rows, first, step, weights, outs, outFirst, count, from, to);
    }

    @Override
    public void slide(final R in, final int offset, final R weights, final R out, final int from,
            final int to) {
        of(LoopChoice.Kind.slide(Array.getLength(weights)))
                .slide(in, offset, weights, out, from, to);
    }

    private LineArithmetic<R> of(final LoopChoice.Kind kind) {
        return kinds.contains(kind) ? vector : plain;
    }
}
