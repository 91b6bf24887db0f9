package org.fijibridge.command;

import org.fijibridge.engine.Gauss3Adapter;
import org.fijibridge.plan.Refusal;

/** The engines of this ImageJ. */
final class Engines {

    static final String FUSED = "fused";
    static final String GAUSS3 = "gauss3";

    private Engines() {}

    /** What there is, the default first: the real Gauss3 where imglib2-algorithm is installed. */
    static String[] available() {
        return Gauss3Adapter.available() ? new String[] {GAUSS3, FUSED} : new String[] {FUSED};
    }

    /** The engine asked for, or the default; never another. */
    static String chosen(final Values values) {
        final String[] available = available();
        if (!values.has("engine")) {
            return available[0];
        }
        final String engine = values.text("engine");
        if (engine.equals(GAUSS3) && available.length == 1) {
            throw new Refusal("engine=gauss3 needs imglib2-algorithm, which this ImageJ lacks; "
                    + "use engine=fused, which has the same kernel");
        }
        return engine;
    }
}
