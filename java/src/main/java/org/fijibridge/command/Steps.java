package org.fijibridge.command;

import ij.ImagePlus;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.fijibridge.engine.Gauss3Adapter;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.SeparableConvolution;
import org.fijibridge.engine.Term;
import org.fijibridge.plan.BlurPlan;

/** The filters that an operation runs over an image. */
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

    /** The planes of the image, blurred by the plan's sigma. */
    Object[] gaussian(final boolean toFloat) {
        return run(blur(), toFloat);
    }

    /** The planes of what convolutions of the image make together, in 32 bit. */
    Object[] sum(final List<KernelTerm> terms) {
        if (terms.size() == 1 || !apart(imp, values)) {
            return run(terms, true);
        }
        Object[] total = null;
        for (final KernelTerm one : terms) {
            final Object[] part = run(Collections.singletonList(one), true);
            total = Planes.sum(total, part, one.term);
        }
        return total;
    }

    /** Whether each term is a quotient of stored sums, so that terms cannot be added on the way. */
    static boolean apart(final ImagePlus imp, final Values values) {
        return values.text("nan").equals("ignore") && imp.getBitDepth() == 32
                && Engines.chosen(values).equals(Engines.GAUSS3);
    }

    /** The filter that makes these terms. */
    ImageFilter over(final List<KernelTerm> terms, final boolean toFloat) {
        return new ImageFilter(imp, new KernelFilter(terms, plan.border, engine, ran), plan.cval,
                toFloat, values.text("nan"));
    }

    private List<KernelTerm> blur() {
        return Collections.singletonList(KernelTerm.gaussian(plan, 1, Term.ADD));
    }

    private Object[] run(final List<KernelTerm> terms, final boolean toFloat) {
        final Object[] planes = over(terms, toFloat).run(progress);
        progress.next();
        return planes;
    }

    String engine() {
        return engine;
    }

    /** Which code ran, as the provenance names it. */
    String implementation() {
        ran.remove("");
        if (engine.equals(Engines.FUSED)) {
            return SeparableConvolution.class.getName() + " (fiji_bridge " + Operation.version()
                    + String.join("", ran) + ")";
        }
        return String.join(" and ", ran) + " (imglib2-algorithm " + Gauss3Adapter.version() + ")";
    }
}
