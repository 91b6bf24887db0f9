package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.plugin.PlugIn;
import ij.text.TextWindow;
import java.awt.Font;
import java.awt.GraphicsEnvironment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.fijibridge.plan.Refusal;

/**
 * Plugins > Fiji Bridge > Cross-check with SciPy...: lets the installed program fiji-bridge blur
 * the active image and compare the result with SciPy, and shows its table.
 */
public final class CrossCheck implements PlugIn {

    private static final String TITLE = "Cross-check with SciPy";

    @Override
    public void run(final String argument) {
        final ImagePlus imp = WindowManager.getCurrentImage();
        if (imp == null) {
            IJ.noImage();
            return;
        }
        try {
            final Map<String, String> asked = ask();
            if (asked != null) {
                show(TITLE, check(imp, asked));
            }
        } catch (final CancellationException cancelled) {
            IJ.showStatus(TITLE + ": cancelled");
            Macro.abort();
        } catch (final Refusal refused) {
            Messages.error(TITLE, refused.getMessage());
        }
    }

    private static Map<String, String> ask() {
        final String options = Macro.getOptions();
        final Map<String, String> asked;
        if (options != null) {
            asked = Values.tokens(options);
        } else if (GraphicsEnvironment.isHeadless()) {
            throw new Refusal("give sigma=, for example sigma=[1 um]");
        } else {
            final GenericDialog dialog = new GenericDialog(TITLE);
            dialog.addStringField("Sigma", "1 um", 14);
            dialog.addStringField("Program", Program.path(), 30);
            dialog.showDialog();
            if (dialog.wasCanceled()) {
                return null;
            }
            asked = new LinkedHashMap<>();
            asked.put("sigma", dialog.getNextString().trim());
            asked.put("program", dialog.getNextString().trim());
        }
        if (!Arrays.asList("sigma", "program").containsAll(asked.keySet())) {
            throw new Refusal("unknown key; " + TITLE + " knows sigma and program");
        }
        if (!asked.containsKey("sigma")) {
            throw new Refusal("give sigma=, for example sigma=[1 um]");
        }
        return asked;
    }

    /** What the program says about an image. */
    private static String check(final ImagePlus imp, final Map<String, String> asked) {
        if (asked.containsKey("program")) {
            Program.use(asked.get("program"));
        }
        try (Program program = new Program()) {
            final Path file = program.save(imp);
            // Exit code 1: compared, and different.
            return program.run(Arrays.asList("crosscheck", file.toString(),
                    "--sigma=" + asked.get("sigma")), 1).replace(file.toString(), imp.getTitle());
        }
    }

    /** A text in a window with a fixed pitch, or in the log where there is no screen. */
    static void show(final String title, final String text) {
        if (GraphicsEnvironment.isHeadless()) {
            IJ.log(text);
        } else {
            new TextWindow(title, text, 900, 500).getTextPanel()
                    .setFont(new Font(Font.MONOSPACED, Font.PLAIN, 12));
        }
    }
}
