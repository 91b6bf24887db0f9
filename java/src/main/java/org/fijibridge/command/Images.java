package org.fijibridge.command;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.ImageStack;
import ij.WindowManager;
import ij.gui.Roi;
import ij.measure.Calibration;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.awt.Point;
import org.fijibridge.plan.Voxels;

/** What the commands need to know about an ImagePlus, and results that keep all it has. */
final class Images {

    private Images() {}

    /** The spatial axes; a z axis only where there are several slices. */
    static Voxels voxels(final ImagePlus imp) {
        final Calibration cal = imp.getCalibration();
        final Voxels voxels = new Voxels(imp.getTitle());
        if (imp.getNSlices() > 1) {
            voxels.with("z", imp.getNSlices(), cal.pixelDepth, cal.getZUnit());
        }
        return voxels.with("y", imp.getHeight(), cal.pixelHeight, cal.getYUnit())
                .with("x", imp.getWidth(), cal.pixelWidth, cal.getXUnit());
    }

    /** NumPy's name of the sample type. */
    static String type(final ImagePlus imp) {
        switch (imp.getBitDepth()) {
            case 16:
                return isSigned(imp) ? "int16" : "uint16";
            case 32:
                return "float32";
            default:
                return "uint8";
        }
    }

    /** Whether its samples are 16-bit and signed, which ImageJ says by their calibration. */
    static boolean isSigned(final ImagePlus imp) {
        return imp.getBitDepth() == 16 && imp.getCalibration().isSigned16Bit();
    }

    /** Bytes of one plane. */
    static long planeBytes(final int bitDepth, final long pixels) {
        return pixels * (bitDepth == 24 ? 4 : bitDepth / 8);
    }

    /**
     * A new image with these planes and everything else of the source: calibration, dimensions,
     * LUTs, display range, overlay, selection, slice labels, info and properties.
     */
    static ImagePlus like(final ImagePlus imp, final Object[] planes, final String suffix) {
        final ImageStack source = imp.getStack();
        final ImageStack stack = new ImageStack(imp.getWidth(), imp.getHeight());
        for (int i = 0; i < planes.length; i++) {
            stack.addSlice(source.getSliceLabel(i + 1), planes[i]);
        }
        if (imp.getBitDepth() != 24) {
            stack.setColorModel(imp.getProcessor().getColorModel());
        }
        ImagePlus made = imp.createImagePlus();
        made.setStack(title(imp, suffix), stack);
        made.setCalibration(imp.getCalibration().copy());
        made.setDimensions(imp.getNChannels(), imp.getNSlices(), imp.getNFrames());
        if (imp.isComposite()) {
            final CompositeImage composite =
                    new CompositeImage(made, ((CompositeImage) imp).getMode());
            composite.copyLuts(imp);
            made = composite;
        } else if (imp.getBitDepth() != 24) {
            made.setDisplayRange(imp.getDisplayRangeMin(), imp.getDisplayRangeMax());
        }
        made.setOpenAsHyperStack(imp.getOpenAsHyperStack() || imp.isHyperStack());
        if (imp.getOverlay() != null) {
            made.setOverlay(imp.getOverlay().duplicate());
        }
        final Roi roi = imp.getRoi();
        if (roi != null) {
            made.setRoi((Roi) roi.clone());
        }
        made.setPosition(imp.getC(), imp.getZ(), imp.getT());
        return made;
    }

    /** Gives a result back the source's values outside of a selection, in every plane. */
    static void restoreOutside(final ImagePlus source, final ImagePlus result, final Roi roi) {
        final int width = source.getWidth();
        final boolean sameType = source.getBitDepth() == result.getBitDepth();
        final boolean[] inside = new boolean[width * source.getHeight()];
        for (final Point point : roi.getContainedPoints()) {
            if (point.x >= 0 && point.x < width && point.y >= 0 && point.y < source.getHeight()) {
                inside[point.y * width + point.x] = true;
            }
        }
        final double shift = source.getCalibration().isSigned16Bit() && !sameType ? 32768 : 0;
        for (int i = 1; i <= source.getStackSize(); i++) {
            final ImageProcessor from = source.getStack().getProcessor(i);
            final ImageProcessor to = result.getStack().getProcessor(i);
            for (int p = 0; p < inside.length; p++) {
                if (inside[p]) {
                    continue;
                }
                if (sameType && !(from instanceof FloatProcessor)) {
                    to.set(p, from.get(p));
                } else {
                    to.setf(p, (float) (from.getf(p) - shift));
                }
            }
        }
    }

    /** A title of its own for what was made of an image. */
    static String title(final ImagePlus imp, final String suffix) {
        final String title = imp.getTitle();
        final int dot = title.lastIndexOf('.');
        final boolean extension = dot > 0 && title.length() - dot <= 5;
        final String base = extension ? title.substring(0, dot) : title;
        return WindowManager.makeUniqueName(
                base + "-" + suffix + (extension ? title.substring(dot) : ""));
    }
}
