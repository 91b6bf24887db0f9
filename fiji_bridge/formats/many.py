"""Several images that belong together: one file each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from fiji_bridge.formats import formats, write
from fiji_bridge.formats.atomic import check_target
from fiji_bridge.image.calibrated import CalibratedImage


def file_names(path: str | os.PathLike[str], names: Mapping[str, object]) -> dict[str, Path]:
    """Return ``FOLDER/STEM-NAME.tif`` for each name.

    Raises
    ------
    FileError
        If `path` has no ending that says the format.
    """
    target = Path(path)
    formats().for_writing(path)
    stem, own = formats().split(target.name) or ("", "")
    return {name: target.with_name(f"{stem}-{name}{own}") for name in names}


def write_tiffs(
    images: Mapping[str, CalibratedImage], path: str | os.PathLike[str], *, overwrite: bool = False
) -> list[Path]:
    """Write each image as a calibrated TIFF of its own, ``STEM-NAME.tif``.

    Parameters
    ----------
    images : mapping of str to CalibratedImage
    path : path-like
        ``FOLDER/STEM.tif`` or ``.ome.tif``.
    overwrite : bool

    Returns
    -------
    list of Path
        The files, in the order of `images`.

    Raises
    ------
    FileError
        Before anything is written if one of the files exists and `overwrite` is false.
    """
    targets = file_names(path, images)
    for target in targets.values():
        check_target(target, overwrite=overwrite)
    for name, target in targets.items():
        write(images[name], target, overwrite=overwrite)
    return list(targets.values())
