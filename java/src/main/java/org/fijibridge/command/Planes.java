package org.fijibridge.command;

import org.fijibridge.engine.Term;

/** Arithmetic on the 32-bit planes of results. */
final class Planes {

    private Planes() {}

    /** Takes a term into the planes of the sum so far; null where there is none. */
    static Object[] sum(final Object[] total, final Object[] part, final Term term) {
        for (int i = 0; i < part.length; i++) {
            final float[] plane = (float[]) part[i];
            term.change(plane, plane.length);
            for (int p = 0; total != null && p < plane.length; p++) {
                plane[p] += ((float[]) total[i])[p];
            }
        }
        return part;
    }
}
