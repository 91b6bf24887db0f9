package org.fijibridge.command;

import ij.IJ;
import ij.Prefs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process of the installed program that stays and does one command after the other, so that
 * Python, its libraries and its Java start once. It ends with ImageJ, whose end closes its input.
 *
 * <p>Lines that begin with a control character are its own, see {@code fiji-bridge stay}: all
 * others are what a command says.
 */
final class StayingProgram {

    /** Preference: false starts the program anew for each command. */
    static final String PREFERENCE = "fiji_bridge.stay";

    private static final char END = 4;
    private static final char WORKING = 6;
    private static final String READY = END + " ready";

    /** In the queue, the end of all output: no line has a line end in it. */
    private static final String GONE = "\n";

    /** The one that is there, and is not at work. */
    private static StayingProgram idle;

    /** Path of a program that does not know how to stay. */
    private static String older;

    private final String path;
    private final Process process;
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    private StayingProgram(final String path) {
        this.path = path;
        process = Program.start(path, Collections.singletonList("stay"));
        final Thread reader = new Thread(this::read, "fiji-bridge-stays");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * One for a command, to be given back by {@link #rest} or ended by {@link #end}.
     *
     * @return null where none is wanted, or the program is older than this
     */
    static StayingProgram take(final String path) {
        if (!Prefs.get(PREFERENCE, true) || path.equals(older)) {
            return null;
        }
        final StayingProgram found = taken();
        if (found != null && found.path.equals(path) && found.process.isAlive()) {
            return found;
        }
        if (found != null) {
            found.end();
        }
        final StayingProgram made = new StayingProgram(path);
        try {
            final String first = made.next();
            if (READY.equals(first)) {
                return made;
            }
        } catch (final CancellationException cancelled) {
            made.end();
            throw cancelled;
        }
        made.end();
        older = path;
        return null;
    }

    private static synchronized StayingProgram taken() {
        final StayingProgram found = idle;
        idle = null;
        return found;
    }

    /** Keeps it for the next command. */
    void rest() {
        final StayingProgram other;
        synchronized (StayingProgram.class) {
            other = idle;
            idle = this;
        }
        if (other != null) {
            other.end();
        }
    }

    /** Ends it, whatever it is doing. */
    void end() {
        Program.end(process);
    }

    /**
     * Does a command; the escape key cancels.
     *
     * @param lines take what it says
     * @return its exit code; that of the process where this has ended, which is then of no use
     */
    int run(final List<String> arguments, final List<String> lines) throws IOException {
        process.getOutputStream().write((Json.write(arguments) + "\n").getBytes(
                StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
        for (String line; (line = next()) != null; ) {
            if (line.isEmpty() || line.charAt(0) != END && line.charAt(0) != WORKING) {
                lines.add(line);
            } else if (line.charAt(0) == WORKING) {
                final String[] numbers = line.substring(2).split(" ");
                IJ.showProgress(Double.parseDouble(numbers[0])
                        / Math.max(1, Double.parseDouble(numbers[1])));
            } else {
                IJ.showProgress(1);
                return Integer.parseInt(line.substring(2));
            }
        }
        IJ.showProgress(1);
        try {
            return process.waitFor();
        } catch (final InterruptedException interrupted) {
            throw interrupted(interrupted);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** The next line; null where it has ended. */
    private String next() {
        try {
            while (true) {
                final String line = said.poll(100, TimeUnit.MILLISECONDS);
                if (line != null) {
                    return line.equals(GONE) ? null : line;
                }
                if (IJ.escapePressed()) {
                    throw new CancellationException("cancelled");
                }
            }
        } catch (final InterruptedException interrupted) {
            throw interrupted(interrupted);
        }
    }

    private static CancellationException interrupted(final InterruptedException cause) {
        Thread.currentThread().interrupt();
        final CancellationException thrown = new CancellationException("interrupted");
        thrown.initCause(cause);
        return thrown;
    }

    private void read() {
        try (BufferedReader output = new BufferedReader(new InputStreamReader(
                process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line; (line = output.readLine()) != null; ) {
                said.add(line);
            }
        } catch (final IOException ended) {
            said.add(String.valueOf(ended.getMessage()));
        }
        said.add(GONE);
    }
}
