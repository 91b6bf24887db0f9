"""TIFF files that ImageJ, or a program that imitates it, has written; and writing them."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.limits import MAX_SIDE
from fiji_bridge.formats.ome_kept import not_kept_elsewhere
from fiji_bridge.formats.regions import ImageSource, nothing
from fiji_bridge.formats.registry import Format, Probe
from fiji_bridge.formats.samples import native
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.formats.tiff_check import UNCOMPRESSED, check_alike, check_pages, check_run
from fiji_bridge.formats.tiff_directories import Structure
from fiji_bridge.formats.tiff_open import open_tiff, page_lut, scale, tag_bytes, tag_info
from fiji_bridge.formats.tiff_regions import Pages, open_pages, read_part
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.image.provenance import LABEL_KEY, take
from fiji_bridge.imagej.calibration_text import read_calibration
from fiji_bridge.imagej.metadata_blocks import BYTE_COUNTS_TAG, METADATA_TAG, read_metadata, unpack
from fiji_bridge.imagej.samples import (
    SIGNED_OFFSET,
    is_signed_16_bit,
    made_signed,
    signed_metadata,
)
from fiji_bridge.imagej.text import carried, java_double, parse_properties

if TYPE_CHECKING:
    from pathlib import Path

    import tifffile

_MARK = b"ImageJ="


@dataclass(frozen=True)
class Described:
    """What an ImageJ TIFF says of its image.

    Attributes
    ----------
    image : CalibratedImage
        Its samples are none.
    planes : int
        In the file, one behind the other.
    composite : bool
        Whether the samples of a pixel are channels: ImageJ's 48-bit RGB.
    signed : bool
        Whether the samples of the file are ImageJ's signed 16-bit.
    """

    image: CalibratedImage
    planes: int
    composite: bool
    signed: bool


def read_imagej(tif: tifffile.TiffFile, structure: Structure, name: str) -> CalibratedImage:
    """Read an ImageJ TIFF as ImageJ 1.54p does."""
    found = describe_imagej(tif, structure, name)
    data = read_planes(tif, structure, found.planes)
    if found.composite:
        data = np.ascontiguousarray(np.moveaxis(data, -1, 1))
    if found.signed:
        data = made_signed(data)
    return found.image.with_data(data.reshape(found.image.shape))


def describe_imagej(tif: tifffile.TiffFile, structure: Structure, name: str) -> Described:
    """Return all but the samples of an ImageJ TIFF, which are in the file."""
    page = tif.pages.first
    properties = imagej_properties(structure)
    count = plane_count(structure, properties)
    data = nothing(*_checked_planes(tif, structure, count))
    composite = data.ndim == 4 and data.dtype != np.uint8
    if composite:
        # ImageJ's 48-bit RGB is a composite of channels.
        sizes = {"t": 1, "z": count, "c": data.shape[-1]}
        data = nothing(data.dtype, (count * data.shape[-1], *data.shape[1:3]))
        metadata = _metadata(tif, structure, properties, data, sizes)
        labels = ("Red", "Green", "Blue", "Gray")[: sizes["c"]]
        metadata = replace(metadata, labels=labels)
    else:
        sizes = _dimensions(properties, count)
        metadata = _metadata(tif, structure, properties, data, sizes)
    signed = is_signed_16_bit(data.dtype, metadata)
    if signed:
        metadata = signed_metadata(metadata)
    others, provenance = take(metadata.properties)
    lead = tuple(axis for axis, size in sizes.items() if size > 1)
    shape = (*(sizes[axis] for axis in lead), *data.shape[1:])
    image = CalibratedImage(
        nothing(np.dtype(np.int16) if signed else data.dtype, shape),
        (*lead, "y", "x", *(("s",) if data.ndim == 4 else ())),
        read_calibration(scale(page), properties, planes=count),
        replace(metadata, properties=others),
        name,
        provenance,
    )
    return Described(image, count, composite, signed)


def imagej_properties(structure: Structure) -> dict[str, str]:
    """Return the lines of ImageJ's description."""
    return parse_properties(structure.directories[0].description.partition(b"\0")[0])


def plane_count(structure: Structure, properties: dict[str, str]) -> int:
    """Return the number of planes, all of which are in the file.

    Raises
    ------
    FileError
        If ``images=`` says more than there are. Where it says fewer, every page counts.
    """
    pages, said = structure.directories, _count(properties, "images")
    if said <= len(pages):
        return len(pages)
    if len(pages) == 1 and pages[0].compression == UNCOMPRESSED:
        check_pages(structure)
        # One directory for all planes, which follow each other: above 4 GB there is no other way.
        check_run(structure, said)
        return said
    raise FileError(
        f"cannot read {structure.path}: it says images={said} and has {len(pages)} pages; "
        f"{said - len(pages)} are missing, or a program that took them out left the number "
        "behind: save it again with that program's own TIFF, or with ImageJ"
    )


def read_planes(tif: tifffile.TiffFile, structure: Structure, count: int) -> NDArray[Any]:
    """Read the samples as (plane, y, x[, sample]), each plane from its own place."""
    page, pages = tif.pages.first, structure.directories
    dtype, shape = _checked_planes(tif, structure, count)
    check_memory(array_bytes(shape, dtype.itemsize), tif.filename)
    planar = page.samplesperpixel > 1 and page.planarconfig == 2
    if planar:
        shape = (count, shape[-1], *shape[1:-1])
    if len(pages) != count:
        data = tif.filehandle.read_array(
            dtype.newbyteorder(tif.byteorder), math.prod(shape), page.dataoffsets[0]
        ).reshape(shape)
    else:
        data = tif.asarray(key=slice(None)).reshape(shape)
    data = native(data)
    return np.moveaxis(data, 1, -1) if planar else data


def _checked_planes(
    tif: tifffile.TiffFile, structure: Structure, count: int
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return type and shape of the samples as (plane, y, x[, sample]), all of them in the file."""
    page = tif.pages.first
    check_pages(structure)
    check_alike(structure, structure.directories)
    if page.imagedepth > 1:
        raise FileError(f"cannot read {structure.path}: its pages are volumes; save it as OME-TIFF")
    if page.dtype is None:
        raise FileError(
            f"cannot read {structure.path}: samples of {page.bitspersample} bits of format "
            f"{page.sampleformat} are not supported"
        )
    samples = (page.samplesperpixel,) if page.samplesperpixel > 1 else ()
    dtype = np.dtype(page.dtype).newbyteorder("=")
    return dtype, (count, page.imagelength, page.imagewidth, *samples)


def _count(properties: dict[str, str], key: str) -> int:
    """Return a number of planes as ImageJ takes it; 1 where there is none."""
    value = java_double(properties.get(key))
    if value is None or not math.isfinite(value) or not 1 <= value <= MAX_SIDE:
        return 1
    return int(value)


def _dimensions(properties: dict[str, str], planes: int) -> dict[str, int]:
    """Return frames, slices and channels; all slices where the numbers do not fit, as in ImageJ."""
    names = {"t": "frames", "z": "slices", "c": "channels"}
    sizes = {axis: _count(properties, key) for axis, key in names.items()}
    if math.prod(sizes.values()) != planes:
        return {"t": 1, "z": planes, "c": 1}
    return sizes


def _metadata(
    tif: tifffile.TiffFile,
    structure: Structure,
    properties: dict[str, str],
    data: NDArray[Any],
    sizes: dict[str, int],
) -> ImageJMetadata:
    page, rgb = tif.pages.first, data.ndim == 4
    metadata = ImageJMetadata()
    counts = page.tags.get(BYTE_COUNTS_TAG)
    fault = structure.directories[0].metadata_fault
    if fault:
        warnings.warn(
            f"ImageJ's metadata of {structure.path} are left out: {fault}",
            MetadataWarning,
            stacklevel=2,
        )
    elif counts is not None and METADATA_TAG in page.tags:
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


def _read(probe: Probe, selection: Selection) -> CalibratedImage:
    selection.only_image(probe.path, IMAGEJ_TIFF.name)
    part = read_part(_regions, probe, selection)
    if part is not None:
        return part
    structure = probe.structure
    with open_tiff(structure) as tif:
        image = read_imagej(tif, structure, probe.path.name)
    return cut(image, selection.slices(image)) if selection.cuts else image


def _regions(probe: Probe, selection: Selection) -> ImageSource | None:
    selection.only_image(probe.path, IMAGEJ_TIFF.name)
    structure, name = probe.structure, probe.path.name

    def find(tif: tifffile.TiffFile) -> Pages:
        import tifffile

        tif.pages.useframes = True
        tif.pages.set_keyframe(0)
        found = describe_imagej(tif, structure, name)
        image, page = found.image, tif.pages.first
        # Not those of one plane: of tifffile's versions some drop them, and some do not.
        several = tuple(axis for axis in ("t", "z", "c") if image.size(axis) > 1)
        axes = (*several, "y", "x")
        shape = (*(image.size(axis) for axis in several), *page.shape)
        alone = len(structure.directories) == 1
        series = tifffile.TiffPageSeries(
            [page] if alone else tif.pages[:],
            shape,
            page.dtype,
            "".join(axes).upper(),
            truncated=alone and found.planes > 1,
        )
        return Pages(image, series, axes, found.signed)

    return open_pages(structure, find)


def _check(image: CalibratedImage) -> None:
    from fiji_bridge.formats.imagej_write import check_storable

    check_storable(image)


def _write(image: CalibratedImage, path: Path, overwrite: bool) -> None:
    from fiji_bridge.formats.imagej_write import write_imagej

    with atomic_output(path, overwrite=overwrite) as file:
        write_imagej(image, file)


IMAGEJ_TIFF = Format(
    name="ImageJ TIFF",
    recognises=lambda probe: probe.is_tiff and probe.description.startswith(_MARK),
    read_part=_read,
    regions=_regions,
    endings=(".tif", ".tiff"),
    check=_check,
    write=_write,
    not_kept=not_kept_elsewhere,
    imagej_opens=True,
)
