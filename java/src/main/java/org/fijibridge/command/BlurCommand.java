package org.fijibridge.command;

import ij.CompositeImage;
import ij.ImagePlus;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.Term;
import org.fijibridge.file.JavaMemory;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.plan.AxisPlan;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.Refusal;

/** An operation that starts with a Gaussian blur by a physical sigma. */
abstract class BlurCommand extends OperationCommand {

    BlurCommand(final String name) {
        super(name);
    }

    static BlurPlan plan(final ImagePlus imp, final Values values) {
        return BlurPlan.make(Images.voxels(imp), values.text("sigma"), values.text("unit"),
                values.text("meaning"), values.text("border"), values.number("cval"),
                values.text("kernel"), values.has("truncate") ? values.number("truncate")
                        : GaussianKernels.TRUNCATE);
    }

    /** How many filters {@link #planes} runs one after the other. */
    int filters(final ImagePlus imp, final Values values) {
        return 1;
    }

    /**
     * The planes of the result.
     *
     * @param details gets what the provenance says beside plan, type and NaN policy
     */
    abstract Object[] planes(ImagePlus imp, Values values, BlurPlan plan, Steps steps,
            Map<String, Object> details);

    /** Refuses values before anything is computed; the plan is all right already. */
    void check(final ImagePlus imp, final Values values, final BlurPlan plan) {}

    @Override
    boolean otherRange() {
        return true;
    }

    /** Whether the result is 32-bit. */
    static boolean toFloat(final Values values) {
        return !values.text("dtype").equals("same");
    }

    @Override
    final ImagePlus compute(final ImagePlus imp, final Values values, final Progress progress) {
        if (matches(values)) {
            return ProgramCommand.made(operation(), imp, values);
        }
        final BlurPlan plan = checked(imp, values);
        final Steps steps = new Steps(imp, values, plan, filters(imp, values), progress);
        final Map<String, Object> details = new LinkedHashMap<>();
        final Object[] planes = planes(imp, values, plan, steps, details);
        final ImagePlus made = Images.like(imp, planes, operation().name);
        if (made.getBitDepth() == 32 && imp.getBitDepth() == 16) {
            made.getCalibration().disableDensityCalibration();
        }
        if (otherRange()) {
            fitRange(made);
        }
        final Map<String, Object> entry =
                Provenance.entry(operation().name, steps.engine(), steps.implementation());
        entry.put("plan", Provenance.plan(plan));
        entry.putAll(details);
        entry.put("dtype", Images.type(made));
        entry.put("nan", values.text("nan"));
        Provenance.add(imp, made, entry);
        return made;
    }

    /** The plan, or what is wrong with it for this image. */
    private BlurPlan checked(final ImagePlus imp, final Values values) {
        final BlurPlan plan = plan(imp, values);
        if (toFloat(values)) {
            refuseRgb(imp);
        }
        if (toFloat(values) && imp.getBitDepth() != 32 && imp.getCalibration().calibrated()
                && !Images.isSigned(imp)) {
            throw new Refusal("image '" + imp.getTitle() + "' has a density calibration, which "
                    + "32-bit images cannot keep; remove it with Analyze > Calibrate");
        }
        check(imp, values, plan);
        JavaMemory.check(memory(imp, values, plan), "filtering '" + imp.getTitle() + "'");
        return plan;
    }

    /** Whether the blur that is there is measured first, which the installed program does. */
    static boolean matches(final Values values) {
        return values.has("match") && !values.is("match", "none");
    }

    /** Whether sums stay in 32 bit until all of them are there. */
    boolean sumsInFloat(final Values values) {
        return toFloat(values);
    }

    /** The convolutions that make the result, or the dearest of them. */
    List<KernelTerm> terms(final ImagePlus imp, final Values values, final BlurPlan plan) {
        return Collections.singletonList(KernelTerm.gaussian(plan, 1, Term.ADD));
    }

    private long memory(final ImagePlus imp, final Values values, final BlurPlan plan) {
        final long one = filter(imp, values, plan).memoryNeeded();
        final long pixels = (long) imp.getWidth() * imp.getHeight();
        // A second result beside the first, until they are one.
        return filters(imp, values) == 1 ? one
                : one + imp.getStackSize() * Images.planeBytes(32, pixels);
    }

    private double seconds(final ImagePlus imp, final Values values, final BlurPlan plan) {
        return filters(imp, values) * filter(imp, values, plan).seconds();
    }

    private ImageFilter filter(final ImagePlus imp, final Values values, final BlurPlan plan) {
        return new Steps(imp, values, plan, 1, Progress.NONE)
                .over(terms(imp, values, plan), sumsInFloat(values));
    }

    private static void fitRange(final ImagePlus imp) {
        if (!(imp instanceof CompositeImage)) {
            imp.resetDisplayRange();
            return;
        }
        final int channel = imp.getC();
        for (int c = imp.getNChannels(); c > 0; c--) {
            imp.setC(c);
            imp.resetDisplayRange();
        }
        imp.setC(channel);
    }

    @Override
    String describe(final ImagePlus imp, final Values values) {
        if (matches(values)) {
            if (values.is("meaning", "FWHM")) {
                throw new Refusal("match=" + values.text("match") + " takes the final blur as "
                        + "meaning=sigma");
            }
            return "The program fiji-bridge measures the blur that the image has, and adds per "
                    + "axis what makes the final one " + (values.has("sigma")
                    ? "sigma " + values.text("sigma") + " " + values.text("unit")
                    : "the largest that is there") + " in every direction."
                    + "\nSuggest Sigma... shows beforehand what it finds. Without a sigma the "
                    + "final blur is the largest that is there.";
        }
        final BlurPlan plan = checked(imp, values);
        return PlanText.of(plan, memory(imp, values, plan), seconds(imp, values, plan));
    }

    /** The largest of the sigmas of all filters, in units of the plan's. */
    double widest(final Values values) {
        return 1;
    }

    @Override
    final int[] reachXYZ(final ImagePlus imp, final Values values) {
        if (matches(values)) {
            throw new Refusal("no preview: the blur is measured in the whole image first");
        }
        final int[] reach = new int[3];
        for (final AxisPlan axis : plan(imp, values).axes) {
            reach["xyz".indexOf(axis.axis)] = (int) Math.ceil(axis.radius * widest(values)) + 1;
        }
        return reach;
    }

    static void refuseRgb(final ImagePlus imp) {
        if (imp.getBitDepth() == 24) {
            throw new Refusal("image '" + imp.getTitle() + "' is RGB, whose samples cannot hold the "
                    + "result; convert it with Image > Color > Make Composite");
        }
    }
}
