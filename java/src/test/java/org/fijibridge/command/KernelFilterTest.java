package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import java.util.Collections;
import java.util.HashSet;
import org.fijibridge.engine.Term;
import org.fijibridge.plan.BlurPlan;
import org.junit.jupiter.api.Test;

/** Memory of the two engines. */
class KernelFilterTest {

    private static long bytes(final String engine, final String sigma) {
        final ImagePlus imp = IJ.createImage("a", "32-bit black", 30, 20, 10);
        final BlurPlan plan = BlurCommand.plan(imp,
                Values.parse(Operation.of("gaussian"), "sigma=" + sigma + " unit=pixel"));
        return new KernelFilter(
                Collections.singletonList(KernelTerm.gaussian(plan, 1, Term.ADD)), plan.border,
                engine, new HashSet<>()).extraBytes(10, 20, 30);
    }

    @Test
    void gauss3HoldsWhatItsPassesReachBeyondTheEdges() {
        // Radius 300 at sigma 100; the order of the passes is x, y, z.
        assertEquals(4 * (2 * 6000 + 30 * 620 * 610 + 30 * 20 * 610), bytes("gauss3", "100"));
        assertEquals(4 * (2 * 6000 + 30 * 20 * 10 + 30 * 20 * 10), bytes("gauss3", "0"));
    }

    @Test
    void theFusedEngineTakesLittleForASmallImage() {
        // A volume of 24 kB; rows with room for what kernels reach, and none of them twice.
        assertTrue(bytes("fused", "1") > 0);
        assertTrue(bytes("fused", "1") < 1 << 20, "MiBs for nothing");
        assertTrue(bytes("fused", "9") > bytes("fused", "1"));
    }
}
