package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.io.Opener;
import ij.plugin.PlugIn;
import java.awt.GraphicsEnvironment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.fijibridge.plan.Refusal;

/**
 * An operation that exists in the Python package only: the installed program fiji-bridge computes
 * it, and its results are opened. The argument in plugins.config is the operation's name.
 */
public final class ProgramCommand implements PlugIn {

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
            Messages.error(operation.title, refused.getMessage());
        }
    }

    private static Values values(final Operation operation, final ImagePlus imp) {
        final String options = Macro.getOptions();
        if (options != null) {
            return Values.parse(operation, options);
        }
        if (GraphicsEnvironment.isHeadless()) {
            return Values.parse(operation, "");
        }
        try (Planner plans = new ProgramPlans(operation, imp)) {
            return new OperationDialog(operation, imp, plans, null).ask();
        }
    }

    private static void compute(final Operation operation, final ImagePlus imp,
            final Values values) {
        try (Program program = new Program()) {
            final Path target = operation.isReport() ? null : program.file("out.tif");
            final String said = run(program, operation, imp, target, values, false);
            if (operation.isReport()) {
                CrossCheck.show(operation.title, said);
            }
            for (final Path file : program.files("out")) {
                open(file, imp, operation);
            }
        }
    }

    /**
     * Lets the program compute.
     *
     * @param target what it writes, or null for a report
     * @return what it says: the report
     */
    static String run(final Program program, final Operation operation, final ImagePlus imp,
            final Path target, final Values values, final boolean overwrite) {
        final List<String> command = new ArrayList<>();
        command.add(operation.name.replace('_', '-'));
        command.add(program.save(imp).toString());
        if (target != null) {
            command.add(target.toString());
            if (overwrite) {
                command.add("--overwrite");
            }
        }
        command.addAll(options(operation, values));
        try {
            return program.run(command, 0);
        } catch (final Refusal refused) {
            // The program knows a temporary file only.
            throw new Refusal("image '" + imp.getTitle() + "': "
                    + refused.getMessage().replaceFirst("^fiji-bridge: ", ""));
        }
    }

    private static void open(final Path file, final ImagePlus source, final Operation operation) {
        final ImagePlus made = new Opener().openImage(file.toString());
        if (made == null) {
            throw new Refusal("cannot open what fiji-bridge wrote: " + file.getFileName());
        }
        // "out-level1.tif" and its like: what stands between names the part.
        final String part = file.getFileName().toString()
                .replaceFirst("^out", "").replaceFirst("\\.tif$", "");
        made.setTitle(Images.title(source, operation.name + part));
        made.show();
    }

    /** The values as options of the program. */
    static List<String> options(final Operation operation, final Values values) {
        final List<String> options = new ArrayList<>();
        for (final Field field : operation.fields) {
            final boolean partOfWidth = field.kind.equals("unit") || field.name.equals("meaning");
            if (partOfWidth || !values.has(field.name)) {
                continue;
            }
            final String name = "--" + field.name.replace('_', '-');
            if (field.isFlag()) {
                if (values.flag(field.name)) {
                    options.add(name);
                }
            } else if (field.kind.equals("width")) {
                options.add("--" + values.text("meaning").toLowerCase(java.util.Locale.ROOT) + "="
                        + width(values.text(field.name), values.text("unit")));
            } else {
                options.add(name + "=" + values.text(field.name));
            }
        }
        return options;
    }

    /** "z=2 y=1 x=1" and a unit as the program reads them: "z=2 um, y=1 um, x=1 um". */
    private static String width(final String numbers, final String unit) {
        return numbers.trim().replaceAll("\\s*=\\s*", "=").replaceAll("[,;\\s]+", " " + unit + ", ")
                + " " + unit;
    }
}
