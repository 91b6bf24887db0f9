package org.fijibridge.engine;

import java.util.Locale;

/**
 * What becomes of one of several outputs that make up one result: none of them is ever stored by
 * itself. Those of one sweep are summed by {@link TermSum}.
 */
public enum Term {
    /** Is added. */
    ADD,
    /** Is subtracted. */
    SUBTRACT,
    /** Its square is added. */
    ADD_SQUARE;

    /**
     * A term by its name in Python: "add", "subtract" or "add_square".
     *
     * @throws IllegalArgumentException for another name
     */
    public static Term of(final String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /**
     * A target that takes this term into a volume, for those who compute one after the other.
     *
     * @param volume holds the terms so far, as floating-point samples
     * @param first whether there are none so far; what the volume holds is then replaced
     */
    public <V extends VolumeSource & VolumeTarget> VolumeTarget into(final V volume,
            final boolean first) {
        return new TermTarget(volume, this) {
            @Override
            public Writer writer() {
                return new TermWriter(Term.this, first ? null : volume.reader(), volume.writer());
            }
        };
    }

    /** Takes the first values of a row, from an offset on, into their sum. */
    void add(final double[] values, final int offset, final double[] sum, final int length) {
        switch (this) {
            case SUBTRACT:
                for (int i = 0; i < length; i++) {
                    sum[i] -= values[offset + i];
                }
                break;
            case ADD_SQUARE:
                for (int i = 0; i < length; i++) {
                    sum[i] += values[offset + i] * values[offset + i];
                }
                break;
            default:
                for (int i = 0; i < length; i++) {
                    sum[i] += values[offset + i];
                }
        }
    }

    /** What is added for the first values of a row, in their place. */
    public void change(final float[] values, final int length) {
        if (this == SUBTRACT) {
            for (int i = 0; i < length; i++) {
                values[i] = -values[i];
            }
        } else if (this == ADD_SQUARE) {
            for (int i = 0; i < length; i++) {
                values[i] *= values[i];
            }
        }
    }

    /** The same in double. */
    public void change(final double[] values, final int length) {
        if (this == SUBTRACT) {
            for (int i = 0; i < length; i++) {
                values[i] = -values[i];
            }
        } else if (this == ADD_SQUARE) {
            for (int i = 0; i < length; i++) {
                values[i] *= values[i];
            }
        }
    }
}
