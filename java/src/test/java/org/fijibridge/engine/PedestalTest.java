package org.fijibridge.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import org.fijibridge.kernel.GaussianKernels;
import org.fijibridge.kernel.Kernel;
import org.junit.jupiter.api.Test;

/** Samples that are far larger than what they differ by. */
class PedestalTest {

    private static final int DEPTH = 7;
    private static final int HEIGHT = 40;
    private static final int WIDTH = 130;

    private static float[][] noise(final double ground) {
        final Random random = new Random(3);
        final float[][] planes = new float[DEPTH][HEIGHT * WIDTH];
        for (final float[] plane : planes) {
            for (int i = 0; i < plane.length; i++) {
                plane[i] = (float) (ground + random.nextDouble());
            }
        }
        return planes;
    }

    private static PlaneVolume volume(final float[][] planes) {
        return new PlaneVolume(planes, HEIGHT, WIDTH);
    }

    private static float[][] blurred(final float[][] planes, final Part part, final double sigma) {
        final Kernel kernel = GaussianKernels.gaussian("discrete", sigma);
        final float[][] out = new float[DEPTH][HEIGHT * WIDTH];
        SeparableConvolution.run(volume(planes), part, Collections.singletonList(
                new Output(volume(out), kernel, kernel, kernel)), Border.MIRROR_DOUBLE, 0, false, 2,
                Progress.NONE);
        return out;
    }

    /** How far results are from those of samples without their ground, which floats can hold. */
    private static double error(final Part part, final double sigma) {
        final float[][] high = noise(1e6);
        final float[][] low = noise(1e6);
        for (final float[] plane : low) {
            for (int i = 0; i < plane.length; i++) {
                plane[i] -= 1e6f;
            }
        }
        final float[][] got = blurred(high, part, sigma);
        final float[][] wanted = blurred(low, part, sigma);
        double worst = 0;
        for (int z = 0; z < DEPTH; z++) {
            for (int i = 0; i < got[z].length; i++) {
                worst = Math.max(worst, Math.abs(got[z][i] - 1e6 - wanted[z][i]));
            }
        }
        return worst;
    }

    @Test
    void whatIsBehindThePointStays() {
        for (final double sigma : new double[] {0.6, 2, 9, 42}) {
            // Half the distance of floats about a million, and what float sums of [0, 1) leave.
            assertTrue(error(Part.WHOLE, sigma) <= 0.03125 + 2e-6, "sigma " + sigma);
            // Without the remedy it would not.
            assertTrue(error(new Part(new int[3], new int[3], false), sigma) > 0.08);
        }
    }

    @Test
    void aConstantIsItself() {
        final float[][] planes = noise(0);
        for (final float[] plane : planes) {
            Arrays.fill(plane, 123456.789f);
        }
        for (final float[] plane : blurred(planes, Part.WHOLE, 3)) {
            assertArrayEquals(planes[0], plane);
        }
    }

    @Test
    void fewSamplesTell() {
        for (final double ground : new double[] {0, 100, 200, 300, -300, 1e6, -1e6}) {
            final float[][] planes = noise(ground);
            assertEquals(Math.abs(ground) > 256, Pedestal.under(volume(planes)), "" + ground);
            final int[] zs = Pedestal.places(DEPTH);
            final int[] ys = Pedestal.places(HEIGHT);
            final int[] xs = Pedestal.places(WIDTH);
            final float[][] some = new float[zs.length][ys.length * xs.length];
            for (int z = 0; z < zs.length; z++) {
                for (int y = 0; y < ys.length; y++) {
                    for (int x = 0; x < xs.length; x++) {
                        some[z][y * xs.length + x] = planes[zs[z]][ys[y] * WIDTH + xs[x]];
                    }
                }
            }
            assertEquals(Pedestal.under(volume(planes)),
                    Pedestal.under(new PlaneVolume(some, ys.length, xs.length)), "" + ground);
        }
    }

    @Test
    void placesLieApartAndInside() {
        assertArrayEquals(new int[0], Pedestal.places(0));
        assertArrayEquals(new int[] {0, 1, 2}, Pedestal.places(3));
        assertArrayEquals(new int[] {0, 1, 2, 3, 4}, Pedestal.places(5));
        assertArrayEquals(new int[] {100, 300, 500, 700, 900}, Pedestal.places(1000));
        final int[] many = Pedestal.places(Integer.MAX_VALUE);
        assertTrue(many[0] > 0 && many[4] > many[3] && many[4] < Integer.MAX_VALUE);
    }

    @Test
    void whatIsNoNumberTellsNothing() {
        final float[][] planes = noise(1e6);
        planes[3][20 * WIDTH + 65] = Float.NaN;
        planes[3][20 * WIDTH + 13] = Float.POSITIVE_INFINITY;
        assertTrue(Pedestal.under(volume(planes)));
        for (final float[] plane : planes) {
            Arrays.fill(plane, Float.NaN);
        }
        assertFalse(Pedestal.under(volume(planes)));
    }

    @Test
    void integersHaveNothingBehindThePoint() {
        final short[][] planes = new short[DEPTH][HEIGHT * WIDTH];
        Arrays.fill(planes[0], (short) 60000);
        assertFalse(Pedestal.under(new PlaneVolume(planes, HEIGHT, WIDTH)));
    }

    /** Rounded to floats each, the two blurs would be wrong by as much as they differ by. */
    @Test
    void theDifferenceOfTwoBlursKeepsItsDigits() {
        final float[][] high = noise(1e6);
        final float[][] low = noise(1e6);
        for (final float[] plane : low) {
            for (int i = 0; i < plane.length; i++) {
                plane[i] -= 1e6f;
            }
        }
        final float[][] got = difference(high);
        final float[][] wanted = difference(low);
        for (int z = 0; z < DEPTH; z++) {
            assertArrayEquals(wanted[z], got[z], 1e-6f);
        }
    }

    private static float[][] difference(final float[][] planes) {
        final Kernel narrow = GaussianKernels.gaussian("discrete", 2);
        final Kernel wide = GaussianKernels.gaussian("discrete", 3.2);
        final Kernel slope = new Kernel(new double[] {0.5, 0, -0.5}, 1);
        final float[][] out = new float[DEPTH][HEIGHT * WIDTH];
        final TermSum sum = new TermSum(volume(out), 3);
        // The first and the last share their kernels, so that they come before the second.
        SeparableConvolution.run(volume(planes), Part.WHOLE, Arrays.asList(
                new Output(sum.target(Term.ADD), narrow, narrow, narrow),
                new Output(sum.target(Term.SUBTRACT), wide, wide, wide),
                new Output(sum.target(Term.ADD), narrow, narrow, slope)),
                Border.MIRROR_DOUBLE, 0, false, 2, Progress.NONE);
        return out;
    }
}
