"""What every engine is given and gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import kernels
from fiji_bridge.derivatives import derivative_taps
from fiji_bridge.errors import DTypeError

#: Called now and then with (done, total); raise to cancel.
Progress: TypeAlias = Callable[[int, int], None]

#: What can be filtered. bool is refused: blur a mask as uint8 or float32, knowingly.
DTYPES = (
    "int8", "uint8", "int16", "uint16", "int32", "uint32", "float16", "float32", "float64",
)  # fmt: skip


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
    """

    kernel: str
    sigma_px: float
    order: int = 0
    scale: float = 1.0


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
        cls, kernel: str, sigma_px: float, order: int = 0, scale: float = 1.0
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

        Raises
        ------
        SigmaError
            If the kernel has too few taps for the order.
        """
        half = kernels.gaussian_half(kernel, sigma_px)
        taps = derivative_taps(half, order) * scale
        return cls(taps, len(half) - 1, Gaussian(kernel, sigma_px, order, scale))

    @property
    def is_identity(self) -> bool:
        """Whether the axis is left as it is."""
        return len(self.taps) == 1 and self.taps[0] == 1.0


#: One kernel per axis, in (z, y, x) order.
Kernels: TypeAlias = tuple[AxisKernel, AxisKernel, AxisKernel]

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
    """

    engine: str
    implementation: str
    runtime: str


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
            A name of `fiji_bridge.borders.BORDERS`.
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
    ) -> None:
        """Convolve a volume in several ways and make one result of them.

        Parameters
        ----------
        volume : ndarray, shape (z, y, x)
        terms : sequence of (three AxisKernel in (z, y, x) order, Term)
        out : ndarray of float32 or float64, shape (z, y, x)
            Terms are taken in as numbers of its type, one after the other.
        border, cval, threads, progress : see `filter`
        """
        ...

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Return the memory needed above input and output, for one volume and one output."""
        ...


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


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Refuse what cannot be filtered."""
    if dtype.name not in DTYPES:
        hint = "; convert a mask to uint8 or float32 first" if dtype == np.bool_ else ""
        raise DTypeError(
            f"cannot filter samples of type {dtype.name}; use one of {', '.join(DTYPES)}{hint}"
        )


def result_dtype(dtype: str, source: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of the result: ``"same"`` as the source, ``"float32"`` or ``"float64"``."""
    if dtype == "same":
        return source.newbyteorder("=")
    if dtype in ("float32", "float64"):
        return np.dtype(dtype)
    raise DTypeError(f"dtype must be 'same', 'float32' or 'float64'; got {dtype!r}")


def needs_double(source: np.dtype[Any], target: np.dtype[Any]) -> bool:
    """Whether float32 sums would lose digits that source or result can hold."""
    return any(kind.name in ("float64", "int32", "uint32") for kind in (source, target))


def round_to(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Convert to the result's type: nearest, halves away from zero, saturating."""
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    # In one array beside the values.
    rounded: NDArray[Any] = np.copysign(0.5, values)
    rounded += values
    np.trunc(rounded, out=rounded)
    np.clip(rounded, limits.min, limits.max, out=rounded)
    return rounded.astype(dtype)
