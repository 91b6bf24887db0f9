"""`numpy.ndarray` at the edge, memory-mapped files among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import Calibration

#: Axes of a plain array by its number of dimensions.
_DEFAULT_AXES = {1: "x", 2: "yx", 3: "zyx"}
#: Planes at least this wide and high with 3 or 4 bytes behind each pixel look like RGB.
_RGB_PLANE = 32


class FilteredArray(np.ndarray[Any, np.dtype[Any]]):
    """A NumPy array that also says how it came about.

    It is an `numpy.ndarray` with one attribute more and nothing else changed.
    Views, copies and pickles keep the attribute; what is computed from it is a plain array.

    Attributes
    ----------
    provenance : tuple of mapping
        One entry per operation, oldest first.
    """

    provenance: tuple[Mapping[str, Any], ...] = ()

    def __array_finalize__(self, obj: Any) -> None:
        self.provenance = getattr(obj, "provenance", ())

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __reduce__(self) -> Any:
        make, arguments, state = cast("tuple[Any, Any, Any]", super().__reduce__())
        return make, arguments, (self.provenance, state)

    def __setstate__(self, state: Any) -> None:
        self.provenance, own = state
        super().__setstate__(own)


def from_array(
    array: NDArray[Any], axes: str | None = None, what: str = "a plain array"
) -> CalibratedImage:
    """Name the axes of an array: those that are said, or (x), (y, x), (z, y, x).

    Raises
    ------
    AxesError
        For more dimensions without names, and for what looks like an RGB image.
    """
    if axes is None:
        if array.ndim not in _DEFAULT_AXES:
            raise AxesError(
                f"an array of {array.ndim} dimensions needs names for them, for example "
                "axes='czyx' (t, z, c, y, x; s for RGB samples)"
            )
        if _looks_like_rgb(array):
            raise AxesError(
                f"the shape {array.shape} of uint8 looks like an RGB image; say axes='yxs' "
                "(or axes='zyx' if it is a stack)"
            )
        axes = _DEFAULT_AXES[array.ndim]
    return CalibratedImage(
        np.asarray(array),
        tuple(axes.lower()),
        Calibration(source=what),
        name="array",
        provenance=tuple(getattr(array, "provenance", ())),
    )


def _looks_like_rgb(array: NDArray[Any]) -> bool:
    return (
        array.ndim == 3
        and array.dtype == np.uint8
        and array.shape[2] in (3, 4)
        and min(array.shape[:2]) >= _RGB_PLANE
    )


def to_array(_: Any, result: CalibratedImage) -> FilteredArray:
    """Return the samples of a result with its provenance."""
    array = np.asarray(result.data).view(FilteredArray)
    array.provenance = tuple(result.provenance)
    return array


KIND = Kind("numpy.ndarray", ("numpy.ndarray",), from_array, to_array)
