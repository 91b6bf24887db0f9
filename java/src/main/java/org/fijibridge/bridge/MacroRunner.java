package org.fijibridge.bridge;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.Menus;
import ij.WindowManager;
import ij.macro.Interpreter;
import java.awt.GraphicsEnvironment;
import java.awt.event.KeyEvent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fijibridge.engine.Progress;

/**
 * Runs an ImageJ macro without a screen and says how it ended; ImageJ itself answers null for a
 * macro that failed as well as for one that has nothing to return.
 */
public final class MacroRunner {

    private static final long PAUSE_MILLIS = 20;

    /** ImageJ keeps options for threads Run$_ only, and aborts at once on threads Macro$ only. */
    private static final String THREAD = "Run$_fiji_bridge_Macro$";

    /** A line of plugins.config: menu, "label", class. */
    private static final Pattern ENTRY = Pattern.compile("[^#\"]*,\\s*\"([^\"]+)\",\\s*(\\S+)\\s*");

    private MacroRunner() {}

    /** How a macro ended. */
    public static final class Outcome {
        private final String message;
        private final String value;

        private Outcome(final String message, final String value) {
            this.message = message;
            this.value = value;
        }

        /** Whether the macro failed or was aborted. */
        public boolean failed() {
            return message != null;
        }

        /** Why it failed, or "". */
        public String message() {
            return message == null ? "" : message;
        }

        /** What it returned, or "". */
        public String value() {
            return value == null ? "" : value;
        }
    }

    /**
     * Runs a macro to its end. Images that it leaves open are closed, so that nothing leaks into
     * the next run.
     *
     * @param argument what getArgument() returns
     * @param progress asked whether to abort the macro; told nothing
     */
    public static Outcome run(final String text, final String argument, final Progress progress) {
        if (!GraphicsEnvironment.isHeadless()) {
            throw new IllegalStateException("macros are run without a screen only: "
                    + "with one, ImageJ would stop at a dialog");
        }
        prepareCommands();
        final Set<Integer> open = openImages();
        final Outcome[] outcome = new Outcome[1];
        final Printed printed = new Printed(System.out);
        final FirstError error = new FirstError(System.err);
        final Thread thread = new Thread(() -> outcome[0] = interpret(text, argument, printed, error),
                THREAD);
        // A thread that Python made has none, and ImageJ looks for plugins through it.
        thread.setContextClassLoader(MacroRunner.class.getClassLoader());
        System.setOut(printed);
        System.setErr(error);
        thread.start();
        try {
            wait(thread, progress);
        } finally {
            System.setOut(printed.before);
            System.setErr(error.before);
            tidy(thread, open);
        }
        return outcome[0];
    }

    /** Makes sure that run(...) finds our commands, also where our jar is in no plugins folder. */
    @SuppressWarnings("unchecked")
    private static void prepareCommands() {
        if (Menus.getCommands() == null) {
            // In the patched ImageJ the first macro builds the table of commands.
            IJ.runMacro("");
        }
        final URL config = MacroRunner.class.getProtectionDomain().getCodeSource().getLocation();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new URL(config.toString().endsWith(".jar") ? "jar:" + config + "!/plugins.config"
                        : config + "plugins.config").openStream(), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                final Matcher entry = ENTRY.matcher(line);
                if (entry.matches()) {
                    Menus.getCommands().putIfAbsent(entry.group(1), entry.group(2));
                }
            }
        } catch (final IOException unreadable) {
            throw new IllegalStateException("cannot read plugins.config", unreadable);
        }
    }

    private static void wait(final Thread thread, final Progress progress) {
        while (thread.isAlive()) {
            try {
                thread.join(PAUSE_MILLIS);
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
                abort();
            }
            if (thread.isAlive() && progress.cancelled()) {
                abort();
            }
        }
    }

    private static void abort() {
        // The key ends a command of ours that computes, the call the macro around it.
        IJ.setKeyDown(KeyEvent.VK_ESCAPE);
        Interpreter.abort();
    }

    private static Outcome interpret(final String text, final String argument,
            final Printed printed, final FirstError error) {
        final Interpreter interpreter = new Interpreter();
        String value = null;
        String thrown = null;
        try {
            value = interpreter.run(text, argument);
        } catch (final Throwable failure) {
            thrown = Macro.MACRO_CANCELED.equals(failure.getMessage())
                    ? printed.aborted() : failure.toString();
        }
        if (error.message != null) {
            return new Outcome(error.message, null);
        }
        if (interpreter.getErrorMessage() != null) {
            return new Outcome(interpreter.getErrorMessage(), null);
        }
        if (thrown == null && (interpreter.wasError() || IJ.escapePressed())) {
            thrown = printed.aborted();
        }
        return new Outcome(thrown, value);
    }

    /**
     * Standard error, where the patched ImageJ reports a macro's error instead of showing it. The
     * interpreter goes on to its next token after it, so that what it remembers itself may be an
     * error that only follows from this one.
     */
    private static final class FirstError extends PrintStream {
        private static final Pattern REPORT =
                Pattern.compile("(?s)(?:Macro Error|No Image): (.*) in line (\\d+)\\s.*");

        private final PrintStream before;
        private volatile String message;

        FirstError(final PrintStream before) {
            super(before, true);
            this.before = before;
        }

        @Override
        public void println(final String line) {
            final Matcher report = REPORT.matcher(String.valueOf(line));
            if (!report.matches()) {
                super.println(line);
            } else if (message == null) {
                message = report.group(1).trim() + " (line " + report.group(2) + ")";
            }
        }
    }

    /**
     * Standard output, passed on; without a screen the message of exit(message) goes there, and
     * so does the stack trace of a command that threw, after which ImageJ would go on with the
     * macro as if nothing had happened.
     */
    private static final class Printed extends PrintStream {
        private static final Pattern TRACE =
                Pattern.compile("(?s)([\\w.$]+(?:Exception|Error)\\b[^\\r\\n]*)\\R\\s+at .*");

        private final PrintStream before;
        private volatile String last = "";
        private volatile String thrown;

        Printed(final PrintStream before) {
            super(before, true);
            this.before = before;
        }

        @Override
        public void println(final String line) {
            final Matcher trace = TRACE.matcher(String.valueOf(line));
            if (trace.matches() && Thread.currentThread().getName().equals(THREAD)) {
                thrown = trace.group(1);
                throw new RuntimeException(Macro.MACRO_CANCELED);
            }
            last = line;
            super.println(line);
        }

        /** What is known about a macro that was ended by exit, an exception or the escape key. */
        String aborted() {
            return thrown != null ? thrown : last == null || last.isEmpty() ? "aborted" : last;
        }
    }

    private static Set<Integer> openImages() {
        final Set<Integer> ids = new HashSet<>();
        final int[] list = WindowManager.getIDList();
        for (int i = 0; list != null && i < list.length; i++) {
            ids.add(list[i]);
        }
        return ids;
    }

    private static void tidy(final Thread thread, final Set<Integer> before) {
        for (final int id : openImages()) {
            if (!before.contains(id)) {
                final ImagePlus imp = WindowManager.getImage(id);
                imp.changes = false;
                imp.close();
            }
        }
        WindowManager.setTempCurrentImage(thread, null);
        Macro.setOptions(thread, null);
        IJ.setKeyUp(IJ.ALL_KEYS);
        IJ.resetEscape();
        IJ.redirectErrorMessages(false);
    }
}
