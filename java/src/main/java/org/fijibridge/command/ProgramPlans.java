package org.fijibridge.command;

import ij.ImagePlus;
import java.awt.EventQueue;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.fijibridge.plan.Refusal;
import org.fijibridge.plan.Voxels;

/**
 * Plans of the installed program fiji-bridge. One process answers all questions of a dialog: to
 * start it takes half a second, an answer some milliseconds. It is asked on a thread of its own
 * and never gets the samples; a newer question makes one that waits pointless.
 */
final class ProgramPlans implements Planner {

    private static final Pattern HEAD = Pattern.compile("(plan|problem|uncalibrated) (\\d+)");

    private final Operation operation;
    private final ImagePlus imp;
    private final AtomicInteger newest = new AtomicInteger();
    private final ExecutorService worker = Executors.newSingleThreadExecutor(task -> {
        final Thread thread = new Thread(task, "fiji-bridge-plans");
        thread.setDaemon(true);
        return thread;
    });
    private boolean closed;
    /** Path of the process that runs. */
    private String running;
    private Process process;
    private BufferedReader answers;

    ProgramPlans(final Operation operation, final ImagePlus imp) {
        this.operation = operation;
        this.imp = imp;
    }

    @Override
    public void plan(final Values values, final Answer answer) {
        final byte[] question =
                (question(values) + "\n").getBytes(StandardCharsets.US_ASCII);
        final String program =
                values.has(Operation.PROGRAM) ? values.text(Operation.PROGRAM) : Program.path();
        final int number = newest.incrementAndGet();
        worker.execute(() -> {
            if (number == newest.get()) {
                ask(program, question, (text, kind) -> {
                    if (number == newest.get()) {
                        EventQueue.invokeLater(() -> answer.say(text, kind));
                    }
                });
            }
        });
    }

    /** What is asked, as JSON in one line: the options of the program, and what the image is. */
    private String question(final Values values) {
        final Map<String, Object> question = new LinkedHashMap<>();
        question.put("operation", operation.name);
        question.put("options", ProgramCommand.options(operation, values));
        question.put("image", image(imp));
        return Json.write(question);
    }

    private static Map<String, Object> image(final ImagePlus imp) {
        final Map<String, Integer> sizes = new LinkedHashMap<>();
        sizes.put("t", imp.getNFrames());
        sizes.put("z", imp.getNSlices());
        sizes.put("c", imp.getNChannels());
        sizes.values().removeIf(size -> size == 1);
        sizes.put("y", imp.getHeight());
        sizes.put("x", imp.getWidth());
        if (imp.getBitDepth() == 24) {
            sizes.put("s", 3);
        }
        final Map<String, Object> voxels = new LinkedHashMap<>();
        for (final Voxels.Axis axis : Images.voxels(imp).axes()) {
            voxels.put(axis.name, Arrays.asList(axis.size, axis.unit));
        }
        final Map<String, Object> image = new LinkedHashMap<>();
        image.put("name", imp.getTitle());
        image.put("dtype", Images.type(imp));
        image.put("axes", new ArrayList<>(sizes.keySet()));
        image.put("shape", new ArrayList<>(sizes.values()));
        image.put("voxels", voxels);
        return image;
    }

    private void ask(final String program, final byte[] question, final Answer answer) {
        final List<String> lines = new ArrayList<>();
        try {
            final OutputStream questions = started(program).getOutputStream();
            questions.write(question);
            questions.flush();
            final Kind kind = Kind.valueOf(read(lines).toUpperCase(Locale.ROOT));
            answer.say(String.join("\n", lines), kind);
        } catch (final Refusal missing) {
            answer.say(missing.getMessage(), Kind.PROBLEM);
        } catch (final IOException ended) {
            stop();
            answer.say("the program '" + program + "' does not answer"
                    + (lines.isEmpty() ? "" : " (" + lines.get(lines.size() - 1) + ")")
                    + "; if it is older than this command: pip install --upgrade fiji-bridge",
                    Kind.PROBLEM);
        }
    }

    /** Reads an answer: its kind, and its lines. Lines that are none, such as warnings, pass. */
    private String read(final List<String> lines) throws IOException {
        for (String line; (line = answers.readLine()) != null; ) {
            final Matcher head = HEAD.matcher(line);
            if (head.matches()) {
                lines.clear();
                for (int i = Integer.parseInt(head.group(2)); i > 0; i--) {
                    lines.add(answers.readLine());
                }
                return head.group(1);
            }
            lines.add(line);
        }
        throw new IOException("ended");
    }

    private synchronized Process started(final String program) throws IOException {
        if (closed) {
            throw new IOException("closed");
        }
        if (process != null && !program.equals(running)) {
            stop();
        }
        if (process == null) {
            process = Program.start(program, Collections.singletonList("answer-plans"));
            running = program;
            answers = new BufferedReader(
                    new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }
        return process;
    }

    private synchronized void stop() {
        if (process != null) {
            process.destroy();
            process = null;
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        newest.incrementAndGet();
        worker.shutdownNow();
        stop();
    }
}
