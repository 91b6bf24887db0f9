package org.fijibridge.command;

import org.fijibridge.plan.AxisPlan;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.Numbers;

/** A plan as a table: a line per row, cells separated by tabs. */
final class PlanText {

    /** Above a minute, people want to know. */
    private static final double LONG = 60;

    private PlanText() {}

    static String of(final BlurPlan plan, final long memory, final double seconds) {
        final StringBuilder text = new StringBuilder("axis\tvoxel\tsigma\teffective sigma\tFWHM\ttransfer error\tradius");
        for (final AxisPlan axis : plan.axes) {
            text.append('\n').append(axis.axis).append('\t').append(length(axis.voxelSize, axis));
            if (axis.sigmaPx == 0) {
                text.append('\t').append(axis.note.isEmpty() ? "not blurred" : axis.note);
                continue;
            }
            text.append('\t').append(Numbers.show(axis.sigmaPx)).append(" px")
                    .append('\t').append(Numbers.show(axis.effectiveSigmaPx)).append(" px");
            if (!Double.isNaN(axis.voxelSize) && !axis.unit.equals("pixel")) {
                text.append(" = ").append(length(axis.effectiveSigma(), axis));
            }
            text.append('\t').append(Double.isNaN(axis.voxelSize) || axis.unit.equals("pixel")
                    ? Numbers.show(axis.fwhmPx) + " px" : length(axis.fwhm(), axis));
            text.append('\t').append(Numbers.show(axis.transferError(), 2));
            text.append('\t').append(axis.radius).append(" px");
        }
        text.append("\nMemory needed: ").append(Numbers.bytes(memory));
        if (seconds > LONG) {
            text.append("\nNote: this takes about ").append(Math.round(seconds / 60))
                    .append(" minutes; Esc ends it and leaves the image as it is");
        }
        for (final String warning : plan.warnings) {
            text.append("\nNote: ").append(warning);
        }
        return text.toString();
    }

    private static String length(final double value, final AxisPlan axis) {
        return Double.isNaN(value) ? "unknown" : Numbers.show(value) + " " + axis.unit;
    }
}
