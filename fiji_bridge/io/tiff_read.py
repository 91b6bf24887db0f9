"""TIFF files without a JVM: ImageJ's own, OME-TIFF and plain ones."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.calibration import Calibration
from fiji_bridge.errors import AxesError, FileError
from fiji_bridge.image import CalibratedImage, ImageJMetadata
from fiji_bridge.imagej_samples import SIGNED_OFFSET, undo_signed_16_bit
from fiji_bridge.imagej_text import carried, java_double, parse_properties
from fiji_bridge.io.ijmetadata import (
    BYTE_COUNTS_TAG,
    METADATA_TAG,
    read_metadata,
    unpack,
)
from fiji_bridge.io.imagej_calibration import Rational, Scale, read_calibration
from fiji_bridge.io.samples import axis_names, drop_single, native
from fiji_bridge.provenance_text import LABEL_KEY, take

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
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as tif:
            if len(tif.pages) == 0:
                raise FileError(f"cannot read {path}: there is no image in it")
            if tif.is_ome:
                from fiji_bridge.io.ome import read_ome

                return read_ome(tif, Path(path).name)
            if tif.is_imagej:
                return _read_imagej(tif, Path(path).name)
            return _read_plain(tif, Path(path).name)
    except FileError:
        raise
    except (OSError, tifffile.TiffFileError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise FileError(f"cannot read {path}: {said}") from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        if isinstance(error, AxesError):
            raise
        # What tifffile raises on damaged files depends on the damage.
        raise FileError(f"cannot read {path}: damaged or unsupported TIFF ({error})") from error


def _read_imagej(tif: tifffile.TiffFile, name: str) -> CalibratedImage:
    page = tif.pages.first
    raw = _tag_bytes(tif, 270)
    properties = parse_properties(raw.partition(b"\0")[0])
    data = native(tif.series[0].asarray())
    rgb48 = page.samplesperpixel in (3, 4) and data.dtype != np.uint8
    sample_axis = page.samplesperpixel > 1
    planes, data = _planes(data, page, sample_axis)
    if rgb48:  # ImageJ's 48-bit RGB is a composite of channels
        data = np.ascontiguousarray(np.moveaxis(data, -1, 1)).reshape(-1, *data.shape[1:3])
        sizes = {"t": 1, "z": planes, "c": page.samplesperpixel}
    else:
        sizes = _dimensions(properties, planes)
    data, axes = _hyperstack(data, sizes, rgb=sample_axis and not rgb48)
    metadata = _imagej_metadata(tif, properties, data.dtype, sizes, rgb48=rgb48)
    data, metadata = undo_signed_16_bit(data, metadata)
    others, provenance = take(metadata.properties)
    return CalibratedImage(
        data,
        axes,
        read_calibration(_scale(page), properties, planes=planes),
        replace(metadata, properties=others),
        name,
        provenance,
    )


def _planes(
    data: NDArray[Any], page: tifffile.TiffPage, sample_axis: bool
) -> tuple[int, NDArray[Any]]:
    """Return the number of planes and the data as (plane, y, x[, s])."""
    if sample_axis and page.planarconfig == 2:
        data = data.reshape(-1, page.samplesperpixel, page.imagelength, page.imagewidth)
        data = np.moveaxis(data, 1, -1)
    else:
        tail = (page.samplesperpixel,) if sample_axis else ()
        data = data.reshape(-1, page.imagelength, page.imagewidth, *tail)
    return len(data), data


def _dimensions(properties: dict[str, str], planes: int) -> dict[str, int]:
    """Return frames, slices and channels; all slices where the numbers do not fit, as in ImageJ."""
    names = {"t": "frames", "z": "slices", "c": "channels"}
    sizes = {axis: int(java_double(properties.get(key)) or 1) for axis, key in names.items()}
    if sizes["t"] * sizes["z"] * sizes["c"] != planes:
        return {"t": 1, "z": planes, "c": 1}
    return sizes


def _hyperstack(
    data: NDArray[Any], sizes: dict[str, int], *, rgb: bool
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Shape (plane, y, x[, s]) into the axes that are there; channels run fastest."""
    lead = tuple(axis for axis in ("t", "z", "c") if sizes[axis] > 1)
    data = data.reshape(*(sizes[axis] for axis in lead), *data.shape[1:])
    return data, (*lead, "y", "x", *(("s",) if rgb else ()))


def _imagej_metadata(
    tif: tifffile.TiffFile,
    properties: dict[str, str],
    dtype: np.dtype[Any],
    sizes: dict[str, int],
    *,
    rgb48: bool,
) -> ImageJMetadata:
    page = tif.pages.first
    rgb = page.samplesperpixel > 1 and not rgb48
    counts = page.tags.get(BYTE_COUNTS_TAG)
    metadata = ImageJMetadata()
    if counts is not None and METADATA_TAG in page.tags:
        values = counts.value if isinstance(counts.value, tuple) else (counts.value,)
        entries = unpack(values, _tag_bytes(tif, METADATA_TAG), tif.byteorder)
        metadata = read_metadata(entries, tif.byteorder)
    image_properties = dict(metadata.properties)
    labels = metadata.labels
    if rgb48:
        labels = ("Red", "Green", "Blue", "Gray")[: sizes["c"]]
    if sizes["t"] * sizes["z"] * sizes["c"] == 1:
        own = image_properties.pop(LABEL_KEY, "")
        labels = labels or ((own,) if own else ())
    low, high = java_double(properties.get("min")), java_double(properties.get("max"))
    ranges = metadata.ranges
    if not ranges and low is not None and high is not None and (low, high) != (0.0, 0.0):
        ranges = (low, high)
    mode = properties.get("mode")
    if mode is None and properties.get("hyperstack") == "true" and sizes["c"] > 1 and not rgb:
        # ImageJ opens it as one channel at a time, all with one display range.
        mode = "color"
        ranges = (ranges or ((0.0, 255.0) if dtype == np.uint8 else ())) * sizes["c"]
    if dtype == np.int16:
        ranges = tuple(value - SIGNED_OFFSET for value in ranges)
    luts = metadata.luts
    if mode is None or sizes["c"] == 1:  # otherwise each channel has its own
        luts = _page_lut(page)
    return replace(
        metadata,
        labels=labels,
        ranges=ranges,
        luts=luts,
        properties=image_properties,
        mode=mode,
        description=carried(properties),
    )


def _page_lut(page: tifffile.TiffPage) -> tuple[NDArray[np.uint8], ...]:
    """Return the colour map, or the inverting one, of a page; nothing for plain grey."""
    if page.samplesperpixel > 1:
        return ()
    ramp = np.arange(256, dtype=np.uint8)
    if page.tags.get(320) is not None:
        colours = np.asarray(page.tags[320].value, np.uint16).reshape(3, -1)
        lut = (colours >> 8).astype(np.uint8)
        if lut.shape[1] == 256 and lut.any() and not (lut == ramp).all():
            return (lut,)
        return ()
    if page.photometric == 0:
        return (np.tile(ramp[::-1], (3, 1)),)
    return ()


def _read_plain(tif: tifffile.TiffFile, name: str) -> CalibratedImage:
    if len(tif.series) > 1:
        shapes = ", ".join(str(series.shape) for series in tif.series[:4])
        raise FileError(
            f"{name} holds {len(tif.series)} images of different shape ({shapes}); "
            "save the one you want to a file of its own"
        )
    series = tif.series[0]
    axes = axis_names(series.axes, series.shape, name)
    data = native(series.asarray())
    planes = int(np.prod([n for a, n in zip(axes, data.shape, strict=True) if a in "tzc"]))
    data, axes = drop_single(data, axes)
    metadata = ImageJMetadata(luts=_page_lut(tif.pages.first))
    return CalibratedImage(
        data, axes, read_calibration(_scale(tif.pages.first), None, planes=planes), metadata, name
    )


def _tag_bytes(tif: tifffile.TiffFile, code: int) -> bytes:
    """Return a tag's value as it stands in the file; tifffile interprets text and numbers."""
    tag = tif.pages.first.tags[code]
    tif.filehandle.seek(tag.valueoffset)
    return bytes(tif.filehandle.read(tag.valuebytecount))


def _scale(page: tifffile.TiffPage) -> Scale:
    def rational(code: int) -> Rational | None:
        tag = page.tags.get(code)
        if tag is None:
            return None
        numerator, denominator = tag.value
        return int(numerator), int(denominator)

    unit = page.tags.get(296)
    return Scale(rational(282), rational(283), None if unit is None else int(unit.value))


def tiff_calibration(path: str | os.PathLike[str]) -> Calibration:
    """Read nothing but the calibration of a TIFF that is no OME-TIFF.

    Raises
    ------
    FileError
        For an OME-TIFF, whose calibration only OME-XML has.
    """
    import tifffile

    with tifffile.TiffFile(path) as tif:
        if tif.is_ome:
            raise FileError(
                f"ImageJ alone cannot read the OME-XML of {path}; use reader='tifffile'"
            )
        properties = None
        if tif.is_imagej:
            properties = parse_properties(_tag_bytes(tif, 270).partition(b"\0")[0])
        return read_calibration(
            _scale(tif.pages.first), properties, planes=len(tif.series[0].pages)
        )
