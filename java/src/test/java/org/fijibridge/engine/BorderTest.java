package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BorderTest {

    /** Positions -5 .. 8 of an axis a b c d; v is the constant. */
    @ParameterizedTest
    @CsvSource({
        "mirror-single, bcdcbabcdcbabc",
        "mirror-double, ddcbaabcddcbaa",
        "nearest,       aaaaaabcdddddd",
        "constant,      vvvvvabcdvvvvv",
        "periodic,      dabcdabcdabcda",
    })
    void extendsAsDocumented(final String label, final String expected) {
        final StringBuilder seen = new StringBuilder();
        for (int position = -5; position <= 8; position++) {
            final int source = Border.of(label).source(position, 4);
            seen.append(source == Border.OUTSIDE ? 'v' : (char) ('a' + source));
        }
        assertEquals(expected, seen.toString());
    }

    @ParameterizedTest
    @EnumSource(Border.class)
    void aSingleSampleHasABorderToo(final Border border) {
        for (int position = -7; position <= 7; position++) {
            final int source = border.source(position, 1);
            assertEquals(border == Border.CONSTANT && position != 0 ? Border.OUTSIDE : 0, source);
        }
    }

    @Test
    void unknownLabelIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Border.of("reflect"));
    }
}
