package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

/** A cube in physical space is drawn as a square in each of the three views. */
class OrthogonalViewsTest {

    private static final int SIZE = 250;
    private static final int GAP = 4;

    /** 100 x 100 x 10 voxels of 0.1 x 0.1 x 1 um: a cube of 10 um, with one bright plane. */
    private static ImagePlus cube() {
        final ImageStack stack = new ImageStack(100, 100);
        for (int z = 0; z < 10; z++) {
            final byte[] plane = new byte[100 * 100];
            if (z == 2) {
                java.util.Arrays.fill(plane, (byte) 255);
            }
            stack.addSlice(null, plane);
        }
        final ImagePlus imp = new ImagePlus("cube", stack);
        final Calibration calibration = imp.getCalibration();
        calibration.pixelWidth = 0.1;
        calibration.pixelHeight = 0.1;
        calibration.pixelDepth = 1;
        calibration.setUnit("um");
        imp.setDisplayRange(0, 255);
        return imp;
    }

    private static boolean bright(final BufferedImage picture, final int x, final int y) {
        return (picture.getRGB(x, y) & 0xff) > 200;
    }

    @Test
    void voxelsAreDrawnAtTheirTrueAspect() {
        final BufferedImage picture = OrthogonalViews.draw(cube(), cube(), 50, 50, 5, SIZE);
        final int side = (SIZE - GAP) / 2;
        assertEquals(2 * side + GAP, picture.getWidth());
        assertEquals(2 * side + GAP, picture.getHeight());
        // The bright plane is the third tenth of the depth: to the right in YZ, down in XZ.
        final int inside = (int) (side * 0.25);
        assertTrue(bright(picture, side + GAP + inside, side / 4));
        assertTrue(bright(picture, side / 4, side + GAP + inside));
        for (final double elsewhere : new double[] {0.15, 0.35, 0.8}) {
            final int at = side + GAP + (int) (side * elsewhere);
            assertTrue(!bright(picture, at, side / 4), "YZ at " + elsewhere);
            assertTrue(!bright(picture, side / 4, at), "XZ at " + elsewhere);
        }
    }

    @Test
    void aSinglePlaneHasOneView() {
        final ImagePlus plane = new ImagePlus("plane", cube().getStack().getProcessor(3));
        final BufferedImage picture = OrthogonalViews.draw(plane, plane, 50, 50, 0, SIZE);
        assertEquals(picture.getWidth(), picture.getHeight());
        assertTrue(bright(picture, 5, 5));
        assertTrue(bright(picture, picture.getWidth() - 5, picture.getHeight() - 5));
    }
}
