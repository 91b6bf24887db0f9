package org.fijibridge.command;

import ij.IJ;
import org.fijibridge.engine.Progress;

/** ImageJ's progress bar over several volumes; the escape key cancels. */
final class ImageProgress implements Progress {

    private final int volumes;
    private int volume;

    ImageProgress(final int volumes) {
        this.volumes = Math.max(1, volumes);
        IJ.resetEscape();
    }

    /** Goes on to the next volume. */
    void next() {
        volume++;
    }

    @Override
    public void report(final long done, final long total) {
        IJ.showProgress(Math.min(1, (volume + (double) done / Math.max(1, total)) / volumes));
    }

    @Override
    public boolean cancelled() {
        return IJ.escapePressed();
    }
}
