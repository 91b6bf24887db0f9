package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.Test;

/** What is checked before anything is taken, and how a plan is told. */
class ImagesTest {

    @Test
    void workThatCannotFitIsRefusedWithNeedAndRemedy() {
        final Refusal refused = assertThrows(Refusal.class,
                () -> Images.checkMemory(Long.MAX_VALUE / 2, "filtering 'huge'"));
        assertTrue(refused.getMessage().startsWith("filtering 'huge' needs 4190000 TiB of memory"),
                refused.getMessage());
        assertTrue(refused.getMessage().contains("Memory & Threads"));
    }

    @Test
    void workThatFitsIsNot() {
        Images.checkMemory(1 << 20, "filtering");
    }

    @Test
    void bytesOfAPlaneFollowTheType() {
        assertEquals(100, Images.planeBytes(8, 100));
        assertEquals(200, Images.planeBytes(16, 100));
        assertEquals(400, Images.planeBytes(24, 100));
        assertEquals(400, Images.planeBytes(32, 100));
    }
}
