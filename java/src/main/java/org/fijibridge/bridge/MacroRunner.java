package org.fijibridge.bridge;

import ij.Executer;
import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.gui.Roi;
import ij.io.RoiDecoder;
import ij.io.RoiEncoder;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.plugin.filter.Analyzer;
import java.awt.GraphicsEnvironment;
import java.awt.HeadlessException;
import java.awt.event.KeyEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
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

    /** How long a macro that was aborted may take to end; a loop in Java code never does. */
    private static final long PATIENCE_MILLIS = 3000;

    /** ImageJ keeps options for threads Run$_ only, and aborts at once on threads Macro$ only. */
    private static final String THREAD = "Run$_fiji_bridge_Macro$";

    private MacroRunner() {}

    /** How a macro ended, and what it left. */
    public static final class Outcome {
        private final String message;
        private final String value;
        private final Printed printed;
        private ImagePlus[] images = {};
        private ImagePlus active;
        private ResultsTable results = new ResultsTable();
        private Map<String, ResultsTable> tables = Collections.emptyMap();
        private Roi[] rois = {};
        private String[] defaults = {};

        private Outcome(final String message, final String value, final Printed printed) {
            this.message = message;
            this.value = value;
            this.printed = printed;
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

        /** What it printed, where nobody else was told. */
        public String log() {
            return printed.kept();
        }

        /** Fields of dialogs that its options did not name, as key=value. */
        public String[] defaults() {
            return defaults.clone();
        }

        /** The images that are open at its end. */
        public ImagePlus[] images() {
            return images.clone();
        }

        /** The one of them that is active, or null. */
        public ImagePlus active() {
            return active;
        }

        /** The Results table. */
        public ResultsTable results() {
            return results;
        }

        /** Other tables that it has shown, by their titles. */
        public Map<String, ResultsTable> tables() {
            return tables;
        }

        /** What the ROI Manager holds, each in ImageJ's file format. */
        public byte[][] rois() {
            final byte[][] coded = new byte[rois.length][];
            for (int i = 0; i < rois.length; i++) {
                coded[i] = RoiEncoder.saveAsByteArray(rois[i]);
            }
            return coded;
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
        checkScreen();
        Commands.prepare();
        final Set<Integer> open = openImages();
        try {
            return run(text, argument, null, new Printed(System.out, true), progress);
        } finally {
            closeAllBut(open);
        }
    }

    /**
     * Runs a macro in an ImageJ where nothing is open but these images, the first of them active,
     * and where the ROI Manager holds these ROIs. What it prints is kept, and what it leaves
     * belongs to the caller: nothing of it stays open.
     *
     * @param rois in ImageJ's file format
     */
    public static synchronized Outcome run(final String text, final String argument,
            final ImagePlus[] images, final byte[][] rois, final Progress progress) {
        checkScreen();
        Commands.prepare();
        final Roi[] known = new Roi[rois.length];
        for (int i = 0; i < rois.length; i++) {
            known[i] = RoiDecoder.openFromByteArray(rois[i]);
        }
        final Bench bench = new Bench(images, known, Bench.commandsIn(text));
        Watched.take();
        DialogFields.take();
        try {
            final Outcome outcome =
                    run(text, argument, bench, new Printed(System.out, false), progress);
            outcome.tables = Watched.take();
            outcome.defaults = DialogFields.take();
            return outcome;
        } finally {
            bench.leave();
        }
    }

    private static void checkScreen() {
        if (!GraphicsEnvironment.isHeadless()) {
            throw new IllegalStateException("macros are run without a screen only: "
                    + "with one, ImageJ would stop at a dialog");
        }
    }

    private static Outcome run(final String text, final String argument, final Bench bench,
            final Printed printed, final Progress progress) {
        final Outcome[] outcome = new Outcome[1];
        final FirstError error = new FirstError(System.err);
        final Thread thread = new Thread(
                () -> outcome[0] = interpret(text, argument, bench, printed, error), THREAD);
        // A thread that Python made has none, and ImageJ looks for plugins through it.
        thread.setContextClassLoader(MacroRunner.class.getClassLoader());
        thread.setDaemon(true);
        System.setOut(printed);
        System.setErr(error);
        final DialogFields.Filters filters = new DialogFields.Filters();
        Executer.addCommandListener(filters);
        ExitGuard.enter();
        thread.start();
        try {
            final String left = wait(thread, progress);
            if (left != null) {
                return new Outcome(left, null, printed);
            }
        } finally {
            ExitGuard.leave();
            Executer.removeCommandListener(filters);
            System.setOut(printed.before);
            System.setErr(error.before);
            tidy(thread);
        }
        return outcome[0];
    }

    /** Whether the present thread is that of a macro that Python runs. */
    public static boolean runs() {
        return Thread.currentThread().getName().equals(THREAD);
    }

    /** Waits for the end of a thread; returns why it had to be left behind, or null. */
    private static String wait(final Thread thread, final Progress progress) {
        long aborted = 0;
        while (thread.isAlive()) {
            try {
                thread.join(PAUSE_MILLIS);
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
                abort();
            }
            if (ExitGuard.stopped(thread)) {
                return "it asked Java to end (System.exit), which would end Python as well";
            }
            if (thread.isAlive() && progress.cancelled()) {
                abort();
                final long now = System.nanoTime() / 1_000_000;
                aborted = aborted == 0 ? now : aborted;
                if (now - aborted > PATIENCE_MILLIS) {
                    return "it was aborted and does not end";
                }
            }
        }
        return null;
    }

    private static void abort() {
        // The key ends a command of ours that computes, the call the macro around it.
        IJ.setKeyDown(KeyEvent.VK_ESCAPE);
        Interpreter.abort();
    }

    private static Outcome interpret(final String text, final String argument, final Bench bench,
            final Printed printed, final FirstError error) {
        final Interpreter interpreter = new Interpreter();
        String value = null;
        String thrown = null;
        try {
            value = interpreter.run(text, argument);
        } catch (final Throwable failure) {
            thrown = Macro.MACRO_CANCELED.equals(failure.getMessage())
                    ? printed.aborted() : said(failure);
            if (printed.thrown != null || !Macro.MACRO_CANCELED.equals(failure.getMessage())) {
                thrown += " (line " + interpreter.getLineNumber() + ")";
            }
        }
        if (thrown == null && (interpreter.wasError() || IJ.escapePressed())) {
            thrown = printed.aborted();
        }
        final String message = error.message != null ? error.message
                : interpreter.getErrorMessage() != null ? interpreter.getErrorMessage() : thrown;
        final Outcome outcome = new Outcome(message, value, printed);
        if (bench != null && message == null) {
            outcome.images = bench.images();
            outcome.active = WindowManager.getCurrentImage();
            outcome.results = Analyzer.getResultsTable();
            outcome.rois = bench.rois();
        }
        return outcome;
    }

    /** Says what was thrown; of a window that cannot be, what that means. */
    private static String said(final Throwable failure) {
        return said(failure.toString());
    }

    private static String said(final String text) {
        final String refused = DialogFields.DialogError.class.getName() + ": ";
        if (text.startsWith(refused)) {
            return text.substring(refused.length());
        }
        if (text.startsWith(HeadlessException.class.getName()) || text.contains("headless dialog")) {
            return "a dialog or window would open, and there is no screen";
        }
        return text;
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
                Pattern.compile("(?s)([\\w.$]+(?:Exception|Error)\\b[^\\r\\n]*)"
                        + "(?:\\R[^\\r\\n]*){0,4}?\\R\\s+at .*");

        private final PrintStream before;
        private final ByteArrayOutputStream kept;
        private volatile String last = "";
        private volatile String thrown;

        /** Passes on what is printed, or keeps it. */
        Printed(final PrintStream before, final boolean passOn) {
            this(before, passOn ? null : new ByteArrayOutputStream());
        }

        private Printed(final PrintStream before, final ByteArrayOutputStream kept) {
            super(kept == null ? before : kept, true);
            this.before = before;
            this.kept = kept;
        }

        String kept() {
            flush();
            return kept == null ? "" : kept.toString();
        }

        @Override
        public void println(final String line) {
            final Matcher trace = TRACE.matcher(String.valueOf(line));
            if (trace.matches() && runs()) {
                thrown = trace.group(1);
                throw new RuntimeException(Macro.MACRO_CANCELED);
            }
            last = line;
            super.println(line);
        }

        /** What is known about a macro that was ended by exit, an exception or the escape key. */
        String aborted() {
            return thrown != null ? said(thrown) : last == null || last.isEmpty() ? "aborted" : last;
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

    private static void closeAllBut(final Set<Integer> before) {
        for (final int id : openImages()) {
            if (!before.contains(id)) {
                final ImagePlus imp = WindowManager.getImage(id);
                imp.changes = false;
                imp.close();
            }
        }
    }

    private static void tidy(final Thread thread) {
        WindowManager.setTempCurrentImage(thread, null);
        Macro.setOptions(thread, null);
        IJ.setKeyUp(IJ.ALL_KEYS);
        IJ.resetEscape();
        IJ.redirectErrorMessages(false);
    }
}
