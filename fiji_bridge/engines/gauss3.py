"""The real Gauss3 of imglib2-algorithm, in the runtimes that have it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.base import AxisKernel, EngineInfo, Progress, needs_double
from fiji_bridge.jvm.buffers import direct_buffers, readable, writable
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session

_GAUSS3 = "net.imglib2.algorithm.gauss3.Gauss3"


class Gauss3Engine:
    """ImgLib2's Gauss3, and its SeparableKernelConvolution for every other kernel.

    Sums are float32, but double where source or result is int32, uint32 or float64. Where σ
    is 0 along an axis, SeparableKernelConvolution runs with Gauss3's own kernels.

    Parameters
    ----------
    session : Session
        Of a runtime with imglib2-algorithm; see `Session.has_gauss3`.
    """

    name = "gauss3"

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ran: list[str] = []

    def info(self) -> EngineInfo:
        """Return the classes that ran (before the first run: Gauss3) and their version."""
        version = self._session.jclass("org.fijibridge.engine.Gauss3Adapter").version()
        ran = " and ".join(self._ran) or _GAUSS3
        return EngineInfo(
            self.name, f"{ran} (imglib2-algorithm {version})", self._session.describe()
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
        """Convolve a volume of shape (z, y, x); see `Engine.filter`."""
        if volume.size == 0:
            return
        source, target = readable(volume), writable(out)
        arrays = (
            direct_buffers(self._session, source),
            source.dtype.name,
            direct_buffers(self._session, target),
            target.dtype.name,
            list(volume.shape),
        )
        rest = (border, float(cval), threads or len(os.sched_getaffinity(0)))
        java = self._session.jclass("org.fijibridge.bridge.Gauss3Engine")
        sigmas = [k.gaussian[1] for k in kernels if k.gaussian and k.gaussian[0] == "gauss3"]

        def run(ticket: Any) -> Any:
            if len(sigmas) == len(kernels):
                return java.gaussian(*arrays, sigmas, *rest, ticket)
            taps = [kernel.taps.tolist() for kernel in kernels]
            centres = [kernel.centre for kernel in kernels]
            return java.convolve(*arrays, taps, centres, *rest, ticket)

        ran = str(call(self._session, run, progress))
        if ran and ran not in self._ran:
            self._ran.append(ran)
        if target is not out:
            out[...] = target

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Four volumes of sums on the Java heap: source, result, and ImgLib2's two temporaries."""
        return 4 * (8 if needs_double(dtype, dtype) else 4) * int(np.prod(shape))
