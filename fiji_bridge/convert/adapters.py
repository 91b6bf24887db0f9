"""Whatever a Python caller gives becomes a `CalibratedImage`, and the result its type again."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, TypeVar, cast

from fiji_bridge.convert.arrays import FilteredArray
from fiji_bridge.convert.catalogue import kinds
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.places import Remote
from fiji_bridge.image.voxel_size import VoxelSizeLike, with_unit, with_voxel_size

__all__ = ["FilteredArray", "VoxelSizeLike", "like", "to_image"]

T = TypeVar("T")


def to_image(
    obj: Any,
    *,
    voxel_size: VoxelSizeLike | None = None,
    unit: str | None = None,
    axes: str | None = None,
    lazily: bool = False,
) -> CalibratedImage:
    """Turn an array, an image or the name of a file into a `CalibratedImage`.

    Parameters
    ----------
    obj : image
        Of a kind in `fiji_bridge.convert.catalogue`, or a path. Samples that are in memory are
        shared where that is possible; those that are not (dask, Zarr, virtual stacks) are
        computed or read now.
    voxel_size : text, numbers in (z, y, x) order or mapping, optional
        Overrides what `obj` says; see `fiji_bridge.image.voxel_size`.
    unit : str, optional
        The unit of voxel sizes that have none; see `fiji_bridge.image.voxel_size.with_unit`.
    axes : str, optional
        One letter out of t, z, c, y, x, s per dimension of an array. By default
        (x), (y, x) or (z, y, x); a DataArray has names of its own.
    lazily : bool
        Whether the samples of the image may be a dask array, where those of `obj` are.

    Returns
    -------
    CalibratedImage

    Raises
    ------
    InputError
        For an object of no kind.
    AxesError
        If the axes are missing, unknown or do not fit the dimensions.
    CalibrationError, UnitError
        If `voxel_size` or `unit` cannot be read, or contradict what is there.
    """
    if isinstance(obj, str | os.PathLike | Remote):
        from fiji_bridge.formats import read

        obj = read(obj)
    kind = kinds().kind_of(obj)
    image = kind.lazily(obj, axes) if lazily and kind.lazily is not None else None
    if image is None:
        image = kind.read(obj, axes)
    if voxel_size is not None:
        calibration = with_voxel_size(image.calibration, voxel_size, image.spatial_axes)
        image = replace(image, calibration=calibration)
    if unit is not None:
        calibration = with_unit(image.calibration, unit, image.spatial_axes)
        image = replace(image, calibration=calibration)
    return image


def like(original: T, result: CalibratedImage) -> T:
    """Return a result in the type of what it was made from.

    Parameters
    ----------
    original : image
        Of a kind in `fiji_bridge.convert.catalogue`, or a path: for that the result is returned.
    result : CalibratedImage

    Returns
    -------
    Same type as `original`
        An ndarray comes back as `FilteredArray`, a DataArray with its name,
        attributes and coordinates and ``attrs["provenance"]``, an ImagePlus as
        a new one with the image property ``fiji_bridge.provenance``; each has
        ``.provenance``.
    """
    if isinstance(original, str | os.PathLike | Remote):
        return cast("T", result)
    return cast("T", kinds().kind_of(original).give_back(original, result))
