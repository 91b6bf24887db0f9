package org.fijibridge.engine;

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

/** Holds rounding and scratch memory to Python's (tests/vectors/numbers.json). */
class NumbersTest {

    private static Map<?, ?> numbers() throws IOException {
        final Path file = Paths.get("..", "tests", "vectors", "numbers.json");
        return new Gson().fromJson(new String(Files.readAllBytes(file), StandardCharsets.UTF_8),
                Map.class);
    }

    @Test
    void valuesAreRoundedAsInPython() throws IOException {
        for (final Object row : (List<?>) numbers().get("rounding")) {
            final List<?> cell = (List<?>) row;
            final ElementType type = ElementType.of((String) cell.get(0));
            assertEquals(((Double) cell.get(2)).doubleValue(),
                    type.quantise((Double) cell.get(1)) + 0.0, cell.toString());
        }
    }

    @Test
    void scratchStaysBelowWhatThePlanCounts() throws IOException {
        assertTrue(Tiling.MEMORY <= (Double) numbers().get("scratch_bytes"));
    }
}
