"""The package's own engine: one sweep over the volume, in Java, on NumPy's memory."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge._version import __version__
from fiji_bridge.engines.base import AxisKernel, EngineInfo, Progress
from fiji_bridge.jvm.buffers import direct_buffers, readable, writable
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session


class FusedEngine:
    """``org.fijibridge.engine.SeparableConvolution`` of our jar.

    Sums are float32, but double where source or result is int32, uint32 or float64. The result
    has the same bits whatever the number of threads.

    Parameters
    ----------
    session : Session
        Any runtime; all have our jar.
    """

    name = "fused"

    def __init__(self, session: Session) -> None:
        self._session = session

    def info(self) -> EngineInfo:
        """Return the class and the version of the package."""
        return EngineInfo(
            self.name,
            f"org.fijibridge.engine.SeparableConvolution (fiji_bridge {__version__})",
            self._session.describe(),
        )

    def filter(
        self,
        volume: NDArray[Any],
        kernels: tuple[AxisKernel, AxisKernel, AxisKernel],
        out: NDArray[Any],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Convolve a volume of shape (z, y, x); see `Engine.filter`.

        Nothing is copied where volume and out are contiguous in the same order of axes (C,
        Fortran or another), native and not float16.
        """
        if volume.size == 0:
            return
        # Convolution does not care what the axes are called: sort them as memory has them.
        order = sorted(range(3), key=lambda axis: -abs(out.strides[axis]))
        source = readable(volume.transpose(order))
        sorted_out = out.transpose(order)
        target = writable(sorted_out)
        sorted_kernels = [kernels[axis] for axis in order]
        head = (
            direct_buffers(self._session, source),
            source.dtype.name,
            direct_buffers(self._session, target),
            target.dtype.name,
            list(source.shape),
        )
        tail = (border, float(cval), threads or len(os.sched_getaffinity(0)))
        java = self._session.jclass("org.fijibridge.bridge.ArrayEngine")
        gaussians = [kernel.gaussian for kernel in sorted_kernels if kernel.gaussian is not None]
        names = {name for name, _ in gaussians}

        def run(ticket: Any) -> None:
            if len(gaussians) == 3 and len(names) == 1:
                # Java makes the kernels itself: the same bits as in the ImageJ command.
                java.gaussian(*head, names.pop(), [sigma for _, sigma in gaussians], *tail, ticket)
                return
            taps = [kernel.taps.tolist() for kernel in sorted_kernels]
            centres = [kernel.centre for kernel in sorted_kernels]
            java.convolve(*head, taps, centres, *tail, ticket)

        call(self._session, run, progress)
        if target is not sorted_out:
            sorted_out[...] = target

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Scratch rows of each thread: 16 MiB each at most."""
        return 16 * 2**20 * len(os.sched_getaffinity(0))
