"""TIFF files without a JVM: ImageJ's own, OME-TIFF and plain ones."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from fiji_bridge.calibration import Calibration
from fiji_bridge.errors import FileError
from fiji_bridge.image import CalibratedImage, ImageJMetadata
from fiji_bridge.imagej_text import unreadable
from fiji_bridge.io.imagej_calibration import read_calibration
from fiji_bridge.io.imagej_tiff import imagej_properties, plane_count, read_imagej
from fiji_bridge.io.samples import axis_names, drop_single, native
from fiji_bridge.io.tiff_open import open_tiff, page_lut, scale, tag_info
from fiji_bridge.memory import check_memory

if TYPE_CHECKING:
    import tifffile


def read_tiff(path: str | os.PathLike[str]) -> CalibratedImage:
    """Read a TIFF file with tifffile.

    Returns
    -------
    CalibratedImage
        Axes in the order t, z, c, y, x, s; t, z and c only where there is more than one.

    Raises
    ------
    FileError
        If it cannot be read, or holds several images of different shape.
    AxesError
        If it has more axes than it names.
    """
    name = Path(path).name
    with open_tiff(path) as tif:
        if tif.is_ome:
            from fiji_bridge.io.ome import read_ome

            return read_ome(tif, name)
        if tif.is_imagej:
            return read_imagej(tif, name)
        return _read_plain(tif, name)


def literal_values(path: str | os.PathLike[str]) -> tuple[Calibration, dict[str, str]]:
    """Read what a TIFF says literally: its calibration, and lines with unreadable numbers.

    Raises
    ------
    FileError
        For an OME-TIFF, whose calibration only OME-XML has.
    """
    with open_tiff(path) as tif:
        if tif.is_ome:
            raise FileError(
                f"ImageJ alone cannot read the OME-XML of {path}; use reader='tifffile'"
            )
        page = tif.pages.first
        if not tif.is_imagej:
            return read_calibration(scale(page), None, planes=len(tif.pages)), {}
        properties = imagej_properties(tif)
        count = plane_count(tif, properties)
        return read_calibration(scale(page), properties, planes=count), unreadable(properties)


def _read_plain(tif: tifffile.TiffFile, name: str) -> CalibratedImage:
    if len(tif.series) > 1:
        shapes = ", ".join(str(series.shape) for series in tif.series[:4])
        raise FileError(
            f"{name} holds {len(tif.series)} images of different shape ({shapes}); "
            "save the one you want to a file of its own"
        )
    series, page = tif.series[0], tif.pages.first
    axes = axis_names(series.axes, series.shape, name)
    check_memory(series.nbytes, name)
    data = native(series.asarray())
    planes = math.prod(size for axis, size in zip(axes, data.shape, strict=True) if axis in "tzc")
    data, axes = drop_single(data, axes)
    return CalibratedImage(
        data,
        axes,
        read_calibration(scale(page), None, planes=planes),
        ImageJMetadata(info=tag_info(tif), luts=page_lut(page)),
        name,
    )
