package org.fijibridge.engine;

/** The element types a volume in memory may have. */
public enum ElementType {
    INT8("int8", 1, true, -128, 127),
    UINT8("uint8", 1, true, 0, 255),
    INT16("int16", 2, true, -32768, 32767),
    UINT16("uint16", 2, true, 0, 65535),
    INT32("int32", 4, true, Integer.MIN_VALUE, Integer.MAX_VALUE),
    UINT32("uint32", 4, true, 0, 4294967295.0),
    FLOAT32("float32", 4, false, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY),
    FLOAT64("float64", 8, false, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

    /** The largest float below one half: a half itself would carry 0.49999997 to 1. */
    private static final float ALMOST_HALF = 0.49999997f;

    private final String label;
    private final int bytes;
    private final boolean integer;
    private final double smallest;
    private final double largest;

    ElementType(final String label, final int bytes, final boolean integer,
            final double smallest, final double largest) {
        this.label = label;
        this.bytes = bytes;
        this.integer = integer;
        this.smallest = smallest;
        this.largest = largest;
    }

    /** The type of this NumPy name. */
    public static ElementType of(final String label) {
        for (final ElementType type : values()) {
            if (type.label.equals(label)) {
                return type;
            }
        }
        throw new IllegalArgumentException("element type \"" + label + "\" is not supported");
    }

    /** NumPy's name of the type. */
    public String label() {
        return label;
    }

    /** Bytes per element. */
    public int bytes() {
        return bytes;
    }

    /** Whether values have nothing behind the point. */
    boolean isInteger() {
        return integer;
    }

    /** Whether values have more digits than a float holds, so that sums need doubles. */
    public boolean needsDouble() {
        return this == INT32 || this == UINT32 || this == FLOAT64;
    }

    /**
     * What is stored for a computed value: integers take the nearest one, halves away from
     * zero (as ImgLib2 rounds), and end at the type's range.
     */
    public double quantise(final double value) {
        if (!integer) {
            return value;
        }
        final double rounded = value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5);
        return Math.max(smallest, Math.min(largest, rounded));
    }

    /**
     * The same in place for the first n floats, for types of at most 16 bits; what is behind the
     * point remains to be cut off.
     */
    void quantise(final float[] values, final int n) {
        final float low = (float) smallest;
        final float high = (float) largest;
        if (low == 0) {
            // Neither call nor branch nor offset, so that compilers can use vector instructions.
            for (int i = 0; i < n; i++) {
                values[i] = Math.max(low, Math.min(high, values[i])) + ALMOST_HALF;
            }
        } else {
            for (int i = 0; i < n; i++) {
                final float value = Math.max(low, Math.min(high, values[i]));
                values[i] = value + (value < 0 ? -ALMOST_HALF : ALMOST_HALF);
            }
        }
    }
}
