package org.fijibridge.command;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.fijibridge.bridge.MacroRunner;
import org.fijibridge.plan.Refusal;

/**
 * The argument of a generated macro, {@code input=[in.tif] output=[out.tif] sigma=1 unit=um},
 * taken apart for it; called from the macro language, so texts go in and out.
 */
public final class Arguments {

    private static final List<String> OWN = Arrays.asList("input", "output", "suffix");
    private static final List<String> FLAGS = Arrays.asList("overwrite", "quit");

    private Arguments() {}

    /** What is wrong with an argument, or "". */
    public static String problem(final String operation, final String argument) {
        try {
            values(operation, argument);
            return "";
        } catch (final Refusal refused) {
            return refused.getMessage();
        }
    }

    /** The value of one of the macro's own keys, "" where it is absent, "true" for a flag. */
    public static String own(final String argument, final String key) {
        try {
            final String value = Values.tokens(argument).get(key);
            return value == null ? "" : value;
        } catch (final Refusal unreadable) {
            // Whether to quit must be known even so.
            return (" " + argument + " ").contains(" " + key + " ") ? "true" : "";
        }
    }

    /** The command's part of the argument, as the options of a recorded line. */
    public static String options(final String operation, final String argument) {
        return values(operation, argument).options();
    }

    private static Values values(final String operation, final String argument) {
        final Map<String, String> tokens = Values.tokens(argument);
        tokens.keySet().removeAll(OWN);
        for (final String flag : FLAGS) {
            final String value = tokens.remove(flag);
            if (value != null && !value.equals("true")) {
                throw new Refusal(flag + " is a flag: write it without a value");
            }
        }
        return Values.of(Operation.of(operation), tokens);
    }

    /**
     * Ends ImageJ with an exit code, as Fiji without a screen does not after a failed macro. A
     * macro that Python runs only ends itself: the process is Python's.
     */
    public static String quit(final String code) {
        if (!MacroRunner.runs()) {
            System.exit(Integer.parseInt(code));
        }
        return "";
    }
}
