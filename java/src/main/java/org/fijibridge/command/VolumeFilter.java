package org.fijibridge.command;

import org.fijibridge.engine.Border;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;

/** What a command does to one volume; channels, frames and RGB samples come one by one. */
interface VolumeFilter {

    /**
     * Filters a volume.
     *
     * @param constant value beyond the edge, for the constant border
     * @param wide sums in double instead of float
     */
    void run(VolumeSource in, VolumeTarget out, double constant, boolean wide, Progress progress);

    /** What lies beyond the edge. */
    Border border();

    /** Planes to each side that a result plane depends on; -1: always filters whole volumes. */
    int reachZ();

    /** Bytes needed for a volume of this size, above input and output; where it sums in float. */
    long extraBytes(int depth, int height, int width);
}
