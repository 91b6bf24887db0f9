"""What an OME-Zarr says of channels and time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiji_bridge import pyramid, read, write
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.ome_zarr import write_ome_zarr
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.ops.output import write_images
from file_cases import CASES, MICROMETRES

zarr = pytest.importorskip("zarr", reason="zarr is not installed")


def attributes(path: Path, version: str = "0.5") -> dict[str, Any]:
    found = dict(zarr.open_group(str(path), mode="r").attrs)
    return dict(found["ome"]) if version == "0.5" else found


def movie(unit: str) -> CalibratedImage:
    calibration = replace(MICROMETRES, frame_interval=2.5, time_unit=unit)
    return CalibratedImage(np.zeros((3, 4, 5), np.uint8), ("t", "y", "x"), calibration)


SPELLINGS = {
    "second": ["s", "sec", "Sec", "seconds"],
    "millisecond": ["ms", "msec", "milliseconds"],
    "microsecond": ["usec", "us", "µs", "\u03bcs", "microseconds"],
    "nanosecond": ["ns", "nsec"],
    "minute": ["min", "mins", "minutes"],
    "hour": ["h", "hr", "hrs", "hours"],
    "day": ["d", "day", "days"],
}


@pytest.mark.parametrize(
    ("name", "spelling"), [(name, text) for name, all_ in SPELLINGS.items() for text in all_]
)
def test_units_of_time(name: str, spelling: str, tmp_path: Path) -> None:
    write(movie(spelling), tmp_path / "a.ome.zarr")
    (multiscale,) = attributes(tmp_path / "a.ome.zarr")["multiscales"]
    assert multiscale["axes"][0] == {"name": "t", "type": "time", "unit": name}
    assert multiscale["datasets"][0]["coordinateTransformations"][0]["scale"][0] == 2.5
    # OME-TIFF knows the same ones.
    write(movie(spelling), tmp_path / "a.ome.tif")
    found = read(tmp_path / "a.ome.tif").calibration
    assert (found.frame_interval, found.time_unit) == (2.5, spelling)


def test_what_is_no_unit_of_time_is_none(tmp_path: Path) -> None:
    write(movie("frames"), tmp_path / "a.ome.zarr")
    (multiscale,) = attributes(tmp_path / "a.ome.zarr")["multiscales"]
    assert multiscale["axes"][0] == {"name": "t", "type": "time"}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_names_colours_and_ranges_of_channels(version: str, tmp_path: Path) -> None:
    image = read(CASES / "seventeen_items.ome.tif")
    image = replace(image, metadata=replace(image.metadata, ranges=(1.0, 9.0, 2.0, 8.0)))
    path = write_ome_zarr([image], tmp_path / "a.ome.zarr", version=version)
    channels = attributes(path, version)["omero"]["channels"]
    assert [(c["label"], c["color"], c["active"]) for c in channels] == [
        ("DAPI", "0000FF", True), ("GFP", "00FF00", True)
    ]  # fmt: skip
    assert channels[1]["window"] == {"min": 0.0, "max": 65535.0, "start": 2.0, "end": 8.0}
    ngff_zarr = pytest.importorskip("ngff_zarr", reason="the reader ngff-zarr is not installed")
    theirs = ngff_zarr.from_ngff_zarr(str(path), version=version, validate=True)
    assert [c.label for c in theirs.metadata.omero.channels] == ["DAPI", "GFP"]


def test_channels_of_floats_without_names(tmp_path: Path) -> None:
    data = np.stack([np.full((4, 5), -2.0), np.full((4, 5), np.nan)]).astype(np.float32)
    data[0, 0, 0] = 3.0
    write(CalibratedImage(data, ("c", "y", "x")), tmp_path / "a.ome.zarr")
    channels = attributes(tmp_path / "a.ome.zarr")["omero"]["channels"]
    assert [c["label"] for c in channels] == ["channel 0", "channel 1"]
    assert [c["color"] for c in channels] == ["FFFFFF", "FFFFFF"]
    assert channels[0]["window"] == {"min": -2.0, "max": 3.0, "start": -2.0, "end": 3.0}
    assert channels[1]["window"] == {"min": 0.0, "max": 1.0, "start": 0.0, "end": 1.0}


def test_a_lut_that_is_no_colour_is_white(tmp_path: Path) -> None:
    fire = np.random.default_rng(1).integers(0, 255, (3, 256)).astype(np.uint8)
    metadata = ImageJMetadata(luts=(fire, fire), mode="composite")
    image = CalibratedImage(np.zeros((2, 4, 5), np.uint8), ("c", "y", "x"), metadata=metadata)
    with pytest.warns(MetadataWarning, match="does not keep: LUTs"):
        write(image, tmp_path / "a.ome.zarr")
    channels = attributes(tmp_path / "a.ome.zarr")["omero"]["channels"]
    assert [c["color"] for c in channels] == ["FFFFFF", "FFFFFF"]


def test_one_warning_lists_what_is_not_kept(tmp_path: Path) -> None:
    image = read(CASES / "seventeen_items.ome.tif")
    with pytest.warns(MetadataWarning, match=r"OME-Zarr a\.ome\.zarr does not keep: instrument"):
        write(image, tmp_path / "a.ome.zarr")


def test_a_unit_of_time_that_nobody_knows_is_named(tmp_path: Path) -> None:
    weekly = replace(MICROMETRES, frame_interval=0.5, time_unit="week")
    image = CalibratedImage(np.zeros((3, 8, 8), np.uint8), ("t", "y", "x"), weekly)
    with pytest.warns(MetadataWarning, match="does not keep: the unit of time 'week'$"):
        write(image, tmp_path / "a.ome.zarr")


def test_what_only_imagej_keeps_is_named(tmp_path: Path) -> None:
    fire = np.random.default_rng(1).integers(0, 255, (3, 256)).astype(np.uint8)
    metadata = ImageJMetadata(info="i", labels=("a",), luts=(fire,), properties={"a": "b"})
    image = CalibratedImage(np.zeros((8, 8), np.uint8), ("y", "x"), MICROMETRES, metadata)
    said = r"does not keep: info, slice labels, image properties, LUTs$"
    with pytest.warns(MetadataWarning, match=said):
        write(image, tmp_path / "a.ome.zarr")
    with pytest.warns(MetadataWarning, match=said):
        write_images(pyramid(image, levels=2, engine="scipy"), tmp_path / "p.ome.zarr")
