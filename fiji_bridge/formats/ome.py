"""OME-TIFF.

The XML is read attribute by attribute and not through a validating model, because files with
``PhysicalSizeZ="0"`` or a comma exist, and their pixels are sound.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.formats.foreign import parse_xml
from fiji_bridge.formats.ome_annotations import restore
from fiji_bridge.formats.ome_colours import with_colours
from fiji_bridge.formats.ome_kept import keep_one_image, kept_xml, not_kept_in_ome
from fiji_bridge.formats.ome_planes import check_planes
from fiji_bridge.formats.ome_units import DEFAULT_TIME_UNIT, DEFAULT_UNIT
from fiji_bridge.formats.regions import ImageSource, nothing
from fiji_bridge.formats.registry import Format, Probe
from fiji_bridge.formats.samples import axis_names, drop_single, native
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.formats.tiff_check import check_series
from fiji_bridge.formats.tiff_open import open_tiff
from fiji_bridge.formats.tiff_regions import Pages, open_pages, read_part
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.memory import check_memory

if TYPE_CHECKING:
    import tifffile


def _read(probe: Probe, selection: Selection) -> CalibratedImage:
    part = read_part(_regions, probe, selection)
    if part is not None:
        return part
    name = probe.path.name
    with open_tiff(probe.structure) as tif:
        found = _chosen(tif, probe, selection)
        check_memory(found.series.nbytes, name)
        data, _ = drop_single(native(np.asarray(found.series.asarray())), found.axes)
    image = found.image.with_data(data)
    return cut(image, selection.slices(image)) if selection.cuts else image


def _regions(probe: Probe, selection: Selection) -> ImageSource | None:
    return open_pages(probe.structure, lambda tif: _chosen(tif, probe, selection))


def _chosen(tif: tifffile.TiffFile, probe: Probe, selection: Selection) -> Pages:
    """Return the pages of the chosen image, all of which are there, and what is said of it."""
    name, structure = probe.path.name, probe.structure
    root = parse_xml(probe.description, name)
    images = root.findall("{*}Image")
    if root.find("{*}BinaryOnly") is not None:
        said = root.find("{*}BinaryOnly")
        where = said.get("MetadataFile") if said is not None else None
        raise FileError(f"{name} holds samples only; open {where or 'its metadata file'}")
    number = selection.scene_number(image_names(root, name), name)
    if selection.level:
        raise InputError(f"{name} has no level {selection.level}: of an OME-TIFF 0 is read")
    check_planes(root, number, structure)
    if len(tif.series) != len(images):
        raise FileError(
            f"cannot read {name}: its OME-XML speaks of {len(images)} images and samples of "
            f"{len(tif.series)} are in the file"
        )
    series = tif.series[number]
    check_series(series, structure)
    axes = axis_names(series.axes, series.shape, name, planes_are_z=False)
    kind = np.dtype(series.dtype).newbyteorder("=")
    none, kept = drop_single(nothing(kind, series.shape), axes)
    return Pages(described(root, number, none, kept, name, "OME-TIFF"), series, axes)


def image_names(root: ElementTree.Element, name: str) -> list[str]:
    """Return the names of the images of which an OME-XML speaks.

    Raises
    ------
    FileError
        If there is none, or one has not just one element Pixels.
    """
    images = root.findall("{*}Image")
    if not images or any(len(image.findall("{*}Pixels")) != 1 for image in images):
        raise FileError(
            f"cannot read {name}: its OME-XML holds {len(images)} images, and each must have "
            "one element Pixels"
        )
    return [image.get("Name") or image.get("ID") or f"image {n}" for n, image in enumerate(images)]


def described(
    root: ElementTree.Element,
    number: int,
    data: NDArray[Any],
    axes: tuple[str, ...],
    name: str,
    source: str,
) -> CalibratedImage:
    """Return samples with what OME-XML says of them.

    Parameters
    ----------
    root : Element
        Other images are taken out of it.
    number : int
        Of the Image element, from 0.
    data : ndarray
    axes : tuple of str
    name : str
        Of the file.
    source : str
        Of the calibration, for messages.
    """
    keep_one_image(root, number, name)
    image = root.find("{*}Image")
    assert image is not None
    pixels = image.find("{*}Pixels")
    assert pixels is not None
    found = CalibratedImage(
        data,
        axes,
        _calibration(pixels, source),
        name=image.get("Name") or name,
        channel_names=_channel_names(pixels) if "c" in axes else (),
        ome_xml=kept_xml(root, name),
    )
    return with_colours(restore(found, _annotations(root), name), pixels)


def _calibration(pixels: ElementTree.Element, source: str) -> Calibration:
    interval, _ = _number(pixels.get("TimeIncrement"))
    unit = pixels.get("TimeIncrementUnit", DEFAULT_TIME_UNIT)
    known = interval is not None and math.isfinite(interval)
    return Calibration(
        z=_axis(pixels, "Z"),
        y=_axis(pixels, "Y"),
        x=_axis(pixels, "X"),
        frame_interval=interval if known and interval is not None else 0.0,
        time_unit=unit if known and unit != "s" else "sec",
        source=source,
    )


def _axis(pixels: ElementTree.Element, axis: str) -> AxisCalibration:
    text = pixels.get(f"PhysicalSize{axis}")
    unit = pixels.get(f"PhysicalSize{axis}Unit", DEFAULT_UNIT)
    if text is None:
        return AxisCalibration(None, unit)
    size, readable = _number(text)
    sound = readable and size is not None and units.positive(size)
    return AxisCalibration(size, unit, raw=None if sound else f'PhysicalSize{axis}="{text}"')


def _number(text: str | None) -> tuple[float | None, bool]:
    try:
        return float(text or ""), True
    except ValueError:
        return None, False


def _channel_names(pixels: ElementTree.Element) -> tuple[str, ...]:
    names = tuple(channel.get("Name", "") for channel in pixels.findall("{*}Channel"))
    return names if any(names) else ()


def _annotations(root: ElementTree.Element) -> dict[str, str]:
    found = {}
    for annotation in root.findall("{*}StructuredAnnotations/{*}CommentAnnotation"):
        value = annotation.find("{*}Value")
        if value is not None and value.text:
            found[annotation.get("Namespace", "")] = value.text
    return found


def _recognises(probe: Probe) -> bool:
    # As tifffile does; a text that is cut off is damaged XML, not another kind of file.
    if not probe.is_tiff:
        return False
    text = probe.description
    return text[-10:].rstrip().endswith(b"OME>") or (
        text.lstrip()[:5] == b"<?xml" and b"<OME" in text[:1024]
    )


def _check(image: CalibratedImage) -> None:
    from fiji_bridge.formats.ome_write import check_storable

    check_storable(image)


def _write(image: CalibratedImage, path: Path, overwrite: bool) -> None:
    from fiji_bridge.formats.ome_write import write_ome

    with atomic_output(path, overwrite=overwrite) as file:
        write_ome(image, file)


OME_TIFF = Format(
    name="OME-TIFF",
    recognises=_recognises,
    read_part=_read,
    regions=_regions,
    endings=(".ome.tif", ".ome.tiff"),
    check=_check,
    write=_write,
    not_kept=not_kept_in_ome,
)
