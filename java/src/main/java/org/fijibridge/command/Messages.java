package org.fijibridge.command;

import ij.IJ;
import ij.Macro;

/** Messages in windows, broken into lines that fit a screen. */
final class Messages {

    private static final int COLUMNS = 90;

    private Messages() {}

    /** Says why a command stops; in a macro in one line, which also ends the macro. */
    static void error(final String title, final String message) {
        final boolean window = IJ.getInstance() != null && Macro.getOptions() == null;
        IJ.error(title, window ? wrapped(message) : message);
    }

    /** The text with line breaks between words. */
    static String wrapped(final String text) {
        final StringBuilder lines = new StringBuilder();
        int column = 0;
        for (final String word : text.split(" ")) {
            if (column + word.length() > COLUMNS && column > 0) {
                lines.append('\n');
                column = 0;
            } else if (column > 0) {
                lines.append(' ');
            }
            lines.append(word);
            column += word.length() + 1;
        }
        return lines.toString();
    }
}
