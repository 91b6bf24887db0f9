"""Density calibration: applied where the result is float, kept where samples stay integers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge as fb
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.imagej.density import as_values
from file_cases import CASES

HU = {"cf": "0", "c0": "-1024.0", "c1": "2.0", "vunit": "HU"}


def ramp(**description: str) -> CalibratedImage:
    """Samples 100 x; what they stand for is 200 x - 1024."""
    data = np.broadcast_to(np.arange(24, dtype=np.uint16) * 100, (8, 12, 24)).copy()
    axes = [AxisCalibration(1.0, "mm")] * 3
    return CalibratedImage(
        data, ("z", "y", "x"), Calibration(*axes),
        ImageJMetadata(description={**HU, **description}, ranges=(0.0, 100.0)),
    )  # fmt: skip


def run(name: str, image: CalibratedImage, **options: Any) -> CalibratedImage:
    result: CalibratedImage = getattr(fb, name)(image, engine="scipy", **options)
    return result


def test_the_case() -> None:
    image = fb.read(CASES / "ct.tif")
    result = run("gaussian", image, sigma="2 mm", dtype="float32")
    # Sums of 2^-24 relative each, of values up to 2000.
    assert result.data == pytest.approx(40, abs=1e-3)
    assert result.metadata.description == {"vunit": "HU"}
    same = run("gaussian", image, sigma="2 mm")
    assert (same.data == 1064).all()
    assert same.metadata.description == image.metadata.description


def test_what_is_written_is_not_calibrated_twice(tmp_path: Path) -> None:
    result = run("gaussian", fb.read(CASES / "ct.tif"), sigma="2 mm", dtype="float32")
    fb.write(result, tmp_path / "o.tif")
    again = run("gaussian", fb.read(tmp_path / "o.tif"), sigma="2 mm", dtype="float32")
    assert again.data == pytest.approx(40, abs=1e-3)


def test_a_derivative_has_the_slope_of_the_values() -> None:
    result = run("derivative", ramp(), along="x", sigma="1 mm")
    assert result.data[4, 6, 8:16] == pytest.approx(200, rel=1e-5)
    assert "cf" not in result.metadata.description
    assert "vunit" not in result.metadata.description


@pytest.mark.parametrize("name", ["laplacian", "difference_of_gaussians", "gradient_magnitude"])
def test_others_are_what_they_are_of_the_values(name: str) -> None:
    image = ramp()
    values = as_values(image)
    assert values.data.dtype == np.float32
    assert np.array_equal(values.data, image.data * 2.0 - 1024)
    expected = run(name, values, sigma="1 mm")
    assert np.array_equal(run(name, image, sigma="1 mm").data, expected.data)


def test_display_ranges_are_those_of_the_values() -> None:
    assert as_values(ramp()).metadata.ranges == (-1024.0, -824.0)


def test_polynomials_and_zeroclip() -> None:
    image = ramp(cf="1", c2="0.5", zeroclip="true")
    raw = image.data.astype(float)
    exact = np.maximum(0, -1024 + 2 * raw + 0.5 * raw**2)
    assert np.array_equal(as_values(image).data, exact.astype(np.float32))


@pytest.mark.parametrize("function", ["4", "7", "22", "1"])
def test_functions_that_are_not_worked_out_are_refused(function: str) -> None:
    with pytest.raises(InputError, match=rf"function {function}.*dtype='same'"):
        run("gaussian", ramp(cf=function), sigma="1 mm", dtype="float32")
    assert run("gaussian", ramp(cf=function), sigma="1 mm").data.dtype == np.uint16


def test_no_function_is_no_calibration() -> None:
    image = ramp(cf="20")
    assert as_values(image) is image
