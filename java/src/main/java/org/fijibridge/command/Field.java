package org.fijibridge.command;

import java.util.List;
import java.util.regex.Pattern;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;

/** One field of a command: its key in a recorded line, what its value may be, its default. */
final class Field {

    /** What may not stand in a value: ImageJ's parser would take it for the end of the value. */
    private static final Pattern HOSTILE = Pattern.compile("[\\[\\]'\"\\\\\\p{Cntrl}]");

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

    Field(final String kind, final String name, final String label, final String initial,
            final String shown, final List<String> choices, final String help) {
        this.kind = kind;
        this.name = name;
        this.label = label;
        this.initial = initial;
        this.shown = shown;
        this.choices = choices;
        this.help = help;
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
