package org.fijibridge.file;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.Test;

/** What does not fit is refused before anything is taken. */
class JavaMemoryTest {

    @Test
    void workThatCannotFitIsRefusedWithNeedAndRemedy() {
        final Refusal refused = assertThrows(Refusal.class,
                () -> JavaMemory.check(Long.MAX_VALUE / 2, "filtering 'huge'"));
        assertTrue(refused.getMessage().startsWith("filtering 'huge' needs 4190000 TiB of memory"),
                refused.getMessage());
        assertTrue(refused.getMessage().contains("Memory & Threads"));
    }

    @Test
    void workThatFitsIsNot() {
        JavaMemory.check(1 << 20, "filtering");
    }
}
