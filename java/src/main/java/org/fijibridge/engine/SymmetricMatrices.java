package org.fijibridge.engine;

/**
 * Eigenvalues, largest first, and eigenvectors of symmetric matrices of two or three rows, which
 * lie side by side: an array per element, per eigenvalue and per component of a vector.
 *
 * <p>Of three eigenvalues one is apart from both others: it is the root of the characteristic
 * polynomial that is well conditioned. Its vector is the cross product of two rows of the matrix
 * less that eigenvalue; the two others are those of a matrix of two rows across that vector (as D.
 * Eberly describes it in "A Robust Eigensolver for 3 x 3 Symmetric Matrices"; the two directions
 * across are those of T. Duff et al., J. Computer Graphics Techniques 6(1), 2017). Errors are some
 * roundings of the largest element, also where eigenvalues are alike. There are no trigonometric
 * functions, so that bits are the same on every Java.
 *
 * <p>A vector's last component is not negative. What is not finite has NaN.
 */
final class SymmetricMatrices {

    /** Below it a reciprocal would not be finite. */
    private static final double TINY = 1e-290;
    /** Takes what is tiny to numbers of which squares are none. */
    private static final double LIFT = 0x1p960;

    private final int n;
    private final double[][] elements;
    private final double[][] values;
    private final double[][] vectors;

    /**
     * @param elements the upper triangle, row by row
     * @param values filled: per eigenvalue
     * @param vectors filled: the components of the k-th vector from {@code k * n} on
     */
    SymmetricMatrices(final double[][] elements, final double[][] values,
            final double[][] vectors) {
        n = values.length;
        this.elements = elements;
        this.values = values;
        this.vectors = vectors;
    }

    /** Takes the i-th matrix apart. */
    void solve(final int i) {
        if (n == 2) {
            two(i, elements[0][i], elements[1][i], elements[2][i]);
        } else {
            three(i, elements[0][i], elements[1][i], elements[2][i], elements[3][i],
                    elements[4][i], elements[5][i]);
        }
    }

    /** Of the matrix of rows (a, b), (b, c). */
    private void two(final int i, final double a, final double b, final double c) {
        final double mean = a / 2 + c / 2;
        final double largest = Math.max(Math.abs(a - mean), Math.abs(b));
        if (!(largest <= Double.MAX_VALUE)) {
            unknown(i);
            return;
        }
        if (largest < TINY) {
            if (largest == 0) {
                round(i, mean);
            } else {
                two(i, a * LIFT, b * LIFT, c * LIFT);
                lower(i);
            }
            return;
        }
        final double scale = 1 / largest;
        final double d = (c - mean) * scale;
        final double m = b * scale;
        final double r = Math.sqrt(d * d + m * m);
        final double main = Math.sqrt(0.5 + 0.5 * Math.abs(d) / r);
        final double other = m / (2 * r * main);
        final double y = d >= 0 ? other : main;
        final double x = d >= 0 ? main : other;
        values[0][i] = mean + largest * r;
        values[1][i] = mean - largest * r;
        final double first = Math.copySign(1, x);
        vectors[0][i] = first * y;
        vectors[1][i] = first * x;
        final double second = Math.copySign(1, -y);
        vectors[2][i] = second * x;
        vectors[3][i] = second * -y;
    }

    /** Of the matrix of rows (xx, xy, xz), (xy, yy, yz), (xz, yz, zz). */
    private void three(final int i, final double xx, final double xy, final double xz,
            final double yy, final double yz, final double zz) {
        final double mean = xx / 3 + yy / 3 + zz / 3;
        final double largest = Math.max(
                Math.max(Math.abs(xx - mean), Math.max(Math.abs(yy - mean), Math.abs(zz - mean))),
                Math.max(Math.abs(xy), Math.max(Math.abs(xz), Math.abs(yz))));
        if (!(largest <= Double.MAX_VALUE)) {
            unknown(i);
            return;
        }
        if (largest < TINY) {
            if (largest == 0) {
                round(i, mean);
            } else {
                three(i, xx * LIFT, xy * LIFT, xz * LIFT, yy * LIFT, yz * LIFT, zz * LIFT);
                lower(i);
            }
            return;
        }
        // Less the mean and by the largest, squares neither overflow nor vanish.
        final double scale = 1 / largest;
        final double a = (xx - mean) * scale;
        final double b = xy * scale;
        final double c = xz * scale;
        final double d = (yy - mean) * scale;
        final double e = yz * scale;
        final double f = (zz - mean) * scale;
        final double size = Math.sqrt((a * a + d * d + f * f + 2 * (b * b + c * c + e * e)) / 6);
        final double half = (a * (d * f - e * e) - b * (b * f - e * c) + c * (b * e - d * c))
                / (2 * size * size * size);
        // The one that is apart is the largest, or the smallest.
        final boolean above = half >= 0;
        final double distance = size * outermost(Math.min(1, Math.abs(half)));
        final double apart = above ? distance : -distance;
        // Its vector: the longest cross product of two rows.
        final double ga = a - apart;
        final double gd = d - apart;
        final double gf = f - apart;
        // Those products are the columns of a matrix of rank 1: its diagonal tells the longest.
        final double px = gd * gf - e * e;
        final double py = ga * gf - c * c;
        final double pz = ga * gd - b * b;
        final double pxy = c * e - b * gf;
        final double pxz = b * e - c * gd;
        final double pyz = b * c - e * ga;
        double u = px;
        double v = pxy;
        double w = pxz;
        double most = Math.abs(px);
        if (Math.abs(py) > most) {
            most = Math.abs(py);
            u = pxy;
            v = py;
            w = pyz;
        }
        if (Math.abs(pz) > most) {
            u = pxz;
            v = pyz;
            w = pz;
        }
        final double length = Math.copySign(1 / Math.sqrt(u * u + v * v + w * w), w);
        u *= length;
        v *= length;
        w *= length;
        // Two directions across it, for a w that is not negative.
        final double g = -1 / (1 + w);
        final double p = 1 + u * u * g;
        final double q = u * v * g;
        final double s = 1 + v * v * g;
        // The matrix between these, (p, q, -u) and (q, s, -v).
        final double ap = a * p + b * q - c * u;
        final double aq = b * p + d * q - e * u;
        final double ar = c * p + e * q - f * u;
        final double first = p * ap + q * aq - u * ar;
        final double mixed = q * ap + s * aq - v * ar;
        final double second = q * (a * q + b * s - c * v) + s * (b * q + d * s - e * v)
                - v * (c * q + e * s - f * v);
        final double middle = (first + second) / 2;
        final double off = (second - first) / 2;
        final double r = Math.sqrt(off * off + mixed * mixed);
        // Where they are alike any two directions serve.
        final double main = r > 0 ? Math.sqrt(0.5 + 0.5 * Math.abs(off) / r) : 1;
        final double other = r > 0 ? mixed / (2 * r * main) : 0;
        final double hp = off >= 0 ? other : main;
        final double hs = off >= 0 ? main : other;
        final int alone = above ? 0 : 2;
        final int high = above ? 1 : 0;
        put(alone, i, mean + largest * apart, u, v, w);
        put(high, i, mean + largest * (middle + r), hp * p + hs * q, hp * q + hs * s,
                -(hp * u + hs * v));
        put(high + 1, i, mean + largest * (middle - r), hs * p - hp * q, hs * q - hp * s,
                hp * v - hs * u);
        // They are alike where rounding has them in another order.
        values[1][i] = Math.min(values[0][i], values[1][i]);
        values[2][i] = Math.min(values[1][i], values[2][i]);
    }

    /** The root from √3 to 2 of x³ − 3x = 2h, for h from 0 to 1, by Newton's steps. */
    private static double outermost(final double h) {
        // The first guess is off by 2e-5 at most, and each step squares that.
        double x = 1.732069 + h * (0.332752 + h * (-0.091712 + h * (0.035006 - 0.008129 * h)));
        for (int step = 0; step < 2; step++) {
            final double square = x * x;
            x -= (x * (square - 3) - 2 * h) / (3 * (square - 1));
        }
        return x;
    }

    private void put(final int k, final int i, final double value, final double x, final double y,
            final double z) {
        values[k][i] = value;
        final double sign = Math.copySign(1, z);
        vectors[3 * k][i] = sign * x;
        vectors[3 * k + 1][i] = sign * y;
        vectors[3 * k + 2][i] = sign * z;
    }

    /** All directions are alike: the last axis comes first, as in LAPACK read backwards. */
    private void round(final int i, final double value) {
        for (int k = 0; k < n; k++) {
            values[k][i] = value;
            for (int j = 0; j < n; j++) {
                vectors[k * n + j][i] = j == n - 1 - k ? 1 : 0;
            }
        }
    }

    private void lower(final int i) {
        for (final double[] value : values) {
            value[i] /= LIFT;
        }
    }

    private void unknown(final int i) {
        for (final double[] value : values) {
            value[i] = Double.NaN;
        }
        for (final double[] component : vectors) {
            component[i] = Double.NaN;
        }
    }
}
