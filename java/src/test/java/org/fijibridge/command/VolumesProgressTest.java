package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.fijibridge.engine.Progress;
import org.junit.jupiter.api.Test;

/** The progress bar goes from nothing to all, once, however many volumes there are. */
class VolumesProgressTest {

    @Test
    void volumesFollowEachOther() {
        final List<Double> shares = new ArrayList<>();
        final Progress whole = new Progress() {
            @Override
            public void report(final long done, final long total) {
                shares.add((double) done / total);
            }

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        final VolumesProgress progress = new VolumesProgress(whole, 3);
        for (int volume = 0; volume < 3; volume++) {
            for (int done = 0; done <= 7; done++) {
                progress.report(done, 7);
            }
            progress.next();
        }
        assertEquals(0.0, shares.get(0));
        assertEquals(1.0, shares.get(shares.size() - 1));
        for (int i = 1; i < shares.size(); i++) {
            assertTrue(shares.get(i) >= shares.get(i - 1), shares.toString());
        }
        assertTrue(progress.cancelled(), "whoever cancels the whole cancels each");
    }
}
