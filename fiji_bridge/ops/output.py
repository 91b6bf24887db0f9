"""Writing what an operation gave: any kind of image, or several that belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fiji_bridge.convert.adapters import VoxelSizeLike, to_image
from fiji_bridge.errors import InputError
from fiji_bridge.formats import warn_not_kept
from fiji_bridge.formats import write as write_file
from fiji_bridge.formats.atomic import check_target
from fiji_bridge.formats.many import write_tiffs
from fiji_bridge.formats.ome_zarr import check_zarr_target, write_ome_zarr
from fiji_bridge.formats.views_png import write_views_png
from fiji_bridge.image.places import Place, PlaceLike, local, to_place
from fiji_bridge.image.results import Images
from fiji_bridge.ops.pyramid import Pyramid


def write(
    image: Any,
    path: PlaceLike,
    *,
    voxel_size: VoxelSizeLike | None = None,
    axes: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write an image file, whole or not at all; see `fiji_bridge.formats.write`.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    path : path-like
        A name that ends in .ome.tif or .ome.tiff gives an OME-TIFF, .tif or .tiff one for ImageJ,
        .ome.zarr an OME-Zarr, which may be at ``s3://…``.
    voxel_size, axes
        As in `fiji_bridge.gaussian`; a plain array has neither of its own.
    overwrite : bool
        Whether an existing file is replaced; otherwise it is refused.

    Raises
    ------
    FileError, DTypeError, AxesError

    Examples
    --------
    >>> blurred = fiji_bridge.gaussian(fiji_bridge.read("stack.tif"), sigma="1 um")
    >>> fiji_bridge.write(blurred, "blurred.ome.tif")
    >>> fiji_bridge.compare("blurred.ome.tif", blurred).verdict
    'passed'
    """
    # Before the image, which may be a path too.
    target = to_place(path, "the file to write")
    write_file(to_image(image, voxel_size=voxel_size, axes=axes), target, overwrite=overwrite)


def check_output(path: PlaceLike, *, overwrite: bool, several: bool = True) -> None:
    """Refuse, before any work, an output of one or several images that must not be written.

    Where the names of several files depend on the result, they are checked later.
    """
    if _is_zarr(path):
        check_zarr_target(path, overwrite=overwrite)
    elif not several or _is_png(path):
        check_target(_here(path), overwrite=overwrite)


def write_images(result: Images, path: PlaceLike, *, overwrite: bool = False) -> list[Place]:
    """Write several images that belong together.

    Parameters
    ----------
    result : Images
        As `fiji_bridge.pyramid` and other functions give it.
    path : path-like
        ``NAME.tif`` or ``NAME.ome.tif``: one calibrated TIFF each, ``NAME-level0.tif`` …;
        ``NAME.ome.zarr``: a pyramid as one OME-Zarr, which may be at ``s3://…``; ``NAME.png``:
        views as one picture at true aspect with a scale bar.
    overwrite : bool

    Returns
    -------
    list of Path or Remote
        What was written.

    Raises
    ------
    FileError, InputError

    Examples
    --------
    >>> views = fiji_bridge.views("stack.tif")
    >>> [path.name for path in fiji_bridge.write_images(views, "views.png")]
    ['views.png']
    """
    if _is_png(path):
        picture = _here(path)
        write_views_png(result.images, picture, overwrite=overwrite)
        return [picture]
    if not _is_zarr(path):
        return [*write_tiffs(result.images, _here(path), overwrite=overwrite)]
    if not isinstance(result, Pyramid):
        raise InputError(f"cannot write {path}: only a pyramid goes into one OME-Zarr")
    details = {} if result.report is None else result.report.as_dict()
    target = write_ome_zarr(
        result.levels, path, version=result.ngff, overwrite=overwrite, details=details
    )
    warn_not_kept(result.levels[0], target)
    return [target]


def _is_zarr(path: PlaceLike) -> bool:
    return to_place(path, "the file to write").name.lower().endswith(".zarr")


def _is_png(path: PlaceLike) -> bool:
    return to_place(path, "the file to write").name.lower().endswith(".png")


def _here(path: PlaceLike) -> Path:
    return local(path, "a file that is no OME-Zarr")
