package org.fijibridge.bridge;

import ij.CommandListener;
import ij.Macro;
import java.util.ArrayList;
import java.util.List;

/**
 * What ImageJ's stand-in for dialogs asks for while a macro runs without a screen; the stand-in
 * was made to tell (see {@code fiji_bridge/jvm/dialogs.py}). ImageJ itself throws where a dialog
 * has no options to read, and for filters catches that and takes the defaults.
 */
public final class DialogFields {

    /** A dialog had no options; an Error, since ImageJ's filters are deaf to exceptions of theirs. */
    static final class DialogError extends Error {
        private static final long serialVersionUID = 1;

        DialogError(final String message) {
            super(message);
        }
    }

    /** Set where the stand-in was made to tell. */
    private static final String TOLD = "org.fijibridge.dialogs";

    private static final ThreadLocal<List<String>> ALL = ThreadLocal.withInitial(ArrayList::new);
    private static final ThreadLocal<List<String>> LACKING =
            ThreadLocal.withInitial(ArrayList::new);
    private static final List<String> TAKEN = new ArrayList<>();

    private DialogFields() {}

    /** To be called by the stand-in instead of Macro.getOptions. */
    public static String options() {
        final String options = Macro.getOptions();
        return options == null && MacroRunner.runs() ? "" : options;
    }

    /** To be called when a dialog is made. */
    public static void opened() {
        ALL.get().clear();
        LACKING.get().clear();
    }

    /** To be called for each field that takes a value. */
    public static void field(final String label, final Object value) {
        final String key = key(label);
        if (key.isEmpty()) {
            return;
        }
        final String said = key + "=" + text(value);
        ALL.get().add(said);
        if (!(" " + options()).contains(" " + key + "=")) {
            LACKING.get().add(said);
        }
    }

    /** To be called for each box that is ticked or not. */
    public static void box(final String label) {
        if (!key(label).isEmpty()) {
            ALL.get().add(key(label) + " (on or off)");
        }
    }

    /** To be called when a dialog would be shown: refuses one without options. */
    public static void shown() {
        if (!MacroRunner.runs()) {
            return;
        }
        if (Macro.getOptions() == null) {
            throw new DialogError("a dialog would open, and there is no screen: it asks for "
                    + String.join(", ", ALL.get())
                    + "; give such options as the macro recorder writes them");
        }
        synchronized (TAKEN) {
            TAKEN.addAll(LACKING.get());
        }
    }

    /**
     * Refuses filters without options by their labels, where the stand-in does not tell of their
     * dialogs: in a JVM that others started.
     */
    static final class Filters implements CommandListener {
        @Override
        public String commandExecuting(final String label) {
            if (MacroRunner.runs() && Macro.getOptions() == null && label.endsWith("...")
                    && System.getProperty(TOLD) == null && Commands.asks(label)) {
                throw new DialogError(label + " would open a dialog, and there is no screen; "
                        + "give its options as the macro recorder writes them");
            }
            return label;
        }
    }

    /** Returns the fields whose defaults were taken since the last time, as key=value. */
    static String[] take() {
        synchronized (TAKEN) {
            final String[] taken = TAKEN.toArray(new String[0]);
            TAKEN.clear();
            return taken;
        }
    }

    private static String key(final String label) {
        return Macro.trimKey(label == null ? "" : label);
    }

    private static String text(final Object value) {
        if (value instanceof Double && (Double) value == Math.rint((Double) value)) {
            return String.format("%.0f", value);
        }
        final String text = String.valueOf(value);
        return text.contains(" ") ? "[" + text + "]" : text;
    }
}
