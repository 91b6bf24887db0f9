"""A part of an image file: the same in every format, and refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiji_bridge import read, write
from fiji_bridge.errors import AxesError, CalibrationError, InputError, UnitError
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.selection import Selection
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from file_cases import MICROMETRES

SHAPE = (3, 6, 2, 20, 30)
NAMES = ("DAPI", "GFP")


def whole() -> CalibratedImage:
    """No two samples are alike."""
    data = np.arange(np.prod(SHAPE), dtype=np.uint16).reshape(SHAPE)
    return CalibratedImage(data, tuple("tzcyx"), MICROMETRES, channel_names=NAMES, name="whole")


@pytest.mark.parametrize("name", ["a.ome.tif", "a.tif", "a.ome.zarr"])
def test_every_format_gives_the_same_part(name: str, tmp_path: Path) -> None:
    write(whole(), tmp_path / name)
    found = read(tmp_path / name, timepoint=1, channel=1, region="z=2:8 y=1:3 x=:5um")
    assert found.axes == ("z", "y", "x")
    assert np.array_equal(found.data, whole().data[1, 1:4, 1, 2:6, :10])
    assert [found.calibration.axis(axis).origin for axis in "zyx"] == [-1, -2, 0]
    one = read(tmp_path / name, region={"z": (3, 4)})
    assert one.axes == ("t", "c", "y", "x")
    assert np.array_equal(one.data, whole().data[:, 3])


REGIONS: list[tuple[Any, dict[str, slice]]] = [
    ("z=0:4um", {"z": slice(0, 2)}),
    ("z=0:4000 nm, x=10:20px", {"z": slice(0, 2), "x": slice(10, 20)}),
    # Centres are at 1, 3, 5 … µm: a bound behind a centre leaves the sample out.
    ("z=1:3um", {"z": slice(0, 1)}),
    ("z=1.1:3.1um", {"z": slice(1, 2)}),
    ("x=:3px y=4px:", {"x": slice(0, 3), "y": slice(4, 20)}),
    ("x=0.3um:1.5", {"x": slice(1, 3)}),
    ({"x": slice(2, 4), "y": (None, 5), "z": "0:4um"},
     {"x": slice(2, 4), "y": slice(0, 5), "z": slice(0, 2)}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), REGIONS)
def test_regions(given: Any, expected: dict[str, slice]) -> None:
    if given == "x=0.3um:1.5":
        with pytest.raises(UnitError, match=r"axis x has no unit at 1\.5"):
            Selection(region=given).slices(whole())
        return
    assert Selection(region=given).slices(whole()) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"timepoint": 3}, "whole has no timepoint 3: there are 3"),
        ({"timepoint": -1}, "timepoint must be a whole number from 0; got -1"),
        ({"timepoint": True}, "got True"),
        ({"channel": 2}, "whole has no channel 2: there are 2"),
        ({"channel": "gfp"}, "whole has no channel 'gfp': its channels are DAPI, GFP"),
        ({"level": 1.5}, "level must be a whole number"),
        ({"region": "z=0:20um z=0:4um"}, "names an axis twice"),
        ({"region": "z=5:5px"}, "from 5 pixel to 5 pixel, which holds no sample"),
        ({"region": "z=0:13.1um"}, "whole has 6 px = 12 µm"),
        ({"region": "z=-1:3px"}, "it must be 0 or more"),
        ({"region": "z=0:3"}, "axis z has no unit at 0; say px or a length unit"),
        ({"region": "z=3um"}, "write from:to"),
        ({"region": "nonsense"}, "cannot read the region 'nonsense'"),
        ({"region": "z=0:3um junk"}, "the region"),
        ({"region": {"z": slice(0, 4, 2)}}, "has the step 2"),
        ({"region": 7}, "must be a text or a mapping"),
    ],
)
def test_refusals(given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as refused:
        Selection(**given).slices(whole())
    assert says in str(refused.value)


def test_axes_that_are_no_region() -> None:
    with pytest.raises(AxesError, match="for t there is timepoint"):
        Selection(region="t=0:2px").slices(whole())
    flat = CalibratedImage(np.zeros((4, 5)), ("y", "x"))
    with pytest.raises(AxesError, match="the region names axis z, and image has the axes y, x"):
        Selection(region="z=0:2px").slices(flat)
    with pytest.raises(CalibrationError, match="axis x has no voxel size"):
        Selection(region="x=0:2um").slices(flat)
    assert Selection(timepoint=0, channel=0).slices(flat) == {}


def test_a_file_with_one_level_has_no_other(tmp_path: Path) -> None:
    write(whole(), tmp_path / "a.tif")
    with pytest.raises(InputError, match=r"has no level 1: ImageJ TIFF has one only"):
        read(tmp_path / "a.tif", level=1)


def test_what_imagej_keeps_is_that_of_the_part(tmp_path: Path) -> None:
    luts = tuple(np.stack([np.arange(256) * k] * 3).astype(np.uint8) for k in (0, 1))
    labels = tuple(f"t{t} z{z} c{c}" for t in range(3) for z in range(6) for c in range(2))
    metadata = ImageJMetadata(labels=labels, luts=luts, ranges=(1, 2, 3, 4), mode="composite")
    write(replace(whole(), metadata=metadata), tmp_path / "a.tif")
    found = read(tmp_path / "a.tif", channel=1, timepoint=2, region="z=1:3px").metadata
    assert found.labels == ("t2 z1 c1", "t2 z2 c1")
    assert (found.ranges, found.mode, len(found.luts)) == ((3, 4), None, 1)
    assert np.array_equal(found.luts[0], luts[1])


def test_a_selection_in_imagej_does_not_go_along(tmp_path: Path) -> None:
    image = replace(whole(), metadata=ImageJMetadata(roi=b"Iout" + bytes(60)))
    write(image, tmp_path / "a.tif")
    with pytest.warns(MetadataWarning, match="the selection of the whole image does not go along"):
        assert read(tmp_path / "a.tif", timepoint=0).metadata.roi is None
