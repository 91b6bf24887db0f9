"""TIFF files as ImageJ2's SCIFIO saves them; only read.

Axes, their lengths, scales and units stand in the description, in the order in which the planes
vary: ``axes=X,Y,Channel,Z`` means that the channel changes from page to page.
"""

from __future__ import annotations

import math
from dataclasses import replace

from fiji_bridge.errors import AxesError, FileError
from fiji_bridge.formats.imagej_tiff import imagej_properties, read_planes
from fiji_bridge.formats.registry import Format, Probe
from fiji_bridge.formats.samples import drop_single
from fiji_bridge.formats.tiff_directories import Structure
from fiji_bridge.formats.tiff_open import open_tiff, page_lut
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.imagej.calibration_text import imagej_unit
from fiji_bridge.imagej.text import java_double

_AXES = {"X": "x", "Y": "y", "Z": "z", "Channel": "c", "Time": "t"}


def _read(probe: Probe) -> CalibratedImage:
    structure = probe.structure
    with open_tiff(structure) as tif:
        properties = imagej_properties(structure)
        axes, lengths = _axes(structure, properties)
        if structure.directories[0].samples > 1:
            raise FileError(
                f"cannot read {probe.path}: SCIFIO TIFF of several samples per pixel; "
                "save it as OME-TIFF or ImageJ TIFF"
            )
        data = read_planes(tif, structure, len(structure.directories))
        # The first axis named varies fastest.
        data = data.reshape(lengths[::-1])
        single = [index for index, axis in enumerate(axes[::-1]) if axis == "?"]
        data = data.squeeze(tuple(single))
        data, kept = drop_single(data, tuple(axis for axis in axes[::-1] if axis != "?"))
        mode = properties.get("mode") if "c" in kept else None
        luts = () if mode is not None else page_lut(tif.pages.first)
        return CalibratedImage(
            data,
            kept,
            _calibration(axes, properties),
            ImageJMetadata(luts=luts, mode=mode),
            probe.path.name,
        )


def _axes(
    structure: Structure, properties: dict[str, str]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the axes, fastest first, and how long they are; they account for every page."""
    names, sizes = properties.get("axes", ""), properties.get("lengths", "")
    what = f"cannot read {structure.path}: SCIFIO TIFF with axes={names} and lengths={sizes}"
    labels = [label.strip() for label in names.split(",")]
    if len(labels) != len(sizes.split(",")) or labels[:2] != ["X", "Y"]:
        raise FileError(f"{what}; it should begin with X, Y and have a length for each")
    numbers = [java_double(size) for size in sizes.split(",")]
    lengths = tuple(int(n) for n in numbers if n is not None and math.isfinite(n) and n >= 1)
    if len(lengths) != len(labels):
        raise FileError(f"{what}; lengths must be whole numbers from 1 on")
    axes = tuple(_AXES.get(label, "?") for label in labels)
    known = [axis for axis in axes if axis != "?"]
    if len(set(known)) < len(known) or any(
        axis == "?" and length > 1 for axis, length in zip(axes, lengths, strict=True)
    ):
        raise AxesError(f"{what}; only X, Y, Z, Channel and Time are read, each once")
    page = structure.directories[0]
    planes = math.prod(lengths[2:])
    if lengths[:2] != (page.width, page.height) or planes != len(structure.directories):
        raise FileError(
            f"{what}, which is {planes} planes, and the file has {len(structure.directories)} "
            f"of {page.width} x {page.height}"
        )
    return axes, lengths


def _calibration(axes: tuple[str, ...], properties: dict[str, str]) -> Calibration:
    scales = properties.get("scales", "").split(",")
    names = properties.get("units", "").split(",")
    found = Calibration(source="SCIFIO TIFF")
    for index, axis in enumerate(axes):
        text = scales[index].strip() if index < len(scales) else ""
        unit = names[index].strip() if index < len(names) else ""
        size = java_double(text)
        if axis == "t" and size is not None and math.isfinite(size):
            found = replace(
                found, frame_interval=size, time_unit="sec" if unit in ("null", "") else unit
            )
        elif axis in "zyx":
            raw = None if size is not None and size > 0 else f"scales={text}" if text else None
            own = AxisCalibration(size, imagej_unit("" if unit == "null" else unit), raw=raw)
            found = found.with_axes(**{axis: own})
    return found


SCIFIO_TIFF = Format(
    name="SCIFIO TIFF",
    recognises=lambda probe: probe.is_tiff and probe.description.startswith(b"SCIFIO="),
    read=_read,
)
