package org.fijibridge.command;

import ij.ImagePlus;
import java.util.Map;
import org.fijibridge.engine.Progress;
import org.fijibridge.plan.AxisPlan;
import org.fijibridge.plan.BlurPlan;

/** Process > Filters > Gaussian Blur (Physical)...: one physical sigma, the same blur everywhere. */
public final class GaussianBlurPhysical extends OperationCommand {

    public GaussianBlurPhysical() {
        super("gaussian");
    }

    private static BlurPlan plan(final ImagePlus imp, final Values values) {
        return BlurPlan.make(Images.voxels(imp), values.text("sigma"), values.text("unit"),
                values.text("meaning"), values.text("border"), values.number("cval"),
                values.text("kernel"));
    }

    private static ImageFilter filter(final ImagePlus imp, final Values values,
            final GaussianFilter gaussian) {
        return new ImageFilter(imp, gaussian, values.number("cval"),
                values.text("dtype").equals("float32"), values.text("nan"));
    }

    @Override
    ImagePlus compute(final ImagePlus imp, final Values values, final Progress progress) {
        final BlurPlan plan = plan(imp, values);
        final String engine = Engines.chosen(values);
        final GaussianFilter gaussian = new GaussianFilter(plan, engine);
        final Object[] planes = filter(imp, values, gaussian).run(progress);
        final ImagePlus made = Images.like(imp, planes, "gaussian");
        if (made.getBitDepth() == 32 && imp.getBitDepth() == 16) {
            made.getCalibration().disableDensityCalibration();
        }
        final Map<String, Object> entry =
                Provenance.entry("gaussian", engine, gaussian.implementation());
        entry.put("plan", Provenance.plan(plan));
        entry.put("dtype", Images.type(made));
        entry.put("nan", values.text("nan"));
        Provenance.add(imp, made, entry);
        return made;
    }

    @Override
    int[] reachXYZ(final ImagePlus imp, final Values values) {
        final int[] reach = new int[3];
        for (final AxisPlan axis : plan(imp, values).axes) {
            reach["xyz".indexOf(axis.axis)] = axis.radius;
        }
        return reach;
    }

    @Override
    String describe(final ImagePlus imp, final Values values) {
        final BlurPlan plan = plan(imp, values);
        final GaussianFilter gaussian = new GaussianFilter(plan, Engines.chosen(values));
        return PlanText.of(plan, filter(imp, values, gaussian).memoryNeeded());
    }
}
