"""Voxel sizes are judged only when a length is asked for, and then by name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from fiji_bridge.errors import CalibrationError, UnitError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration, from_voxel_size
from strategies import calibrations


@given(calibrations())
def test_sizes_convert_between_units(calibration: Calibration) -> None:
    for axis in "zyx":
        own = calibration.axis(axis)
        assert calibration.voxel_size(axis) == own.size
        assert own.size is not None
        nanometres = calibration.voxel_size(axis, "nm")
        # Two roundings of half an ulp each.
        assert nanometres / 1000 == pytest.approx(calibration.voxel_size(axis, "um"), rel=4e-16)


@pytest.mark.parametrize("size", [0.0, -2.0, math.nan, math.inf])
@pytest.mark.parametrize("axis", ["z", "y", "x"])
def test_senseless_sizes_name_axis_and_value(axis: str, size: float) -> None:
    calibration = Calibration(**{axis: AxisCalibration(size, "um")}, source="ImagePlus")  # type: ignore[arg-type]
    with pytest.raises(CalibrationError) as caught:
        calibration.voxel_size(axis)
    for piece in (f"axis {axis}", repr(size), "ImagePlus", "--voxel-size"):
        assert piece in str(caught.value)
    assert not calibration.is_physical(axis)


@pytest.mark.parametrize("size", [None, 1.0])
def test_the_raw_text_comes_before_the_size(size: float | None) -> None:
    calibration = Calibration(z=AxisCalibration(size, "um", raw="spacing=2,5"))
    with pytest.raises(CalibrationError, match="axis z makes no sense: spacing=2,5"):
        calibration.voxel_size("z")


@pytest.mark.parametrize("unit", ["pixel", "pixels", " "])
def test_pixels_are_no_calibration(unit: str) -> None:
    calibration = Calibration(x=AxisCalibration(0.5, unit))
    with pytest.raises(CalibrationError, match="axis x is not calibrated"):
        calibration.voxel_size("x")


def test_an_unknown_unit_is_named() -> None:
    calibration = Calibration(y=AxisCalibration(0.5, "furlong"))
    with pytest.raises(CalibrationError, match=r"axis y is 0\.5 furlong.*unknown length unit"):
        calibration.voxel_size("y")


def test_nothing_said() -> None:
    with pytest.raises(CalibrationError, match=r"axis z has no voxel size \(no calibration\)"):
        Calibration().voxel_size("z")


@pytest.mark.parametrize("name", ["c", "t", "source", ""])
def test_only_space_has_voxel_sizes(name: str) -> None:
    with pytest.raises(KeyError):
        Calibration().axis(name)


def test_made_from_numbers() -> None:
    base = Calibration(z=AxisCalibration(origin=3.0), frame_interval=2.0)
    made = from_voxel_size((2, 0.45, 0.45), "um", base=base)
    assert made.z == AxisCalibration(2.0, "µm", 3.0)
    assert made.frame_interval == 2.0
    assert from_voxel_size((0.5, 0.25), "nm").y == AxisCalibration(0.5, "nm")
    assert from_voxel_size({"x": 3.0}, "mm").voxel_size("x", "um") == 3000.0


@pytest.mark.parametrize(
    ("sizes", "error"),
    [
        ((1, 2, 3, 4), CalibrationError),
        ((), CalibrationError),
        ((0, 1, 1), CalibrationError),
        ((1, math.nan, 1), CalibrationError),
        ({"c": 1.0}, CalibrationError),
    ],
)
def test_numbers_that_make_no_voxel(sizes: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        from_voxel_size(sizes, "um")  # type: ignore[arg-type]


def test_a_unit_that_is_no_length() -> None:
    with pytest.raises(UnitError):
        from_voxel_size((1, 1, 1), "sec")


@pytest.mark.parametrize("kind", [int, np.float64, np.float32, np.int64])
def test_numbers_of_any_kind_are_sizes(kind: Any, tmp_path: Path) -> None:
    """An int could not be written, and NumPy's floats wrote their type into the file."""
    axis = AxisCalibration(kind(2), "um", kind(1))
    calibration = Calibration(axis, axis, axis, frame_interval=kind(3))
    assert (repr(axis.size), repr(axis.origin)) == ("2.0", "1.0")
    image = CalibratedImage(np.zeros((2, 2, 4, 5), np.uint8), ("t", "z", "y", "x"), calibration)
    for name in ("a.tif", "a.ome.tif"):
        write(image, tmp_path / name)
        found = read(tmp_path / name).calibration
        assert (found.z.size, found.frame_interval) == (2, 3)
