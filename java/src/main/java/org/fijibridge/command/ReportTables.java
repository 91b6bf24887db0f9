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
        for (final String one : shown) {
            above = place(one, above);
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

    /** Makes a window as large as its table, below what is there already. */
    private static Rectangle place(final String title, final Rectangle above) {
        final Frame window = GraphicsEnvironment.isHeadless() ? null : WindowManager.getFrame(title);
        if (!(window instanceof TextWindow)) {
            return above;
        }
        final Rectangle screen = GUI.getMaxWindowBounds(IJ.getInstance());
        final int rows = ((TextWindow) window).getTextPanel().getLineCount();
        window.setSize(Math.min(WIDTH, screen.width),
                Math.min(AROUND + ROW * rows, screen.height / 2));
        if (above != null) {
            final int lowest = screen.y + screen.height - window.getHeight();
            window.setLocation(Math.min(above.x, screen.x + screen.width - window.getWidth()),
                    Math.min(above.y + above.height + GAP, lowest));
        }
        return window.getBounds();
    }
}
