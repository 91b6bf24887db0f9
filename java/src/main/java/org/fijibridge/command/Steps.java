package org.fijibridge.command;

import ij.ImagePlus;
import java.util.LinkedHashSet;
import java.util.Set;
import org.fijibridge.engine.Gauss3Adapter;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.fijibridge.plan.BlurPlan;

/** The filters that an operation runs over an image one after the other. */
final class Steps {

    private final ImagePlus imp;
    private final Values values;
    private final BlurPlan plan;
    private final String engine;
    private final VolumesProgress progress;
    private final Set<String> ran = new LinkedHashSet<>();

    /** @param count how many filters there will be */
    Steps(final ImagePlus imp, final Values values, final BlurPlan plan, final int count,
            final Progress progress) {
        this.imp = imp;
        this.values = values;
        this.plan = plan;
        this.progress = new VolumesProgress(progress, count);
        engine = Engines.chosen(values);
    }

    /** The planes of the image, blurred by the plan's sigma times a factor. */
    Object[] gaussian(final double factor, final boolean toFloat) {
        return run(gaussianFilter(factor), toFloat);
    }

    /** The planes of the image, convolved, in 32 bit. */
    Object[] convolved(final Kernel[] kernelsZYX) {
        return run(new KernelFilter(kernelsZYX, null, plan.border, engine, ran), true);
    }

    /** Bytes that one blur takes. */
    long memoryNeeded(final boolean toFloat) {
        return over(gaussianFilter(1), toFloat).memoryNeeded();
    }

    private KernelFilter gaussianFilter(final double factor) {
        final double[] sigma = plan.sigmaPxZYX();
        final Kernel[] kernels = new Kernel[3];
        for (int axis = 0; axis < 3; axis++) {
            sigma[axis] *= factor;
            kernels[axis] = GaussianKernels.gaussian(plan.kernel, sigma[axis]);
        }
        return new KernelFilter(kernels, plan.kernel.equals("gauss3") ? sigma : null, plan.border,
                engine, ran);
    }

    private ImageFilter over(final KernelFilter filter, final boolean toFloat) {
        return new ImageFilter(imp, filter, plan.cval, toFloat, values.text("nan"));
    }

    private Object[] run(final KernelFilter filter, final boolean toFloat) {
        final Object[] planes = over(filter, toFloat).run(progress);
        progress.next();
        return planes;
    }

    String engine() {
        return engine;
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
