package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import java.awt.event.KeyEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The installed program as the commands run it. */
@Timeout(60)
class ProgramTest {

    @TempDir
    private Path folder;

    private void use(final String script) throws Exception {
        final Path program = folder.resolve("fiji bridge");
        Files.write(program, ("#!/bin/sh\n" + script + "\n").getBytes(StandardCharsets.UTF_8));
        assertTrue(program.toFile().setExecutable(true));
        Program.use(program.toString());
    }

    @AfterEach
    void forgetTheProgram() {
        Program.use("fiji-bridge");
        IJ.resetEscape();
    }

    @Test
    void argumentsStayWhatTheyAre() throws Exception {
        use("for a in \"$@\"; do echo \"<$a>\"; done");
        try (Program program = new Program()) {
            final String hostile = "a b; touch x $(id) `id` \"'\\";
            assertEquals("<median>\n<" + hostile + ">",
                    program.run(Arrays.asList("median", hostile), 0));
        }
    }

    @Test
    void whatItSaysAndEndsWithIsTheRefusal() throws Exception {
        use("echo 'fiji-bridge: no such unit'; exit 2");
        try (Program program = new Program()) {
            final Refusal refused = assertThrows(Refusal.class,
                    () -> program.run(Collections.singletonList("median"), 0));
            assertEquals("fiji-bridge: no such unit", refused.getMessage());
        }
    }

    @Test
    void theEscapeKeyEndsIt() throws Exception {
        final Path pid = folder.resolve("pid");
        use("echo $$ > '" + pid + "'; exec sleep 50");
        final Thread person = new Thread(() -> {
            while (!Files.exists(pid)) {
                Thread.yield();
            }
            IJ.setKeyDown(KeyEvent.VK_ESCAPE);
        });
        person.start();
        try (Program program = new Program()) {
            assertThrows(CancellationException.class,
                    () -> program.run(Collections.singletonList("median"), 0));
        }
        person.join();
        final long id = Long.parseLong(new String(Files.readAllBytes(pid)).trim());
        final ProcessHandle process = ProcessHandle.of(id).orElse(null);
        if (process != null) {
            process.onExit().get(10, TimeUnit.SECONDS);
            assertFalse(process.isAlive());
        }
    }

    @Test
    void aKilledProgramSaysWhatHappenedAndWhereItsOutputIs() throws Exception {
        use("echo half a sentence; [ -z \"$2\" ] || touch \"$2\"; kill -9 $$");
        try (Program program = new Program()) {
            program.save(IJ.createImage("a", "8-bit ramp", 9, 9, 2));
            final String out = program.file("out-level0.tif").toString();
            final Refusal refused = assertThrows(Refusal.class,
                    () -> program.run(Arrays.asList("pyramid", out), 0));
            final String said = refused.getMessage();
            assertTrue(said.contains("pyramid was killed by signal 9"), said);
            assertTrue(said.contains("memory runs out"), said);
            final Path log = program.file("fiji-bridge.log");
            assertTrue(said.contains(log.toString()), said);
            assertTrue(said.contains("what it had written beside it"), said);
        }
        // Still there after the command has ended.
        final Path log;
        try (Program program = new Program()) {
            assertThrows(Refusal.class,
                    () -> program.run(Collections.singletonList("median"), 0));
            log = program.file("fiji-bridge.log");
        }
        assertEquals("half a sentence\n", new String(Files.readAllBytes(log)));
    }

    @Test
    void theEscapeKeyEndsOneThatDoesNotWantToEnd() throws Exception {
        use("trap '' TERM; echo ready; while :; do sleep 0.1; done");
        IJ.resetEscape();
        final Thread person = new Thread(() -> IJ.setKeyDown(KeyEvent.VK_ESCAPE));
        try (Program program = new Program()) {
            person.start();
            assertThrows(CancellationException.class,
                    () -> program.run(Collections.singletonList("median"), 0));
        }
        person.join();
    }

    @Test
    void itsFolderIsGoneAfterwards() throws Exception {
        final Path made;
        try (Program program = new Program()) {
            made = program.save(IJ.createImage("a", "8-bit ramp", 9, 9, 2));
            assertTrue(Files.exists(made));
            assertEquals(Collections.singletonList(made), program.files("image"));
        }
        assertFalse(Files.exists(made.getParent()));
    }
}
