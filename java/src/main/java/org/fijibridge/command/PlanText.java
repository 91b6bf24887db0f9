package org.fijibridge.command;

import org.fijibridge.plan.AxisPlan;
import org.fijibridge.plan.BlurPlan;
import org.fijibridge.plan.Numbers;

/** A plan as a few lines of text. */
final class PlanText {

    private PlanText() {}

    static String of(final BlurPlan plan, final long memory) {
        final StringBuilder text = new StringBuilder();
        for (final AxisPlan axis : plan.axes) {
            text.append(axis.axis).append(": ");
            if (!Double.isNaN(axis.voxelSize)) {
                text.append("voxel ").append(Numbers.show(axis.voxelSize)).append(' ')
                        .append(axis.unit).append(", ");
            }
            if (axis.sigmaPx == 0) {
                text.append(axis.note.isEmpty() ? "not blurred" : axis.note).append('\n');
                continue;
            }
            text.append("sigma ").append(Numbers.show(axis.sigmaPx)).append(" px, effective ")
                    .append(Numbers.show(axis.effectiveSigmaPx)).append(" px");
            if (!Double.isNaN(axis.voxelSize)) {
                text.append(" = ").append(Numbers.show(axis.effectiveSigma())).append(' ')
                        .append(axis.unit);
            }
            text.append(", radius ").append(axis.radius).append(" px\n");
        }
        for (final String warning : plan.warnings) {
            text.append("Note: ").append(warning).append('\n');
        }
        return text.append("Memory: ").append(Numbers.bytes(memory)).toString();
    }
}
