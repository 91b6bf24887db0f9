package org.fijibridge.command;

import org.fijibridge.engine.Term;
import org.fijibridge.kernel.Kernel;
import org.fijibridge.plan.BlurPlan;

/** One separable convolution of an image, and how it goes into the result. */
final class KernelTerm {

    /** In the order z, y, x. */
    final Kernel[] kernels;
    /** In pixels, where the kernels are Gauss3's own; else null. */
    final double[] gauss3Sigma;
    final Term term;

    private KernelTerm(final Kernel[] kernels, final double[] gauss3Sigma, final Term term) {
        this.kernels = kernels;
        this.gauss3Sigma = gauss3Sigma;
        this.term = term;
    }

    static KernelTerm of(final Kernel[] kernelsZYX, final Term term) {
        return new KernelTerm(kernelsZYX, null, term);
    }

    /** A blur by the plan's sigma times a factor. */
    static KernelTerm gaussian(final BlurPlan plan, final double factor, final Term term) {
        final double[] sigma = plan.sigmaPxZYX();
        for (int axis = 0; axis < 3; axis++) {
            sigma[axis] *= factor;
        }
        return new KernelTerm(plan.kernelsZYX(factor),
                plan.kernel.equals("gauss3") ? sigma : null, term);
    }
}
