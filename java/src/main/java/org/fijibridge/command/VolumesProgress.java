package org.fijibridge.command;

import org.fijibridge.engine.Progress;

/** Progress of several volumes as that of the whole. */
final class VolumesProgress implements Progress {

    private static final long STEPS = 1000;

    private final Progress whole;
    private final int volumes;
    private int volume;

    VolumesProgress(final Progress whole, final int volumes) {
        this.whole = whole;
        this.volumes = Math.max(1, volumes);
    }

    /** Goes on to the next volume. */
    void next() {
        volume++;
    }

    @Override
    public void report(final long done, final long total) {
        final long here = Math.round((double) STEPS * done / Math.max(1, total));
        whole.report(Math.min(volume * STEPS + here, volumes * STEPS), volumes * STEPS);
    }

    @Override
    public boolean cancelled() {
        return whole.cancelled();
    }
}
