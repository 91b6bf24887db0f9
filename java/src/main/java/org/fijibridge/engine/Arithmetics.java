package org.fijibridge.engine;

/** Picks the inner loops: those of the Vector API where the JVM has it, else plain Java. */
public final class Arithmetics {

    private static final String VECTOR_FLOATS = "org.fijibridge.engine.vector.VectorFloat";
    private static final String VECTOR_DOUBLES = "org.fijibridge.engine.vector.VectorDouble";

    /** System property that keeps to plain Java ("plain") although the Vector API is there. */
    public static final String PROPERTY = "fijibridge.arithmetic";

    private static final Class<?> FLOATS = find(VECTOR_FLOATS);
    private static final Class<?> DOUBLES = find(VECTOR_DOUBLES);

    private Arithmetics() {}

    /** What this JVM uses: "vector" or "plain". */
    public static String kind() {
        return FLOATS == null ? "plain" : "vector";
    }

    @SuppressWarnings("unchecked")
    static LineArithmetic<float[]> floats() {
        return FLOATS == null ? new PlainFloat() : (LineArithmetic<float[]>) create(FLOATS);
    }

    @SuppressWarnings("unchecked")
    static LineArithmetic<double[]> doubles() {
        return DOUBLES == null ? new PlainDouble() : (LineArithmetic<double[]>) create(DOUBLES);
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
