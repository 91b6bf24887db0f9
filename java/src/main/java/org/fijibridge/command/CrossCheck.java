package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.plugin.PlugIn;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import org.fijibridge.plan.Refusal;

/**
 * Plugins > Fiji Bridge > Cross-check with SciPy...: lets the installed program fiji-bridge blur
 * the active image and compare the result with SciPy, and shows its verdict and its tables.
 */
public final class CrossCheck implements PlugIn {

    @Override
    public void run(final String argument) {
        final ImagePlus imp = WindowManager.getCurrentImage();
        if (imp == null) {
            IJ.noImage();
            return;
        }
        final Operation asked = Operation.crossCheck();
        try {
            final Values values = values(asked, imp);
            if (values != null) {
                ReportTables.show(asked.title + ": " + imp.getTitle(), check(imp, values), null);
            }
        } catch (final CancellationException cancelled) {
            IJ.showStatus(asked.title + ": cancelled");
            Macro.abort();
        } catch (final Refusal refused) {
            Messages.error(asked, refused);
        }
    }

    private static Values values(final Operation asked, final ImagePlus imp) {
        final String options = Macro.getOptions();
        if (options == null) {
            OperationDialog.checkScreen(asked);
            try (Planner plans = new ProgramPlans(asked, imp)) {
                return new OperationDialog(asked, imp, plans, null).ask();
            }
        }
        final Values values = Values.parse(asked, options);
        if (!values.has("sigma")) {
            throw new Refusal("give sigma=, for example sigma=[1 um]");
        }
        return values;
    }

    /** What the program says about an image. */
    private static String check(final ImagePlus imp, final Values values) {
        if (values.has(Operation.PROGRAM)) {
            Program.use(values.text(Operation.PROGRAM));
        }
        IJ.resetEscape();
        try (Program program = new Program()) {
            final Path file = program.save(imp);
            // Exit code 1: compared, and different.
            return program.run(Arrays.asList("crosscheck", file.toString(),
                    "--sigma=" + values.text("sigma"), "--tabs"), 1)
                    .replace(file.toString(), imp.getTitle());
        }
    }
}
