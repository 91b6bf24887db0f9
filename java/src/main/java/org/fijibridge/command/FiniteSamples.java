package org.fijibridge.command;

import ij.ImagePlus;
import ij.ImageStack;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import org.fijibridge.engine.Progress;
import org.fijibridge.plan.Refusal;

/** Whether an image has samples that are NaN or infinite, and whether these values mind. */
final class FiniteSamples {

    /** So many are looked at faster than one sees. */
    private static final long QUICK = 20_000_000;

    private final Operation operation;
    private final ImagePlus imp;
    /** What was found, by the channel that was looked at: -1 for all. */
    private final Map<Integer, Found> known = new ConcurrentHashMap<>();

    FiniteSamples(final Operation operation, final ImagePlus imp) {
        this.operation = operation;
        this.imp = imp;
    }

    /** How many there are, and the first plane with one. */
    private static final class Found {
        private long bad;
        private int first;
    }

    /** Whether something has to be known about samples. */
    boolean matter(final Values values) {
        return imp.getBitDepth() == 32
                && (operation.field("nan") == null || values.is("nan", "refuse"));
    }

    /** Whether {@link #check} answers at once. */
    boolean areKnown(final Values values) {
        return known.containsKey(channel(values)) || !imp.getStack().isVirtual()
                && (long) imp.getWidth() * imp.getHeight() * imp.getStackSize() < QUICK;
    }

    /** Refuses samples that these values do not allow for. */
    void check(final Values values, final Progress progress) {
        if (!matter(values)) {
            return;
        }
        final int channel = channel(values);
        Found found = known.get(channel);
        if (found == null) {
            found = look(channel, progress);
            known.put(channel, found);
        }
        if (found.bad > 0) {
            throw new Refusal("image '" + imp.getTitle() + "' has " + found.bad + (found.bad == 1
                    ? " sample that is NaN or infinite, in plane "
                    : " samples that are NaN or infinite, the first in plane ") + found.first
                    + "; " + remedy());
        }
    }

    /** A report is made of one channel of the first frame. */
    private int channel(final Values values) {
        return operation.isReport() && values.has("channel")
                ? Math.min(imp.getNChannels() - 1, Math.max(0, (int) values.number("channel"))) : -1;
    }

    private Found look(final int channel, final Progress progress) {
        final ImageStack stack = imp.getStack();
        final Found found = new Found();
        for (int i = 1; i <= stack.getSize(); i++) {
            final int[] at = imp.convertIndexToPosition(i);
            if (channel >= 0 && (at[0] != channel + 1 || at[2] != 1)) {
                continue;
            }
            if (progress.cancelled()) {
                throw new CancellationException("cancelled");
            }
            final long bad = count((float[]) stack.getPixels(i));
            found.first = found.bad == 0 && bad > 0 ? i : found.first;
            found.bad += bad;
        }
        return found;
    }

    /** Samples of a plane that are not finite. */
    static long count(final float[] plane) {
        long bad = 0;
        for (final float value : plane) {
            if (Float.isNaN(value) || Float.isInfinite(value)) {
                bad++;
            }
        }
        return bad;
    }

    private String remedy() {
        final Field field = operation.field("nan");
        if (field == null) {
            return "fill them first: " + Operation.of("gaussian").title + " can leave them out";
        }
        final List<String> choices = new ArrayList<>();
        for (final String choice : field.choices) {
            if (!choice.equals("refuse")) {
                choices.add("nan=" + choice
                        + (choice.equals("ignore") ? " (mean of the others)" : ""));
            }
        }
        return "choose " + String.join(", or ", choices);
    }
}
