package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.Prefs;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.io.FileSaver;
import ij.plugin.PlugIn;
import ij.text.TextWindow;
import java.awt.Font;
import java.awt.GraphicsEnvironment;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.fijibridge.plan.Refusal;

/**
 * Plugins > Fiji Bridge > Cross-check with SciPy...: lets the installed program fiji-bridge blur
 * the active image and compare the result with SciPy, and shows its table.
 */
public final class CrossCheck implements PlugIn {

    private static final String TITLE = "Cross-check with SciPy";

    /** Preference with the program's path, for when it is not on the PATH. */
    private static final String PROGRAM = "fiji_bridge.program";

    private static final String INSTALL = "Install it with: pip install fiji-bridge "
            + "(Python 3.11 or newer), then give its path in this dialog (program=), "
            + "or put it on the PATH of ImageJ.";

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
                show(check(imp, asked));
            }
        } catch (final CancellationException cancelled) {
            IJ.showStatus(TITLE + ": cancelled");
            Macro.abort();
        } catch (final Refusal refused) {
            IJ.error(TITLE, refused.getMessage());
        } finally {
            IJ.showProgress(1);
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
            dialog.addStringField("Program", Prefs.get(PROGRAM, "fiji-bridge"), 30);
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
        final String program = asked.containsKey("program")
                ? asked.get("program") : Prefs.get(PROGRAM, "fiji-bridge");
        Path file = null;
        try {
            file = Files.createTempFile("fiji-bridge-", ".tif");
            final FileSaver saver = new FileSaver(imp);
            final boolean saved = imp.getStackSize() > 1
                    ? saver.saveAsTiffStack(file.toString()) : saver.saveAsTiff(file.toString());
            if (!saved) {
                throw new Refusal("cannot write image '" + imp.getTitle() + "' to " + file);
            }
            // A list of words, no shell: what is typed stays one argument.
            final String said = run(Arrays.asList(program, "crosscheck", file.toString(),
                    "--sigma=" + asked.get("sigma")));
            Prefs.set(PROGRAM, program);
            return said.replace(file.toString(), imp.getTitle());
        } catch (final IOException missing) {
            throw new Refusal("the program '" + program + "' cannot be run ("
                    + missing.getMessage() + "). " + INSTALL);
        } finally {
            if (file != null) {
                delete(file);
            }
        }
    }

    private static String run(final List<String> command) throws IOException {
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("COLUMNS", "110");
        final Process process = builder.start();
        process.getOutputStream().close();
        final List<String> lines = Collections.synchronizedList(new ArrayList<>());
        final Thread reader = new Thread(() -> collect(process, lines), "fiji-bridge-output");
        reader.setDaemon(true);
        reader.start();
        IJ.resetEscape();
        IJ.showStatus(TITLE + " (Esc cancels)");
        try {
            while (reader.isAlive()) {
                reader.join(100);
                if (IJ.escapePressed()) {
                    throw new CancellationException("cancelled");
                }
            }
            final int code = process.waitFor();
            final String text = String.join("\n", lines);
            if (code > 1) {
                throw new Refusal(text.isEmpty() ? "fiji-bridge ended with " + code : text);
            }
            return text;
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } finally {
            process.destroy();
        }
    }

    private static void collect(final Process process, final List<String> lines) {
        try (BufferedReader output = new BufferedReader(new InputStreamReader(
                process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line; (line = output.readLine()) != null; ) {
                lines.add(line);
            }
        } catch (final IOException ended) {
            lines.add(String.valueOf(ended.getMessage()));
        }
    }

    private static void show(final String text) {
        if (GraphicsEnvironment.isHeadless()) {
            IJ.log(text);
        } else {
            new TextWindow(TITLE, text, 900, 500).getTextPanel()
                    .setFont(new Font(Font.MONOSPACED, Font.PLAIN, 12));
        }
    }

    private static void delete(final Path file) {
        final File leftover = file.toFile();
        if (!leftover.delete()) {
            leftover.deleteOnExit();
        }
    }
}
