package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.gui.GUI;
import ij.io.Opener;
import ij.measure.ResultsTable;
import ij.text.TextWindow;
import java.awt.Frame;
import java.awt.GraphicsEnvironment;
import java.awt.Rectangle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fijibridge.plan.Refusal;

/**
 * A report of the installed program as ImageJ's tables: what it comes to in a table of its own,
 * the verdict first, and the numbers in columns that macros can read.
 */
final class ReportTables {

    private static final Pattern HEAD = Pattern.compile("table (\\d+) (.*)");
    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d+(?:\\.(\\d+))?");
    private static final int COLUMNS = 120;
    private static final int WIDTH = 1000;
    private static final int ROW = 21;
    private static final int AROUND = 110;
    private static final int GAP = 4;
    /** Rows that a window shows at least; the others are scrolled to. */
    private static final int LEAST = 3;

    private final ResultsTable verdict = table();
    private final Map<String, ResultsTable> tables = new LinkedHashMap<>();

    private ReportTables(final String said) {
        final List<String[]> rows = new ArrayList<>();
        String title = "";
        int left = 0;
        for (final String line : said.split("\n")) {
            final Matcher head = HEAD.matcher(line);
            if (left > 0) {
                rows.add(line.split("\t", -1));
                left--;
                if (left == 0) {
                    tables.put(title, filled(rows));
                    rows.clear();
                }
            } else if (head.matches()) {
                title = head.group(2);
                // Its headings as well.
                left = Integer.parseInt(head.group(1)) + 1;
            } else {
                final String sentence = Wording.inLabels(Operation.of("gaussian"), line);
                // A window would cut off what does not fit.
                final String shown = GraphicsEnvironment.isHeadless()
                        ? sentence : Messages.wrapped(sentence, COLUMNS);
                for (final String part : shown.split("\n")) {
                    verdict.incrementCounter();
                    verdict.addValue("Verdict", part);
                }
            }
        }
        if (left > 0 || verdict.size() == 0) {
            throw new Refusal("the program's report is not whole; if it is older than this "
                    + "command: pip install --upgrade fiji-bridge");
        }
    }

    private static ResultsTable table() {
        final ResultsTable made = new ResultsTable();
        made.showRowNumbers(false);
        return made;
    }

    private static ResultsTable filled(final List<String[]> rows) {
        final ResultsTable made = table();
        final String[] headings = rows.get(0);
        final int[] digits = new int[headings.length];
        for (final String[] row : rows.subList(1, rows.size())) {
            made.incrementCounter();
            for (int column = 0; column < headings.length; column++) {
                final Matcher number = NUMBER.matcher(row[column]);
                if (number.matches()) {
                    made.addValue(headings[column], Double.parseDouble(row[column]));
                    final String decimals = number.group(1);
                    digits[column] = Math.max(digits[column],
                            decimals == null ? 0 : decimals.length());
                } else {
                    made.addValue(headings[column], row[column]);
                }
            }
        }
        for (int column = 0; column < headings.length && made.size() > 0; column++) {
            made.setDecimalPlaces(made.getColumnIndex(headings[column]), digits[column]);
        }
        return made;
    }

    /**
     * Shows a report.
     *
     * @param title of its windows
     * @param said by the program, with {@code --tabs}
     * @param figure opened where it is there
     */
    static void show(final String title, final String said, final Path figure) {
        final ReportTables report = new ReportTables(said);
        final List<String> shown = new ArrayList<>();
        shown.add(title + ": verdict");
        String next = title;
        for (final ResultsTable table : report.tables.values()) {
            table.show(next);
            shown.add(next);
            next = title + ": plan";
        }
        Rectangle above = null;
        if (figure != null && Files.exists(figure)) {
            final ImagePlus picture = new Opener().openImage(figure.toString());
            if (picture != null) {
                picture.setTitle(title + ": figure");
                picture.show();
                above = picture.getWindow() == null ? null : picture.getWindow().getBounds();
            }
        }
        // The last window is the one in front.
        report.verdict.show(shown.get(0));
        for (int number = 0; number < shown.size(); number++) {
            int later = 0;
            for (final String one : shown.subList(number + 1, shown.size())) {
                later += GAP + wanted(one);
            }
            above = place(shown.get(number), above, later);
        }
        if (GraphicsEnvironment.isHeadless()) {
            for (int row = 0; row < report.verdict.size(); row++) {
                IJ.log(report.verdict.getStringValue("Verdict", row));
            }
            report.tables.values().forEach(ReportTables::log);
        }
    }

    /** Writes a table where no window shows it. */
    private static void log(final ResultsTable table) {
        IJ.log(table.getColumnHeadings());
        for (int row = 0; row < table.size(); row++) {
            IJ.log(table.getRowAsString(row));
        }
    }

    /** The window of a table; null where there is no screen. */
    private static TextWindow window(final String title) {
        final Frame found = GraphicsEnvironment.isHeadless() ? null : WindowManager.getFrame(title);
        return found instanceof TextWindow ? (TextWindow) found : null;
    }

    /** How tall a window is to be that shows a whole table. */
    private static int wanted(final String title) {
        final TextWindow found = window(title);
        return found == null ? 0 : AROUND + ROW * found.getTextPanel().getLineCount();
    }

    /**
     * Makes a window as large as its table, below what is there already; smaller where others, that
     * come below it, would not have room.
     */
    private static Rectangle place(final String title, final Rectangle above, final int later) {
        final TextWindow found = window(title);
        if (found == null) {
            return above;
        }
        final Rectangle screen = GUI.getMaxWindowBounds(IJ.getInstance());
        final int top = above == null ? found.getY() : above.y + above.height + GAP;
        final int room = screen.y + screen.height - top - later;
        found.setSize(Math.min(WIDTH, screen.width), Math.min(wanted(title),
                Math.min(screen.height / 2, Math.max(AROUND + LEAST * ROW, room))));
        if (above != null) {
            final int lowest = screen.y + screen.height - found.getHeight();
            found.setLocation(Math.min(above.x, screen.x + screen.width - found.getWidth()),
                    Math.min(top, lowest));
        }
        return found.getBounds();
    }
}
