"""Writing what an operation gave that is more than one image."""

from __future__ import annotations

import os
from pathlib import Path

from fiji_bridge.errors import InputError
from fiji_bridge.io.atomic import check_target
from fiji_bridge.io.many import write_tiffs
from fiji_bridge.io.ome_zarr import check_zarr_target, write_ome_zarr
from fiji_bridge.ops.pyramid import Pyramid
from fiji_bridge.pictures import write_views_png
from fiji_bridge.results import Images


def check_output(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Refuse, before any work, an output that must not be written.

    Where the names of several files depend on the result, they are checked later.
    """
    if _is_zarr(path):
        check_zarr_target(path, overwrite=overwrite)
    elif os.fspath(path).lower().endswith(".png"):
        check_target(path, overwrite=overwrite)


def write_images(
    result: Images, path: str | os.PathLike[str], *, overwrite: bool = False
) -> list[Path]:
    """Write several images that belong together.

    Parameters
    ----------
    result : Images
        As `fiji_bridge.pyramid` and other functions give it.
    path : path-like
        ``NAME.tif`` or ``NAME.ome.tif``: one calibrated TIFF each, ``NAME-level0.tif`` …;
        ``NAME.ome.zarr``: a pyramid as one OME-Zarr; ``NAME.png``: views as one picture at
        true aspect with a scale bar.
    overwrite : bool

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    FileError, InputError
    """
    if os.fspath(path).lower().endswith(".png"):
        write_views_png(result.images, path, overwrite=overwrite)
        return [Path(path)]
    if not _is_zarr(path):
        return write_tiffs(result.images, path, overwrite=overwrite)
    if not isinstance(result, Pyramid):
        raise InputError(f"cannot write {path}: only a pyramid goes into one OME-Zarr")
    details = {} if result.report is None else result.report.as_dict()
    return [
        write_ome_zarr(
            result.levels, path, version=result.ngff, overwrite=overwrite, details=details
        )
    ]


def _is_zarr(path: str | os.PathLike[str]) -> bool:
    return os.fspath(path).lower().rstrip("/").endswith(".zarr")
