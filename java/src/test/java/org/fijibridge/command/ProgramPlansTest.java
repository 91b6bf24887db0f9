package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.VirtualStack;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Questions to a program that answers with its process id and the question. */
@Timeout(30)
class ProgramPlansTest {

    private static final Operation MEDIAN = Operation.of("median");
    private static final String ECHO =
            "while read -r line; do echo 'plan 2'; echo $$; echo \"$line\"; done";

    @TempDir
    private Path folder;
    private final AtomicInteger reads = new AtomicInteger();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    private ProgramPlans plans(final String script, final ImagePlus imp) throws Exception {
        final Path program = folder.resolve("fiji bridge");
        Files.write(program, ("#!/bin/sh\n" + script + "\n").getBytes(StandardCharsets.UTF_8));
        assertTrue(program.toFile().setExecutable(true));
        Program.use(program.toString());
        return new ProgramPlans(MEDIAN, imp);
    }

    private static ImagePlus image() {
        return IJ.createImage("a \u00b5", "16-bit ramp", 30, 20, 4);
    }

    @AfterEach
    void forgetTheProgram() {
        Program.use("fiji-bridge");
    }

    private void ask(final ProgramPlans plans, final String radius) {
        plans.plan(Values.parse(MEDIAN, "radius=[" + radius + "]"),
                (text, kind) -> answers.add(kind.name().toLowerCase(Locale.ROOT) + " " + text));
    }

    @Test
    void oneProcessIsToldOptionsAndImageButNoSamples() throws Exception {
        try (ProgramPlans plans = plans(ECHO, image())) {
            ask(plans, "1 um");
            final String[] first = answers.take().split("\n");
            assertEquals("{\"operation\": \"median\", \"options\": [\"--radius=1 um\", "
                    + "\"--border=mirror-double\", \"--cval=0\"], \"image\": {\"name\": "
                    + "\"a u00b5\", \"dtype\": \"uint16\", \"axes\": [\"z\", \"y\", \"x\"], "
                    + "\"shape\": [4, 20, 30], \"voxels\": {\"z\": [1.0, \"pixel\"], "
                    + "\"y\": [1.0, \"pixel\"], \"x\": [1.0, \"pixel\"]}}}",
                    // A shell's echo may take the escape of the Greek letter for one of its own.
                    first[1].replace("\\u00b5", "u00b5").replace("\u00b5", "u00b5"));
            ask(plans, "2 um");
            final String[] second = answers.take().split("\n");
            assertEquals(first[0], second[0], "the same process");
            assertTrue(second[1].contains("--radius=2 um"));
        }
    }

    @Test
    void planesOfAVirtualStackAreNotRead() throws Exception {
        final ImagePlus imp = new ImagePlus("virtual", new VirtualStack(30, 20, 4) {
            @Override
            public int getBitDepth() {
                return 16;
            }

            @Override
            public ImageProcessor getProcessor(final int n) {
                reads.incrementAndGet();
                return new ShortProcessor(30, 20);
            }
        });
        final int shown = reads.get();
        try (ProgramPlans plans = plans(ECHO, imp)) {
            ask(plans, "1 um");
            assertTrue(answers.take().contains("[4, 20, 30]"));
        }
        assertEquals(shown, reads.get());
    }

    @Test
    void ofManyQuestionsTheLastIsAnswered() throws Exception {
        final String slow = "while read -r line; do sleep 0.2; echo 'plan 1'; echo \"$line\"; done";
        try (ProgramPlans plans = plans(slow, image())) {
            for (int i = 0; i < 50; i++) {
                ask(plans, i + " um");
            }
            String answer = answers.take();
            int count = 1;
            while (!answer.contains("--radius=49 um")) {
                answer = answers.take();
                count++;
            }
            assertTrue(count <= 3, count + " answers");
        }
    }

    @Test
    void aProblemIsToldAsSuchAndWarningsBeforeItPass() throws Exception {
        final String script = "read -r line; echo warning; echo 'problem 1'; echo 'no such unit'";
        try (ProgramPlans plans = plans(script, image())) {
            ask(plans, "1 um");
            assertEquals("problem no such unit", answers.take());
        }
    }

    @Test
    void aProblemThatAVoxelSizeWouldMendIsToldApart() throws Exception {
        try (ProgramPlans plans = plans("read -r line; echo 'uncalibrated 1'; echo 'no size'",
                image())) {
            ask(plans, "1 um");
            assertEquals("uncalibrated no size", answers.take());
        }
    }

    @Test
    void aProgramThatEndsOrIsMissingIsSaid() throws Exception {
        try (ProgramPlans plans = plans("echo \"No such command 'answer-plans'.\"", image())) {
            ask(plans, "1 um");
            final String said = answers.take();
            assertTrue(said.startsWith("problem the program '"), said);
            assertTrue(said.contains("pip install --upgrade fiji-bridge"), said);
            Files.delete(folder.resolve("fiji bridge"));
            ask(plans, "2 um");
            final String missing = answers.take();
            assertTrue(missing.contains("pip install fiji-bridge"), missing);
        }
    }

    @Test
    void nothingGoesOnAfterItIsClosed() throws Exception {
        final Path pid = folder.resolve("pid");
        final ProgramPlans plans = plans("echo $$ > '" + pid + "'; exec sleep 20", image());
        ask(plans, "1 um");
        String id = "";
        while (id.isEmpty()) {
            Thread.yield();
            id = Files.exists(pid) ? new String(Files.readAllBytes(pid)).trim() : "";
        }
        plans.close();
        final ProcessHandle process = ProcessHandle.of(Long.parseLong(id)).orElse(null);
        if (process != null) {
            process.onExit().get(10, TimeUnit.SECONDS);
        }
        assertFalse(process != null && process.isAlive());
        assertNull(answers.poll(300, TimeUnit.MILLISECONDS), "no one wants to know");
    }
}
