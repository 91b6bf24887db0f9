package org.fijibridge.command;

import ij.IJ;
import ij.Macro;
import org.fijibridge.plan.Refusal;

/** Messages in windows, broken into lines that fit a screen. */
final class Messages {

    private static final int COLUMNS = 90;

    private Messages() {}

    /** Says what is refused: to who looks at the screen, in the labels of the dialog. */
    static void error(final Operation operation, final Refusal refused) {
        final String message = refused.getMessage();
        error(operation.title, isWindow() ? Wording.inLabels(operation, message) : message);
    }

    private static boolean isWindow() {
        return IJ.getInstance() != null && Macro.getOptions() == null;
    }

    /** Says why a command stops; in a macro in one line, which also ends the macro. */
    static void error(final String title, final String message) {
        IJ.error(title, isWindow() ? wrapped(message) : message);
    }

    /** The text with line breaks between words. */
    static String wrapped(final String text) {
        return wrapped(text, COLUMNS);
    }

    /** The same with so many characters to a line. */
    static String wrapped(final String text, final int columns) {
        final StringBuilder lines = new StringBuilder();
        int column = 0;
        for (final String word : text.split(" ")) {
            if (column + word.length() > columns && column > 0) {
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
