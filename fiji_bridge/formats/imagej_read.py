"""TIFF files as the real ImageJ opens them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from fiji_bridge.errors import FileError
from fiji_bridge.formats.imagej_tiff import IMAGEJ_TIFF, imagej_properties, plane_count
from fiji_bridge.formats.plain_tiff import shaped_properties
from fiji_bridge.formats.registry import Format, Probe
from fiji_bridge.formats.tiff_check import (
    UNCOMPRESSED,
    check_alike,
    check_pages,
    follow_each_other,
)
from fiji_bridge.formats.tiff_directories import Structure
from fiji_bridge.formats.tiff_open import decode_all, open_tiff, scale
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES, Calibration
from fiji_bridge.image.memory import check_memory
from fiji_bridge.imagej.calibration_text import read_calibration
from fiji_bridge.imagej.text import java_double, unreadable
from fiji_bridge.jvm.imageplus import open_file

if TYPE_CHECKING:
    import tifffile

#: TIFF's number for signed samples.
_SIGNED = 2
#: Kinds of TIFF, as tifffile calls them, whose pages are slices in turn.
_PLAIN = frozenset({"generic", "uniform", "nih"})
#: Axes of pages that are slices, or of which nothing is said.
_SLICES = frozenset("ZIQ")


def read_with_imagej(probe: Probe, found: Format) -> CalibratedImage:
    """Open a TIFF with ImageJ; starts the JVM.

    The file is checked before ImageJ sees it: ImageJ takes what is there of a file that is cut
    off, mixes up planes that do not follow each other, and never ends in a damaged stream. All
    values are ImageJ's. Where it replaces a senseless one in silence, what the file says is
    added from the file, so that a physical sigma is refused here as well.

    Raises
    ------
    FileError
        If ImageJ cannot open it, or it is of a dialect that only others know.
    """
    in_file, lines, planes = check_for_imagej(probe, found)
    with open_tiff(probe.structure) as tif:
        decode_all(tif)
    image = open_file(probe.path, planes, planes * probe.structure.directories[0].plane_bytes)
    axes = {
        axis: replace(image.calibration.axis(axis), raw=in_file.axis(axis).raw)
        for axis in SPATIAL_AXES
    }
    calibration = replace(image.calibration.with_axes(**axes), source=in_file.source)
    description = {**image.metadata.description, **lines}
    metadata = replace(image.metadata, description=description)
    return replace(image, calibration=calibration, metadata=metadata)


def check_for_imagej(probe: Probe, found: Format) -> tuple[Calibration, dict[str, str], int]:
    """Refuse what ImageJ alone takes wrong, as far as it shows before anything is decoded.

    Returns
    -------
    Calibration
        As it stands in the file.
    dict of str to str
        What of the description are no numbers, where they should be.
    int
        Number of planes that ImageJ will find.

    Raises
    ------
    FileError
    """
    if not found.imagej_opens:
        raise FileError(
            f"ImageJ alone cannot read the {found.name} {probe.path}; use reader='tifffile'"
        )
    structure = probe.structure
    for directory in structure.directories:
        if directory.metadata_fault:
            raise FileError(
                f"ImageJ alone cannot read the metadata of {probe.path}: "
                f"{directory.metadata_fault}; use reader='tifffile', which leaves them out"
            )
    with open_tiff(structure) as tif:
        _check_kind(tif, structure)
        check_pages(structure)
        page = tif.pages.first
        if found.name == IMAGEJ_TIFF.name:
            properties = imagej_properties(structure)
            count = plane_count(structure, properties)
            check_alike(structure, structure.directories)
            _check_order(structure, properties)
            calibration = read_calibration(scale(page), properties, planes=count)
            lines = unreadable(properties)
        else:
            _check_axes(tif, structure, probe.path.name)
            # Of pages of different kinds ImageJ opens the first.
            alike = len({page.kind for page in structure.directories}) == 1
            count = len(structure.directories) if alike else 1
            calibration = read_calibration(scale(page), None, planes=count)
            lines = {}
        check_memory(count * structure.directories[0].plane_bytes, probe.path.name)
    return calibration, lines, count


def _check_kind(tif: tifffile.TiffFile, structure: Structure) -> None:
    """Refuse what ImageJ opens not at all, or with other samples."""
    page = structure.directories[0]
    kind = (
        "BigTIFF" if tif.is_bigtiff
        else "tiles" if page.tile
        else "signed bytes" if (page.bits, page.sample_format) == (8, _SIGNED)
        else ""
    )  # fmt: skip
    if kind:
        raise FileError(
            f"ImageJ alone cannot read {structure.path} ({kind}); use reader='tifffile'"
        )


def _check_axes(tif: tifffile.TiffFile, structure: Structure, name: str) -> None:
    """Refuse pages that are more than slices in turn, which is all that ImageJ knows of them."""
    series = tif.series[0]
    sides = zip(series.axes, series.shape, strict=True)
    several = [axis for axis, size in sides if size > 1 and axis not in "YXS"]
    if series.kind == "shaped":
        mixed = len(several) > 1 or not set(several) <= _SLICES
        if mixed or shaped_properties(structure, name) is not None:
            raise FileError(
                f"ImageJ alone cannot read the JSON that describes {structure.path}; use "
                "reader='tifffile'"
            )
    elif series.kind not in _PLAIN:
        raise FileError(
            f"ImageJ alone would mix up the axes and lose the units of {structure.path} "
            f"({series.kind}); use reader='tifffile'"
        )


def _check_order(structure: Structure, properties: dict[str, str]) -> None:
    """Refuse planes that ImageJ would look for in other places: it goes by the first one."""
    pages, said = structure.directories, java_double(properties.get("images"))
    if said is None or not math.isfinite(said) or said <= 1 or len(pages) == 1:
        return
    if pages[0].compression != UNCOMPRESSED:
        return
    if int(said) != len(pages) or not follow_each_other(pages):
        raise FileError(
            f"ImageJ alone cannot read {structure.path}: it says images={said:.0f}, and its "
            f"{len(pages)} pages do not follow each other as ImageJ takes it; use "
            "reader='tifffile'"
        )
