package org.fijibridge.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text of the sigma field: one number, or one per axis as in "z=2 y=1 x=1". */
public final class Widths {

    /** FWHM of a Gaussian in units of sigma, 2 sqrt(2 ln 2); the double that Python computes. */
    static final double FWHM_PER_SIGMA = 0x1.2d6abe44afc43p+1;

    private static final String NUMBER = "[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?";
    private static final Pattern ONE = Pattern.compile("\\s*(" + NUMBER + ")\\s*");
    private static final Pattern NAMED =
            Pattern.compile("\\s*([zyxZYX])\\s*=\\s*(" + NUMBER + ")\\s*(?:[,;]\\s*|(?=\\s|$))");

    private Widths() {}

    /**
     * Reads the field for the axes of an image.
     *
     * @return axis name to standard deviation, in the unit that stands beside the field
     */
    static Map<String, Double> read(final String text, final String meaning, final Voxels voxels) {
        final boolean fwhm = isFwhm(meaning);
        final Map<String, Double> named = new LinkedHashMap<>();
        final Matcher one = ONE.matcher(text);
        if (one.matches()) {
            for (final Voxels.Axis axis : voxels.axes()) {
                named.put(axis.name, Double.parseDouble(one.group(1)));
            }
        } else {
            readNamed(text, named);
        }
        final Map<String, Double> widths = new LinkedHashMap<>();
        for (final Voxels.Axis axis : voxels.axes()) {
            final Double value = named.get(axis.name);
            if (value == null) {
                throw new Refusal("sigma '" + text + "' says nothing about axis " + axis.name
                        + "; give a value (0 for no blur)");
            }
            if (!(value >= 0) || Double.isInfinite(value)) {
                throw new Refusal("sigma on axis " + axis.name
                        + " must be finite and not negative; got " + value);
            }
            widths.put(axis.name, fwhm ? value / FWHM_PER_SIGMA : value);
        }
        return widths;
    }

    private static void readNamed(final String text, final Map<String, Double> named) {
        final Matcher part = NAMED.matcher(text);
        int position = 0;
        while (position < text.length() && part.find(position) && part.start() == position) {
            final String axis = part.group(1).toLowerCase(java.util.Locale.ROOT);
            if (named.put(axis, Double.parseDouble(part.group(2))) != null) {
                throw new Refusal("sigma '" + text + "' names axis " + axis + " twice");
            }
            position = part.end();
        }
        if (named.isEmpty() || !text.substring(position).trim().isEmpty()) {
            throw new Refusal("cannot read sigma '" + text + "'; write one number, or one per axis "
                    + "as in z=2 y=1 x=1, decimals with a point, the unit in its own field");
        }
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
