package org.fijibridge.plan;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Spellings of length units and exact conversion; the twin of fiji_bridge/image/units.py, kept in step
 * by tests/vectors/units.json.
 */
public final class LengthUnit {

    /** The unit of an image that is not calibrated. */
    public static final String PIXEL = "pixel";

    private static final String[] PIXELS = {
        "", "pixel", "pixels", "px", "voxel", "voxels", "null", "none", "gray value", "<pixel>"};

    private static final Map<String, LengthUnit> BY_NAME = new LinkedHashMap<>();
    private static final Map<String, String> ALIASES = new HashMap<>();
    private static final Map<String, String> FOLDED = new HashMap<>();

    static {
        add("picometer", "pm", "1e-12", "picometre", "picometers", "picometres");
        add("angstrom", "\u00c5", "1e-10", "\u212b", "A", "ang", "angstroms", "Angstrom",
                "\u00e5ngstr\u00f6m");
        add("nanometer", "nm", "1e-9", "nanometre", "nanometers", "nanometres");
        // The doubled backslashes are ImageJ's escape as it stands literally in its files.
        add("micrometer", "\u00b5m", "1e-6", "\u03bcm", "um", "micron", "microns", "micrometre",
                "micrometers", "micrometres", "\\u00B5m", "\\u00b5m", "\\u03BCm", "\\u03bcm",
                "\u00b5", "\u03bc", "u",
                // In UTF-8, read as Latin-1: what ImageJ makes of them in a TIFF.
                "\u00c2\u00b5m", "\u00ce\u00bcm");
        add("millimeter", "mm", "1e-3", "millimetre", "millimeters", "millimetres");
        add("centimeter", "cm", "1e-2", "centimetre", "centimeters", "centimetres");
        add("meter", "m", "1", "metre", "meters", "metres");
        add("kilometer", "km", "1e3", "kilometre", "kilometers", "kilometres");
        add("inch", "inch", "0.0254", "in", "inches", "\"");
    }

    private final String symbol;
    private final BigDecimal metres;

    private LengthUnit(final String symbol, final String metres) {
        this.symbol = symbol;
        this.metres = new BigDecimal(metres);
    }

    private static void add(final String name, final String symbol, final String metres,
            final String... others) {
        BY_NAME.put(name, new LengthUnit(symbol, metres));
        alias(name, name);
        alias(symbol, name);
        for (final String other : others) {
            alias(other, name);
        }
    }

    private static void alias(final String spelling, final String name) {
        ALIASES.put(spelling, name);
        if (spelling.length() > 2) {
            FOLDED.put(spelling.toLowerCase(Locale.ROOT), name);
        }
    }

    /** Every spelling with the unit's full name. */
    public static Map<String, String> spellings() {
        return Collections.unmodifiableMap(ALIASES);
    }

    /** Whether a spelling says "not calibrated". */
    public static boolean isPixel(final String unit) {
        if (unit == null) {
            return true;
        }
        final String text = strip(unit).toLowerCase(Locale.ROOT);
        for (final String pixel : PIXELS) {
            if (pixel.equals(text)) {
                return true;
            }
        }
        return false;
    }

    /** The full name of a unit, such as "micrometer", or "pixel"; nothing is guessed. */
    public static String canonical(final String unit) {
        if (isPixel(unit)) {
            return PIXEL;
        }
        final String text = strip(unit);
        String name = ALIASES.get(text);
        if (name == null) {
            name = FOLDED.get(text.toLowerCase(Locale.ROOT));
        }
        if (name == null) {
            throw new Refusal("unknown length unit '" + unit
                    + "'; use one of pm, A, nm, um, mm, cm, m, km, inch or pixel");
        }
        return name;
    }

    /** The symbol that ImageJ shows, for any spelling. */
    public static String symbol(final String unit) {
        final String name = canonical(unit);
        return name.equals(PIXEL) ? PIXEL : BY_NAME.get(name).symbol;
    }

    /** The number of target units in one source unit, rounded once. */
    public static double factor(final String source, final String target) {
        final String a = canonical(source);
        final String b = canonical(target);
        if (a.equals(b)) {
            return 1;
        }
        if (a.equals(PIXEL) || b.equals(PIXEL)) {
            throw new Refusal("cannot convert '" + source + "' to '" + target
                    + "': a pixel has no length without a voxel size");
        }
        // 60 digits decide every double that a ratio of these units can be nearest to.
        return BY_NAME.get(a).metres.divide(BY_NAME.get(b).metres, new MathContext(60))
                .doubleValue();
    }

    /** Converts a length; exact where the units are the same. */
    public static double convert(final double value, final String source, final String target) {
        final double ratio = factor(source, target);
        return ratio == 1 ? value : value * ratio;
    }

    /** Without white space of any script at either end, as Python strips it. */
    private static String strip(final String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isSpace(final char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }
}
