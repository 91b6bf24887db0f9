package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.gui.Roi;
import ij.process.ImageProcessor;
import java.awt.Dimension;
import java.awt.Graphics;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.swing.JComponent;
import javax.swing.UIManager;
import org.fijibridge.engine.Progress;

/**
 * Orthogonal views of a cropped region before and after, computed on a thread of its own; a newer
 * request ends the one before.
 *
 * <p>The crop is filtered together with as many samples around it as the filter reaches, so that
 * what is shown is what the command will give (up to a limit for very wide filters).
 */
final class Preview extends JComponent {

    private static final long serialVersionUID = 1;
    private static final int SIZE = 250;
    private static final int SHOWN = 128;
    private static final int MARGIN = 96;
    private static final long DELAY_MILLIS = 150;

    private final transient OperationCommand command;
    private final transient ImagePlus imp;
    private final transient ScheduledExecutorService worker =
            Executors.newSingleThreadScheduledExecutor(task -> {
                final Thread thread = new Thread(task, "fiji-bridge-preview");
                thread.setDaemon(true);
                return thread;
            });
    private final AtomicInteger newest = new AtomicInteger();
    private transient volatile BufferedImage before;
    private transient volatile BufferedImage after;
    private volatile String message = "";

    Preview(final OperationCommand command, final ImagePlus imp) {
        this.command = command;
        this.imp = imp;
    }

    /** Shows the result of these values in a moment; ends what is being computed. */
    void request(final Values values) {
        final int number = newest.incrementAndGet();
        message = "computing …";
        repaint();
        worker.schedule(() -> compute(number, values), DELAY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Shows nothing; ends what is being computed. */
    void clear(final String why) {
        newest.incrementAndGet();
        after = null;
        message = why;
        repaint();
    }

    /** Ends the worker. */
    void close() {
        newest.incrementAndGet();
        worker.shutdownNow();
    }

    private void compute(final int number, final Values values) {
        if (number != newest.get()) {
            return;
        }
        try {
            final Region region = new Region(imp, command.reachXYZ(imp, values));
            final ImagePlus source = region.crop(imp);
            final Progress progress = new Progress() {
                @Override
                public void report(final long done, final long total) {}

                @Override
                public boolean cancelled() {
                    return number != newest.get();
                }
            };
            final ImagePlus result = command.compute(source, values, progress);
            before = region.draw(source, imp);
            // Another quantity has its own window, as the result will.
            after = region.draw(result, command.otherRange() ? result : imp);
            message = "";
        } catch (final CancellationException newer) {
            return;
        } catch (final RuntimeException | OutOfMemoryError failed) {
            after = null;
            message = String.valueOf(failed.getMessage());
        }
        repaint();
    }

    @Override
    public Dimension getPreferredSize() {
        return new Dimension(2 * SIZE + 12, SIZE + 18);
    }

    @Override
    public Dimension getMinimumSize() {
        return getPreferredSize();
    }

    @Override
    protected void paintComponent(final Graphics graphics) {
        final Graphics g = graphics.create();
        ((Graphics2D) g).setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING,
                RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(UIManager.getColor("Label.foreground"));
        g.setFont(UIManager.getFont("Label.font"));
        final BufferedImage computed = after;
        if (computed == null) {
            g.drawString(message, 4, 14);
        } else {
            g.drawString("before", 2, 12);
            g.drawImage(before, 0, 16, null);
            g.drawString(message.isEmpty() ? "after" : message, SIZE + 14, 12);
            g.drawImage(computed, SIZE + 12, 16, null);
        }
        g.dispose();
    }

    /** Part of an image round its current point, and the samples around that part. */
    private static final class Region {
        private final Rectangle shown;
        private final Rectangle read;
        private final int firstShown;
        private final int lastShown;
        private final int firstRead;
        private final int lastRead;
        private final int x;
        private final int y;
        private final int z;

        Region(final ImagePlus imp, final int[] reach) {
            final Roi roi = imp.getRoi();
            final Rectangle all = new Rectangle(imp.getWidth(), imp.getHeight());
            final Rectangle bounds = roi == null ? all : roi.getBounds().intersection(all);
            x = bounds.x + bounds.width / 2;
            y = bounds.y + bounds.height / 2;
            z = imp.getZ() - 1;
            shown = new Rectangle(x - SHOWN / 2, y - SHOWN / 2, SHOWN, SHOWN).intersection(all);
            final Rectangle wide = new Rectangle(shown);
            wide.grow(Math.min(MARGIN, reach[0]), Math.min(MARGIN, reach[1]));
            read = wide.intersection(all);
            firstShown = Math.max(0, z - SHOWN / 2);
            lastShown = Math.min(imp.getNSlices(), z + SHOWN / 2);
            firstRead = Math.max(0, firstShown - Math.min(MARGIN, reach[2]));
            lastRead = Math.min(imp.getNSlices(), lastShown + Math.min(MARGIN, reach[2]));
        }

        /** The samples to read, of the current channel and frame. */
        ImagePlus crop(final ImagePlus imp) {
            final ImageStack stack = new ImageStack(read.width, read.height);
            for (int i = firstRead; i < lastRead; i++) {
                stack.addSlice(part(imp.getStack().getProcessor(
                        imp.getStackIndex(imp.getC(), i + 1, imp.getT())), read));
            }
            final ImagePlus made = new ImagePlus(imp.getTitle(), stack);
            made.setCalibration(imp.getCalibration().copy());
            made.setDimensions(1, stack.getSize(), 1);
            // The plane that the result's window will show, whose range that takes.
            made.setSlice(z - firstRead + 1);
            return made;
        }

        BufferedImage draw(final ImagePlus volume, final ImagePlus like) {
            final Rectangle inner = new Rectangle(
                    shown.x - read.x, shown.y - read.y, shown.width, shown.height);
            final ImageStack stack = new ImageStack(inner.width, inner.height);
            for (int i = firstShown; i < lastShown; i++) {
                stack.addSlice(part(volume.getStack().getProcessor(i - firstRead + 1), inner));
            }
            final ImagePlus made = new ImagePlus("", stack);
            made.setCalibration(volume.getCalibration());
            made.setDimensions(1, stack.getSize(), 1);
            return OrthogonalViews.draw(made, like, x - shown.x, y - shown.y, z - firstShown, SIZE);
        }

        private static ImageProcessor part(final ImageProcessor plane, final Rectangle where) {
            final ImageProcessor copy = plane.duplicate();
            copy.setRoi(where);
            return copy.crop();
        }
    }
}
