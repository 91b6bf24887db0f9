package org.fijibridge.engine;

import org.fijibridge.kernel.Kernel;

/** One result of a sweep: where it goes and the kernel along each axis. */
public final class Output {

    final VolumeTarget target;
    final Kernel kz;
    final Kernel ky;
    final Kernel kx;

    public Output(final VolumeTarget target, final Kernel kz, final Kernel ky, final Kernel kx) {
        this.target = target;
        this.kz = kz;
        this.ky = ky;
        this.kx = kx;
    }
}
