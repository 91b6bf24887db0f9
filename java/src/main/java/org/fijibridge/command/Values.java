package org.fijibridge.command;

import ij.macro.Interpreter;
import ij.plugin.frame.Recorder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fijibridge.plan.Refusal;

/**
 * The values of a command's fields, checked; read from and written to the options of a recorded
 * line.
 *
 * <p>ImageJ's own parser finds a key anywhere in the line, also inside another value, and its
 * dialogs take the first choice for one they do not know. Here the line is read from left to
 * right, and what is unknown, given twice or not allowed is refused.
 */
public final class Values {

    private final Operation operation;
    private final Map<String, String> values = new LinkedHashMap<>();

    private Values(final Operation operation) {
        this.operation = operation;
    }

    /** Values by key; what is missing takes its default. */
    static Values of(final Operation operation, final Map<String, String> options) {
        final Map<String, String> given = unitBehindLengths(operation, options);
        for (final String key : given.keySet()) {
            if (operation.field(key) == null) {
                throw new Refusal("unknown key '" + key + "'; " + operation.title + " knows "
                        + keys(operation));
            }
        }
        final Values made = new Values(operation);
        for (final Field field : operation.fields) {
            final String value = given.get(field.name);
            if (value != null && !value.trim().isEmpty()) {
                made.values.put(field.name, field.checked(value));
            } else if (!field.initial.isEmpty() || field.isFlag()) {
                made.values.put(field.name, field.isFlag() ? "false" : field.initial);
            }
        }
        return made;
    }

    /** {@code radius=2 unit=um} is {@code radius=[2 unit=um]} where units have no field. */
    private static Map<String, String> unitBehindLengths(final Operation operation,
            final Map<String, String> options) {
        if (!options.containsKey("unit") || operation.field("unit") != null) {
            return options;
        }
        final Map<String, String> given = new LinkedHashMap<>(options);
        for (final Field field : operation.fields) {
            if (field.kind.equals("lengths") && given.containsKey(field.name)) {
                final String unit = given.remove("unit");
                given.put(field.name, given.get(field.name) + " unit=" + unit);
                break;
            }
        }
        return given;
    }

    /** Reads the options of a recorded line, such as {@code sigma=[z=2 y=1 x=1] unit=um}. */
    static Values parse(final Operation operation, final String options) {
        return of(operation, tokens(options));
    }

    private static String keys(final Operation operation) {
        final StringBuilder keys = new StringBuilder();
        for (final Field field : operation.fields) {
            keys.append(keys.length() == 0 ? "" : ", ").append(field.name);
        }
        return keys.toString();
    }

    /** Splits options into keys and values; a bare word is a flag. */
    static Map<String, String> tokens(final String options) {
        final Map<String, String> found = new LinkedHashMap<>();
        int at = 0;
        while (at < options.length()) {
            if (Character.isWhitespace(options.charAt(at))) {
                at++;
                continue;
            }
            int end = at;
            while (end < options.length() && options.charAt(end) != '='
                    && !Character.isWhitespace(options.charAt(end))) {
                end++;
            }
            final String key = options.substring(at, end);
            String value = "true";
            at = end;
            if (at < options.length() && options.charAt(at) == '=') {
                end = valueEnd(options, at + 1, key);
                value = variable(unquoted(options.substring(at + 1, end)));
                at = end;
            }
            if (found.put(key, value) != null) {
                throw new Refusal("'" + key + "' is given twice in: " + options);
            }
        }
        return found;
    }

    private static int valueEnd(final String text, final int start, final String key) {
        if (start < text.length() && text.charAt(start) == '[') {
            int depth = 0;
            for (int i = start; i < text.length(); i++) {
                depth += text.charAt(i) == '[' ? 1 : text.charAt(i) == ']' ? -1 : 0;
                if (depth == 0) {
                    return i + 1;
                }
            }
            throw new Refusal("the bracket after '" + key + "=' is never closed");
        }
        if (start < text.length() && text.charAt(start) == '\'') {
            final int quote = text.indexOf('\'', start + 1);
            if (quote < 0) {
                throw new Refusal("the quote after '" + key + "=' is never closed");
            }
            return quote + 1;
        }
        int end = start;
        while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static String unquoted(final String value) {
        final boolean quoted = value.startsWith("[") || value.startsWith("'");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    /** ImageJ's {@code key=&name}: the value of a variable of the running macro. */
    private static String variable(final String value) {
        final Interpreter macro = Interpreter.getInstance();
        if (!value.startsWith("&") || macro == null) {
            return value;
        }
        final String found = macro.getVariableAsString(value.substring(1));
        if (found == null) {
            throw new Refusal("the macro has no variable '" + value.substring(1) + "'");
        }
        return found;
    }

    /** The values as the options of a recorded line; reading it back gives the same values. */
    String options() {
        final StringBuilder line = new StringBuilder();
        for (final Map.Entry<String, String> entry : values.entrySet()) {
            final boolean flag = operation.field(entry.getKey()).isFlag();
            if (flag && entry.getValue().equals("false")) {
                continue;
            }
            line.append(line.length() == 0 ? "" : " ").append(entry.getKey());
            if (!flag) {
                line.append('=').append(quoted(entry.getValue()));
            }
        }
        return line.toString();
    }

    /** Gives the values to ImageJ's recorder. */
    void record() {
        for (final Map.Entry<String, String> entry : values.entrySet()) {
            if (!operation.field(entry.getKey()).isFlag()) {
                Recorder.recordOption(entry.getKey(), entry.getValue());
            } else if (entry.getValue().equals("true")) {
                Recorder.recordOption(entry.getKey());
            }
        }
    }

    /** A value as a recorded line holds it. */
    static String quoted(final String value) {
        final boolean plain = !value.isEmpty() && value.indexOf(' ') < 0;
        return plain ? value : "[" + value + "]";
    }

    /** The value of a field; a refusal where it was not given and has no default. */
    String text(final String key) {
        final String value = values.get(key);
        if (value == null) {
            throw new Refusal(operation.title + " needs " + key + "=: "
                    + operation.field(key).help);
        }
        return value;
    }

    /** Whether a field has this value. */
    boolean is(final String key, final String value) {
        return value.equals(values.get(key));
    }

    double number(final String key) {
        return Double.parseDouble(text(key));
    }

    boolean flag(final String key) {
        return text(key).equals("true");
    }

    boolean has(final String key) {
        return values.containsKey(key);
    }
}
