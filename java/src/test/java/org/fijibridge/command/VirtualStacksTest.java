package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import ij.VirtualStack;
import ij.process.ByteProcessor;
import ij.process.ImageProcessor;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.fijibridge.engine.Progress;
import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.Test;

/** Virtual stacks are never in memory as a whole, and refused where the result cannot be. */
class VirtualStacksTest {

    private static final int DEPTH = 64;

    /** Makes its planes anew, and counts how many of them are still held. */
    private static final class Counted extends VirtualStack {
        private final List<WeakReference<Object>> made = new ArrayList<>();
        private int reads;
        private int most;

        Counted(final int width, final int height, final int depth) {
            super(width, height, depth);
        }

        @Override
        public int getBitDepth() {
            return 8;
        }

        @Override
        public ImageProcessor getProcessor(final int n) {
            reads++;
            System.gc();
            made.removeIf(plane -> plane.get() == null);
            final byte[] pixels = new byte[getWidth() * getHeight()];
            pixels[0] = (byte) n;
            made.add(new WeakReference<>(pixels));
            most = Math.max(most, made.size());
            return new ByteProcessor(getWidth(), getHeight(), pixels);
        }

        @Override
        public Object getPixels(final int n) {
            return getProcessor(n).getPixels();
        }

        @Override
        public String getSliceLabel(final int n) {
            return "plane " + n;
        }
    }

    private static ImagePlus image(final Counted stack) {
        final ImagePlus imp = new ImagePlus("virtual", stack);
        imp.setDimensions(1, stack.getSize(), 1);
        return imp;
    }

    @Test
    void onlyASlabIsHeldAtATime() {
        final Counted stack = new Counted(40, 30, DEPTH);
        final ImagePlus imp = image(stack);
        final Values values =
                Values.parse(Operation.of("gaussian"), "sigma=1 unit=pixel engine=fused");
        final ImagePlus made =
                new GaussianBlurPhysical().compute(imp, values, Progress.NONE);
        assertEquals(DEPTH, made.getStackSize());
        assertEquals("plane 7", made.getStack().getSliceLabel(7));
        // 8 planes and the 3 that the kernel reaches on either side, before the next slab.
        assertTrue(stack.most < DEPTH / 2, stack.most + " planes were held at a time");
    }

    @Test
    void aResultThatCannotFitIsRefusedBeforeAnythingIsRead() {
        final Counted stack = new Counted(40, 30, 40_000_000);
        final ImagePlus imp = image(stack);
        final int before = stack.reads;
        final Values values = Values.parse(Operation.of("gaussian"), "sigma=1 unit=pixel");
        final Refusal refused = assertThrows(Refusal.class,
                () -> new GaussianBlurPhysical().compute(imp, values, Progress.NONE));
        assertTrue(refused.getMessage().contains("'virtual' needs 44.7 GiB of memory"),
                refused.getMessage());
        assertEquals(before, stack.reads);
    }
}
