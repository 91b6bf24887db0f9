package org.fijibridge.command;

import ij.Prefs;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.Gauss3Adapter;
import org.fijibridge.engine.Output;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;
import org.fijibridge.kernel.Kernel;
import org.fijibridge.plan.BlurPlan;

/** The Gaussian of a plan, by one of the two engines. */
final class GaussianFilter implements VolumeFilter {

    /** Scratch memory of one thread of the fused engine, at most. */
    private static final long SCRATCH = 16L << 20;

    private final BlurPlan plan;
    private final String engine;
    private final Kernel[] kernels;
    private final int threads = Prefs.getThreads();
    private final Set<String> ran = new LinkedHashSet<>();

    GaussianFilter(final BlurPlan plan, final String engine) {
        this.plan = plan;
        this.engine = engine;
        kernels = plan.kernelsZYX();
    }

    @Override
    public void run(final VolumeSource in, final VolumeTarget out, final double constant,
            final boolean wide, final Progress progress) {
        final Output output = new Output(out, kernels[0], kernels[1], kernels[2]);
        if (engine.equals(Engines.FUSED)) {
            SeparableConvolution.run(in, Collections.singletonList(output), plan.border, constant,
                    wide, threads, progress);
        } else if (plan.kernel.equals("gauss3")) {
            ran.add(Gauss3Adapter.gaussian(in, out, plan.sigmaPxZYX(), plan.border, constant, wide,
                    threads, progress));
        } else {
            ran.add(Gauss3Adapter.run(in, output, plan.border, constant, wide, threads, progress));
        }
    }

    @Override
    public Border border() {
        return plan.border;
    }

    @Override
    public int reachZ() {
        return engine.equals(Engines.FUSED) ? kernels[0].radius() : -1;
    }

    @Override
    public long extraBytes(final long voxels) {
        // Gauss3 holds the volume and its result as floats, and one temporary per pass.
        return engine.equals(Engines.FUSED) ? SCRATCH * threads : 3 * Float.BYTES * voxels;
    }

    /** Which code ran, as the provenance names it. */
    String implementation() {
        if (engine.equals(Engines.FUSED)) {
            return SeparableConvolution.class.getName() + " (fiji_bridge " + Operation.version()
                    + ")";
        }
        ran.remove("");
        return String.join(" and ", ran) + " (imglib2-algorithm " + Gauss3Adapter.version() + ")";
    }
}
