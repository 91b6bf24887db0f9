package org.fijibridge.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Holds Java's kernels and what they are worth to Python's (tests/vectors, written by make.py). */
class KernelVectorsTest {

    // Sums and exponentials round otherwise, and a derivative's taps are sums of several.
    private static final double ROUNDING = 1e-13;

    // The vectors hold nine decimals; near sigma 0 a width is a difference over its square.
    private static final double MEASURING = 3e-9;

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> vectors() throws IOException {
        final Path file = Paths.get("..", "tests", "vectors", "kernels.json");
        return (List<Map<String, Object>>) new Gson().fromJson(
                new String(Files.readAllBytes(file), StandardCharsets.UTF_8), Object.class);
    }

    @Test
    void everyTapIsPythons() throws IOException {
        int compared = 0;
        for (final Map<String, Object> row : vectors()) {
            if (!row.containsKey("taps")) {
                continue;
            }
            final List<?> expected = (List<?>) row.get("taps");
            final int order = ((Double) row.get("order")).intValue();
            final Kernel kernel = DerivativeKernels.derivative((String) row.get("kernel"),
                    (Double) row.get("sigma"), order, (Double) row.get("scale"),
                    (Double) row.get("truncate"));
            final double[] taps = kernel.taps();
            assertEquals(2 * expected.size() - 1, taps.length, row.toString());
            double largest = 0;
            for (final double tap : taps) {
                largest = Math.max(largest, Math.abs(tap));
            }
            double sum = 0;
            for (int i = 0; i < taps.length; i++) {
                sum += taps[i];
                final double mirrored = taps[taps.length - 1 - i];
                assertEquals(taps[i], order % 2 == 0 ? mirrored : -mirrored + 0.0, 0.0,
                        row.toString());
                if (i < expected.size()) {
                    assertEquals((Double) expected.get(i), taps[i], ROUNDING * largest,
                            row.toString());
                }
            }
            if (order > 0) {
                assertEquals(0.0, sum, 0.0, row.toString());
            }
            compared++;
        }
        assertTrue(compared > 50);
    }

    @Test
    void everyMeasureIsPythons() throws IOException {
        int compared = 0;
        for (final Map<String, Object> row : vectors()) {
            if (!row.containsKey("worth")) {
                continue;
            }
            final Map<?, ?> expected = (Map<?, ?>) row.get("worth");
            final Worth found = Worth.of((String) row.get("kernel"), (Double) row.get("sigma"),
                    (Double) row.get("truncate"));
            assertEquals((Double) expected.get("effective"), found.effective, MEASURING,
                    row.toString());
            assertEquals((Double) expected.get("fwhm"), found.fwhm, MEASURING, row.toString());
            assertEquals((Double) expected.get("transfer_error"), found.transferError, MEASURING,
                    row.toString());
            assertEquals((Double) expected.get("bead_error"), found.beadError, MEASURING,
                    row.toString());
            assertEquals((Double) expected.get("smallest"), found.smallest, MEASURING,
                    row.toString());
            compared++;
        }
        assertTrue(compared > 50);
    }
}
