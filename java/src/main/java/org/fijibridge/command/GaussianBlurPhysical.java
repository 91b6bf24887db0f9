package org.fijibridge.command;

import ij.ImagePlus;
import java.util.Map;
import org.fijibridge.plan.BlurPlan;

/** Process > Filters > Gaussian Blur (Physical)...: one physical sigma, the same blur everywhere. */
public final class GaussianBlurPhysical extends BlurCommand {

    public GaussianBlurPhysical() {
        super("gaussian");
    }

    @Override
    boolean otherRange() {
        return false;
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        return steps.gaussian(toFloat(values));
    }
}
