package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.measure.ResultsTable;
import ij.plugin.PlugIn;
import ij.plugin.frame.Recorder;
import java.awt.BorderLayout;
import java.awt.GraphicsEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.swing.JLabel;
import javax.swing.JPanel;
import org.fijibridge.file.CheckedOpener;
import org.fijibridge.plan.Refusal;

/**
 * Plugins > Fiji Bridge > Batch over a Folder...: an operation for every image of a folder and of
 * those below it. Asks where, then, with the first of the images, for the operation's own values;
 * in the end a table says what happened to each file.
 */
public final class BatchCommand implements PlugIn {

    private static final String TITLE = "Batch over a Folder";

    private static final String EXAMPLE = "operation=gaussian input=[/data/in] "
            + "output=[/data/out] sigma=1 unit=um";

    /** What was asked for last, as long as ImageJ runs. */
    private static Map<String, String> last = new LinkedHashMap<>();

    private FolderPanel fields;
    private StatusPanel status;
    private ModalDialog dialog;

    @Override
    public void run(final String none) {
        try {
            final Map<String, String> asked = asked();
            if (asked != null) {
                show(work(asked), Operation.of(asked.get("operation")), asked);
            }
        } catch (final Refusal refused) {
            Messages.error(TITLE, refused.getMessage());
        }
    }

    private Map<String, String> asked() {
        final String options = Macro.getOptions();
        if (options != null) {
            return Values.tokens(options);
        }
        if (GraphicsEnvironment.isHeadless()) {
            throw new Refusal(TITLE + " would open a dialog, and there is no screen: give its "
                    + "values as options, for example " + EXAMPLE);
        }
        return ask();
    }

    /** Does the folder; what went wrong, or "". */
    private static String work(final Map<String, String> asked) {
        final String name = asked.get("operation");
        if (name == null) {
            throw new Refusal(TITLE + " needs operation=, for example " + EXAMPLE);
        }
        final Operation operation = named(name);
        final StringBuilder argument = new StringBuilder();
        for (final Map.Entry<String, String> entry : asked.entrySet()) {
            if (!entry.getKey().equals("operation")) {
                argument.append(entry.getKey());
                argument.append(entry.getKey().equals("overwrite") ? ""
                        : "=[" + entry.getValue() + "]").append(' ');
            }
        }
        final String problem = Arguments.problem(operation.name, argument.toString());
        if (!problem.isEmpty()) {
            throw new Refusal(problem);
        }
        final String ending = operation.isReport() ? ".txt" : ".tif";
        return operation.className.isEmpty()
                ? ProgramBatch.folder(operation.name, operation.name, ending, argument.toString())
                : Batch.folder(operation.name, operation.className, ending, argument.toString());
    }

    private static Operation named(final String name) {
        for (final Operation one : Operation.all()) {
            if (one.name.equals(name)) {
                return one;
            }
        }
        throw new Refusal("there is no operation '" + name + "'; there are " + names());
    }

    private static String names() {
        final StringBuilder names = new StringBuilder();
        for (final Operation one : Operation.all()) {
            names.append(names.length() == 0 ? "" : ", ").append(one.name);
        }
        return names.toString();
    }

    /** What went wrong, and then, in front of everything, the rows of all runs as they are on disk. */
    private static void show(final String problem, final Operation operation,
            final Map<String, String> asked) {
        final Path table = CheckedOpener.path(asked.get("output"))
                .resolve(operation.name + ".csv");
        if (!problem.isEmpty()) {
            Messages.error(TITLE, problem);
        }
        if (!GraphicsEnvironment.isHeadless() && Files.exists(table)) {
            try {
                ResultsTable.open(table.toString()).show(table.toString());
            } catch (final IOException failed) {
                throw new Refusal("cannot show " + table + ": " + failed.getMessage());
            }
        }
        IJ.showStatus(TITLE + ": see " + table);
    }

    private Map<String, String> ask() {
        ModalDialog.onScreen(() -> {
            status = new StatusPanel(3);
            fields = new FolderPanel(last, this::changed);
            final JPanel all = new JPanel(new BorderLayout(0, 10));
            all.add(new JLabel("An operation for every image of a folder and of those below it. A "
                    + "second run skips what was done."), BorderLayout.NORTH);
            all.add(fields, BorderLayout.CENTER);
            all.add(status, BorderLayout.SOUTH);
            dialog = new ModalDialog(TITLE, all, "Values\u2026", null);
            changed();
        });
        if (!dialog.ask()) {
            return null;
        }
        final Map<String, String> asked = fields.read();
        last = asked;
        final List<Path> files = Folder.of(asked).files;
        final ImagePlus first = CheckedOpener.open(files.get(0).toString());
        final Operation operation = Operation.of(asked.get("operation")).ofFiles(
                "Values for " + (files.size() == 1 ? "one file" : files.size() + " files")
                        + "; what is said below is for " + files.get(0).getFileName() + ".");
        if (Recorder.record) {
            asked.forEach((key, value) -> {
                if (key.equals("overwrite")) {
                    Recorder.recordOption(key);
                } else {
                    Recorder.recordOption(key, value);
                }
            });
        }
        try (Planner planner = operation.className.isEmpty() ? new ProgramPlans(operation, first)
                : Batch.command(operation.className).planner(first)) {
            final Values values = new OperationDialog(operation, first, planner, null).ask();
            if (values == null) {
                return null;
            }
            asked.putAll(Values.tokens(values.options()));
            return asked;
        } catch (final ReflectiveOperationException missing) {
            throw new IllegalStateException(missing);
        }
    }

    /** Says what is in the folders, or what is wrong with them. */
    private void changed() {
        boolean right = true;
        String said;
        try {
            said = Folder.of(fields.read()).described();
        } catch (final Refusal refused) {
            said = refused.getMessage();
            right = false;
        }
        status.show(said, !right);
        dialog.setReady(right);
    }

    /** The files that a batch would do. */
    private static final class Folder {
        private final List<Path> files;
        private final int others;
        private final boolean resumed;

        private Folder(final List<Path> files, final int others, final boolean resumed) {
            this.files = files;
            this.others = others;
            this.resumed = resumed;
        }

        static Folder of(final Map<String, String> asked) {
            final Path input = path(asked, "input", "Folder with images");
            final Path output = path(asked, "output", "Folder for the results");
            if (!Files.isDirectory(input)) {
                throw new Refusal("'Folder with images': there is no folder " + input);
            }
            if (input.equals(output)) {
                throw new Refusal("'Folder for the results' must be another one than that of the "
                        + "images");
            }
            final String suffix = asked.get("suffix").isEmpty()
                    ? BatchFolder.SUFFIX : asked.get("suffix");
            final List<Path> found = BatchFolder.files(input, output, suffix);
            if (found.isEmpty()) {
                throw new Refusal("no file in " + input + " ends in " + suffix);
            }
            return new Folder(found, BatchFolder.files(input, output, "").size() - found.size(),
                    Files.exists(output.resolve(asked.get("operation") + ".csv")));
        }

        private static Path path(final Map<String, String> asked, final String key,
                final String label) {
            if (asked.get(key).isEmpty()) {
                throw new Refusal("'" + label + "' is empty");
            }
            return CheckedOpener.path(asked.get(key)).toAbsolutePath().normalize();
        }

        String described() {
            return (files.size() == 1 ? "one image" : files.size() + " images") + ", the first of "
                    + "them " + files.get(0).getFileName() + (others == 0 ? "" : "\n" + others
                    + (others == 1 ? " other file is left out, by the end of its name"
                    : " other files are left out, by the ends of their names")) + (resumed
                    ? "\nThere is a table of an earlier run: what was done with the same values "
                    + "is skipped, and rows are added" : "");
        }
    }
}
