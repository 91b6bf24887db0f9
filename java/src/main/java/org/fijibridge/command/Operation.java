package org.fijibridge.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An operation as the registry of the Python package describes it; the resource operations.tsv
 * is generated from there, so that dialog, macros and command line have the same fields.
 */
final class Operation {

    /** The field with the path of the installed program. */
    static final String PROGRAM = "program";

    private static final String RESOURCE = "operations.tsv";
    private static final Map<String, Operation> ALL = new LinkedHashMap<>();
    private static String version;

    static {
        read();
    }

    final String name;
    final String title;
    final String summary;
    /** The command that computes it in ImageJ, or "": the installed program does. */
    final String className;
    private final String result;
    final List<Field> fields = new ArrayList<>();

    private Operation(final String name, final String title, final String summary,
            final String result, final String className) {
        this.name = name;
        this.title = title;
        this.summary = summary;
        this.result = result;
        this.className = className;
    }

    /** Whether it gives a table instead of images. */
    boolean isReport() {
        return result.equals("report");
    }

    /** The operation of this name in the registry. */
    static Operation of(final String name) {
        final Operation found = ALL.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no operation '" + name + "' in " + RESOURCE);
        }
        return found;
    }

    /** Version of the package. */
    static String version() {
        return version;
    }

    /** The field of this key, or null. */
    Field field(final String key) {
        for (final Field field : fields) {
            if (field.name.equals(key)) {
                return field;
            }
        }
        return null;
    }

    /** The same for files, which have no window and no selection; with another summary. */
    Operation ofFiles(final String summary) {
        final Operation rest = new Operation(name, title, summary, result, className);
        for (final Field field : fields) {
            if (!field.name.equals("result") && !field.name.equals("region")) {
                rest.fields.add(field);
            }
        }
        return rest;
    }

    /** What the cross-check of the Gaussian blur asks for. */
    static Operation crossCheck() {
        final Operation made = new Operation("gaussian", "Cross-check with SciPy",
                "Blurs a copy of the image, and compares it with SciPy's.", "report", "");
        made.fields.add(new Field("lengths", "sigma", "Sigma", "", "1 um",
                Collections.emptyList(), "standard deviation: '1 um', one per axis, or '2 px'", ""));
        made.fields.add(new Field("path", PROGRAM, "Program", "", Program.path(),
                Collections.emptyList(), "name or path of the installed program", ""));
        return made;
    }

    /** All of them, in the order of the registry. */
    static Collection<Operation> all() {
        return Collections.unmodifiableCollection(ALL.values());
    }

    private static void read() {
        try (InputStream stream = Operation.class.getResourceAsStream(RESOURCE);
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            Operation last = null;
            for (String line; (line = lines.readLine()) != null; ) {
                final String[] part = line.split("\t", -1);
                if (part[0].equals("version")) {
                    version = part[1];
                } else if (part[0].equals("operation")) {
                    last = new Operation(part[1], part[2], part[3], part[4], part[5]);
                    ALL.put(last.name, last);
                } else {
                    final List<String> choices = part[5].isEmpty()
                            ? Collections.<String>emptyList() : Arrays.asList(part[5].split("\\|"));
                    last.fields.add(new Field(
                            part[0], part[1], part[2], part[3], part[4], choices, part[6],
                            part[7]));
                }
            }
        } catch (final IOException e) {
            throw new IllegalStateException("cannot read " + RESOURCE, e);
        }
    }
}
