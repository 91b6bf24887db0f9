"""What every engine is given and gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import kernels
from fiji_bridge.errors import DTypeError

#: Called now and then with (done, total); raise to cancel.
Progress: TypeAlias = Callable[[int, int], None]

#: What can be filtered. bool is refused: blur a mask as uint8 or float32, knowingly.
DTYPES = (
    "int8", "uint8", "int16", "uint16", "int32", "uint32", "float16", "float32", "float64",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class AxisKernel:
    """The kernel along one axis, as a convolution.

    ``out[i] = Σ taps[j] · in[i − (j − centre)]``. A Gaussian also carries its name and σ,
    so that an engine with its own kernel code can use that.

    Attributes
    ----------
    taps : ndarray of float64, shape (n,)
    centre : int
        Index of the tap that multiplies the sample itself.
    gaussian : (str, float) or None
        Kernel name and σ in pixels.
    """

    taps: NDArray[np.float64]
    centre: int
    gaussian: tuple[str, float] | None = None

    @classmethod
    def from_gaussian(cls, kernel: str, sigma_px: float) -> AxisKernel:
        """Make the Gaussian kernel of a name and a σ in pixels; σ = 0 is the identity."""
        half = kernels.gaussian_half(kernel, sigma_px)
        return cls(kernels.full(half), len(half) - 1, (kernel, sigma_px))

    @property
    def is_identity(self) -> bool:
        """Whether the axis is left as it is."""
        return len(self.taps) == 1 and self.taps[0] == 1.0


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
    """Convolves one volume with one kernel per axis."""

    name: str

    def info(self) -> EngineInfo:
        """Return which code runs."""
        ...

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

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Return the memory needed above input and output, for one volume."""
        ...


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
    rounded = np.trunc(values + np.copysign(0.5, values))
    clipped: NDArray[Any] = np.clip(rounded, limits.min, limits.max)
    return clipped.astype(dtype)
