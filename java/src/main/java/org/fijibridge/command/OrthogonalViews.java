package org.fijibridge.command;

import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.ImageProcessor;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/** XY, YZ and XZ through one point of a volume, drawn at the true aspect of its voxels. */
final class OrthogonalViews {

    private static final int GAP = 4;
    private static final Color BETWEEN = new Color(225, 225, 225);
    private static final Color CROSS = new Color(255, 200, 0, 120);

    private OrthogonalViews() {}

    /**
     * Draws the views.
     *
     * @param imp a volume: one channel, one frame
     * @param like its display range and look-up table are used
     * @param x the point, 0-based
     * @param size the picture is at most this wide and high
     */
    static BufferedImage draw(final ImagePlus imp, final ImagePlus like, final int x, final int y,
            final int z, final int size) {
        final double[] voxel = aspect(imp);
        final double width = imp.getWidth() * voxel[0];
        final double height = imp.getHeight() * voxel[1];
        final double depth = imp.getNSlices() * voxel[2];
        final boolean flat = imp.getNSlices() == 1;
        final double across = width + (flat ? 0 : depth);
        final double down = height + (flat ? 0 : depth);
        final double scale = (size - GAP) / Math.max(across, down);
        final int w = pixels(width * scale);
        final int h = pixels(height * scale);
        final int d = flat ? 0 : pixels(depth * scale);
        final int gap = flat ? 0 : GAP;
        final BufferedImage picture =
                new BufferedImage(w + gap + d, h + gap + d, BufferedImage.TYPE_INT_RGB);
        final Graphics2D graphics = picture.createGraphics();
        graphics.setColor(BETWEEN);
        graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION,
                RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
        final ImageStack stack = imp.getStack();
        graphics.drawImage(shown(stack.getProcessor(z + 1), like), 0, 0, w, h, null);
        cross(graphics, 0, 0, w, h, (x + 0.5) * voxel[0] * scale, (y + 0.5) * voxel[1] * scale);
        if (!flat) {
            final ImageProcessor[] sections = sections(stack, x, y);
            graphics.drawImage(shown(sections[0], like), w + GAP, 0, d, h, null);
            cross(graphics, w + GAP, 0, d, h, (z + 0.5) * voxel[2] * scale,
                    (y + 0.5) * voxel[1] * scale);
            graphics.drawImage(shown(sections[1], like), 0, h + GAP, w, d, null);
            cross(graphics, 0, h + GAP, w, d, (x + 0.5) * voxel[0] * scale,
                    (z + 0.5) * voxel[2] * scale);
        }
        graphics.dispose();
        return picture;
    }

    private static int pixels(final double length) {
        return Math.max(1, (int) Math.round(length));
    }

    /** YZ (z to the right) and XZ (z downwards). */
    private static ImageProcessor[] sections(final ImageStack stack, final int x, final int y) {
        final int depth = stack.getSize();
        final ImageProcessor first = stack.getProcessor(1);
        final ImageProcessor yz = first.createProcessor(depth, stack.getHeight());
        final ImageProcessor xz = first.createProcessor(stack.getWidth(), depth);
        for (int z = 0; z < depth; z++) {
            final ImageProcessor plane = stack.getProcessor(z + 1);
            for (int i = 0; i < stack.getHeight(); i++) {
                yz.putPixel(z, i, plane.getPixel(x, i));
            }
            for (int i = 0; i < stack.getWidth(); i++) {
                xz.putPixel(i, z, plane.getPixel(i, y));
            }
        }
        return new ImageProcessor[] {yz, xz};
    }

    private static java.awt.Image shown(final ImageProcessor plane, final ImagePlus like) {
        if (like.getBitDepth() != 24) {
            plane.setColorModel(like.getProcessor().getColorModel());
            plane.setMinAndMax(like.getProcessor().getMin(), like.getProcessor().getMax());
        }
        return plane.createImage();
    }

    private static void cross(final Graphics2D graphics, final int left, final int top,
            final int width, final int height, final double x, final double y) {
        graphics.setColor(CROSS);
        graphics.drawLine(left + (int) x, top, left + (int) x, top + height - 1);
        graphics.drawLine(left, top + (int) y, left + width - 1, top + (int) y);
    }

    /** Voxel size in units of x, or 1 where it makes no sense. */
    private static double[] aspect(final ImagePlus imp) {
        final Calibration cal = imp.getCalibration();
        return new double[] {1, ratio(cal.pixelHeight, cal.pixelWidth),
            ratio(cal.pixelDepth, cal.pixelWidth)};
    }

    private static double ratio(final double size, final double unit) {
        final double ratio = size / unit;
        return ratio > 0.01 && ratio < 100 ? ratio : 1;
    }
}
