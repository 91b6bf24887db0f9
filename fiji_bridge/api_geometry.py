"""The functions that change the grid: other voxel sizes, pyramids, projections."""

from __future__ import annotations

from typing import Any, TypeVar

from fiji_bridge.adapters import VoxelSizeLike, to_image
from fiji_bridge.api import run
from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.engines.base import Progress
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.levels import PyramidPlan
from fiji_bridge.ops import rescale as rescale_operation
from fiji_bridge.ops.pyramid import PYRAMID, Pyramid
from fiji_bridge.ops.pyramid import plan as plan_of_pyramid
from fiji_bridge.ops.separable import Context
from fiji_bridge.ops.views import VIEWS_OPERATION
from fiji_bridge.resampling import RescalePlan
from fiji_bridge.results import Images

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
    nan : {"refuse", "propagate", "ignore"}
        ``"ignore"`` takes the mean of the samples that are there, NaN where none is within reach;
        not with ``"cubic"``, whose weights are negative in places.

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


def pyramid(
    image: Any,
    *,
    initial_sigma: LengthsLike | None = None,
    levels: int = 5,
    steps: int = 1,
    downsampling: str = "auto",
    voxel_size: VoxelSizeLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "discrete",
    engine: str | None = None,
    dtype: str = "same",
    nan: str = "refuse",
    ngff: str = "0.5",
    axes: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Pyramid:
    """Make a Gaussian pyramid or scale space whose blur is the same in every direction.

    Level n has σ = initial_sigma · 2^(n/steps), reached from the level before by
    √(σ_next² − σ_now²).

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    initial_sigma : length or one per axis, optional
        Blur that the image has, by default half a voxel of the coarsest axis in every direction
        (said in ``report.notes``). Where it differs between the axes, level 0 evens it out.
    levels : int
        The image itself included.
    steps : int
        Levels per doubling of σ.
    downsampling : {"auto", "none"}
        ``"auto"`` drops every other sample of an axis once the blur added is 0.8 voxels of the
        new grid; finer axes first until the voxels are isotropic within √2, then all together.
        ``"none"`` is a scale space.
    kernel : {"discrete", "gauss3"}
        The discrete Gaussian composes exactly, Gauss3's kernel does not.
    nan : {"refuse", "propagate", "ignore"}
        With ``"ignore"`` each level is the mean of the samples that are there, as if it had been
        blurred directly.
    ngff : {"0.5", "0.4"}
        Version of the OME-Zarr that `write_images` makes of it.
    voxel_size, border, cval, engine, dtype, axes, threads, progress
        As in `gaussian`.

    Returns
    -------
    Pyramid
        ``.levels`` are `CalibratedImage`, ``.report`` is the `PyramidPlan`; `write_images`
        writes them.

    Raises
    ------
    InputError
        As `gaussian`.

    Notes
    -----
    Sample 0 is kept at every level, so its physical position is too. Of an image whose own
    spectrum is flat, at most 0.25 % of the energy on an axis is folded back
    (`fiji_bridge.levels.ALIASING_BOUND`).
    """
    made: Pyramid = PYRAMID.apply(
        to_image(image, voxel_size=voxel_size, axes=axes),
        context=Context(engine=engine, threads=threads, progress=progress),
        initial_sigma=initial_sigma,
        levels=levels,
        steps=steps,
        downsampling=downsampling,
        border=border,
        cval=cval,
        kernel=kernel,
        dtype=dtype,
        nan=nan,
        ngff=ngff,
    )
    return made


def pyramid_plan(
    image: Any,
    *,
    voxel_size: VoxelSizeLike | None = None,
    axes: str | None = None,
    **parameters: Any,
) -> PyramidPlan:
    """Return the table of the levels of `pyramid` without making them.

    Parameters
    ----------
    image, voxel_size, axes, **parameters
        As in `pyramid`.

    Returns
    -------
    PyramidPlan
        ``print(plan.table())`` shows it.
    """
    return plan_of_pyramid(to_image(image, voxel_size=voxel_size, axes=axes), **parameters)


def views(
    image: Any,
    *,
    method: str = "max",
    position: str | tuple[int, ...] | None = None,
    square: bool = False,
    voxel_size: VoxelSizeLike | None = None,
    dtype: str = "float",
    nan: str = "refuse",
    axes: str | None = None,
) -> Images:
    """Project or cut an image along z, y and x.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    method : {"max", "mean", "sum", "slice"}
    position : (z, y, x) or text, optional
        Index of the slices, counted from 0; the middle by default.
    square : bool
        Interpolate each view to square pixels, linearly, so that the array itself has true aspect.
    voxel_size, axes
        As in `gaussian`.
    dtype : {"float", "float32", "float64"}
        Of means and sums; maxima and slices keep the type.
    nan : {"refuse", "propagate", "ignore"}
        ``"ignore"`` leaves the samples out.

    Returns
    -------
    Images
        ``"xy"`` (looking along z), ``"xz"`` (along y; rows are z) and ``"zy"`` (along x; columns
        are z), each with axes called y and x and the voxel sizes that belong to them.
        ``write_images(result, "NAME.png")`` draws them at true aspect with a scale bar.

    Raises
    ------
    InputError
    """
    made: Images = VIEWS_OPERATION.apply(
        to_image(image, voxel_size=voxel_size, axes=axes),
        context=Context(),
        method=method,
        position=position,
        square=square,
        dtype=dtype,
        nan=nan,
    )
    return made
