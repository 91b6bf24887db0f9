"""Transfers between Python and ImageJ that keep what the libraries' own ways drop.

Unit, origin, order of axes, single planes, LUTs and labels go along. Samples are copied unless one
asks for shared memory; planes of an ImagePlus, which are Java arrays of their own, always are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fiji_bridge.convert.adapters import to_image
from fiji_bridge.convert.arrays import to_array
from fiji_bridge.errors import ArgumentError, InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.paths import kind as kind_of
from fiji_bridge.image.voxel_size import VoxelSizeLike


def _to_imageplus(image: CalibratedImage, *, copy: bool) -> Any:
    from fiji_bridge.jvm.imageplus import to_imageplus

    if not copy:
        raise InputError(
            "an ij.ImagePlus has its samples in Java arrays of its own, so they are copied; "
            "kind='imglib2' or 'dataset' shares memory"
        )
    return to_imageplus(image)


def _to_dataset(image: CalibratedImage, *, copy: bool) -> Any:
    from fiji_bridge.jvm.dataset import new_dataset

    return new_dataset(image, copy=copy)


def _to_imglib2(image: CalibratedImage, *, copy: bool) -> Any:
    from fiji_bridge.jvm.dataset import new_imglib2

    return new_imglib2(image, copy=copy)


_THERE: dict[str, Callable[..., Any]] = {
    "imageplus": _to_imageplus,
    "dataset": _to_dataset,
    "imglib2": _to_imglib2,
}
_BACK: dict[str, Callable[[CalibratedImage], Any]] = {
    "image": lambda image: image,
    "xarray": lambda image: image.to_xarray(),
    "numpy": lambda image: to_array(None, image),
}


def to_imagej(
    obj: Any,
    kind: Literal["imageplus", "dataset", "imglib2"] = "imageplus",
    *,
    copy: bool = True,
    voxel_size: VoxelSizeLike | None = None,
    unit: str | None = None,
    axes: str | None = None,
) -> Any:
    """Hand an image of any kind to ImageJ.

    Parameters
    ----------
    obj : image
        Array, DataArray, image of another library, file name; see `fiji_bridge.gaussian`.
    kind : {"imageplus", "dataset", "imglib2"}
        ``ij.ImagePlus``; ``net.imagej.Dataset`` where ImageJ2 is there; ImgLib2's ``ArrayImg``,
        which has the axes in the reverse order and no calibration.
    copy : bool
        False shares the memory of the array with a Dataset or an ArrayImg: what either side
        writes the other one sees, and the array lives as long as the image does.
    voxel_size, unit, axes
        As in `fiji_bridge.gaussian`.

    Returns
    -------
    ij.ImagePlus, net.imagej.Dataset or net.imglib2.img.array.ArrayImg
        The first two with the voxel size, unit and origin of each axis, LUTs and labels; an axis of
        one sample keeps its voxel size.

    Raises
    ------
    ArgumentError
        For another kind.
    DTypeError, AxesError
        For samples or axes that ImageJ cannot hold.
    InputError
        With ``copy=False`` for memory that cannot be shared; says why.
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
    return send(to_image(obj, voxel_size=voxel_size, unit=unit, axes=axes), copy=copy)


def from_imagej(
    obj: Any, kind: Literal["xarray", "numpy", "image"] = "xarray", *, copy: bool = True
) -> Any:
    """Hand an image of ImageJ to Python.

    Parameters
    ----------
    obj : ij.ImagePlus, net.imagej.Dataset, ImgPlus, DatasetView or RandomAccessibleInterval
    kind : {"xarray", "numpy", "image"}
        ``xarray.DataArray`` with positions and units as coordinates; array without calibration;
        `CalibratedImage`.
    copy : bool
        False shares the memory of an image of ImgLib2 that has it outside of Java's heap, as
        `to_imagej` makes it; that of others is refused.

    Returns
    -------
    xarray.DataArray, FilteredArray or CalibratedImage
        Axes in Python's order, t, z, c, y, x. The DataArray and the `CalibratedImage` keep units,
        origins, LUTs and labels, so that `to_imagej` gives them back.

    Raises
    ------
    ArgumentError
        For another kind.
    InputError
        With ``copy=False`` for memory that cannot be shared.

    Examples
    --------
    >>> image_plus = fiji_bridge.to_imagej("stack.tif")
    >>> array = fiji_bridge.from_imagej(image_plus)
    >>> array.dims, array.z.attrs["units"]
    (('z', 'y', 'x'), 'µm')
    """
    take: Any = _chosen(kind, _BACK)
    from fiji_bridge.jvm.imglib2 import buffer_of

    image = to_image(obj)
    is_shared = buffer_of(obj) is not None
    if copy and is_shared:
        image = image.with_data(image.data.copy())
    if not copy and not is_shared:
        raise InputError(
            f"the samples of {kind_of(obj)} are in no memory that NumPy can share, as "
            "to_imagej(..., copy=False) makes it; copy them (copy=True)"
        )
    return take(image)


def _chosen(kind: str, known: dict[str, Callable[[CalibratedImage], Any]]) -> Any:
    if kind not in known:
        raise ArgumentError(f"kind must be one of {', '.join(known)}; got {kind!r}")
    return known[kind]
