package org.fijibridge.command;

import ij.IJ;
import org.fijibridge.engine.Progress;

/** ImageJ's progress bar; the escape key cancels. */
final class ImageProgress implements Progress {

    ImageProgress() {
        IJ.resetEscape();
    }

    @Override
    public void report(final long done, final long total) {
        IJ.showProgress(Math.min(1, (double) done / Math.max(1, total)));
    }

    @Override
    public boolean cancelled() {
        return IJ.escapePressed();
    }
}
