package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What a plan is made from. */
class ImagesTest {

    @Test
    void bytesOfAPlaneFollowTheType() {
        assertEquals(100, Images.planeBytes(8, 100));
        assertEquals(200, Images.planeBytes(16, 100));
        assertEquals(400, Images.planeBytes(24, 100));
        assertEquals(400, Images.planeBytes(32, 100));
    }
}
