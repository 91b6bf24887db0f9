package org.fijibridge.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.fijibridge.plan.Refusal;

/**
 * What happened to each file of a folder, as CSV. Every row is on disk as soon as its file is
 * through, and a later run adds its own: what was done is known after a run that was killed, too.
 */
final class BatchTable {

    private static final String HEADER = "file,status,message,options,time";

    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

    private final Path file;

    /** Rows of earlier runs without their times. */
    private final Set<String> rows = new HashSet<>();

    BatchTable(final Path file) throws IOException {
        this.file = file;
        if (!Files.exists(file)) {
            append(HEADER);
            return;
        }
        final String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        if (!text.startsWith(HEADER + "\n")) {
            throw new Refusal(file + " is there already and no table of such a batch; move it "
                    + "away, or choose another output folder");
        }
        for (final String line : text.split("\n")) {
            rows.add(line.substring(0, Math.max(0, line.lastIndexOf(','))));
        }
        if (!text.endsWith("\n")) {
            // A run was killed within its last row.
            append("");
        }
    }

    /** Whether an earlier run did this file with these options. */
    boolean wasDone(final String name, final String options) {
        return rows.contains(row(name, "done", "", options));
    }

    void add(final String name, final String status, final String message, final String options)
            throws IOException {
        append(row(name, status, message, options) + ","
                + Instant.now().truncatedTo(ChronoUnit.SECONDS));
    }

    private void append(final String line) throws IOException {
        Files.write(file, (line + "\n").getBytes(StandardCharsets.UTF_8),
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String row(final String name, final String status, final String message,
            final String options) {
        return cell(name) + "," + status + "," + cell(message) + "," + cell(options);
    }

    /**
     * A text in quotation marks, on one line. Spreadsheets would run one that begins like a
     * formula; the apostrophe makes it a text.
     */
    static String cell(final String text) {
        final String line = text.replaceAll("[\\r\\n]", " ").trim();
        final boolean formula = !line.isEmpty() && "=+-@".indexOf(line.charAt(0)) >= 0
                && !NUMBER.matcher(line).matches();
        return "\"" + (formula ? "'" : "") + line.replace("\"", "\"\"") + "\"";
    }
}
