"""TIFF files of no dialect, and those that tifffile describes in JSON; only read."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fiji_bridge.errors import FileError
from fiji_bridge.formats.foreign import ShapedDescription, optional
from fiji_bridge.formats.registry import Format, Probe
from fiji_bridge.formats.samples import axis_names, drop_single, native
from fiji_bridge.formats.tiff_check import check_all_taken, check_pages, check_series
from fiji_bridge.formats.tiff_directories import Structure
from fiji_bridge.formats.tiff_open import open_tiff, page_lut, scale, tag_info
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.image.memory import check_memory
from fiji_bridge.imagej.calibration_text import CENTIMETRE, INCH, Scale, read_calibration
from fiji_bridge.imagej.text import double_text

if TYPE_CHECKING:
    import tifffile

# How tifffile's own description begins.
_SHAPED = b'{"shape":'
# Programs round one of two sizes to three digits and mean the same.
_SAME_SIZE = 0.01


def _read(probe: Probe) -> CalibratedImage:
    structure = probe.structure
    with open_tiff(structure) as tif:
        return read_plain(tif, structure, probe.path.name)


def read_plain(tif: tifffile.TiffFile, structure: Structure, name: str) -> CalibratedImage:
    """Read a TIFF that is one array.

    Raises
    ------
    FileError
        If it cannot be read, or holds several images.
    AxesError
        If it has more axes than it names.
    """
    check_pages(structure)
    shaped = _shaped(structure, name)
    properties = _properties(shaped)
    if len(tif.series) > 1:
        raise FileError(_several(tif, name))
    series, page = tif.series[0], tif.pages.first
    check_series(series, structure)
    check_all_taken(series, structure)
    axes = axis_names(series.axes, series.shape, name)
    check_memory(series.nbytes, name)
    data = native(series.asarray())
    planes = math.prod(size for axis, size in zip(axes, data.shape, strict=True) if axis in "tzc")
    data, axes = drop_single(data, axes)
    # ImageJ's lines serve for what the JSON says, but ImageJ did not write this.
    calibration = replace(read_calibration(scale(page), properties, planes=planes), source="TIFF")
    if shaped is not None:
        calibration = _contradicted(calibration, shaped, scale(page))
    return CalibratedImage(
        data, axes, calibration, ImageJMetadata(info=tag_info(tif), luts=page_lut(page)), name
    )


def shaped_properties(structure: Structure, name: str) -> dict[str, str] | None:
    """Return unit and spacing of tifffile's JSON as ImageJ's lines; None where it says none."""
    return _properties(_shaped(structure, name))


def _shaped(structure: Structure, name: str) -> ShapedDescription | None:
    text = structure.directories[0].description.rstrip(b"\0")
    if not text.startswith(_SHAPED):
        return None
    return optional(ShapedDescription, text.decode("utf-8", "replace"), f"the JSON of {name}")


def _properties(said: ShapedDescription | None) -> dict[str, str] | None:
    if said is None or said.unit is None:
        return None
    spacing = {} if said.spacing is None else {"spacing": double_text(float(said.spacing))}
    # ImageJ's name as its own version of tifffile writes it: resolutions are not cut off.
    return {"ImageJ": "1.11a", "unit": said.unit, **spacing}


def _contradicted(calibration: Calibration, said: ShapedDescription, tags: Scale) -> Calibration:
    """Mark the axes of which the JSON gives another physical size, by OME's names, than the tags.

    Which of the two counts nobody knows, so neither is taken, nor written again.
    """
    per = {INCH: " per inch", CENTIMETRE: " per cm"}.get(tags.unit or 0, "")
    changed: dict[str, Any] = {}
    for axis in SPATIAL_AXES:
        name = f"PhysicalSize{axis.upper()}"
        size, unit = getattr(said, name), getattr(said, f"{name}Unit")
        found = calibration.axis(axis)
        if size is None or found.raw is not None or _same(found, size, unit):
            continue
        rational = {"x": tags.x, "y": tags.y}.get(axis)
        tag = f"spacing={said.spacing}"
        if rational is not None:
            tag = f"{axis.upper()}Resolution={rational[0]}/{rational[1]}{per}"
        changed[axis] = replace(found, size=None, raw=f"{name}={size:g} {unit}, {tag}")
    return replace(calibration, **changed)


def _same(found: AxisCalibration, size: float, unit: str) -> bool:
    unknown = units.is_pixel(found.unit) or not units.is_length(found.unit)
    if found.size is None or unknown:
        return True  # only one of the two says anything
    return units.is_length(unit) and math.isclose(
        units.convert(size, unit, found.unit), found.size, rel_tol=_SAME_SIZE
    )


def _several(tif: tifffile.TiffFile, name: str) -> str:
    shapes = [series.shape for series in tif.series]
    shown = ", ".join(str(shape) for shape in shapes[:4])
    if len(set(shapes)) == 1:
        return (
            f"{name} holds {len(shapes)} images of equal shape {shapes[0]} that were written one "
            "by one, and along which axis they lie is not said; write them as one stack, or the "
            "one you want to a file of its own"
        )
    return (
        f"{name} holds {len(shapes)} images of different shape ({shown}); "
        "save the one you want to a file of its own"
    )


PLAIN_TIFF = Format(
    name="TIFF", recognises=lambda probe: probe.is_tiff, read=_read, imagej_opens=True
)
