"""Whatever a Python caller gives becomes a `CalibratedImage`, and the result its type again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.calibration import Calibration
from fiji_bridge.errors import AxesError, DTypeError, InputError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.voxel_size import VoxelSizeLike, with_voxel_size

__all__ = ["FilteredArray", "VoxelSizeLike", "like", "to_image"]

T = TypeVar("T")

#: Axes of a plain array by its number of dimensions.
_DEFAULT_AXES = {1: "x", 2: "yx", 3: "zyx"}
#: Planes at least this wide and high with 3 or 4 bytes behind each pixel look like RGB.
_RGB_PLANE = 32


class FilteredArray(NDArray[Any]):
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


def to_image(
    obj: Any, *, voxel_size: VoxelSizeLike | None = None, axes: str | None = None
) -> CalibratedImage:
    """Turn an array or image into a `CalibratedImage`.

    Parameters
    ----------
    obj : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
        The samples are shared, not copied, except those of an ImagePlus.
    voxel_size : text, numbers in (z, y, x) order or mapping, optional
        Overrides what `obj` says; see `fiji_bridge.voxel_size`.
    axes : str, optional
        One letter out of t, z, c, y, x, s per dimension of an array. By default
        (x), (y, x) or (z, y, x); a DataArray has names of its own.

    Returns
    -------
    CalibratedImage

    Raises
    ------
    AxesError
        If the axes are missing, unknown or do not fit the dimensions.
    CalibrationError, UnitError
        If `voxel_size` cannot be read.
    """
    image = _convert(obj, axes)
    if voxel_size is None:
        return image
    calibration = with_voxel_size(image.calibration, voxel_size, image.spatial_axes)
    return replace(image, calibration=calibration)


def like(original: T, result: CalibratedImage) -> T:
    """Return a result in the type of what it was made from.

    Parameters
    ----------
    original : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    result : CalibratedImage

    Returns
    -------
    Same type as `original`
        An ndarray comes back as `FilteredArray`, a DataArray with its name,
        attributes and coordinates and ``attrs["provenance"]``, an ImagePlus as
        a new one with the image property ``fiji_bridge.provenance``; each has
        ``.provenance``.
    """
    if isinstance(original, CalibratedImage):
        return cast("T", result)
    if isinstance(original, np.ndarray):
        array = np.asarray(result.data).view(FilteredArray)
        array.provenance = tuple(result.provenance)
        return cast("T", array)
    if _is_dataarray(original):
        from fiji_bridge.xarrays import to_dataarray

        return cast("T", to_dataarray(cast("Any", original), result))
    if is_imageplus(original):
        from fiji_bridge.jvm.imageplus import to_imageplus

        return cast("T", to_imageplus(result))
    raise _unknown(original)


def is_imageplus(obj: Any) -> bool:
    """Whether it is an ``ij.ImagePlus`` (found out without touching the JVM)."""
    return any(kind.__name__ == "ij.ImagePlus" for kind in type(obj).__mro__)


def _is_dataarray(obj: Any) -> bool:
    # xarray takes long to import; whoever has a DataArray has imported it.
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(obj).__mro__}
    return "xarray.core.dataarray.DataArray" in kinds


def _convert(obj: Any, axes: str | None) -> CalibratedImage:
    if isinstance(obj, CalibratedImage):
        if axes is None:
            return obj
        return replace(obj, axes=tuple(axes.lower()))
    if isinstance(obj, np.ndarray):
        return _from_array(obj, axes)
    if _is_dataarray(obj):
        from fiji_bridge.xarrays import from_dataarray

        return from_dataarray(obj, axes)
    if is_imageplus(obj):
        from fiji_bridge.jvm.imageplus import from_imageplus

        if axes is not None:
            raise AxesError("axes= is for arrays; an ImagePlus knows its channels and slices")
        return from_imageplus(obj)
    raise _unknown(obj)


def _from_array(array: NDArray[Any], axes: str | None) -> CalibratedImage:
    if isinstance(array, np.ma.MaskedArray):
        raise DTypeError(
            "masked arrays are not filtered, their mask would be lost; fill it first, for "
            "example with NaN (array.filled(numpy.nan)) and nan='ignore'"
        )
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
        Calibration(source="a plain array"),
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


def _unknown(obj: Any) -> InputError:
    kind = f"{type(obj).__module__}.{type(obj).__qualname__}".removeprefix("builtins.")
    return InputError(
        "an image must be a numpy.ndarray, an xarray.DataArray, an ij.ImagePlus or a "
        f"CalibratedImage (fiji_bridge.read); got {kind}"
    )
