package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.WindowManager;
import ij.io.FileSaver;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CancellationException;
import org.fijibridge.file.CheckedOpener;
import org.fijibridge.plan.Refusal;

/**
 * What generated macros ask for, by texts that go in and out: a failure is a text as well, so that
 * a batch goes on with the next file.
 */
public final class Batch {

    static final String CANCELLED = "cancelled";

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
            final Path target = CheckedOpener.path(output);
            checkTarget(target, overwrite.equals("true"));
            final OperationCommand command = command(className);
            final ImagePlus imp = CheckedOpener.open(input);
            save(command.process(imp, Values.parse(command.operation(), options)), target);
        });
    }

    /**
     * Does a folder and those below it, one row of a table per file.
     *
     * @param className of the command
     * @param ending of the results
     * @param argument of the macro
     * @return what went wrong, or ""
     */
    public static String folder(final String operation, final String className,
            final String ending, final String argument) {
        return BatchFolder.run((input, output, options, overwrite) ->
                file(className, input, output, options, overwrite), operation, ending, argument);
    }

    static OperationCommand command(final String className)
            throws ReflectiveOperationException {
        return (OperationCommand) Class.forName(className).getConstructor().newInstance();
    }

    /**
     * Applies a command to the active image, as its line in a macro does; but that needs a table
     * of commands, which ImageJ does not make without a screen.
     */
    public static String apply(final String className, final String options) {
        return outcome(() -> {
            final OperationCommand command = command(className);
            final ImagePlus imp = active();
            if (!imp.lock()) {
                throw new Refusal("image '" + imp.getTitle() + "' is in use");
            }
            try {
                command.show(imp, Values.parse(command.operation(), options));
            } finally {
                imp.unlock();
            }
        });
    }

    /** Opens a file and shows it; what went wrong, or "". */
    public static String show(final String input) {
        return outcome(() -> CheckedOpener.open(input).show());
    }

    /** Writes the active image as TIFF, whole or not at all; what went wrong, or "". */
    public static String saveActive(final String output, final String overwrite) {
        return outcome(() -> {
            final Path target = CheckedOpener.path(output);
            checkTarget(target, overwrite.equals("true"));
            save(active(), target);
        });
    }

    static ImagePlus active() {
        final ImagePlus imp = WindowManager.getCurrentImage();
        if (imp == null) {
            throw new Refusal("there are no images open");
        }
        return imp;
    }

    /** An empty file beside a result; Java's own temporary files are for one pair of eyes only. */
    static Path part(final Path target, final String ending) throws IOException {
        return File.createTempFile("." + target.getFileName() + "-", ending,
                target.toAbsolutePath().getParent().toFile()).toPath();
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
            return CANCELLED;
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

    private static void save(final ImagePlus imp, final Path target) throws IOException {
        Files.createDirectories(target.toAbsolutePath().getParent());
        final Path part = part(target, ".tif");
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
