"""Reading OME-TIFF.

The XML is read attribute by attribute and not through a validating model, because files with
``PhysicalSizeZ="0"`` or a comma exist, and their pixels are sound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np

from fiji_bridge import units
from fiji_bridge.calibration import AxisCalibration, Calibration
from fiji_bridge.errors import FileError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.io.ome_annotations import restore
from fiji_bridge.io.ome_units import DEFAULT_TIME_UNIT, DEFAULT_UNIT
from fiji_bridge.io.samples import axis_names, drop_single, native
from fiji_bridge.memory import check_memory

if TYPE_CHECKING:
    import tifffile


def read_ome(tif: tifffile.TiffFile, name: str) -> CalibratedImage:
    """Read the one image of an OME-TIFF.

    Raises
    ------
    FileError
        If there are several images, or the XML is damaged.
    """
    try:
        root = ElementTree.fromstring(tif.ome_metadata or "")
    except ElementTree.ParseError as error:
        raise FileError(f"cannot read {name}: its OME-XML is damaged ({error})") from error
    images = root.findall("{*}Image")
    pixels = root.find("{*}Image/{*}Pixels")
    if pixels is None or len(tif.series) != 1 or len(images) != 1:
        raise FileError(
            f"{name} holds {len(images)} images ({len(tif.series)} with pixels), one is expected; "
            "save the one you want to a file of its own"
        )
    series = tif.series[0]
    axes = axis_names(series.axes, series.shape, name, planes_are_z=False)
    check_memory(series.nbytes, name)
    data, axes = drop_single(native(np.asarray(series.asarray())), axes)
    image = CalibratedImage(
        data,
        axes,
        _calibration(pixels),
        name=images[0].get("Name") or name,
        channel_names=_channel_names(pixels) if "c" in axes else (),
    )
    return restore(image, _annotations(root))


def _calibration(pixels: ElementTree.Element) -> Calibration:
    interval, _ = _number(pixels.get("TimeIncrement"))
    unit = pixels.get("TimeIncrementUnit", DEFAULT_TIME_UNIT)
    known = interval is not None and math.isfinite(interval)
    return Calibration(
        z=_axis(pixels, "Z"),
        y=_axis(pixels, "Y"),
        x=_axis(pixels, "X"),
        frame_interval=interval if known and interval is not None else 0.0,
        time_unit=unit if known and unit != "s" else "sec",
        source="OME-TIFF",
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
