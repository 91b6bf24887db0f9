package org.fijibridge.plan;

/** What was asked for makes no sense; the message is one sentence for the user. */
public final class Refusal extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    private final boolean calibration;

    public Refusal(final String message) {
        this(message, false);
    }

    private Refusal(final String message, final boolean calibration) {
        super(message);
        this.calibration = calibration;
    }

    /** A refusal that a calibration of the image would remove. */
    static Refusal ofCalibration(final String message) {
        return new Refusal(message, true);
    }

    /** Whether the voxel size is what is missing. */
    public boolean isCalibration() {
        return calibration;
    }
}
