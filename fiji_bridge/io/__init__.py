"""Images in files."""

from __future__ import annotations

import os
from pathlib import Path

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.io.atomic import atomic_output, check_target

__all__ = ["READERS", "read", "write"]

#: tifffile needs no JVM; imagej is the real ImageJ.
READERS = ("tifffile", "imagej")

_OME_ENDINGS = (".ome.tif", ".ome.tiff")
_TIFF_ENDINGS = (".tif", ".tiff")


def read(path: str | os.PathLike[str], *, reader: str = "tifffile") -> CalibratedImage:
    """Read an image file.

    Parameters
    ----------
    path : path-like
        ImageJ TIFF, OME-TIFF or plain TIFF.
    reader : {"tifffile", "imagej"}
        ``"imagej"`` opens the file with ImageJ itself and starts a JVM; it
        knows no OME-XML. Both give the same.

    Returns
    -------
    CalibratedImage
        Axes in the order t, z, c, y, x, s, those with one plane only left out.
        Values of the calibration are as found, senseless ones included.

    Raises
    ------
    FileError
        If the file is missing, damaged or of another kind.
    MemoryLimitError
        If it is larger than the memory that is free.
    """
    if reader not in READERS:
        raise InputError(f"reader must be one of {', '.join(READERS)}; got {reader!r}")
    if not Path(path).is_file():
        kind = "is a folder" if Path(path).is_dir() else "does not exist"
        raise FileError(f"cannot read {path}: it {kind}")
    if reader == "imagej":
        from fiji_bridge.io.imagej_read import read_with_imagej

        return read_with_imagej(path)
    from fiji_bridge.io.tiff_read import read_tiff

    return read_tiff(path)


def write(image: CalibratedImage, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write an image file, whole or not at all.

    Parameters
    ----------
    image : CalibratedImage
    path : path-like
        A name that ends in .ome.tif or .ome.tiff gives an OME-TIFF, .tif or
        .tiff one for ImageJ.
    overwrite : bool
        Whether an existing file is replaced; otherwise it is refused.

    Raises
    ------
    FileError
        If the file exists, the disk is full, or the name ends otherwise.
    DTypeError
        If the format cannot hold the samples.
    InputError
        If `image` is no `CalibratedImage`.
    """
    if not isinstance(image, CalibratedImage):
        raise InputError(
            f"write takes a CalibratedImage, not {type(image).__name__}; make one with "
            "fiji_bridge.adapters.to_image(array, voxel_size=...)"
        )
    name = os.fspath(path).lower()
    if not name.endswith(_TIFF_ENDINGS):
        raise FileError(f"cannot write {path}: the name must end in .tif, .tiff or .ome.tif")
    check_target(path, overwrite=overwrite)
    if name.endswith(_OME_ENDINGS):
        from fiji_bridge.io.ome_write import check_storable, write_ome

        check_storable(image)
        with atomic_output(path, overwrite=overwrite) as file:
            write_ome(image, file)
        return
    from fiji_bridge.io.imagej_write import check_storable as check_imagej
    from fiji_bridge.io.imagej_write import write_imagej

    check_imagej(image)
    with atomic_output(path, overwrite=overwrite) as file:
        write_imagej(image, file)
