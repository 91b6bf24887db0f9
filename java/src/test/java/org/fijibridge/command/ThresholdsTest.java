package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;
import org.fijibridge.engine.SeparableConvolution;
import org.junit.jupiter.api.Test;

/** Holds thresholds to Python's (tests/vectors/numbers.json). */
class ThresholdsTest {

    private static Map<?, ?> numbers() throws IOException {
        final Path file = Paths.get("..", "tests", "vectors", "numbers.json");
        return new Gson().fromJson(new String(Files.readAllBytes(file), StandardCharsets.UTF_8),
                Map.class);
    }

    @Test
    void theSmallestWeightIsPythons() throws IOException {
        assertEquals(numbers().get("smallest_weight"), SeparableConvolution.SMALLEST_WEIGHT);
    }
}
