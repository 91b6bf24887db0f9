package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.io.FileSaver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.fijibridge.plan.Refusal;

/** The installed program fiji-bridge, given an image in a folder that is gone afterwards. */
final class Program implements AutoCloseable {

    /** Preference with the program's path, for when it is not on the PATH. */
    private static final String PREFERENCE = "fiji_bridge.program";

    private static final String INSTALL = "Install it with: pip install fiji-bridge "
            + "(Python 3.11 or newer), and put it on the PATH of ImageJ or give its path in "
            + "Plugins > Fiji Bridge > Cross-check with SciPy...";

    private static final int ABORT = 6;
    private static final int KILL = 9;
    private static final int FAULT = 11;

    /** Exit codes from here on are 128 and the number of a signal. */
    private static final int SIGNALS = 128;

    /** How long the program may take to end when it is asked to. */
    private static final long PATIENCE_SECONDS = 3;

    private final Path folder;
    private boolean kept;

    Program() {
        try {
            folder = Files.createTempDirectory("fiji-bridge-");
        } catch (final IOException failed) {
            throw new Refusal("cannot make a temporary folder: " + failed.getMessage());
        }
    }

    /** The path that is used. */
    static String path() {
        return Prefs.get(PREFERENCE, "fiji-bridge");
    }

    /** Uses another path from now on. */
    static void use(final String path) {
        Prefs.set(PREFERENCE, path);
    }

    /** A file of this name in the folder. */
    Path file(final String name) {
        return folder.resolve(name);
    }

    /** Writes an image into the folder. */
    Path save(final ImagePlus imp) {
        final Path file = file("image.tif");
        final FileSaver saver = new FileSaver(imp);
        final boolean saved = imp.getStackSize() > 1
                ? saver.saveAsTiffStack(file.toString()) : saver.saveAsTiff(file.toString());
        if (IJ.escapePressed()) {
            throw new CancellationException("cancelled");
        }
        if (!saved) {
            throw new Refusal("cannot write image '" + imp.getTitle() + "' to " + file);
        }
        return file;
    }

    /** The files in the folder whose names begin so, in order. */
    List<Path> files(final String start) {
        final List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, start + "*")) {
            for (final Path path : all) {
                found.add(path);
            }
        } catch (final IOException failed) {
            throw new Refusal("cannot read " + folder + ": " + failed.getMessage());
        }
        Collections.sort(found);
        return found;
    }

    /** Starts the program, or says how to install it; its errors come with its output. */
    static Process start(final List<String> arguments) {
        return start(path(), arguments);
    }

    /** The same of a program at another path. */
    static Process start(final String path, final List<String> arguments) {
        final List<String> command = new ArrayList<>(arguments);
        command.add(0, path);
        final ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("COLUMNS", "110");
        try {
            return builder.start();
        } catch (final IOException missing) {
            throw new Refusal("the program '" + path + "' cannot be run ("
                    + missing.getMessage() + "). " + INSTALL);
        }
    }

    /**
     * Runs the program; what it says is the answer, or the refusal where it ends with a higher
     * exit code than allowed. The escape key ends it.
     *
     * @param arguments each stays one argument: there is no shell
     * @param highest exit code of an answer: 0, or 1 where that is an answer as well
     */
    String run(final List<String> arguments, final int highest) {
        if (IJ.escapePressed()) {
            throw new CancellationException("cancelled");
        }
        IJ.showStatus("fiji-bridge " + arguments.get(0) + " (Esc cancels)");
        final List<String> lines = Collections.synchronizedList(new ArrayList<>());
        try {
            final StayingProgram staying = StayingProgram.take(path());
            final int code = staying == null ? once(arguments, lines)
                    : byStaying(staying, arguments, lines);
            final String text = String.join("\n", lines);
            if (code > SIGNALS) {
                throw new Refusal(killed(arguments.get(0), code - SIGNALS, text));
            }
            if (code > highest) {
                throw new Refusal(text.isEmpty() ? "fiji-bridge ended with " + code : text);
            }
            return text;
        } catch (final IOException ended) {
            throw new Refusal("cannot speak to '" + path() + "': " + ended.getMessage());
        }
    }

    private static int byStaying(final StayingProgram staying, final List<String> arguments,
            final List<String> lines) throws IOException {
        boolean done = false;
        try {
            final int code = staying.run(arguments, lines);
            done = staying.isAlive();
            return code;
        } finally {
            if (done) {
                staying.rest();
            } else {
                staying.end();
            }
        }
    }

    /** In a process of its own. */
    private static int once(final List<String> arguments, final List<String> lines)
            throws IOException {
        final Process process = start(arguments);
        final Thread reader = new Thread(() -> collect(process, lines), "fiji-bridge-output");
        reader.setDaemon(true);
        reader.start();
        try {
            process.getOutputStream().close();
            while (reader.isAlive()) {
                reader.join(100);
                if (IJ.escapePressed()) {
                    throw new CancellationException("cancelled");
                }
            }
            return process.waitFor();
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } finally {
            end(process);
        }
    }

    /** Asks the program to end, and makes it where it does not. */
    static void end(final Process process) {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (final InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** What happened to a program that did not end by itself; what it left stays. */
    private String killed(final String work, final int signal, final String said) {
        final Path log = file("fiji-bridge.log");
        try {
            Files.write(log, (said + "\n").getBytes(StandardCharsets.UTF_8));
            Files.deleteIfExists(file("image.tif"));
            kept = true;
        } catch (final IOException failed) {
            return "fiji-bridge " + work + " was killed by signal " + signal + "; nothing of what "
                    + "it did could be kept: " + failed.getMessage();
        }
        return "fiji-bridge " + work + " was killed by signal " + signal + (signal == KILL
                ? ", as the system does when memory runs out" : signal == ABORT || signal == FAULT
                ? ", a fault in its libraries" : "") + "; nothing was changed here. What it had "
                + "said is in " + log + (files("out").isEmpty() ? "" : ", what it had written "
                + "beside it");
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

    @Override
    public void close() {
        if (kept) {
            return;
        }
        for (final Path path : files("")) {
            if (!path.toFile().delete()) {
                path.toFile().deleteOnExit();
            }
        }
        if (!folder.toFile().delete()) {
            folder.toFile().deleteOnExit();
        }
    }
}
