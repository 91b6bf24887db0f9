package org.fijibridge.bridge;

import ij.measure.ResultsTable;

/** Columns of an ImageJ table. */
public final class Tables {

    private Tables() {}

    /** Numbers of a column, or null where it holds text. */
    public static double[] numbers(final ResultsTable table, final String heading) {
        if (heading.equals("Label") && table.getColumnIndex(heading) < 0) {
            return null;
        }
        final double[] column = new double[table.size()];
        for (int row = 0; row < column.length; row++) {
            column[row] = table.getValue(heading, row);
            if (Double.isNaN(column[row])) {
                final String text = table.getStringValue(heading, row);
                if (text != null && !text.isEmpty() && !text.equals("NaN")) {
                    return null;
                }
            }
        }
        return column;
    }

    /** The column as texts. */
    public static String[] texts(final ResultsTable table, final String heading) {
        final boolean labels = heading.equals("Label") && table.getColumnIndex(heading) < 0;
        final String[] column = new String[table.size()];
        for (int row = 0; row < column.length; row++) {
            final String text = labels
                    ? table.getLabel(row) : table.getStringValue(heading, row);
            column[row] = text == null ? "" : text;
        }
        return column;
    }
}
