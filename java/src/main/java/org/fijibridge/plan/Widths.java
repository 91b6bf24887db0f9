package org.fijibridge.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of the sigma field: one length, or one per axis, in the grammar of
 * fiji_bridge/image/length_grammar.py; kept in step by tests/vectors/plans.json.
 */
public final class Widths {

    /** FWHM of a Gaussian in units of sigma, 2 sqrt(2 ln 2); the double that Python computes. */
    static final double FWHM_PER_SIGMA = 0x1.2d6abe44afc43p+1;

    private static final String NUMBER =
            "[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?(?!\\d)";
    // A unit is what follows a number and is neither another one nor the name of an axis.
    private static final String UNIT = "(?![A-Za-z]+\\s*=)[^\\d\\s,;=+.-][^\\s,;=]*";
    // Java has no conditions in patterns, so there is one for numbers with a unit and one without:
    // a comma right before a digit might be a decimal one, except behind a unit.
    private static final String END = "(?:\\s*;\\s*|\\s*,\\s+|\\s*,(?=[A-Za-z]+\\s*=)|\\s+|$)";
    private static final Pattern VALUE = Pattern.compile("(" + NUMBER + ")(?:\\s*(" + UNIT
            + ")(?:\\s*,(?=\\d)|" + END + ")|" + END + ")");
    private static final Pattern NAME = Pattern.compile("([A-Za-z]+)\\s*=\\s*");

    /** A number and its unit's full name. */
    static final class Width {
        final double value;
        final String unit;

        Width(final double value, final String unit) {
            this.value = value;
            this.unit = unit;
        }
    }

    private Widths() {}

    /**
     * Reads the field for the axes of an image.
     *
     * @param text numbers, each with a name before or a unit behind where it has one
     * @param unit of the numbers without one: what stands in the field beside
     * @return axis name to standard deviation
     */
    static Map<String, Width> read(final String text, final String unit, final String meaning,
            final Voxels voxels) {
        final double divisor = isFwhm(meaning) ? FWHM_PER_SIGMA : 1;
        final List<String> names = new ArrayList<>();
        final List<Width> values = parse(text.trim(), LengthUnit.canonical(unit), names);
        final Map<String, Width> widths = new LinkedHashMap<>();
        for (final Voxels.Axis axis : voxels.axes()) {
            final Width width = values.get(index(text, axis, names, values, voxels));
            if (!(width.value >= 0) || Double.isInfinite(width.value)) {
                throw new Refusal("sigma on axis " + axis.name
                        + " must be finite and not negative; got " + width.value);
            }
            widths.put(axis.name, new Width(width.value / divisor, width.unit));
        }
        return widths;
    }

    private static int index(final String text, final Voxels.Axis axis, final List<String> names,
            final List<Width> values, final Voxels voxels) {
        if (!names.isEmpty()) {
            if (!names.contains(axis.name)) {
                throw new Refusal("sigma '" + text + "' says nothing about axis " + axis.name
                        + "; give a value (0 for no blur)");
            }
            return names.indexOf(axis.name);
        }
        if (values.size() == 1) {
            return 0;
        }
        if (values.size() != voxels.axes().size()) {
            throw new Refusal("sigma '" + text + "' has " + values.size()
                    + " values but the image has " + voxels.axes().size()
                    + " spatial axes; give one value, or name the axes");
        }
        return voxels.axes().indexOf(axis);
    }

    private static List<Width> parse(final String text, final String field,
            final List<String> names) {
        final List<Double> numbers = new ArrayList<>();
        final List<String> units = new ArrayList<>();
        final Matcher name = NAME.matcher(text);
        final Matcher value = VALUE.matcher(text);
        int at = 0;
        while (at < text.length()) {
            if (name.region(at, text.length()).lookingAt()) {
                add(text, name.group(1).toLowerCase(Locale.ROOT), names);
                at = name.end();
            }
            if (!value.region(at, text.length()).lookingAt()) {
                throw unreadable(text);
            }
            numbers.add(Double.parseDouble(value.group(1)));
            units.add(value.group(2) == null ? null : LengthUnit.canonical(value.group(2)));
            at = value.end();
        }
        if (numbers.isEmpty() || !names.isEmpty() && names.size() < numbers.size()) {
            throw unreadable(text);
        }
        final String last = units.get(units.size() - 1);
        final String tail = last == null ? field : last;
        final List<Width> widths = new ArrayList<>();
        for (int i = 0; i < numbers.size(); i++) {
            widths.add(new Width(numbers.get(i), units.get(i) == null ? tail : units.get(i)));
        }
        return widths;
    }

    private static void add(final String text, final String axis, final List<String> names) {
        if (axis.length() != 1 || "zyx".indexOf(axis) < 0) {
            throw new Refusal("sigma '" + text + "' names axis '" + axis
                    + "'; only z, y, x are blurred");
        }
        if (names.contains(axis)) {
            throw new Refusal("sigma '" + text + "' names axis " + axis + " twice");
        }
        names.add(axis);
    }

    private static Refusal unreadable(final String text) {
        return new Refusal("cannot read sigma '" + text + "'; write for example 1, 2 1 1 in the "
                + "order z y x or z=2 y=1 x=1, with the unit behind or in its own field, decimals "
                + "with a point");
    }

    private static boolean isFwhm(final String meaning) {
        if (meaning.equalsIgnoreCase("fwhm")) {
            return true;
        }
        if (meaning.equalsIgnoreCase("sigma")) {
            return false;
        }
        throw new Refusal("meaning must be sigma or FWHM; got '" + meaning + "'");
    }
}
