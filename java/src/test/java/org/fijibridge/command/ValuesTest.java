package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.Macro;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options of a recorded line: what is written is what is read, by us and by ImageJ's parser. */
class ValuesTest {

    private static final Operation GAUSSIAN = Operation.of("gaussian");

    private static Values with(final String key, final String value) {
        return Values.of(GAUSSIAN, Collections.singletonMap(key, value));
    }

    @Test
    void missingValuesTakeTheirDefaults() {
        final Values values = Values.parse(GAUSSIAN, "sigma=1");
        assertEquals("um", values.text("unit"));
        assertEquals("mirror-double", values.text("border"));
        assertFalse(values.has("engine"));
    }

    @Test
    void bracketsQuotesAndSpacesAreReadAsImageJReadsThem() {
        for (final String line : new String[] {
            "sigma=[z=2 y=1 x=1] unit=nm", "sigma='z=2 y=1 x=1'  unit=[nm] ",
            " unit=nm sigma=[z=2 y=1 x=1]"}) {
            final Values values = Values.parse(GAUSSIAN, line);
            assertEquals(Macro.getValue(line, "sigma", null), values.text("sigma"));
            assertEquals(Macro.getValue(line, "unit", null), values.text("unit"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "sigma=1 sigma=2", "sigma=1 x_sigma=2", "sigma=1 stack", "sigma=[1", "sigma='1",
        "sigma=1 unit=sec", "sigma=1 border=none", "sigma=1 cval=1,5", "sigma=1 =3",
        "sigma=[1 unit=nm] unit=um cval=x", "sigma=[a[b]c]", "sigma=1 dtype=float64"})
    void whatIsUnknownTwiceOrNotAllowedIsRefused(final String line) {
        assertThrows(Refusal.class, () -> Values.parse(GAUSSIAN, line));
    }

    @Test
    void aKeyInsideAnotherValueIsNotThatKey() {
        // ImageJ's parser answers "nm" for the unit here.
        final Values values = Values.parse(GAUSSIAN, "sigma=[1 unit=nm] unit=um");
        assertEquals("um", values.text("unit"));
    }

    /** Text of all kinds of characters, brackets and keys among them. */
    private static String hostile(final Random random) {
        final String[] parts = {"a", "]", "[", "'", "\"", "\\", " ", "=", "sigma=", "unit=[nm]",
            " x=9 b=[", "\n", "\t", "\u0000", "\u00b5", "\u4e2d", "&", "1", "true", ",", "#", "//"};
        final StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(7); i >= 0; i--) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        return text.toString();
    }

    @Test
    void hostileTextIsRefusedOrComesBackUnchangedAndMovesNoOtherValue() {
        final Random random = new Random(4);
        int accepted = 0;
        for (int i = 0; i < 20000; i++) {
            final String text = hostile(random);
            final Values values;
            try {
                values = with("sigma", text);
            } catch (final Refusal refused) {
                continue;
            }
            if (text.trim().isEmpty()) {
                assertFalse(values.has("sigma"), "blank text is no value");
                continue;
            }
            accepted++;
            final String line = values.options();
            final Values again = Values.parse(GAUSSIAN, line);
            assertEquals(line, again.options(), text);
            assertEquals(text.trim(), again.text("sigma"), text);
            // Sigma stands first, so that ImageJ's parser finds it, and it alone, there.
            assertEquals(text.trim(), Macro.getValue(line, "sigma", null), text);
            assertEquals("um", again.text("unit"), text);
            assertFalse(again.has("engine"), text);
        }
        assertTrue(accepted > 100, "the generator makes acceptable texts as well: " + accepted);
    }

    private static List<Operation> operations() throws IOException {
        final List<Operation> found = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Operation.class.getResourceAsStream("operations.tsv"), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                final String[] cells = line.split("\t");
                if (cells[0].equals("operation")) {
                    found.add(Operation.of(cells[1]));
                }
            }
        }
        return found;
    }

    /** The same with every field of every operation, beside values for all others. */
    @Test
    void hostileTextInAnyFieldOfAnyCommandMovesNoOtherValue() throws IOException {
        final Random random = new Random(11);
        int accepted = 0;
        for (final Operation operation : operations()) {
            for (final Field field : operation.fields) {
                for (int i = 0; i < 300; i++) {
                    final Map<String, String> given = new LinkedHashMap<>();
                    for (final Field other : operation.fields) {
                        given.put(other.name, other.isFlag() ? "true" : other.shown);
                    }
                    final String before = Values.of(operation, given).options();
                    given.put(field.name, hostile(random));
                    final Values values;
                    try {
                        values = Values.of(operation, given);
                    } catch (final Refusal refused) {
                        continue;
                    }
                    accepted++;
                    final Map<String, String> expected = Values.tokens(before);
                    final Map<String, String> found = Values.tokens(values.options());
                    expected.remove(field.name);
                    found.remove(field.name);
                    assertEquals(expected, found, values.options());
                    assertEquals(values.options(),
                            Values.parse(operation, values.options()).options());
                }
            }
        }
        assertTrue(accepted > 1000, "the generator makes acceptable texts as well: " + accepted);
    }

    @Test
    void everyFieldRefusesWhatWouldEndItsValue() {
        for (final Field field : GAUSSIAN.fields) {
            for (final String text : new String[] {
                "a] x=9 b=[c", "[", "]", "'", "\"", "\\", "1\n2", "1\u00002"}) {
                assertThrows(Refusal.class, () -> with(field.name, text), field.name + " " + text);
            }
        }
    }

    @Test
    void everyLineOfValidValuesIsReadBackByBothParsers() {
        final Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            final Map<String, String> given = new LinkedHashMap<>();
            given.put("sigma", random.nextBoolean() ? "0.5" : "z=2 y=1 x=1");
            for (final Field field : GAUSSIAN.fields) {
                if (field.isChoice() && random.nextBoolean()) {
                    given.put(field.name, field.choices.get(random.nextInt(field.choices.size())));
                }
            }
            final String line = Values.of(GAUSSIAN, given).options();
            final Values again = Values.parse(GAUSSIAN, line);
            for (final Map.Entry<String, String> entry : given.entrySet()) {
                assertEquals(entry.getValue(), again.text(entry.getKey()), line);
                assertEquals(entry.getValue(), Macro.getValue(line, entry.getKey(), null), line);
            }
        }
    }
}
