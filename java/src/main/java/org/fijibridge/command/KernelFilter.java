package org.fijibridge.command;

import ij.Prefs;
import java.util.Collections;
import java.util.Set;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.Gauss3Adapter;
import org.fijibridge.engine.Output;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;
import org.fijibridge.kernel.Kernel;

/** One kernel per axis, by one of the two engines. */
final class KernelFilter implements VolumeFilter {

    /** Scratch memory of one thread of the fused engine, at most. */
    private static final long SCRATCH = 16L << 20;

    private final Kernel[] kernels;
    private final double[] gauss3Sigma;
    private final Border border;
    private final String engine;
    private final Set<String> ran;
    private final int threads = Prefs.getThreads();

    /**
     * @param kernels in the order z, y, x
     * @param gauss3Sigma sigma in pixels where the kernels are Gauss3's own, else null
     * @param ran gets the names of imglib2-algorithm's classes that filter
     */
    KernelFilter(final Kernel[] kernels, final double[] gauss3Sigma, final Border border,
            final String engine, final Set<String> ran) {
        this.kernels = kernels;
        this.gauss3Sigma = gauss3Sigma;
        this.border = border;
        this.engine = engine;
        this.ran = ran;
    }

    @Override
    public void run(final VolumeSource in, final VolumeTarget out, final double constant,
            final boolean wide, final Progress progress) {
        final Output output = new Output(out, kernels[0], kernels[1], kernels[2]);
        if (engine.equals(Engines.FUSED)) {
            SeparableConvolution.run(in, Collections.singletonList(output), border, constant,
                    wide, threads, progress);
        } else if (gauss3Sigma != null) {
            ran.add(Gauss3Adapter.gaussian(in, out, gauss3Sigma, border, constant, wide, threads,
                    progress));
        } else {
            ran.add(Gauss3Adapter.run(in, output, border, constant, wide, threads, progress));
        }
    }

    @Override
    public Border border() {
        return border;
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
}
