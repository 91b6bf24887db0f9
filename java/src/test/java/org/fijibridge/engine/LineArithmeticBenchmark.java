package org.fijibridge.engine;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Times the inner loops: nanoseconds per call for four rows (band) or one row (slide) of 512
 * floats. Divide by {@code taps * 512 / 16}, and band by four, for the cost of a tap on sixteen
 * voxels.
 *
 * <p>Run from the folder java: {@code mvn -B test-compile exec:exec}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
public class LineArithmeticBenchmark {

    private static final int WIDTH = 512;

    /** "vector" falls back to plain where the module is missing. */
    @Param({"plain", "vector"})
    public String arithmetic;

    @Param({"5", "15", "121"})
    public int taps;

    private LineArithmetic<float[]> loops;
    private float[][] rows;
    private float[][] outs;
    private float[] weights;

    @Setup
    public void setUp() {
        loops = "plain".equals(arithmetic) ? new PlainFloat() : Arithmetics.floats();
        rows = new float[taps + 3][WIDTH + taps + LineArithmetic.SLACK];
        outs = new float[4][WIDTH + LineArithmetic.SLACK];
        weights = new float[taps];
        Arrays.fill(weights, 1f / taps);
        for (int r = 0; r < rows.length; r++) {
            for (int i = 0; i < rows[r].length; i++) {
                rows[r][i] = (i * 31 + r) % 17;
            }
        }
    }

    @Benchmark
    public float[][] band() {
        loops.band(rows, 0, weights, outs, 0, 4, 0, WIDTH);
        return outs;
    }

    @Benchmark
    public float[][] slide() {
        loops.slide(rows[0], 0, weights, outs[0], 0, WIDTH);
        return outs;
    }

    public static void main(final String[] arguments) throws Exception {
        new Runner(new OptionsBuilder()
                .include(LineArithmeticBenchmark.class.getSimpleName()).build()).run();
    }
}
