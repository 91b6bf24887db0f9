package org.fijibridge.command;

import ij.ImagePlus;
import ij.ImageStack;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.fijibridge.engine.Border;
import org.fijibridge.engine.Part;
import org.fijibridge.engine.Pedestal;
import org.fijibridge.engine.PlaneVolume;
import org.fijibridge.engine.Progress;
import org.fijibridge.engine.VolumeSource;
import org.fijibridge.engine.VolumeTarget;
import org.fijibridge.plan.Refusal;

/**
 * Runs a filter over every volume of an image. The image itself is only read; virtual stacks are
 * read slab by slab, so that they are never in memory as a whole.
 */
final class ImageFilter {

    private static final int[] GREY = {0};
    private static final int[] RGB = {16, 8, 0};

    private final ImagePlus imp;
    private final ImageStack stack;
    private final VolumeFilter filter;
    private final double cval;
    private final boolean toFloat;
    private final String nan;
    private final int width;
    private final int height;
    private final int depth;
    private final boolean signed;
    private final int around;
    private final int slab;
    private final Object[] results;
    private VolumesProgress progress;

    /**
     * @param cval value of the constant border
     * @param toFloat whether the result is 32-bit instead of the image's type
     * @param nan "refuse", "propagate" or "ignore"
     */
    ImageFilter(final ImagePlus imp, final VolumeFilter filter, final double cval,
            final boolean toFloat, final String nan) {
        this.imp = imp;
        this.filter = filter;
        this.cval = cval;
        this.toFloat = toFloat && imp.getBitDepth() != 32;
        this.nan = nan;
        stack = imp.getStack();
        width = imp.getWidth();
        height = imp.getHeight();
        depth = imp.getNSlices();
        signed = Images.isSigned(imp);
        results = new Object[imp.getStackSize()];
        final int reach = filter.reachZ();
        final boolean whole = reach < 0 || reach >= depth || !stack.isVirtual()
                || imp.getBitDepth() == 32 && nan.equals("ignore");
        around = whole ? 0 : reach;
        slab = whole ? depth : Math.min(depth, Math.max(2 * reach, 8));
    }

    /** Bytes that {@link #run} takes. */
    long memoryNeeded() {
        final long pixels = (long) width * height;
        long needed = results.length * Images.planeBytes(toFloat ? 32 : imp.getBitDepth(), pixels);
        needed += filter.extraBytes(depth, height, width);
        if (stack.isVirtual()) {
            needed += (slab + 2L * around) * Images.planeBytes(imp.getBitDepth(), pixels);
        }
        if (imp.getBitDepth() == 32 && nan.equals("ignore")) {
            needed += filter.meansBytes(depth, height, width);
        }
        return needed;
    }

    /** Time that {@link #run} takes, within a factor of a few. */
    double seconds() {
        final int samples = imp.getBitDepth() == 24 ? RGB.length : 1;
        // Where there are holes, the weights are filtered as well.
        final int passes = imp.getBitDepth() == 32 && nan.equals("ignore") ? 2 : 1;
        return filter.seconds(depth, height, width) * imp.getNChannels() * imp.getNFrames()
                * samples * passes;
    }

    /** The planes of the result, in the order of the image's stack. */
    Object[] run(final Progress whole) {
        final int slabs = (depth - 1) / slab + 1;
        final int[] samples = imp.getBitDepth() == 24 ? RGB : GREY;
        progress = new VolumesProgress(whole,
                imp.getNChannels() * imp.getNFrames() * slabs * samples.length);
        for (int t = 1; t <= imp.getNFrames(); t++) {
            for (int c = 1; c <= imp.getNChannels(); c++) {
                final Part part = slab == depth ? Part.WHOLE
                        : new Part(new int[3], new int[3], pedestal(c, t));
                for (int z = 0; z < depth; z += slab) {
                    filterSlab(c, t, z, Math.min(slab, depth - z), samples, part);
                }
            }
        }
        return results;
    }

    /** Whether a volume of which only slabs are in memory stands on a pedestal. */
    private boolean pedestal(final int c, final int t) {
        if (imp.getBitDepth() != 32) {
            return false;
        }
        final int[] places = Pedestal.places(depth);
        final Object[] planes = new Object[places.length];
        for (int i = 0; i < planes.length; i++) {
            planes[i] = stack.getPixels(imp.getStackIndex(c, places[i] + 1, t));
        }
        return Pedestal.under(new PlaneVolume(planes, height, width));
    }

    private void filterSlab(final int c, final int t, final int z0, final int count,
            final int[] samples, final Part part) {
        final Border border = filter.border();
        final int[] which = new int[count + 2 * around];
        final Map<Integer, Integer> slots = new HashMap<>();
        final Object[] loaded = new Object[which.length];
        for (int i = 0; i < which.length; i++) {
            final int z = border.source(z0 - around + i, depth);
            if (z == Border.OUTSIDE) {
                which[i] = -1;
                continue;
            }
            Integer slot = slots.get(z);
            if (slot == null) {
                slot = slots.size();
                slots.put(z, slot);
                loaded[slot] = stack.getPixels(imp.getStackIndex(c, z + 1, t));
            }
            which[i] = slot;
        }
        final Object[] planes = Arrays.copyOf(loaded, slots.size());
        final Object[] made = new Object[count];
        for (int i = 0; i < count; i++) {
            made[i] = newPlane(planes[which[around + i]]);
            results[imp.getStackIndex(c, z0 + i + 1, t) - 1] = made[i];
        }
        for (final int shift : samples) {
            VolumeSource in =
                    new SlabPlanes(new PlaneVolume(planes, height, width, shift), which, cval);
            VolumeTarget out = new InnerPlanes(new PlaneVolume(made, height, width, shift), around);
            if (signed) {
                in = SignedPlanes.source(in);
                out = toFloat ? out : SignedPlanes.target(out);
            }
            filterVolume(in, part, out, planes);
            progress.next();
        }
    }

    private Object newPlane(final Object source) {
        if (toFloat || source instanceof float[]) {
            return new float[width * height];
        }
        if (source instanceof int[]) {
            return ((int[]) source).clone();
        }
        return source instanceof byte[] ? new byte[width * height] : new short[width * height];
    }

    private void filterVolume(final VolumeSource in, final Part part, final VolumeTarget out,
            final Object[] planes) {
        long bad = 0;
        for (int i = 0; nan.equals("ignore") && planes[0] instanceof float[] && i < planes.length;
                i++) {
            bad += FiniteSamples.count((float[]) planes[i]);
        }
        if (bad == 0) {
            filter.run(in, part, out, cval, false, progress);
            return;
        }
        if (filter.hasNegativeTaps()) {
            throw new Refusal("nan=ignore needs a kernel without negative taps, and this one has "
                    + "some: choose kernel=scipy, or fill the holes first by a Gaussian blur that "
                    + "ignores them");
        }
        // Only 32-bit images have holes, and their planes are written as they are.
        filter.means(in, (InnerPlanes) out, cval, progress);
    }
}
