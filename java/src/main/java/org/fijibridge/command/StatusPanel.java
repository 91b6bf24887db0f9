package org.fijibridge.command;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.FontMetrics;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.util.ArrayList;
import java.util.List;
import javax.swing.JComponent;
import javax.swing.UIManager;

/**
 * Text below the fields of a dialog: a table, notes, or what is wrong, in red. It gets larger with
 * its text, and never smaller, so that a dialog does not jump at every keystroke.
 */
final class StatusPanel extends JComponent {

    private static final long serialVersionUID = 1;
    private static final Color PROBLEM = new Color(190, 0, 0);
    private static final Color NOTE = new Color(130, 80, 0);
    private static final int WIDTH = 520;
    private static final int LINES = 8;
    /** More would not fit on a small screen. */
    private static final int MOST_LINES = 24;

    private final Dimension size;
    private String text = "";
    private boolean problem;

    StatusPanel() {
        this(LINES);
    }

    /** @param lines that it has room for at first */
    StatusPanel(final int lines) {
        setFont(UIManager.getFont("Label.font"));
        size = new Dimension(WIDTH, lines * metrics().getHeight());
    }

    void show(final String text, final boolean problem) {
        this.text = text;
        this.problem = problem;
        size.width = Math.max(size.width, tableWidth());
        size.height = Math.max(size.height, lines().size() * metrics().getHeight());
        revalidate();
        repaint();
    }

    String text() {
        return text;
    }

    boolean isProblem() {
        return problem;
    }

    /** Whether the text does not fit into what the dialog gave it. */
    boolean wantsMoreThanItHas() {
        return getWidth() < size.width || getHeight() < size.height;
    }

    @Override
    public Dimension getPreferredSize() {
        return new Dimension(size);
    }

    @Override
    public Dimension getMinimumSize() {
        return getPreferredSize();
    }

    @Override
    protected void paintComponent(final Graphics graphics) {
        ((Graphics2D) graphics).setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING,
                RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setFont(getFont());
        final int[] columns = columns();
        int y = metrics().getAscent();
        for (final Line line : lines()) {
            graphics.setColor(problem ? PROBLEM : line.note ? NOTE : getForeground());
            for (int i = 0; i < line.cells.length; i++) {
                graphics.drawString(line.cells[i], columns[i], y);
            }
            y += metrics().getHeight();
        }
    }

    private FontMetrics metrics() {
        return getFontMetrics(getFont());
    }

    /** The lines to draw; long ones are broken. */
    private List<Line> lines() {
        final List<Line> lines = new ArrayList<>();
        for (final String line : text.split("\n")) {
            final String[] cells = line.split("\t");
            if (cells.length > 1) {
                lines.add(new Line(false, cells));
                continue;
            }
            final boolean note = line.startsWith("Note:") || line.startsWith("warning:");
            for (final String part : wrap(line)) {
                lines.add(new Line(note, part));
            }
        }
        if (lines.size() <= MOST_LINES) {
            return lines;
        }
        final List<Line> shown = new ArrayList<>(lines.subList(0, MOST_LINES - 1));
        shown.add(new Line(false, "\u2026 and " + (lines.size() - shown.size()) + " more lines"));
        return shown;
    }

    private int tableWidth() {
        final int[] columns = columns();
        int width = 0;
        for (final String line : text.split("\n")) {
            final String[] cells = line.split("\t");
            if (cells.length > 1) {
                final int last = cells.length - 1;
                width = Math.max(width, columns[last] + metrics().stringWidth(cells[last]));
            }
        }
        return width;
    }

    private int[] columns() {
        final int[] starts = new int[16];
        for (final String line : text.split("\n")) {
            final String[] cells = line.split("\t");
            // The last cell of a row may run on; it makes no column wider.
            for (int i = 0; i < cells.length - 1 && i < starts.length - 1; i++) {
                starts[i + 1] = Math.max(starts[i + 1], metrics().stringWidth(cells[i] + "MM"));
            }
        }
        for (int i = 1; i < starts.length; i++) {
            starts[i] += starts[i - 1];
        }
        return starts;
    }

    private List<String> wrap(final String line) {
        final List<String> parts = new ArrayList<>();
        String part = "";
        for (final String word : line.split(" ")) {
            final String longer = part.isEmpty() ? word : part + " " + word;
            if (metrics().stringWidth(longer) > size.width && !part.isEmpty()) {
                parts.add(part);
                part = word;
            } else {
                part = longer;
            }
        }
        parts.add(part);
        return parts;
    }

    /** What stands in one line. */
    private static final class Line {
        private final boolean note;
        private final String[] cells;

        Line(final boolean note, final String... cells) {
            this.note = note;
            this.cells = cells;
        }
    }
}
