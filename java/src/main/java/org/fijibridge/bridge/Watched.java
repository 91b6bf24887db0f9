package org.fijibridge.bridge;

import ij.measure.ResultsTable;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tables that would be shown while a macro runs, where ImageJ was made to tell of them. */
public final class Watched {

    private static final Map<String, ResultsTable> SHOWN = new LinkedHashMap<>();

    private Watched() {}

    /** To be called by ResultsTable.show. */
    public static synchronized void shown(final ResultsTable table, final String title) {
        if (title != null && !title.equals("Results")) {
            SHOWN.put(title, table);
        }
    }

    /** Forgets the tables; returns those that were shown since the last time, by their titles. */
    static synchronized Map<String, ResultsTable> take() {
        final Map<String, ResultsTable> found = new LinkedHashMap<>(SHOWN);
        SHOWN.clear();
        return found;
    }
}
