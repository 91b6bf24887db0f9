"""Transfers between Python and ImageJ that keep what the libraries' own ways drop.

Unit, origin, order of axes, single planes, LUTs and labels go along; samples are copied, since
ImageJ's planes are Java arrays of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fiji_bridge.convert.adapters import to_image
from fiji_bridge.convert.arrays import to_array
from fiji_bridge.errors import ArgumentError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.voxel_size import VoxelSizeLike


def _to_imageplus(image: CalibratedImage) -> Any:
    from fiji_bridge.jvm.imageplus import to_imageplus

    return to_imageplus(image)


def _to_dataset(image: CalibratedImage) -> Any:
    from fiji_bridge.jvm.dataset import new_dataset

    return new_dataset(image)


_THERE: dict[str, Callable[[CalibratedImage], Any]] = {
    "imageplus": _to_imageplus,
    "dataset": _to_dataset,
}
_BACK: dict[str, Callable[[CalibratedImage], Any]] = {
    "image": lambda image: image,
    "xarray": lambda image: image.to_xarray(),
    "numpy": lambda image: to_array(None, image),
}


def to_imagej(
    obj: Any,
    kind: Literal["imageplus", "dataset"] = "imageplus",
    *,
    voxel_size: VoxelSizeLike | None = None,
    unit: str | None = None,
    axes: str | None = None,
) -> Any:
    """Copy an image of any kind to ImageJ.

    Parameters
    ----------
    obj : image
        Array, DataArray, image of another library, file name; see `fiji_bridge.gaussian`.
    kind : {"imageplus", "dataset"}
        ``ij.ImagePlus``, or ``net.imagej.Dataset`` where ImageJ2 is there.
    voxel_size, unit, axes
        As in `fiji_bridge.gaussian`.

    Returns
    -------
    ij.ImagePlus or net.imagej.Dataset
        With the voxel size, unit and origin of each axis, LUTs and labels; an axis of one sample
        keeps its voxel size.

    Raises
    ------
    ArgumentError
        For another kind.
    DTypeError, AxesError
        For samples or axes that ImageJ cannot hold.
    RuntimeStartError
        If ImageJ cannot start.

    Examples
    --------
    >>> image_plus = fiji_bridge.to_imagej("stack.tif")
    >>> image_plus.getCalibration().pixelDepth
    2.0
    >>> blurred = fiji_bridge.gaussian(image_plus, sigma="1 um")  # an ij.ImagePlus again
    """
    send = _chosen(kind, _THERE)
    return send(to_image(obj, voxel_size=voxel_size, unit=unit, axes=axes))


def from_imagej(obj: Any, kind: Literal["xarray", "numpy", "image"] = "xarray") -> Any:
    """Copy an image of ImageJ to Python.

    Parameters
    ----------
    obj : ij.ImagePlus, net.imagej.Dataset, ImgPlus, DatasetView or RandomAccessibleInterval
    kind : {"xarray", "numpy", "image"}
        ``xarray.DataArray`` with positions and units as coordinates; array without calibration;
        `CalibratedImage`.

    Returns
    -------
    xarray.DataArray, FilteredArray or CalibratedImage
        Axes in Python's order, t, z, c, y, x. The DataArray and the `CalibratedImage` keep units,
        origins, LUTs and labels, so that `to_imagej` gives them back.

    Raises
    ------
    ArgumentError
        For another kind.

    Examples
    --------
    >>> image_plus = fiji_bridge.to_imagej("stack.tif")
    >>> array = fiji_bridge.from_imagej(image_plus)
    >>> array.dims, array.z.attrs["units"]
    (('z', 'y', 'x'), 'µm')
    """
    take: Any = _chosen(kind, _BACK)
    return take(to_image(obj))


def _chosen(kind: str, known: dict[str, Callable[[CalibratedImage], Any]]) -> Any:
    if kind not in known:
        raise ArgumentError(f"kind must be one of {', '.join(known)}; got {kind!r}")
    return known[kind]
