package org.fijibridge.file;

import ij.IJ;
import org.fijibridge.plan.Numbers;
import org.fijibridge.plan.Refusal;

/** The memory that ImageJ may use, looked at before it is taken. */
public final class JavaMemory {

    private JavaMemory() {}

    /** Refuses work that does not fit. */
    public static void check(final long needed, final String what) {
        if (needed <= free()) {
            return;
        }
        System.gc();
        if (needed > free()) {
            throw new Refusal(what + " needs " + Numbers.bytes(needed) + " of memory but "
                    + Numbers.bytes(free()) + " are free; close images, give ImageJ more memory "
                    + "(Edit > Options > Memory & Threads), or work on a crop");
        }
    }

    private static long free() {
        return IJ.maxMemory() - IJ.currentMemory();
    }
}
