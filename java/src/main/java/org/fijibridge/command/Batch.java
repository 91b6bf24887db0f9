package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.io.FileSaver;
import ij.io.Opener;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CancellationException;
import org.fijibridge.plan.Refusal;

/** One file of a batch macro: a failure is a text, so that the macro goes on with the next. */
public final class Batch {

    private Batch() {}

    /**
     * Opens a file, applies a command and writes a TIFF, which appears whole or not at all.
     *
     * @param className of the command
     * @param options as in a recorded line
     * @param overwrite "true" if an existing file may be replaced
     * @return what went wrong, or ""
     */
    public static String file(final String className, final String input, final String output,
            final String options, final String overwrite) {
        return outcome(() -> {
            final Path target = Paths.get(output);
            checkTarget(target, overwrite.equals("true"));
            final OperationCommand command = (OperationCommand)
                    Class.forName(className).getConstructor().newInstance();
            final ImagePlus imp = open(input);
            save(command.process(imp, Values.parse(command.operation(), options)), target);
        });
    }

    /** The work on one file. */
    interface Work {
        void run() throws IOException, ReflectiveOperationException;
    }

    /** Does the work; what went wrong, or "". */
    static String outcome(final Work work) {
        try {
            work.run();
            return "";
        } catch (final Refusal refused) {
            return refused.getMessage();
        } catch (final CancellationException cancelled) {
            return "cancelled";
        } catch (final OutOfMemoryError full) {
            return "does not fit into memory";
        } catch (final IOException | ReflectiveOperationException | RuntimeException failed) {
            return failed.toString();
        } finally {
            IJ.showProgress(1);
        }
    }

    /** Refuses to replace a file unasked. */
    static void checkTarget(final Path target, final boolean overwrite) {
        if (Files.exists(target) && !overwrite) {
            throw new Refusal("the output exists already; give overwrite to replace it");
        }
    }

    /** The image of a file; a refusal where ImageJ cannot open it. */
    static ImagePlus open(final String path) {
        if (!new File(path).isFile()) {
            throw new Refusal("there is no such file");
        }
        // Errors go to the log instead of a dialog that would stop the batch.
        IJ.redirectErrorMessages(true);
        try {
            final ImagePlus imp = new Opener().openImage(path);
            if (imp == null) {
                final String why = IJ.getErrorMessage();
                throw new Refusal("ImageJ cannot open it" + (why == null ? "" : ": " + why));
            }
            return imp;
        } finally {
            IJ.redirectErrorMessages(false);
        }
    }

    private static void save(final ImagePlus imp, final Path target) throws IOException {
        final Path folder = target.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        final Path part = Files.createTempFile(folder, "." + target.getFileName(), ".tif");
        IJ.redirectErrorMessages(true);
        try {
            final FileSaver saver = new FileSaver(imp);
            final boolean saved = imp.getStackSize() > 1
                    ? saver.saveAsTiffStack(part.toString()) : saver.saveAsTiff(part.toString());
            if (!saved) {
                throw new Refusal("cannot write " + target);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            IJ.redirectErrorMessages(false);
            Files.deleteIfExists(part);
        }
    }
}
