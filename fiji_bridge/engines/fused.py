"""The package's own engine: one sweep over the volume, in Java, on NumPy's memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
        self.filter_many(
            volume,
            [kernels],
            [out],
            border=border,
            cval=cval,
            threads=threads,
            progress=progress,
        )

    def filter_many(
        self,
        volume: NDArray[Any],
        kernels: Sequence[tuple[AxisKernel, AxisKernel, AxisKernel]],
        outs: Sequence[NDArray[Any]],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Convolve a volume in several ways at once, reading it once.

        Outputs with the same kernel along z, or along z and y, share that part of the work.

        Parameters
        ----------
        volume : ndarray, shape (z, y, x)
        kernels : sequence of three AxisKernel each
            In (z, y, x) order.
        outs : sequence of ndarray, shape (z, y, x)
            One per triple of kernels, all of one type.
        border, cval, threads, progress : see `Engine.filter`
        """
        if volume.size == 0 or not outs:
            return
        # Convolution does not care what the axes are called: sort them as memory has them.
        order = sorted(range(3), key=lambda axis: -abs(outs[0].strides[axis]))
        source = readable(volume.transpose(order))
        sorted_outs = [out.transpose(order) for out in outs]
        targets = [writable(out) for out in sorted_outs]
        sorted_kernels = [[triple[axis] for axis in order] for triple in kernels]
        given = direct_buffers(self._session, source), source.dtype.name
        wanted = [direct_buffers(self._session, target) for target in targets]
        tail = (border, float(cval), threads or len(os.sched_getaffinity(0)))
        java = self._session.jclass("org.fijibridge.bridge.ArrayEngine")
        shape, kind = list(source.shape), targets[0].dtype.name
        gaussian = _gaussian(sorted_kernels[0]) if len(outs) == 1 else None

        def run(ticket: Any) -> None:
            if gaussian is not None:
                # Java makes the kernels itself: the same bits as in the ImageJ command.
                java.gaussian(*given, wanted[0], kind, shape, *gaussian, *tail, ticket)
                return
            taps = [[kernel.taps.tolist() for kernel in triple] for triple in sorted_kernels]
            centres = [[kernel.centre for kernel in triple] for triple in sorted_kernels]
            java.convolveMany(*given, wanted, kind, shape, taps, centres, *tail, ticket)

        call(self._session, run, progress)
        for out, target in zip(sorted_outs, targets, strict=True):
            if target is not out:
                out[...] = target

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Scratch rows of each thread: 16 MiB each at most."""
        return 16 * 2**20 * len(os.sched_getaffinity(0))


def _gaussian(triple: Sequence[AxisKernel]) -> tuple[str, list[float]] | None:
    """Return the kernel's name and three sigmas, if all axes have one Gaussian kernel."""
    known = [kernel.gaussian for kernel in triple if kernel.gaussian is not None]
    names = {name for name, _ in known}
    if len(known) != 3 or len(names) != 1:
        return None
    return names.pop(), [sigma for _, sigma in known]
