"""The package's own engine: one sweep over the volume, in Java, on NumPy's memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge._version import __version__
from fiji_bridge.engines.engine import (
    ONE_BY_ONE,
    EngineInfo,
    Kernels,
    Part,
    Progress,
    Reach,
    Steps,
    Term,
)
from fiji_bridge.engines.java_kernels import java_kernels
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.jvm.buffers import (
    PIECE_BYTES,
    direct_buffers,
    java_dtype,
    readable,
    writable,
)
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session, start

#: Products of samples and weights up to which one thread is done before another has begun.
_BRIEF = 10_000_000

#: As many lines beside each other are a bundle, if they have at least so many samples: rows of a
#: few samples take up to 50 times as long.
_BUNDLE, _LONG = 256, 4096

#: Results of one reading at most.
_OUTPUTS = 4

#: What the Java loops of one thread take at most beside the volumes, with some room.
SCRATCH_BYTES = 16 * 2**20


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
        #: Of all calls so far, by the order of the axes in memory.
        self._accuracies: dict[str, Any] = {}
        self._remark = ""
        self._errors: tuple[float, ...] = ()

    @classmethod
    def open(cls) -> FusedEngine:
        """Start the runtime if need be."""
        return cls(start())

    def info(self) -> EngineInfo:
        """Return the class, the version of the package, and how the calls so far summed.

        Wide kernels are summed in two steps; the largest error of those is then told per axis.
        """
        return EngineInfo(
            self.name,
            f"org.fijibridge.engine.SeparableConvolution (fiji_bridge {__version__}{self._remark})",
            self._session.describe(),
            self._errors,
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
        part: Part | None = None,
        every: Steps = ONE_BY_ONE,
    ) -> None:
        """Convolve a volume in several ways, reading it once; see `Engine.filter_many`.

        Outputs with the same kernel along z, or along z and y, share that part of the work.
        Samples that are not wanted are not summed.
        """
        self._convolve(
            "convolve", volume, kernels, None, outs, border, cval, threads, progress, part, every
        )

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
        part: Part | None = None,
    ) -> None:
        """Make one result of several convolutions; see `Engine.filter_sum`.

        The volume is read once, and no term is ever stored by itself.
        """
        self._terms("sum", volume, terms, out, border, cval, threads, progress, part)

    def filter_means(
        self,
        volume: NDArray[Any],
        terms: Sequence[tuple[Kernels, Term]],
        out: NDArray[Any],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
        part: Part | None = None,
    ) -> None:
        """Make the same of means of the samples that are there; see `Engine.filter_means`.

        Sums and the sums of their weights are made side by side, in the same digits as a sum of
        all samples; neither is ever stored.
        """
        self._terms("means", volume, terms, out, border, cval, threads, progress, part)

    def _terms(
        self,
        method: str,
        volume: NDArray[Any],
        terms: Sequence[tuple[Kernels, Term]],
        out: NDArray[Any],
        *how: Any,
    ) -> None:
        kernels = [triple for triple, _ in terms]
        names = [term for _, term in terms]
        self._convolve(method, volume, kernels, names, [out], *how)

    def _convolve(
        self,
        method: str,
        volume: NDArray[Any],
        kernels: Sequence[Kernels],
        terms: list[Term] | None,
        outs: Sequence[NDArray[Any]],
        border: str,
        cval: float,
        threads: int | None,
        progress: Progress | None,
        part: Part | None,
        every: Steps = ONE_BY_ONE,
    ) -> None:
        """Fill one output per triple of kernels or, where these are terms, the only output."""
        if volume.size == 0 or not outs:
            return
        order = _memory_order(outs[0], volume.shape if part is None else part.volume)
        source = readable(volume.transpose(order))
        sorted_outs = [out.transpose(order) for out in outs]
        targets = [writable(out) for out in sorted_outs]
        made = self._kernels(kernels, order)
        everything = part is None and every == ONE_BY_ONE
        place = None if everything else _place(part, every, outs[0].shape, order)
        given = direct_buffers(self._session, source), source.dtype.name
        wanted = [direct_buffers(self._session, target) for target in targets]
        kind_and_shape = targets[0].dtype.name, list(source.shape)
        products = source.size * sum(len(kernel.taps) for triple in kernels for kernel in triple)
        brief = products <= _BRIEF
        tail = (border, float(cval), 1 if brief else threads or system.processors())
        java = self._session.jclass("org.fijibridge.bridge.ArrayEngine")

        def run(ticket: Any) -> Any:
            if terms is None:
                return java.convolve(*given, wanted, *kind_and_shape, place, made, *tail, ticket)
            return getattr(java, method)(
                *given, wanted[0], *kind_and_shape, place, made, terms, *tail, ticket
            )

        accuracy = call(self._session, run, progress, brief=brief)
        names = "".join("zyx"[axis] for axis in order)
        if names in self._accuracies:
            # Of all volumes of an image, not of the last alone.
            accuracy = self._accuracies[names].or_(accuracy)
        self._accuracies[names] = accuracy
        self._remark = "".join(str(a.remark(axes)) for axes, a in self._accuracies.items())
        told = dict(zip(order, (float(error) for error in accuracy.steps()), strict=True))
        self._errors = tuple(told[axis] for axis in range(3)) if any(told.values()) else ()
        for out, target in zip(sorted_outs, targets, strict=True):
            if target is not out:
                out[...] = target

    def _kernels(self, kernels: Sequence[Kernels], order: Sequence[int]) -> list[Any]:
        z, y, x = order
        return [java_kernels(self._session, (t[z], t[y], t[x])) for t in kernels]

    def reach(
        self,
        terms: Sequence[tuple[Kernels, Term]],
        shape: tuple[int, int, int],
        source: np.dtype[Any],
        target: np.dtype[Any],
        border: str,
    ) -> Reach:
        """Return what kernels reach, and sums in two steps beyond them; see `Engine.reach`."""
        java = self._session.jclass("org.fijibridge.bridge.ArrayEngine")
        found = [[0, 0], [0, 0], [0, 0]]
        # Rows in memory, and lines, may run along any axis; those across planes take no steps.
        for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            told = java.reach(
                java_dtype(source).name,
                java_dtype(target).name,
                [shape[axis] for axis in order],
                self._kernels([triple for triple, _ in terms], order),
                [term for _, term in terms] if len(terms) > 1 else None,
                border,
            )
            for axis, (before, after) in zip(order, told, strict=True):
                found[axis] = [max(found[axis][0], int(before)), max(found[axis][1], int(after))]
        z, y, x = ((before, after) for before, after in found)
        return z, y, x

    def pedestal(
        self,
        shape: tuple[int, int, int],
        dtype: np.dtype[Any],
        read: Callable[[tuple[int, int, int]], float],
    ) -> bool:
        """Whether it is summed in double for that; see `Engine.pedestal`."""
        if java_dtype(dtype) != np.float32:
            return False
        java = self._session.jclass("org.fijibridge.bridge.ArrayEngine")
        z, y, x = (list(java.pedestalPlaces(n)) for n in shape)
        values = [read(place) for place in itertools.product(z, y, x)]
        samples = np.array(values, np.float32).reshape(len(z), len(y), len(x))
        buffers = direct_buffers(self._session, samples)
        return bool(java.pedestal(buffers, samples.dtype.name, list(samples.shape)))

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Scratch rows of each thread, and copies of what is thin."""
        copies = array_bytes(shape, dtype.itemsize + _OUTPUTS * 8) if _is_thin(shape) else 0
        return SCRATCH_BYTES * system.processors() + copies

    def means_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Return it for a sweep over what is there, and one over the weights, per thread."""
        return SCRATCH_BYTES * system.processors()


def _place(
    part: Part | None, every: Steps, shape: tuple[int, ...], order: Sequence[int]
) -> list[list[int]]:
    """Return a part, or all of a volume, as Java takes it; `shape` is that of the result."""
    here = ((0, 0, 0), (0, 0, 0)) if part is None else (part.origin, part.offset)
    place = [[of[axis] for axis in order] for of in (shape, *here, every)]
    return [*place, [] if part is None else [int(pedestal) for pedestal in part.pedestal]]


def _memory_order(out: NDArray[Any], volume: tuple[int, ...]) -> list[int]:
    """Return the axes as memory has them: convolution does not care what they are called.

    A part of a volume has the order of the volume, whose shape is given.

    Long rows are what is fast. Lines are summed along x, whatever axis they run along, and so are
    bundles of a few; these are copied for that. What is too long for one piece of memory stays
    what it is.
    """
    order = sorted(range(3), key=lambda axis: -abs(out.strides[axis]))
    if _is_thin(volume) and math.prod(volume) * out.itemsize <= PIECE_BYTES:
        longest = volume.index(max(volume))
        order.sort(key=lambda axis: axis == longest)
    return order


def _is_thin(shape: tuple[int, ...]) -> bool:
    """Whether a volume is a line, or a bundle of lines that are much longer than they are many."""
    longest = max(shape)
    lines = math.prod(shape) // max(1, longest)
    return lines == 1 or (lines <= _BUNDLE and longest >= _LONG)
