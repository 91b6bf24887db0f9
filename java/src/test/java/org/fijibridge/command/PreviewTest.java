package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import java.awt.image.BufferedImage;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fijibridge.engine.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The preview computes on its own thread, and a newer request ends the one before. */
@Timeout(30)
class PreviewTest {

    private static final Values SLOW = Values.parse(Operation.of("gaussian"), "sigma=9");
    private static final Values QUICK = Values.parse(Operation.of("gaussian"), "sigma=1");

    /** Says what happens to it; never ends with SLOW, unless it is cancelled. */
    private static final class Told extends OperationCommand {
        private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        private volatile ImagePlus seen;

        Told() {
            super("gaussian");
        }

        @Override
        ImagePlus compute(final ImagePlus imp, final Values values, final Progress progress) {
            seen = imp;
            events.add("sigma " + values.text("sigma") + " on "
                    + Thread.currentThread().getName());
            while (values == SLOW) {
                if (progress.cancelled()) {
                    events.add("cancelled");
                    throw new CancellationException();
                }
                Thread.yield();
            }
            return imp.duplicate();
        }

        @Override
        String describe(final ImagePlus imp, final Values values) {
            return "";
        }

        @Override
        int[] reachXYZ(final ImagePlus imp, final Values values) {
            return new int[] {5, 6, 2};
        }
    }

    private static Object field(final Preview preview, final String name) throws Exception {
        final Field field = Preview.class.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(preview);
    }

    @Test
    void aNewerRequestEndsTheOneBefore() throws Exception {
        final Told command = new Told();
        final Preview preview =
                new Preview(command, IJ.createImage("test", "8-bit ramp", 300, 200, 9));
        preview.request(SLOW);
        assertEquals("sigma 9 on fiji-bridge-preview", command.events.take());
        preview.request(QUICK);
        assertEquals("cancelled", command.events.take());
        assertEquals("sigma 1 on fiji-bridge-preview", command.events.take());
        while (field(preview, "after") == null) {
            Thread.yield();
        }
        assertNotNull(field(preview, "before"));
        preview.close();
    }

    @Test
    void requestsThatFollowEachOtherQuicklyAreNotAllComputed() throws Exception {
        final Told command = new Told();
        final Preview preview =
                new Preview(command, IJ.createImage("test", "8-bit ramp", 64, 64, 3));
        for (int i = 0; i < 20; i++) {
            preview.request(SLOW);
        }
        preview.request(QUICK);
        while (field(preview, "after") == null) {
            Thread.yield();
        }
        preview.close();
        assertTrue(command.events.size() < 20, command.events.toString());
    }

    @Test
    void nothingIsComputedAfterItIsClosed() throws Exception {
        final Told command = new Told();
        final Preview preview =
                new Preview(command, IJ.createImage("test", "8-bit ramp", 64, 64, 3));
        preview.request(QUICK);
        preview.close();
        assertEquals(null, command.events.poll(500, TimeUnit.MILLISECONDS));
    }

    @Test
    void aPartIsReadWithAsManySamplesAroundAsTheFilterReaches() throws Exception {
        final Told command = new Told();
        final ImagePlus image = IJ.createImage("test", "16-bit ramp", 300, 200, 9);
        image.setRoi(100, 80, 20, 10);
        image.setSlice(5);
        final Preview preview = new Preview(command, image);
        preview.request(QUICK);
        command.events.take();
        // 128 samples round (110, 85), 5 and 6 more to each side; z is there as a whole.
        assertEquals(128 + 2 * 5, command.seen.getWidth());
        assertEquals(128 + 2 * 6, command.seen.getHeight());
        assertEquals(9, command.seen.getNSlices());
        assertEquals(16, command.seen.getBitDepth());
        preview.close();
    }

    @Test
    void anotherQuantityIsShownInTheWindowOfItsResult() throws Exception {
        // Bright on a slope: the image's own range would show its Laplacian all in one colour.
        final ImagePlus imp = IJ.createImage("bright", "32-bit black", 40, 40, 9);
        for (int z = 1; z <= 9; z++) {
            final float[] plane = (float[]) imp.getStack().getPixels(z);
            Arrays.fill(plane, 1000);
            plane[20 * 40 + 20] = 3000;
        }
        imp.setSlice(5);
        imp.setDisplayRange(1000, 3000);
        final Preview preview = new Preview(new LaplacianOfGaussian(), imp);
        preview.request(Values.parse(Operation.of("laplacian"), "sigma=2 unit=pixel per=pixel"));
        final Field after = Preview.class.getDeclaredField("after");
        after.setAccessible(true);
        BufferedImage shown = null;
        while (shown == null) {
            Thread.sleep(20);
            shown = (BufferedImage) after.get(preview);
        }
        preview.close();
        final Set<Integer> greys = new HashSet<>();
        for (int y = 2; y < 200; y++) {
            for (int x = 2; x < 200; x++) {
                greys.add(shown.getRGB(x, y) & 255);
            }
        }
        assertTrue(greys.size() > 20, greys.size() + " grey values");
    }
}
