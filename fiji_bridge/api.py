"""The functions of the package: whatever array or image is given comes back, filtered."""

from __future__ import annotations

import os
from typing import Any, TypeVar

from fiji_bridge.adapters import VoxelSizeLike, like, to_image
from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.engines.base import Progress
from fiji_bridge.image import CalibratedImage
from fiji_bridge.io import write as write_file
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.ops.catalogue import REGISTRY
from fiji_bridge.ops.gaussian import plan as gaussian_plan
from fiji_bridge.ops.separable import Context
from fiji_bridge.plan import BlurPlan

ImageT = TypeVar("ImageT")


def run(
    operation: str,
    image: ImageT,
    *,
    voxel_size: VoxelSizeLike | None = None,
    axes: str | None = None,
    engine: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    **parameters: Any,
) -> ImageT:
    """Run an operation of the registry on whatever image type is given.

    Parameters
    ----------
    operation : str
        Name in the registry.
    image, voxel_size, axes, engine, threads, progress
        As in `gaussian`.
    **parameters
        Those of the operation.

    Returns
    -------
    Same type as `image`, or what else the operation gives: several images, a report.
    """
    given = to_image(image, voxel_size=voxel_size, axes=axes)
    context = Context(engine=engine, threads=threads, progress=progress)
    result = REGISTRY[operation].apply(given, context=context, **parameters)
    return like(image, result) if isinstance(result, CalibratedImage) else result


def gaussian(
    image: ImageT,
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    voxel_size: VoxelSizeLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
    engine: str | None = None,
    dtype: str = "same",
    nan: str = "refuse",
    match: str = "none",
    axes: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ImageT:
    """Blur by a physical sigma, the same in every direction.

    Every (z, y, x) volume is filtered on its own; channels, time and RGB samples never mix.
    On each axis σ in pixels = physical σ / voxel size.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
        An array of two dimensions is (y, x), of three (z, y, x); more need `axes`.
        Types: int8 … int32, uint8 … uint32, float16, float32, float64; any memory layout.
    sigma : str, number, pint.Quantity, or one per axis
        Standard deviation: ``"1 um"``, ``"2 px"``, ``(2, 1, 1)`` in (z, y, x) order,
        ``{"z": "2 um", "y": "1 um", "x": "1 um"}``. A bare number is in the unit of the voxel size.
    fwhm : as sigma
        Full width at half maximum, 2.3548 σ, instead of `sigma`.
    voxel_size : numbers in (z, y, x) order, mapping or text, optional
        ``"2 0.45 0.45 um"``. Needed for a plain array; overrides the image's own.
        ``(1, 1, 1)`` means that σ is in pixels.
    border : {"mirror-double", "mirror-single", "nearest", "constant", "periodic"}
        What lies beyond the edge; the default is SciPy's ("reflect").
    cval : float
        Value beyond the edge for the border ``"constant"``.
    kernel : {"gauss3", "discrete"}
        ImgLib2's Gauss3 kernel, or the discrete Gaussian whose width is exact also below one pixel.
    engine : {"gauss3", "fused", "scipy"}, optional
        By default the real Gauss3 where the runtime has it, else ``"fused"``.
    dtype : {"same", "float32", "float64"}
        Type of the result. ``"same"`` rounds integers to nearest, once, at the end.
    nan : {"refuse", "propagate", "ignore"}
        Refuse samples that are not finite, let them spread, or take the mean of the others.
    match : {"none", "isotropic", "isotropic-beads"}
        ``"isotropic"`` measures the blur that the image has (see `suggest`) and adds per axis what
        makes the final blur the same in every direction: `sigma` is then that final blur, by
        default the largest that is there. ``"isotropic-beads"`` measures on points.
    axes : str, optional
        Names of the array's axes out of t, z, c, y, x, s: ``"czyx"``.
    threads : int, optional
        All processors by default.
    progress : callable, optional
        Called with (done, total); an exception that it raises cancels the work.

    Returns
    -------
    Same type and shape as `image`
        Its ``.provenance`` says which engine ran and what the blur was on each axis.

    Raises
    ------
    SigmaError, UnitError, CalibrationError, DTypeError, NotFiniteError, MemoryLimitError, AxesError
        One sentence each: what, which value, on which axis, what to do. All are `InputError`.
    RuntimeStartError
        If Java or the runtime that was asked for cannot start.

    Notes
    -----
    Kernel: half-length max(2, ⌊3σ + 0.5⌋ + 1) with a smoothed tail, as in ImgLib2's Gauss3
    (imglib2-algorithm 0.18); discrete kernel: Lindeberg 1990.
    """
    return run(
        "gaussian",
        image,
        voxel_size=voxel_size,
        axes=axes,
        engine=engine,
        threads=threads,
        progress=progress,
        sigma=sigma,
        fwhm=fwhm,
        border=border,
        cval=cval,
        kernel=kernel,
        dtype=dtype,
        nan=nan,
        match=match,
    )


def plan(
    image: Any,
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    voxel_size: VoxelSizeLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: str = "gauss3",
    axes: str | None = None,
) -> BlurPlan:
    """Work out what `gaussian` would do, per axis, without touching a sample or starting Java.

    Parameters
    ----------
    image, sigma, fwhm, voxel_size, border, cval, kernel, axes
        As in `gaussian`.

    Returns
    -------
    BlurPlan
        Requested σ, voxel size, σ in pixels, radius, effective σ, warnings.

    Raises
    ------
    InputError
        As `gaussian` would.
    """
    given = to_image(image, voxel_size=voxel_size, axes=axes)
    return gaussian_plan(given, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel)


def write(
    image: Any,
    path: str | os.PathLike[str],
    *,
    voxel_size: VoxelSizeLike | None = None,
    axes: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write an image file, whole or not at all; see `fiji_bridge.io.write`.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    path : path-like
        A name that ends in .ome.tif or .ome.tiff gives an OME-TIFF, .tif or .tiff one for ImageJ.
    voxel_size, axes
        As in `gaussian`; a plain array has neither of its own.
    overwrite : bool
        Whether an existing file is replaced; otherwise it is refused.

    Raises
    ------
    FileError, DTypeError, AxesError
    """
    write_file(to_image(image, voxel_size=voxel_size, axes=axes), path, overwrite=overwrite)
