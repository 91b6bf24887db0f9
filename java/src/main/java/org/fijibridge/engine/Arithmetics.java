package org.fijibridge.engine;

/**
 * Picks the inner loops: those of the Vector API where the JVM has it, else plain Java. Both give
 * the same bits.
 */
public final class Arithmetics {

    private static final String VECTOR_FLOATS = "org.fijibridge.engine.vector.VectorFloat";
    private static final String VECTOR_DOUBLES = "org.fijibridge.engine.vector.VectorDouble";

    /** System property that keeps to plain Java ("plain") although the Vector API is there. */
    public static final String PROPERTY = "fijibridge.arithmetic";

    private static final Class<?> FLOATS = find(VECTOR_FLOATS);
    private static final Class<?> DOUBLES = find(VECTOR_DOUBLES);

    /** Whether the loops of the Vector API are still being compiled, see {@link WarmUp}. */
    private static volatile boolean warming;

    /** Whether the loops of the Vector API turned out to be no faster here. */
    private static volatile boolean slow;

    private Arithmetics() {}

    /**
     * Has {@link #floats} and {@link #doubles} answer with plain Java for a while: until they are
     * compiled, loops of the Vector API take a hundred times longer than plain ones. The results
     * are the same to the last bit.
     */
    static void setWarming(final boolean value) {
        warming = value;
    }

    /** Has plain Java serve for good. */
    static void keepToPlain() {
        slow = true;
    }

    /** What this JVM uses: "vector" or "plain". */
    public static String kind() {
        return FLOATS == null || slow ? "plain" : "vector";
    }

    private static boolean isVectorReady() {
        return FLOATS != null && DOUBLES != null && !warming && !slow;
    }

    static LineArithmetic<float[]> floats() {
        return isVectorReady() ? vectorFloats() : new PlainFloat();
    }

    @SuppressWarnings("unchecked")
    static LineArithmetic<double[]> doubles() {
        return isVectorReady()
                ? (LineArithmetic<double[]>) create(DOUBLES) : new PlainDouble();
    }

    /** The loops of the Vector API, where {@link #kind} is "vector". */
    @SuppressWarnings("unchecked")
    static LineArithmetic<float[]> vectorFloats() {
        return (LineArithmetic<float[]>) create(FLOATS);
    }

    private static Class<?> find(final String name) {
        if ("plain".equals(System.getProperty(PROPERTY))) {
            return null;
        }
        try {
            final Class<?> type = Class.forName(name);
            create(type);
            return type;
        } catch (final ClassNotFoundException | LinkageError e) {
            // No module jdk.incubator.vector, or a JVM older than the class: plain Java serves.
            return null;
        }
    }

    private static Object create(final Class<?> type) {
        try {
            return type.getConstructor().newInstance();
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException("cannot create " + type.getName(), e);
        }
    }
}
