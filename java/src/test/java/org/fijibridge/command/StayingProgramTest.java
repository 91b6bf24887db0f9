package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.Prefs;
import java.awt.event.KeyEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.concurrent.CancellationException;
import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program that stays for several commands. */
@Timeout(60)
class StayingProgramTest {

    @TempDir
    private Path folder;

    /** Lets a script be the program: what it does for each line, where it stays. */
    private void use(final String each) throws Exception {
        final Path program = folder.resolve("program");
        Files.write(program, ("#!/bin/sh\n"
                + "echo \"$1\" >> '" + starts() + "'\n"
                + "if [ \"$1\" != stay ]; then echo once; exit 0; fi\n"
                + "printf '\\004 ready\\n'\n"
                + "while read -r line; do\n" + each + "\ndone\n").getBytes(StandardCharsets.UTF_8));
        assertTrue(program.toFile().setExecutable(true));
        Program.use(program.toString());
    }

    private Path starts() {
        return folder.resolve("starts");
    }

    private long started() throws Exception {
        return Files.readAllLines(starts()).size();
    }

    private static String run(final String... arguments) {
        try (Program program = new Program()) {
            return program.run(Arrays.asList(arguments), 0);
        }
    }

    @AfterEach
    void forgetTheProgram() {
        Program.use("fiji-bridge");
        Prefs.set(StayingProgram.PREFERENCE, true);
        IJ.resetEscape();
    }

    @Test
    void oneProcessDoesSeveralCommands() throws Exception {
        use("echo \"$line\"; printf '\\006 1 4\\n'; echo more; printf '\\004 0\\n'");
        assertEquals("[\"median\", \"a \\u00b5 \\\"b\"]\nmore", run("median", "a µ \"b"));
        assertEquals("[\"views\"]\nmore", run("views"));
        assertEquals(1, started());
    }

    @Test
    void aMistakeIsTheRefusalAndTheNextCommandIsDone() throws Exception {
        use("case \"$line\" in *bad*) echo 'no such unit'; printf '\\004 2\\n';;"
                + " *) echo good; printf '\\004 0\\n';; esac");
        final Refusal refused = assertThrows(Refusal.class, () -> run("bad"));
        assertEquals("no such unit", refused.getMessage());
        assertEquals("good", run("median"));
        assertEquals(1, started());
    }

    @Test
    void oneThatIsKilledSaysSoAndAnotherComes() throws Exception {
        use("case \"$line\" in *bad*) echo half a sentence; kill -9 $$;;"
                + " *) echo good; printf '\\004 0\\n';; esac");
        assertEquals("good", run("median"));
        final String said = assertThrows(Refusal.class, () -> run("bad")).getMessage();
        assertTrue(said.contains("bad was killed by signal 9"), said);
        assertEquals("good", run("median"));
        assertEquals(2, started());
    }

    @Test
    void theEscapeKeyEndsItAndAnotherComes() throws Exception {
        final Path begun = folder.resolve("begun");
        use("case \"$line\" in *bad*) touch '" + begun + "'; sleep 50;;"
                + " *) echo good; printf '\\004 0\\n';; esac");
        final Thread person = new Thread(() -> {
            while (!Files.exists(begun)) {
                Thread.yield();
            }
            IJ.setKeyDown(KeyEvent.VK_ESCAPE);
        });
        person.start();
        assertThrows(CancellationException.class, () -> run("bad"));
        person.join();
        IJ.resetEscape();
        assertEquals("good", run("median"));
        assertEquals(2, started());
    }

    @Test
    void whoDoesNotWantItHasAProcessPerCommand() throws Exception {
        use("exit 1");
        Prefs.set(StayingProgram.PREFERENCE, false);
        assertEquals("once", run("median"));
        assertEquals("once", run("views"));
        assertEquals(Arrays.asList("median", "views"), Files.readAllLines(starts()));
    }

    @Test
    void anOlderProgramIsStartedForEachCommand() throws Exception {
        final Path program = folder.resolve("older");
        Files.write(program, ("#!/bin/sh\necho \"$1\" >> '" + starts() + "'\n"
                + "[ \"$1\" = stay ] && echo 'no such command' && exit 2\necho once\n")
                .getBytes(StandardCharsets.UTF_8));
        assertTrue(program.toFile().setExecutable(true));
        Program.use(program.toString());
        assertEquals("once", run("median"));
        assertEquals("once", run("views"));
        assertEquals(Arrays.asList("stay", "median", "views"), Files.readAllLines(starts()));
    }

    @Test
    void anotherProgramTakesItsPlace() throws Exception {
        use("echo first; printf '\\004 0\\n'");
        assertEquals("first", run("median"));
        final Path other = folder.resolve("other");
        Files.write(other, "#!/bin/sh\nprintf '\\004 ready\\n'\nread -r line; echo second; printf '\\004 0\\n'\n"
                .getBytes(StandardCharsets.UTF_8));
        assertTrue(other.toFile().setExecutable(true));
        Program.use(other.toString());
        assertEquals("second", run("median"));
        assertEquals(Collections.singletonList("stay"), Files.readAllLines(starts()));
    }
}
