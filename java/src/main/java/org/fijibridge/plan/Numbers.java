package org.fijibridge.plan;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers for people: four digits, with a point whatever the locale. */
public final class Numbers {

    private Numbers() {}

    /** At most four significant digits, no trailing zeros; tiny and huge ones with an exponent. */
    public static String show(final double value) {
        return show(value, 4);
    }

    /** The same with another number of digits. */
    public static String show(final double value, final int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return String.valueOf(value);
        }
        if (value == 0) {
            return "0";
        }
        final BigDecimal rounded =
                new BigDecimal(value).round(new MathContext(digits)).stripTrailingZeros();
        final double size = Math.abs(value);
        return size >= 1e-4 && size < 1e7 ? rounded.toPlainString() : rounded.toString();
    }

    /** A share, such as 7.3 %. */
    public static String percent(final double share) {
        return show(100 * share, 3) + " %";
    }

    /** A byte count, such as 1.5 GiB. */
    public static String bytes(final long count) {
        final String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double size = count;
        int unit = 0;
        while (size >= 1024 && unit < units.length - 1) {
            size /= 1024;
            unit++;
        }
        return show(size, 3) + " " + units[unit];
    }
}
