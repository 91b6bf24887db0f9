"""The functions that change the grid: other voxel sizes, pyramids, projections."""

from __future__ import annotations

from typing import Any, TypeVar

from fiji_bridge.adapters import VoxelSizeLike, to_image
from fiji_bridge.api import run
from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.engines.base import Progress
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.ops import rescale as rescale_operation
from fiji_bridge.rescale_plan import RescalePlan

ImageT = TypeVar("ImageT")


def rescale(
    image: ImageT,
    *,
    to: LengthsLike | None = None,
    zoom: float = 1.0,
    interpolation: str = "linear",
    antialias: str = "auto",
    voxel_size: VoxelSizeLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    engine: str | None = None,
    dtype: str = "same",
    nan: str = "refuse",
    axes: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ImageT:
    """Sample an image on a grid with other voxels.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    to : length, one per axis, "finest" or "coarsest"
        The new voxel size: ``"1 um"``, ``(2, 1, 1)``; ``"2 px"`` are two old voxels.
    zoom : float
        The new voxel size is divided by this; alone it scales every axis.
    interpolation : {"linear", "nearest", "cubic"}
        Nearest for labels; cubic is SciPy's interpolating B-spline, and can overshoot.
    antialias : {"auto", "gaussian", "none"}
        On each axis that gets coarser, a Gaussian of σ = √(new² − old²) / 2 before samples are
        dropped; ``"auto"``: unless the interpolation is nearest.
    voxel_size, border, cval, engine, dtype, axes, threads, progress
        As in `gaussian`; the engine computes the anti-aliasing blur.
    nan : {"refuse", "propagate"}

    Returns
    -------
    Same type as `image`
        With round(samples · old size / new size) samples along each axis. The outer edges of the
        first voxels meet: sample j lies at index (j + 1/2) · new/old − 1/2 of the old grid.
        Voxel size and origin follow, so that every sample keeps its physical place.

    Raises
    ------
    InputError
        If it makes no sense, or does not fit into memory (known before anything is done).

    Notes
    -----
    Interpolation is ``scipy.ndimage.affine_transform`` (orders 0, 1, 3).
    """
    return run(
        "rescale",
        image,
        to=to,
        zoom=zoom,
        interpolation=interpolation,
        antialias=antialias,
        voxel_size=voxel_size,
        border=border,
        cval=cval,
        engine=engine,
        dtype=dtype,
        nan=nan,
        axes=axes,
        threads=threads,
        progress=progress,
    )


def rescale_plan(
    image: Any,
    *,
    to: LengthsLike | None = None,
    zoom: float = 1.0,
    interpolation: str = "linear",
    antialias: str = "auto",
    dtype: str = "same",
    voxel_size: VoxelSizeLike | None = None,
    axes: str | None = None,
) -> RescalePlan:
    """Return shape, voxel size, blur and memory of `rescale` without doing it.

    Parameters
    ----------
    image, to, zoom, interpolation, antialias, dtype, voxel_size, axes
        As in `rescale`.

    Returns
    -------
    RescalePlan
        ``print(plan.table())`` shows it.
    """
    return rescale_operation.plan(
        to_image(image, voxel_size=voxel_size, axes=axes),
        to=to,
        zoom=zoom,
        interpolation=interpolation,
        antialias=antialias,
        dtype=dtype,
    )
