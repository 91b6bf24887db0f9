package org.fijibridge.command;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;

/** One field of a command: its key in a recorded line, what its value may be, its default. */
final class Field {

    /** What may not stand in a value: ImageJ's parser would take it for the end of the value. */
    private static final Pattern HOSTILE = Pattern.compile("[\\[\\]'\"\\\\\\p{Cntrl}]");

    /** The same of paths, which on Windows have backslashes. */
    private static final Pattern LINE = Pattern.compile("[\\[\\]\\p{Cntrl}]");

    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?");

    final String kind;
    final String name;
    final String label;
    final String initial;
    /** What a dialog holds first: the default, or an example. */
    final String shown;
    final List<String> choices;
    final String help;
    /** "border=constant": the choice without which this field says nothing; "" where there is none. */
    private final String onlyWith;

    Field(final String kind, final String name, final String label, final String initial,
            final String shown, final List<String> choices, final String help,
            final String onlyWith) {
        this.kind = kind;
        this.name = name;
        this.label = label;
        this.initial = initial;
        this.shown = shown;
        this.choices = choices;
        this.help = help;
        this.onlyWith = onlyWith;
    }

    /** Whether it says anything beside these values. */
    boolean appliesTo(final Map<String, String> values) {
        final int equals = onlyWith.indexOf('=');
        final String other = equals < 0 ? null : values.get(onlyWith.substring(0, equals));
        return other == null || other.equals(onlyWith.substring(equals + 1));
    }

    boolean isChoice() {
        return !choices.isEmpty();
    }

    /** Whether it is a length, or several, in physical units. */
    boolean isLength() {
        return kind.equals("width") || kind.equals("lengths");
    }

    boolean isFlag() {
        return kind.equals("flag");
    }

    /** A value in its standard spelling, or a refusal. */
    String checked(final String value) {
        if (kind.equals("path") && !LINE.matcher(value).find()) {
            return value.trim();
        }
        if (HOSTILE.matcher(value).find()) {
            throw new Refusal(name + " holds a bracket, quote, backslash or control character: "
                    + value);
        }
        final String text = value.trim();
        switch (kind) {
            case "unit":
                LengthUnit.canonical(text);
                return text;
            case "choice":
                return choice(text);
            case "flag":
                if (text.equals("true") || text.equals("false")) {
                    return text;
                }
                throw new Refusal(name + " is a flag: write it without a value");
            case "number":
                if (!NUMBER.matcher(text).matches()) {
                    throw new Refusal(name + " must be a number, decimals with a point; got '"
                            + text + "'");
                }
                return text;
            case "integer":
                if (!text.matches("[+-]?\\d{1,9}")) {
                    throw new Refusal(name + " must be a whole number; got '" + text + "'");
                }
                return text;
            default:
                return text;
        }
    }

    private String choice(final String text) {
        for (final String choice : choices) {
            if (choice.equalsIgnoreCase(text)) {
                return choice;
            }
        }
        throw new Refusal(name + " must be one of " + String.join(", ", choices) + "; got '"
                + text + "'");
    }
}
