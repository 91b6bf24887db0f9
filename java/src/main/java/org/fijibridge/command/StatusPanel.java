package org.fijibridge.command;

import java.awt.Canvas;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.util.ArrayList;
import java.util.List;

/** Text below the fields of a dialog: a table, notes, or what is wrong, in red. */
final class StatusPanel extends Canvas {

    private static final long serialVersionUID = 1;
    private static final Color PROBLEM = new Color(190, 0, 0);
    private static final Color NOTE = new Color(130, 80, 0);
    private static final int WIDTH = 520;
    private static final int LINES = 8;

    private String text = "";
    private boolean problem;

    StatusPanel() {
        setFont(new Font("SansSerif", Font.PLAIN, 12));
    }

    void show(final String text, final boolean problem) {
        this.text = text;
        this.problem = problem;
        repaint();
    }

    String text() {
        return text;
    }

    boolean isProblem() {
        return problem;
    }

    @Override
    public Dimension getPreferredSize() {
        return new Dimension(WIDTH, LINES * getFontMetrics(getFont()).getHeight());
    }

    @Override
    public Dimension getMinimumSize() {
        return getPreferredSize();
    }

    @Override
    public void paint(final Graphics graphics) {
        ((Graphics2D) graphics).setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING,
                RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        final FontMetrics metrics = graphics.getFontMetrics();
        final int[] columns = columns(metrics);
        int y = metrics.getAscent();
        for (final String line : text.split("\n")) {
            graphics.setColor(problem ? PROBLEM : line.startsWith("Note:") ? NOTE : getForeground());
            final String[] cells = line.split("\t");
            if (cells.length > 1) {
                for (int i = 0; i < cells.length; i++) {
                    graphics.drawString(cells[i], columns[i], y);
                }
                y += metrics.getHeight();
                continue;
            }
            for (final String part : wrap(line, metrics)) {
                graphics.drawString(part, 0, y);
                y += metrics.getHeight();
            }
        }
    }

    private int[] columns(final FontMetrics metrics) {
        final int[] starts = new int[16];
        for (final String line : text.split("\n")) {
            final String[] cells = line.split("\t");
            // The last cell of a row may run on; it makes no column wider.
            for (int i = 0; i < cells.length - 1 && i < starts.length - 1; i++) {
                starts[i + 1] = Math.max(starts[i + 1], metrics.stringWidth(cells[i] + "MM"));
            }
        }
        for (int i = 1; i < starts.length; i++) {
            starts[i] += starts[i - 1];
        }
        return starts;
    }

    private static List<String> wrap(final String line, final FontMetrics metrics) {
        final List<String> parts = new ArrayList<>();
        String part = "";
        for (final String word : line.split(" ")) {
            final String longer = part.isEmpty() ? word : part + " " + word;
            if (metrics.stringWidth(longer) > WIDTH && !part.isEmpty()) {
                parts.add(part);
                part = word;
            } else {
                part = longer;
            }
        }
        parts.add(part);
        return parts;
    }
}
