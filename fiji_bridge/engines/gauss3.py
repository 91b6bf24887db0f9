"""The real Gauss3 of imglib2-algorithm, in the runtimes that have it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge.engines.engine import EngineInfo, Gaussian, Kernels, Progress
from fiji_bridge.engines.java_kernels import java_kernels
from fiji_bridge.engines.one_by_one import OneByOne
from fiji_bridge.errors import EngineUnavailableError, MemoryLimitError
from fiji_bridge.image.dtypes import needs_double
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.image.memory import readable as as_text
from fiji_bridge.jvm.buffers import direct_buffers, readable, writable
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session, start

_GAUSS3 = "net.imglib2.algorithm.gauss3.Gauss3"
#: On the Java heap: source, result, and the two that ImgLib2 makes between its passes.
_VOLUMES = 4


class Gauss3Engine(OneByOne):
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

    @classmethod
    def open(cls) -> Gauss3Engine:
        """Start the runtime if need be; refuse where it has no imglib2-algorithm."""
        session = start()
        if not session.has_gauss3():
            raise EngineUnavailableError(
                f"the runtime {session.describe()} has no Gauss3 (imglib2-algorithm): give a Fiji "
                "folder (--fiji DIR or FIJI_BRIDGE_FIJI), or use engine 'fused' (same kernel)"
            )
        return cls(session)

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
        kernels: Kernels,
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
        self._check_heap(volume.shape, kernels, volume.dtype, out.dtype)
        source, target = readable(volume), writable(out)
        arrays = (
            direct_buffers(self._session, source),
            source.dtype.name,
            direct_buffers(self._session, target),
            target.dtype.name,
            list(volume.shape),
        )
        rest = (border, float(cval), threads or system.processors())
        java = self._session.jclass("org.fijibridge.bridge.Gauss3Engine")
        known = [k.gaussian for k in kernels if k.gaussian is not None]
        sigmas = [g.sigma_px for g in known if g == Gaussian("gauss3", g.sigma_px)]

        def run(ticket: Any) -> Any:
            if len(sigmas) == len(kernels):
                return java.gaussian(*arrays, sigmas, *rest, ticket)
            return java.convolve(*arrays, java_kernels(self._session, kernels), *rest, ticket)

        ran = str(call(self._session, run, progress))
        if ran and ran not in self._ran:
            self._ran.append(ran)
        if target is not out:
            out[...] = target

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Four volumes of sums, all on the Java heap."""
        return _VOLUMES * array_bytes(shape, 8 if needs_double(dtype, dtype) else 4)

    def _check_heap(
        self,
        shape: tuple[int, ...],
        kernels: Kernels,
        source: np.dtype[Any],
        target: np.dtype[Any],
    ) -> None:
        """Refuse what the Java heap cannot hold, before Java runs into it."""
        depth, height, width = shape
        deep, high, _ = (n + len(k.taps) - 1 for n, k in zip(shape, kernels, strict=True))
        # Source and result, and what is left of the passes along x and y for the passes to come:
        # with all samples that these reach beyond the edges.
        samples = 2 * depth * height * width + width * deep * (high + height)
        needed = array_bytes((samples,), 8 if needs_double(source, target) else 4)
        heap = int(self._session.jclass("java.lang.Runtime").getRuntime().maxMemory())
        if needed > heap:
            raise MemoryLimitError(
                f"Gauss3 needs {as_text(needed)} of Java heap for a volume of shape {shape}, and "
                f"the heap is {as_text(heap)}; give Java more (--heap or FIJI_BRIDGE_HEAP), or "
                "use engine 'fused', which works on the array itself"
            )
