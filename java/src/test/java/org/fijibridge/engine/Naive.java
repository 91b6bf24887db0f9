package org.fijibridge.engine;

import org.fijibridge.kernel.Kernel;

/** The definition of a separable convolution, axis after axis in double: slow and plain. */
final class Naive {

    private Naive() {}

    static double[] convolve(final double[] volume, final int[] shape, final Kernel[] kernels,
            final Border border, final double constant) {
        double[] result = volume;
        double outside = constant;
        for (int axis = 0; axis < 3; axis++) {
            result = alongAxis(result, shape, axis, kernels[axis], border, outside);
            // What lies outside has been filtered along this axis, too.
            double sum = 0;
            for (final double tap : kernels[axis].taps()) {
                sum += tap;
            }
            outside *= sum;
        }
        return result;
    }

    private static double[] alongAxis(final double[] in, final int[] shape, final int axis,
            final Kernel kernel, final Border border, final double outside) {
        final int stride = axis == 2 ? 1 : axis == 1 ? shape[2] : shape[1] * shape[2];
        final double[] taps = kernel.taps();
        final double[] out = new double[in.length];
        for (int index = 0; index < in.length; index++) {
            final int position = index / stride % shape[axis];
            double sum = 0;
            for (int j = 0; j < taps.length; j++) {
                final int source = border.source(position - (j - kernel.centre()), shape[axis]);
                sum += taps[j] * (source == Border.OUTSIDE
                        ? outside : in[index + (source - position) * stride]);
            }
            out[index] = sum;
        }
        return out;
    }
}
