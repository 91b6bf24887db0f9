package org.fijibridge.command;

import ij.ImagePlus;
import ij.process.ImageProcessor;
import java.util.Map;
import org.fijibridge.plan.BlurPlan;

/** The image plus some of what a blur takes away. */
public final class UnsharpMask extends BlurCommand {

    private static final int SIGNED = 32768;

    public UnsharpMask() {
        super("unsharp_mask");
    }

    @Override
    void check(final ImagePlus imp, final Values values, final BlurPlan plan) {
        refuseRgb(imp);
    }

    @Override
    boolean otherRange() {
        return false;
    }

    @Override
    boolean sumsInFloat(final Values values) {
        return true;
    }

    @Override
    Object[] planes(final ImagePlus imp, final Values values, final BlurPlan plan,
            final Steps steps, final Map<String, Object> details) {
        final double amount = values.number("amount");
        details.put("amount", amount);
        final Object[] planes = steps.gaussian(true);
        final float factor = (float) amount;
        final int shift = Images.type(imp).equals("int16") ? SIGNED : 0;
        for (int i = 0; i < planes.length; i++) {
            final float[] sharp = (float[]) planes[i];
            final ImageProcessor source = imp.getStack().getProcessor(i + 1);
            for (int p = 0; p < sharp.length; p++) {
                final float sample = source.getf(p) - shift;
                sharp[p] = sample + factor * (sample - sharp[p]);
            }
            if (!toFloat(values)) {
                planes[i] = rounded(sharp, imp.getBitDepth(), shift);
            }
        }
        return planes;
    }

    /** To nearest, halves away from zero, at the ends of the type's range. */
    private static Object rounded(final float[] values, final int bits, final int shift) {
        if (bits == 32) {
            return values;
        }
        final int largest = (1 << bits) - 1;
        final byte[] bytes = new byte[bits == 8 ? values.length : 0];
        final short[] shorts = new short[bits == 16 ? values.length : 0];
        for (int p = 0; p < values.length; p++) {
            final float half = values[p] + Math.copySign(0.5f, values[p]);
            final int value = Math.max(0, Math.min(largest, (int) half + shift));
            if (bits == 8) {
                bytes[p] = (byte) value;
            } else {
                shorts[p] = (short) value;
            }
        }
        return bits == 8 ? bytes : shorts;
    }
}
