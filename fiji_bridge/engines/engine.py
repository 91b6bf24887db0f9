"""What every engine is given and gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.derivative import gaussian_taps

#: Called now and then with (done, total); raise to cancel.
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True)
class Gaussian:
    """A kernel by name, so that an engine with kernel code of its own can use that.

    Attributes
    ----------
    kernel : str
    sigma_px : float
    order : int
        Of the derivative that it takes as well.
    scale : float
        What all taps are multiplied by.
    truncate : float
        Where kernel ``"scipy"`` ends, in σ.
    """

    kernel: str
    sigma_px: float
    order: int = 0
    scale: float = 1.0
    truncate: float = kernels.TRUNCATE


@dataclass(frozen=True, eq=False)
class AxisKernel:
    """The kernel along one axis, as a convolution.

    ``out[i] = Σ taps[j] · in[i − (j − centre)]``.

    Attributes
    ----------
    taps : ndarray of float64, shape (n,)
    centre : int
        Index of the tap that multiplies the sample itself.
    gaussian : Gaussian or None
        What the taps are, where they are that.
    """

    taps: NDArray[np.float64]
    centre: int
    gaussian: Gaussian | None = None

    @classmethod
    def from_gaussian(
        cls,
        kernel: str,
        sigma_px: float,
        order: int = 0,
        scale: float = 1.0,
        truncate: float = kernels.TRUNCATE,
    ) -> AxisKernel:
        """Make the Gaussian kernel of a name and a σ in pixels; σ = 0 is the identity.

        Parameters
        ----------
        kernel : str
        sigma_px : float
        order : int
            Of the derivative that is taken, per sample distance.
        scale : float
            What all taps are multiplied by.
        truncate : float
            Where kernel ``"scipy"`` ends, in σ.

        Raises
        ------
        SigmaError
            If the kernel has too few taps for the order.
        """
        taps = gaussian_taps(kernel, sigma_px, order, scale, truncate)
        return cls(taps, len(taps) // 2, Gaussian(kernel, sigma_px, order, scale, truncate))

    @property
    def is_identity(self) -> bool:
        """Whether the axis is left as it is."""
        return len(self.taps) == 1 and self.taps[0] == 1.0


#: Samples before and after a position that count for it, along z, y and x.
Reach: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Part:
    """Where what an engine is given lies in a larger volume, and what of it is wanted.

    What is given holds all that the kernels reach, but for what lies beyond the volume's faces:
    there it ends where the volume ends, and the border is the volume's own. A periodic volume
    goes on there, but where an axis is given whole.

    Attributes
    ----------
    volume : tuple of int
        Shape (z, y, x) of the larger volume.
    origin : tuple of int
        Where the first sample that is given lies in the volume; may be negative.
    offset : tuple of int
        Where the first sample that is wanted lies in what is given.
    shape : tuple of int
        Of what is wanted.
    pedestal : tuple of bool
        Per volume that is a part of one: what `Engine.pedestal` says of that.
    made : tuple of (int, int)
        What is made of them, along z, y, x: from and up to which sample of the result, where that
        lies on another grid.
    """

    volume: tuple[int, int, int]
    origin: tuple[int, int, int]
    offset: tuple[int, int, int]
    shape: tuple[int, int, int]
    pedestal: tuple[bool, ...] = (False,)
    made: tuple[tuple[int, int], ...] = ()

    def of(self, number: int) -> Part:
        """Return the part of one of the volumes."""
        return replace(self, pedestal=(self.pedestal[number],))

    @property
    def wanted(self) -> tuple[slice, slice, slice]:
        """What is wanted of what is given, along (z, y, x)."""
        z, y, x = (slice(o, o + n) for o, n in zip(self.offset, self.shape, strict=True))
        return z, y, x

    @property
    def of_wanted(self) -> Part:
        """The same where all that is given is wanted."""
        z, y, x = (a + b for a, b in zip(self.origin, self.offset, strict=True))
        return replace(self, origin=(z, y, x), offset=(0, 0, 0))


#: One kernel per axis, in (z, y, x) order.
Kernels: TypeAlias = tuple[AxisKernel, AxisKernel, AxisKernel]

#: From one sample of a result to the next, along z, y and x.
Steps: TypeAlias = tuple[int, int, int]

#: Every sample.
ONE_BY_ONE: Steps = (1, 1, 1)

#: How one of several convolutions goes into their common result.
Term: TypeAlias = Literal["add", "subtract", "add_square"]


@dataclass(frozen=True)
class EngineInfo:
    """Which code really ran.

    Attributes
    ----------
    engine : str
        ``"gauss3"``, ``"fused"`` or ``"scipy"``.
    implementation : str
        Class or function that computes, with the version of its library.
    runtime : str
        The JVM runtime's description, or ``"Python"``.
    errors : tuple of float
        What the engine's scheme adds at most to the rounding of its sums along z, y and x, as
        shares of the image's range; empty where all sums are direct.
    """

    engine: str
    implementation: str
    runtime: str
    errors: tuple[float, ...] = ()


class Engine(Protocol):
    """Convolves volumes with one kernel per axis."""

    name: str

    def info(self) -> EngineInfo:
        """Return which code runs."""
        ...

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
        """Convolve a volume.

        Parameters
        ----------
        volume : ndarray, shape (z, y, x)
            Any memory layout and byte order, one of `DTYPES`; not changed.
        kernels : three AxisKernel
            In (z, y, x) order.
        out : ndarray, shape (z, y, x)
            Is filled with the result; any memory layout, native byte order, shares no
            memory with `volume`. Its type is the result's: integers are rounded once,
            at the end, to nearest with halves away from zero (as ImgLib2 does), and saturate.
        border : str
            A name of `fiji_bridge.kernels.borders.BORDERS`.
        cval : float
            For the border ``"constant"``.
        threads : int, optional
            All processors by default.
        progress : callable, optional
            Called with (done, total); an exception it raises ends the work.
        """
        ...

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
        """Convolve a volume in several ways; each output is what `filter` gives.

        Parameters
        ----------
        volume : ndarray, shape (z, y, x)
        kernels : sequence of three AxisKernel each
            In (z, y, x) order.
        outs : sequence of ndarray, shape (z, y, x)
            One per triple of kernels, all of one type and memory layout.
        border, cval, threads, progress : see `filter`
        part : Part, optional
            Where `volume` is a part of a larger volume: outputs are what is wanted of it, with the
            bits that filtering the larger one gives.
        every : three int
            Along z, y and x: outputs are every so many-th sample of what is wanted, the first
            among them, with the bits that they have among all.
        """
        ...

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
        """Convolve a volume in several ways and make one result of them.

        Parameters
        ----------
        volume : ndarray, shape (z, y, x)
        terms : sequence of (three AxisKernel in (z, y, x) order, Term)
        out : ndarray of float32 or float64, shape (z, y, x)
            Engines that sum in float64 round once, at the end; the others round each term.
        border, cval, threads, progress : see `filter`
        part : Part, optional
            See `filter_many`.
        """
        ...

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
        """Do the same with means of the samples that are there.

        Each term is the mean that its kernels weight, of the samples that are neither NaN nor
        infinite; NaN where none is within reach. Where all within reach of every term are there,
        the result has the bits of `filter_sum`.

        Parameters
        ----------
        volume : ndarray of floating-point samples, shape (z, y, x)
        terms : sequence of (three AxisKernel in (z, y, x) order, Term)
            Without negative taps.
        out : ndarray of floating-point samples, shape (z, y, x)
        border, cval, threads, progress, part : see `filter_sum`
        """
        ...

    def reach(
        self,
        terms: Sequence[tuple[Kernels, Term]],
        shape: tuple[int, int, int],
        source: np.dtype[Any],
        target: np.dtype[Any],
        border: str,
    ) -> Reach:
        """Return how far a result reaches into a volume: what a `Part` has to hold.

        Parameters
        ----------
        terms : sequence of (three AxisKernel in (z, y, x) order, Term)
            Of `filter_sum`; one that is added stands for `filter`.
        shape : tuple of int
            Of the larger volume.
        source, target : dtype
        border : str
        """
        ...

    def pedestal(
        self,
        shape: tuple[int, int, int],
        dtype: np.dtype[Any],
        read: Callable[[tuple[int, int, int]], float],
    ) -> bool:
        """Whether samples of a volume are so much larger than what they differ by that it counts.

        An engine that then sums in another way has to know it of the whole volume to give the same
        bits of a `Part`; it asks for a few samples.

        Parameters
        ----------
        shape : tuple of int
            Of the whole volume.
        dtype : dtype
        read : callable
            ``read((z, y, x))`` gives a sample.
        """
        ...

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Return the memory needed above input and output, for one volume and one output."""
        ...

    def means_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Return what `filter_means` needs above that."""
        ...


def kernels_reach(terms: Sequence[tuple[Kernels, Term]]) -> Reach:
    """Return how far kernels reach together."""
    found = [
        (max(len(k.taps) - 1 - k.centre for k in along), max(k.centre for k in along))
        for along in zip(*(triple for triple, _ in terms), strict=True)
    ]
    z, y, x = found
    return z, y, x


def change(values: NDArray[Any], term: Term) -> None:
    """Make of a term, in place, what is added to the others."""
    if term == "subtract":
        np.negative(values, out=values)
    elif term == "add_square":
        np.square(values, out=values)


def part_of(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Turn the progress of all into that of step `number` out of `count`."""
    if progress is None or count == 1:
        return progress
    return lambda done, total: progress(number * total + done, count * total)
