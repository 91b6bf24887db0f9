package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopChoiceTest {

    @TempDir
    private Path folder;

    private final LoopChoice some = new LoopChoice(
            EnumSet.of(LoopChoice.Kind.BAND_WIDE, LoopChoice.Kind.SLIDE_NARROW),
            EnumSet.noneOf(LoopChoice.Kind.class));

    @BeforeEach
    void keepThere() {
        System.setProperty(LoopChoice.FOLDER, folder.resolve("new").toString());
    }

    @AfterEach
    void keepNothing() {
        System.clearProperty(LoopChoice.FOLDER);
    }

    @Test
    void theNextStartKnows() {
        assertNull(LoopChoice.load());
        some.store();
        final LoopChoice again = LoopChoice.load();
        assertNotNull(again);
        assertEquals(some.floats, again.floats);
        assertEquals(some.doubles, again.doubles);
    }

    @Test
    void anotherJavaDoesNot() {
        some.store();
        final String version = System.setProperty("java.vm.version", "another");
        try {
            assertNull(LoopChoice.load());
        } finally {
            System.setProperty("java.vm.version", version);
        }
        assertNotNull(LoopChoice.load());
    }

    @Test
    void whatIsDamagedIsFoundAnew() throws IOException {
        some.store();
        final Path file = folder.resolve("new").resolve("loops.properties");
        final byte[] whole = Files.readAllBytes(file);
        for (final String damage : new String[] {"", "\\u00", "BAND", "\0\0\0"}) {
            Files.write(file, damage.getBytes("UTF-8"));
            assertNull(LoopChoice.load());
        }
        Files.write(file, new String(whole, "UTF-8").replace("BAND_WIDE", "BAND_WIND").getBytes("UTF-8"));
        assertNull(LoopChoice.load());
        some.store();
        assertNotNull(LoopChoice.load());
    }

    @Test
    void whereNothingCanBeKeptNothingIs() throws IOException {
        final Path file = Files.write(folder.resolve("file"), new byte[1]);
        System.setProperty(LoopChoice.FOLDER, file.toString());
        some.store();
        assertNull(LoopChoice.load());
        System.clearProperty(LoopChoice.FOLDER);
        some.store();
        assertNull(LoopChoice.load());
    }
}
