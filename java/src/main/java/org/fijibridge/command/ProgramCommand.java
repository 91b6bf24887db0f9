package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.io.Opener;
import ij.plugin.PlugIn;
import ij.process.StackStatistics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.fijibridge.plan.Refusal;

/**
 * An operation that exists in the Python package only: the installed program fiji-bridge computes
 * it, and its results are opened. The argument in plugins.config is the operation's name.
 */
public final class ProgramCommand implements PlugIn {

    /** What ImageJ's own commands have besides; the program has its own engines. */
    private static final List<String> ONLY_HERE = Arrays.asList("result", "region", "engine",
            Operation.PROGRAM);

    @Override
    public void run(final String argument) {
        final Operation operation = Operation.of(argument);
        final ImagePlus imp = WindowManager.getCurrentImage();
        if (imp == null) {
            IJ.noImage();
            return;
        }
        try {
            final Values values = values(operation, imp);
            if (values != null) {
                compute(operation, imp, values);
            }
        } catch (final CancellationException cancelled) {
            IJ.showStatus(operation.title + ": cancelled");
            Macro.abort();
        } catch (final Refusal refused) {
            Messages.error(operation, refused);
        }
    }

    private static Values values(final Operation operation, final ImagePlus imp) {
        final String options = Macro.getOptions();
        if (options != null) {
            return Values.parse(operation, options);
        }
        OperationDialog.checkScreen(operation);
        try (Planner plans = new ProgramPlans(operation, imp)) {
            return new OperationDialog(operation, imp, plans, null).ask();
        }
    }

    static void compute(final Operation operation, final ImagePlus imp,
            final Values values) {
        if (!operation.isReport()) {
            results(operation, imp, values).forEach(ImagePlus::show);
            return;
        }
        check(operation, imp, values);
        try (Program program = new Program()) {
            ReportTables.show(operation.title + " of " + imp.getTitle(),
                    run(program, operation, imp, null, values, false,
                            "--tabs", "--figure=" + program.file("figure.png")),
                    program.file("figure.png"));
        }
    }

    /** The images that the program makes, without a window. */
    static List<ImagePlus> results(final Operation operation, final ImagePlus imp,
            final Values values) {
        check(operation, imp, values);
        final List<ImagePlus> made = new ArrayList<>();
        try (Program program = new Program()) {
            warn(operation, imp,
                    run(program, operation, imp, program.file("out.tif"), values, false));
            for (final Path file : program.files("out")) {
                made.add(result(file, imp, operation));
            }
        }
        return made;
    }

    /** The text of a report. */
    static String report(final Operation operation, final ImagePlus imp, final Values values) {
        check(operation, imp, values);
        try (Program program = new Program()) {
            return run(program, operation, imp, null, values, false);
        }
    }

    private static void check(final Operation operation, final ImagePlus imp,
            final Values values) {
        Problems.check(imp, values);
        new FiniteSamples(operation, imp).check(values, new ImageProgress());
    }

    /** The image that the program makes, with everything of the source that depends on no sample. */
    static ImagePlus made(final Operation operation, final ImagePlus imp, final Values values) {
        try (Program program = new Program()) {
            final Path target = program.file("out.tif");
            warn(operation, imp, run(program, operation, imp, target, values, false));
            final ImagePlus found = opened(target);
            final Object[] planes = new Object[found.getStackSize()];
            for (int i = 0; i < planes.length; i++) {
                planes[i] = found.getStack().getPixels(i + 1);
            }
            final ImagePlus made = Images.like(imp, planes, operation.name);
            made.setProp(Provenance.KEY, found.getProp(Provenance.KEY));
            return made;
        }
    }

    /**
     * Lets the program compute.
     *
     * @param target what it writes, or null for a report
     * @param more options that are no fields
     * @return what it says: the report
     */
    static String run(final Program program, final Operation operation, final ImagePlus imp,
            final Path target, final Values values, final boolean overwrite,
            final String... more) {
        try {
            return run(program, operation, program.save(imp), target, values, overwrite, more);
        } catch (final Refusal refused) {
            // The program knows a temporary file only.
            throw new Refusal("image '" + imp.getTitle() + "': " + refused.getMessage());
        }
    }

    /** As above, for a file that the program reads itself. */
    static String run(final Program program, final Operation operation, final Path file,
            final Path target, final Values values, final boolean overwrite,
            final String... more) {
        final List<String> command = new ArrayList<>();
        command.add(operation.name.replace('_', '-'));
        command.add(file.toString());
        if (target != null) {
            command.add(target.toString());
            if (overwrite) {
                command.add("--overwrite");
            }
        }
        command.addAll(options(operation, values));
        command.addAll(Arrays.asList(more));
        try {
            return program.run(command, 0);
        } catch (final Refusal refused) {
            throw new Refusal(refused.getMessage().replaceFirst("^fiji-bridge: ", ""));
        }
    }

    /** What the program warns of goes into the log: the result is there all the same. */
    private static void warn(final Operation operation, final ImagePlus imp, final String said) {
        for (final String line : said.split("\n")) {
            final String warning = line.replaceFirst("^fiji-bridge: ", "");
            if (warning.startsWith("warning: ")) {
                IJ.log(operation.title + " of " + imp.getTitle() + ": "
                        + Wording.inLabels(operation, warning));
            }
        }
    }

    private static ImagePlus opened(final Path file) {
        if (IJ.escapePressed()) {
            throw new CancellationException("cancelled");
        }
        final ImagePlus made = new Opener().openImage(file.toString());
        if (made == null) {
            throw new Refusal("cannot open what fiji-bridge wrote: " + file.getFileName());
        }
        return made;
    }

    private static ImagePlus result(final Path file, final ImagePlus source,
            final Operation operation) {
        final ImagePlus made = opened(file);
        // "out-level1.tif" and its like: what stands between names the part.
        final String part = file.getFileName().toString()
                .replaceFirst("^out", "").replaceFirst("\\.tif$", "");
        made.setTitle(Images.title(source, operation.name + part));
        if (made.getBitDepth() == 32 && source.getBitDepth() != 32 && !made.isComposite()) {
            // Another quantity than the samples: their contrast would show it black.
            final StackStatistics found = new StackStatistics(made);
            if (found.min < found.max) {
                made.setDisplayRange(found.min, found.max);
            }
        }
        if (Arrays.equals(made.getDimensions(), source.getDimensions())) {
            made.setPosition(source.getC(), source.getZ(), source.getT());
        }
        return made;
    }

    /** The values as options of the program. */
    static List<String> options(final Operation operation, final Values values) {
        final List<String> options = new ArrayList<>();
        for (final Field field : operation.fields) {
            final boolean partOfWidth = field.kind.equals("unit") || field.name.equals("meaning");
            if (partOfWidth || ONLY_HERE.contains(field.name) || !values.has(field.name)) {
                continue;
            }
            final String name = "--" + field.name.replace('_', '-');
            if (field.isFlag()) {
                if (values.flag(field.name)) {
                    options.add(name);
                }
            } else if (field.kind.equals("width")) {
                options.add("--" + values.text("meaning").toLowerCase(java.util.Locale.ROOT) + "="
                        + values.text(field.name) + " unit=" + values.text("unit"));
            } else {
                options.add(name + "=" + values.text(field.name));
            }
        }
        return options;
    }
}
