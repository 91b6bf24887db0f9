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

    /** Which loops the Vector API serves. */
    private static volatile LoopChoice choice = LoopChoice.everything();

    private Arithmetics() {}

    /**
     * Has {@link #floats} and {@link #doubles} answer with plain Java for a while: until they are
     * compiled, loops of the Vector API take a hundred times longer than plain ones. The results
     * are the same to the last bit.
     */
    static void setWarming(final boolean value) {
        warming = value;
    }

    /** Has the Vector API serve these loops from now on, and plain Java the others. */
    static void choose(final LoopChoice value) {
        choice = value;
    }

    /** What this JVM uses: "vector", or "plain" where the Vector API serves nothing. */
    public static String kind() {
        return FLOATS == null || DOUBLES == null || choice.isEmpty() ? "plain" : "vector";
    }

    static LineArithmetic<float[]> floats() {
        final LoopChoice chosen = choice;
        return warming || chosen.floats.isEmpty() || kind().equals("plain") ? new PlainFloat()
                : new ChosenArithmetic<>(new PlainFloat(), vectorFloats(), chosen.floats);
    }

    static LineArithmetic<double[]> doubles() {
        final LoopChoice chosen = choice;
        return warming || chosen.doubles.isEmpty() || kind().equals("plain") ? new PlainDouble()
                : new ChosenArithmetic<>(new PlainDouble(), vectorDoubles(), chosen.doubles);
    }

    /** The loops of the Vector API, where {@link #kind} is "vector". */
    @SuppressWarnings("unchecked")
    static LineArithmetic<float[]> vectorFloats() {
        return (LineArithmetic<float[]>) create(FLOATS);
    }

    /** The same for double. */
    @SuppressWarnings("unchecked")
    static LineArithmetic<double[]> vectorDoubles() {
        return (LineArithmetic<double[]>) create(DOUBLES);
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
