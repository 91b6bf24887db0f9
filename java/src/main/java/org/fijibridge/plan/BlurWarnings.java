package org.fijibridge.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Worth;

/**
 * What to say of a blur that is not the one asked for, and which kernel is nearer here; the twin
 * of fiji_bridge/ops/blur_warnings.py.
 */
final class BlurWarnings {

    /** Relative error of a width, or of a bead's peak, above which a warning is due. */
    static final double TOLERANCE = 0.01;

    private BlurWarnings() {}

    static List<String> of(final List<AxisPlan> plans, final Map<String, Widths.Width> widths,
            final String kernel) {
        final Map<Double, List<AxisPlan>> bySigma = new LinkedHashMap<>();
        final Set<List<Object>> asked = new HashSet<>();
        boolean physical = true;
        int blurred = 0;
        for (final AxisPlan plan : plans) {
            if (plan.sigmaPx > 0) {
                bySigma.computeIfAbsent(plan.sigmaPx, sigma -> new ArrayList<>()).add(plan);
                final Widths.Width width = widths.get(plan.axis);
                asked.add(Arrays.asList(width.value, width.unit));
                physical &= !width.unit.equals(LengthUnit.PIXEL);
                blurred++;
            }
        }
        final List<String> said = new ArrayList<>();
        for (final List<AxisPlan> axes : bySigma.values()) {
            if (error(axes.get(0).worth) > TOLERANCE) {
                said.add(off(axes, kernel));
            }
        }
        if (blurred > 1 && asked.size() == 1 && physical) {
            direction(plans, said);
        }
        if (!said.isEmpty()) {
            remedy(kernel, bySigma.keySet(), said);
        }
        return said;
    }

    /** The largest error by any measure. */
    private static double error(final Worth worth) {
        return Math.max(worth.beadError,
                Math.max(Math.abs(worth.effective - 1), Math.abs(worth.fwhm - 1)));
    }

    private static String off(final List<AxisPlan> axes, final String kernel) {
        final List<String> names = new ArrayList<>();
        for (final AxisPlan axis : axes) {
            names.add(axis.axis);
        }
        final Worth worth = axes.get(0).worth;
        return (names.size() == 1 ? "axis " : "axes ") + String.join(", ", names)
                + ": with sigma " + Numbers.show(axes.get(0).sigmaPx) + " pixels, the blur of kernel "
                + kernel + " is " + width(worth.effective) + " by its second moment and "
                + width(worth.fwhm) + " by FWHM; a bead of sigma 1 pixel comes out wrong by "
                + Numbers.percent(worth.beadError) + " of its peak";
    }

    private static String width(final double ratio) {
        if (Math.abs(ratio - 1) < 5e-4) {
            return "right";
        }
        return Numbers.percent(Math.abs(ratio - 1)) + " too " + (ratio < 1 ? "narrow" : "wide");
    }

    /** Says where the axes differ. */
    private static void direction(final List<AxisPlan> plans, final List<String> said) {
        AxisPlan low = null;
        AxisPlan high = null;
        double narrow = Double.POSITIVE_INFINITY;
        double wide = 0;
        for (final AxisPlan plan : plans) {
            if (plan.worth == null) {
                continue;
            }
            low = low == null || plan.worth.effective < low.worth.effective ? plan : low;
            high = high == null || plan.worth.effective > high.worth.effective ? plan : high;
            narrow = Math.min(narrow, plan.worth.fwhm);
            wide = Math.max(wide, plan.worth.fwhm);
        }
        final double second = spread(low.worth.effective, high.worth.effective);
        final double half = spread(narrow, wide);
        if (Math.max(second, half) > TOLERANCE) {
            said.add("the blur is not the same in every direction: the axes differ by "
                    + share(second) + " by second moment, " + share(half)
                    + " by FWHM (effective sigma: " + low.axis + " "
                    + Numbers.show(low.worth.effective) + ", " + high.axis + " "
                    + Numbers.show(high.worth.effective) + " of the one asked for)");
        }
    }

    private static double spread(final double low, final double high) {
        return low > 0 ? high / low - 1 : Double.POSITIVE_INFINITY;
    }

    private static String share(final double spread) {
        return spread < 10 ? Numbers.percent(spread) : "more than tenfold";
    }

    /** Says which kernel is measured to be nearest for these sigmas, if another one is. */
    private static void remedy(final String kernel, final Set<Double> sigmas,
            final List<String> said) {
        String best = null;
        double least = Double.POSITIVE_INFINITY;
        double lobe = 0;
        for (final String name : GaussianKernels.NAMES) {
            double worst = 0;
            double smallest = 0;
            for (final double sigma : sigmas) {
                final Worth worth = Worth.of(name, sigma, GaussianKernels.TRUNCATE);
                worst = Math.max(worst, error(worth));
                smallest = Math.min(smallest, worth.smallest);
            }
            if (worst < least) {
                best = name;
                least = worst;
                lobe = smallest;
            }
        }
        if (!kernel.equals(best)) {
            said.add("kernel '" + best + "' is the nearest to the blur asked for here, off by "
                    + Numbers.percent(least) + " at most, by second moment, FWHM and that bead"
                    + (lobe < -5e-5 ? "; it has negative lobes (" + Numbers.percent(lobe)
                    + " of its centre): results may fall below 0" : ""));
        }
    }
}
