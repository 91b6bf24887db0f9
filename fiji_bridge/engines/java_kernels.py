"""Kernels as the Java engines take them."""

from __future__ import annotations

from typing import Any

from fiji_bridge.engines.engine import Kernels
from fiji_bridge.jvm.session import Session


def java_kernels(session: Session, triple: Kernels) -> list[Any]:
    """Return an ``org.fijibridge.kernel.Kernel`` per axis.

    Java makes the Gaussian ones and their derivatives itself: the same bits as in the ImageJ
    commands.
    """
    by_taps = session.jclass("org.fijibridge.kernel.Kernel")
    by_name = session.jclass("org.fijibridge.kernel.DerivativeKernels")
    return [
        by_taps(kernel.taps.tolist(), kernel.centre)
        if (made := kernel.gaussian) is None
        else by_name.derivative(made.kernel, made.sigma_px, made.order, made.scale, made.truncate)
        for kernel in triple
    ]
