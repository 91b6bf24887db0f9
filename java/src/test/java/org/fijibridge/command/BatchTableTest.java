package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of a batch: later runs add to it, and no cell is a formula. */
class BatchTableTest {

    @TempDir
    private Path folder;

    @Test
    void cellsAreNoFormulas() {
        assertEquals("\"'=1+1.tif\"", BatchTable.cell("=1+1.tif"));
        assertEquals("\"'-a.tif\"", BatchTable.cell("-a.tif"));
        assertEquals("\"'@a\"", BatchTable.cell("\t@a"));
        assertEquals("\"'+a\"", BatchTable.cell("\r+a"));
        assertEquals("\"-1.5e3\"", BatchTable.cell("-1.5e3"));
        assertEquals("\"a \"\"b\"\" c\"", BatchTable.cell("a \"b\"\nc"));
    }

    @Test
    void whatWasDoneIsKnownToTheNextRun() throws IOException {
        final Path file = folder.resolve("t.csv");
        final BatchTable first = new BatchTable(file);
        first.add("a, \"b\".tif", "done", "", "sigma=1");
        first.add("c.tif", "failed", "why", "sigma=1");
        assertFalse(first.wasDone("a, \"b\".tif", "sigma=1"), "earlier runs count");
        final BatchTable second = new BatchTable(file);
        assertTrue(second.wasDone("a, \"b\".tif", "sigma=1"));
        assertFalse(second.wasDone("a, \"b\".tif", "sigma=2"));
        assertFalse(second.wasDone("c.tif", "sigma=1"));
    }

    @Test
    void aRowThatARunWasKilledInIsNotContinued() throws IOException {
        final Path file = folder.resolve("t.csv");
        new BatchTable(file);
        Files.write(file, (new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                + "\"half.ti").getBytes(StandardCharsets.UTF_8));
        new BatchTable(file).add("a.tif", "done", "", "");
        assertTrue(new BatchTable(file).wasDone("a.tif", ""));
    }

    @Test
    void anotherTableIsLeftAlone() throws IOException {
        final Path file = Files.write(folder.resolve("t.csv"), "x,y\n".getBytes(
                StandardCharsets.UTF_8));
        assertThrows(Refusal.class, () -> new BatchTable(file));
        assertEquals("x,y\n", new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }
}
