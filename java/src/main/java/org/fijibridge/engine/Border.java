package org.fijibridge.engine;

/** What a volume is taken to be outside of itself, along one axis. */
public enum Border {

    /** d c b | a b c d | c b a */
    MIRROR_SINGLE("mirror-single") {
        @Override
        public int source(final int position, final int size) {
            if (size == 1) {
                return 0;
            }
            final long period = 2L * size - 2;
            final long folded = Math.floorMod((long) position, period);
            return (int) (folded < size ? folded : period - folded);
        }
    },

    /** c b a | a b c d | d c b */
    MIRROR_DOUBLE("mirror-double") {
        @Override
        public int source(final int position, final int size) {
            final long period = 2L * size;
            final long folded = Math.floorMod((long) position, period);
            return (int) (folded < size ? folded : period - 1 - folded);
        }
    },

    /** a a a | a b c d | d d d */
    NEAREST("nearest") {
        @Override
        public int source(final int position, final int size) {
            return Math.max(0, Math.min(size - 1, position));
        }
    },

    /** v v v | a b c d | v v v */
    CONSTANT("constant") {
        @Override
        public int source(final int position, final int size) {
            return position < 0 || position >= size ? OUTSIDE : position;
        }
    },

    /** b c d | a b c d | a b c */
    PERIODIC("periodic") {
        @Override
        public int source(final int position, final int size) {
            return Math.floorMod(position, size);
        }
    };

    /** What {@link #source} answers where the border's constant value holds. */
    public static final int OUTSIDE = -1;

    private final String label;

    Border(final String label) {
        this.label = label;
    }

    /** The border of this label, such as "mirror-double". */
    public static Border of(final String label) {
        for (final Border border : values()) {
            if (border.label.equals(label)) {
                return border;
            }
        }
        throw new IllegalArgumentException("unknown border \"" + label
                + "\"; known: mirror-single, mirror-double, nearest, constant, periodic");
    }

    /** The name used everywhere outside Java. */
    public String label() {
        return label;
    }

    /**
     * Where the value at a position comes from.
     *
     * @param position any position along the axis, inside or outside
     * @param size length of the axis, at least 1
     * @return a position in 0..size-1, or {@link #OUTSIDE}
     */
    public abstract int source(int position, int size);
}
