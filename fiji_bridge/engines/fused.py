"""The package's own engine: one sweep over the volume, in Java, on NumPy's memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge._version import __version__
from fiji_bridge.engines.base import EngineInfo, Kernels, Progress, Term
from fiji_bridge.engines.java_kernels import java_kernels
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
        kernels: Kernels,
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
        kernels: Sequence[Kernels],
        outs: Sequence[NDArray[Any]],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Convolve a volume in several ways, reading it once; see `Engine.filter_many`.

        Outputs with the same kernel along z, or along z and y, share that part of the work.
        """
        self._convolve(volume, kernels, None, outs, border, cval, threads, progress)

    def filter_sum(
        self,
        volume: NDArray[Any],
        terms: Sequence[tuple[Kernels, Term]],
        out: NDArray[Any],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Make one result of several convolutions; see `Engine.filter_sum`.

        The volume is read once, and no term is ever stored by itself.
        """
        kernels = [triple for triple, _ in terms]
        names = [term for _, term in terms]
        self._convolve(volume, kernels, names, [out], border, cval, threads, progress)

    def _convolve(
        self,
        volume: NDArray[Any],
        kernels: Sequence[Kernels],
        terms: list[Term] | None,
        outs: Sequence[NDArray[Any]],
        border: str,
        cval: float,
        threads: int | None,
        progress: Progress | None,
    ) -> None:
        """Fill one output per triple of kernels or, where these are terms, the only output."""
        if volume.size == 0 or not outs:
            return
        # Convolution does not care what the axes are called: sort them as memory has them.
        z, y, x = order = sorted(range(3), key=lambda axis: -abs(outs[0].strides[axis]))
        source = readable(volume.transpose(order))
        sorted_outs = [out.transpose(order) for out in outs]
        targets = [writable(out) for out in sorted_outs]
        made = [java_kernels(self._session, (t[z], t[y], t[x])) for t in kernels]
        given = direct_buffers(self._session, source), source.dtype.name
        wanted = [direct_buffers(self._session, target) for target in targets]
        kind_and_shape = targets[0].dtype.name, list(source.shape)
        tail = (border, float(cval), threads or len(os.sched_getaffinity(0)))
        java = self._session.jclass("org.fijibridge.bridge.ArrayEngine")

        def run(ticket: Any) -> None:
            if terms is None:
                java.convolve(*given, wanted, *kind_and_shape, made, *tail, ticket)
            else:
                java.sum(*given, wanted[0], *kind_and_shape, made, terms, *tail, ticket)

        call(self._session, run, progress)
        for out, target in zip(sorted_outs, targets, strict=True):
            if target is not out:
                out[...] = target

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Scratch rows of each thread: 16 MiB each at most."""
        return 16 * 2**20 * len(os.sched_getaffinity(0))
