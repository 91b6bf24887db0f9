package org.fijibridge.command;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refusals name fields as macros and command lines do, {@code region=[whole image]}; who looks at
 * a dialog knows them by their labels.
 */
final class Wording {

    private Wording() {}

    /** The text with the labels of an operation's fields, whoever wrote it: ImageJ or the program. */
    static String inLabels(final Operation operation, final String text) {
        String said = text;
        for (final Field field : operation.fields) {
            final String key = Pattern.quote(field.name);
            said = replaced(said, "(?<![\\w-])(?:--)?" + key
                    + "=(?:\\[([^\\]]*)\\]|'([^']*)'|([\\w.+-]*[\\w]))", field.label, true);
            said = replaced(said, "(?<![\\w'-])(?:--)?" + key
                    + "(?= (?:must|holds|goes|is a flag|names|needs)\\b)", field.label, false);
            if (field.name.contains("_")) {
                // No word of a sentence.
                said = replaced(said, "(?<![\\w'-])" + key + "(?![\\w=])", field.label, false);
            }
        }
        return said;
    }

    private static String replaced(final String text, final String pattern, final String label,
            final boolean withValue) {
        final Matcher found = Pattern.compile(pattern).matcher(text);
        final StringBuffer said = new StringBuffer();
        while (found.find()) {
            String value = "";
            for (int i = 1; withValue && i <= found.groupCount(); i++) {
                value = found.group(i) == null ? value : ": " + found.group(i);
            }
            found.appendReplacement(said, Matcher.quoteReplacement("'" + label + value + "'"));
        }
        return found.appendTail(said).toString();
    }
}
