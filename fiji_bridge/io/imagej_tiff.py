"""Reading TIFF files that ImageJ, or a program that imitates it, has written."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError
from fiji_bridge.image import CalibratedImage, ImageJMetadata
from fiji_bridge.imagej_samples import SIGNED_OFFSET, undo_signed_16_bit
from fiji_bridge.imagej_text import carried, java_double, parse_properties
from fiji_bridge.io.ijmetadata import BYTE_COUNTS_TAG, METADATA_TAG, read_metadata, unpack
from fiji_bridge.io.imagej_calibration import read_calibration
from fiji_bridge.io.samples import native
from fiji_bridge.io.tiff_open import DESCRIPTION_TAG, page_lut, scale, tag_bytes, tag_info
from fiji_bridge.memory import array_bytes, check_memory
from fiji_bridge.provenance_text import LABEL_KEY, take

if TYPE_CHECKING:
    import tifffile

_UNCOMPRESSED = 1


def read_imagej(tif: tifffile.TiffFile, name: str) -> CalibratedImage:
    """Read an ImageJ TIFF as ImageJ 1.54p does."""
    page = tif.pages.first
    properties = imagej_properties(tif)
    count = plane_count(tif, properties)
    data = _planes(tif, count)
    if data.ndim == 4 and data.dtype != np.uint8:
        # ImageJ's 48-bit RGB is a composite of channels.
        sizes = {"t": 1, "z": count, "c": data.shape[-1]}
        data = np.ascontiguousarray(np.moveaxis(data, -1, 1)).reshape(-1, *data.shape[1:3])
        metadata = _metadata(tif, properties, data, sizes)
        labels = ("Red", "Green", "Blue", "Gray")[: sizes["c"]]
        metadata = replace(metadata, labels=labels)
    else:
        sizes = _dimensions(properties, count)
        metadata = _metadata(tif, properties, data, sizes)
    data, metadata = undo_signed_16_bit(data, metadata)
    others, provenance = take(metadata.properties)
    lead = tuple(axis for axis, size in sizes.items() if size > 1)
    return CalibratedImage(
        data.reshape(*(sizes[axis] for axis in lead), *data.shape[1:]),
        (*lead, "y", "x", *(("s",) if data.ndim == 4 else ())),
        read_calibration(scale(page), properties, planes=count),
        replace(metadata, properties=others),
        name,
        provenance,
    )


def imagej_properties(tif: tifffile.TiffFile) -> dict[str, str]:
    """Return the lines of ImageJ's description."""
    return parse_properties(tag_bytes(tif, DESCRIPTION_TAG).partition(b"\0")[0])


def plane_count(tif: tifffile.TiffFile, properties: dict[str, str]) -> int:
    """Return the number of planes: ``images=`` counts where there is no compression."""
    said = java_double(properties.get("images"))
    if said is not None and said > 1 and tif.pages.first.compression == _UNCOMPRESSED:
        return int(said)
    return len(tif.pages)


def _planes(tif: tifffile.TiffFile, count: int) -> NDArray[Any]:
    """Read the samples as (plane, y, x[, sample])."""
    page = tif.pages.first
    shape: tuple[int, ...] = (page.imagelength, page.imagewidth)
    planar = page.samplesperpixel > 1 and page.planarconfig == 2
    if page.samplesperpixel > 1:
        shape = (page.samplesperpixel, *shape) if planar else (*shape, page.samplesperpixel)
    dtype = np.dtype(page.dtype).newbyteorder(tif.byteorder)
    length = array_bytes((count, *shape), dtype.itemsize)
    check_memory(length, tif.filename)
    if count > 1 and page.compression == _UNCOMPRESSED and len(tif.pages) != count:
        # One directory for all planes, which follow each other: above 4 GB there is no other way.
        start = page.dataoffsets[0]
        if start + length > tif.filehandle.size:
            raise FileError(
                f"cannot read {tif.filename}: it is cut off, {count} planes need "
                f"{start + length} bytes and it has {tif.filehandle.size}"
            )
        samples = count * math.prod(shape)
        data = tif.filehandle.read_array(dtype, samples, start).reshape(count, *shape)
    else:
        data = tif.asarray(key=slice(None)).reshape(count, *shape)
    data = native(data)
    return np.moveaxis(data, 1, -1) if planar else data


def _dimensions(properties: dict[str, str], planes: int) -> dict[str, int]:
    """Return frames, slices and channels; all slices where the numbers do not fit, as in ImageJ."""
    names = {"t": "frames", "z": "slices", "c": "channels"}
    sizes = {axis: int(java_double(properties.get(key)) or 1) for axis, key in names.items()}
    if math.prod(sizes.values()) != planes:
        return {"t": 1, "z": planes, "c": 1}
    return sizes


def _metadata(
    tif: tifffile.TiffFile, properties: dict[str, str], data: NDArray[Any], sizes: dict[str, int]
) -> ImageJMetadata:
    page, rgb = tif.pages.first, data.ndim == 4
    metadata = ImageJMetadata()
    counts = page.tags.get(BYTE_COUNTS_TAG)
    if counts is not None and METADATA_TAG in page.tags:
        values = counts.value if isinstance(counts.value, tuple) else (counts.value,)
        entries = unpack(values, tag_bytes(tif, METADATA_TAG), tif.byteorder)
        metadata = read_metadata(entries, tif.byteorder)
    image_properties, labels = dict(metadata.properties), metadata.labels
    if math.prod(sizes.values()) == 1:
        own = image_properties.pop(LABEL_KEY, "")
        labels = labels or ((own,) if own else ())
    mode, ranges = _display(properties, metadata.ranges, data, sizes, rgb=rgb)
    # Channels that are shown together have LUTs of their own.
    luts = metadata.luts if mode is not None else page_lut(page)
    return replace(
        metadata,
        info=metadata.info or tag_info(tif),
        labels=labels,
        ranges=ranges,
        luts=luts,
        properties=image_properties,
        mode=mode,
        description=carried(properties),
    )


def _display(
    properties: dict[str, str],
    ranges: tuple[float, ...],
    data: NDArray[Any],
    sizes: dict[str, int],
    *,
    rgb: bool,
) -> tuple[str | None, tuple[float, ...]]:
    """Return how channels are shown, and the display ranges."""
    low, high = java_double(properties.get("min")), java_double(properties.get("max"))
    if not ranges and low is not None and high is not None and (low, high) != (0.0, 0.0):
        ranges = (low, high)
    mode = properties.get("mode") if sizes["c"] > 1 else None
    if mode is None and properties.get("hyperstack") == "true" and sizes["c"] > 1 and not rgb:
        # ImageJ opens it as one channel at a time, all with one display range.
        mode = "color"
        ranges = (ranges or ((0.0, 255.0) if data.dtype == np.uint8 else ())) * sizes["c"]
    if data.dtype == np.int16:
        ranges = tuple(value - SIGNED_OFFSET for value in ranges)
    return mode, ranges
