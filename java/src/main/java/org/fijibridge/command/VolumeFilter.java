package org.fijibridge.command;

import org.fijibridge.engine.Border;
import org.fijibridge.engine.Part;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;

/** What a command does to one volume; channels, frames and RGB samples come one by one. */
interface VolumeFilter {

    /**
     * Filters a volume.
     *
     * @param part which part of a volume it is; one along z has all planes around that count
     * @param constant value beyond the edge, for the constant border
     * @param wide sums in double instead of float
     */
    void run(VolumeSource in, Part part, VolumeTarget out, double constant, boolean wide,
            Progress progress);

    /**
     * The same for what is there of a whole volume: the mean of the samples that are neither NaN
     * nor infinite; NaN where none is within reach. The filter must have no negative taps.
     */
    <V extends VolumeSource & VolumeTarget> void means(VolumeSource in, V out, double constant,
            Progress progress);

    /** What lies beyond the edge. */
    Border border();

    /** Whether some samples count less than nothing, so that a sum is no mean. */
    boolean hasNegativeTaps();

    /** Planes to each side that a result plane depends on; -1: always filters whole volumes. */
    int reachZ();

    /** Bytes needed for a volume of this size, above input and output; where it sums in float. */
    long extraBytes(int depth, int height, int width);

    /** Bytes that {@link #means} needs above that. */
    long meansBytes(int depth, int height, int width);

    /** Time for a volume of this size, within a factor of a few. */
    double seconds(int depth, int height, int width);
}
