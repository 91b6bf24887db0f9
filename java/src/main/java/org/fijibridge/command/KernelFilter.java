package org.fijibridge.command;

import ij.Prefs;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.Extent;
import org.fijibridge.engine.Gauss3Adapter;
import org.fijibridge.engine.Needs;
import org.fijibridge.engine.Output;
import org.fijibridge.engine.Part;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.engine.TermSum;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;
import org.fijibridge.kernel.Kernel;

/** Separable convolutions that make one result, by one of the two engines. */
final class KernelFilter implements VolumeFilter {

    /** How much longer Gauss3 takes than the fused engine: measured from 7 to 19 times. */
    private static final double GAUSS3_TIME = 10;

    private final List<KernelTerm> terms;
    private final Border border;
    private final String engine;
    private final Set<String> ran;
    private final int threads = Prefs.getThreads();

    /** @param ran gets the names of imglib2-algorithm's classes that filter, or how fused summed */
    KernelFilter(final List<KernelTerm> terms, final Border border, final String engine,
            final Set<String> ran) {
        this.terms = terms;
        this.border = border;
        this.engine = engine;
        this.ran = ran;
    }

    @Override
    public void run(final VolumeSource in, final Part part, final VolumeTarget out,
            final double constant, final boolean wide, final Progress progress) {
        if (engine.equals(Engines.FUSED)) {
            ran.add(SeparableConvolution.run(in, part, outputs(out), border, constant, wide,
                    threads, progress).remark("zyx"));
            return;
        }
        final VolumesProgress step = new VolumesProgress(progress, terms.size());
        for (final KernelTerm one : terms) {
            // Only 32-bit planes and doubles take in terms, and both can be read back.
            final VolumeTarget target = terms.size() == 1 ? out
                    : one.term.into((VolumeSource & VolumeTarget) out, one == terms.get(0));
            ran.add(one.gauss3Sigma == null
                    ? Gauss3Adapter.run(in, output(one, target), border, constant, wide, threads,
                            step)
                    : Gauss3Adapter.gaussian(in, target, one.gauss3Sigma, border, constant, wide,
                            threads, step));
            step.next();
        }
    }

    @Override
    public <V extends VolumeSource & VolumeTarget> void means(final VolumeSource in, final V out,
            final double constant, final Progress progress) {
        if (engine.equals(Engines.FUSED)) {
            ran.add(SeparableConvolution.means(in, Part.WHOLE, out, this::outputs, border, constant,
                    false, threads, progress).remark("zyx"));
        } else {
            StoredMeans.run(this, in, out, constant, progress);
        }
    }

    /** Outputs of the fused engine that make one result. */
    private List<Output> outputs(final VolumeTarget result) {
        final TermSum sum = new TermSum(result, terms.size());
        final List<Output> outputs = new ArrayList<>();
        for (final KernelTerm one : terms) {
            outputs.add(output(one, sum.target(one.term)));
        }
        return outputs;
    }

    private static Output output(final KernelTerm one, final VolumeTarget target) {
        return new Output(target, one.kernels[0], one.kernels[1], one.kernels[2]);
    }

    @Override
    public Border border() {
        return border;
    }

    @Override
    public boolean hasNegativeTaps() {
        for (final KernelTerm one : terms) {
            for (final Kernel kernel : one.kernels) {
                for (final double tap : kernel.taps()) {
                    if (tap < 0) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    @Override
    public int reachZ() {
        if (engine.equals(Engines.GAUSS3)) {
            return -1;
        }
        int reach = 0;
        for (final KernelTerm one : terms) {
            reach = Math.max(reach, one.kernels[0].radius());
        }
        return reach;
    }

    @Override
    public double seconds(final int depth, final int height, final int width) {
        final double fused = fused(depth, height, width).seconds;
        return engine.equals(Engines.FUSED) ? fused : GAUSS3_TIME * fused;
    }

    private Needs fused(final int depth, final int height, final int width) {
        final Extent extent = new Extent(depth, height, width);
        return extent.needs(outputs(extent), border, false, threads);
    }

    @Override
    public long extraBytes(final int depth, final int height, final int width) {
        if (engine.equals(Engines.FUSED)) {
            return fused(depth, height, width).bytes;
        }
        // Beside the volume and its result, Gauss3 holds what is left of the passes along x and y
        // for the passes to come: with all samples that these reach beyond the edges.
        long passes = 0;
        for (final KernelTerm one : terms) {
            final long deep = depth + 2L * one.kernels[0].radius();
            final long high = height + 2L * one.kernels[1].radius();
            passes = Math.max(passes, width * deep * (high + height));
        }
        return Float.BYTES * (2L * depth * height * width + passes);
    }

    @Override
    public long meansBytes(final int depth, final int height, final int width) {
        final long one = extraBytes(depth, height, width);
        // A sweep over samples and one over their weights, or what these filters store in double.
        return engine.equals(Engines.FUSED) ? 2 * one
                : 2 * one + StoredMeans.VOLUMES * Double.BYTES * (long) depth * height * width;
    }
}
