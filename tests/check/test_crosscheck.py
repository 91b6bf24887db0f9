"""The cross-check passes what is right and fails what is wrong."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.borders import BORDERS
from fiji_bridge.check import crosscheck as module
from fiji_bridge.check.continuous import continuous_gaussian
from fiji_bridge.check.difference import difference
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.kernels import KERNELS

VOXELS = "2 0.45 0.45 um"


def stack(dtype: str) -> Any:
    values = np.random.default_rng(4).random((6, 18, 22)) * 250
    return values.astype(dtype)


@pytest.mark.jvm
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float16", "float32", "float64"])
@pytest.mark.parametrize("border", sorted(BORDERS))
@pytest.mark.parametrize("kernel", KERNELS)
def test_default_engine_passes(dtype: str, border: str, kernel: str) -> None:
    report = fiji_bridge.crosscheck(
        stack(dtype), sigma="1 um", voxel_size=VOXELS, border=border, kernel=kernel
    )
    assert report.passed
    assert report.rows[0].tolerance is not None
    assert report.rows[0].difference.samples == 6 * 18 * 22
    assert [row.tolerance for row in report.rows[1:]] == [None, None]


class Wrong(ScipyEngine):
    """An engine with one fault."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def filter(self, volume: Any, kernels: Any, out: Any, **options: Any) -> None:  # type: ignore[override]
        if self.fault == "border":
            options["border"] = "nearest"
        if self.fault == "axes":
            kernels = kernels[::-1]
        super().filter(volume, kernels, out, **options)
        if self.fault == "one sample":
            out[3, 4, 5] += 0.01


@pytest.mark.parametrize("fault", ["border", "axes", "one sample"])
def test_faults_fail(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fiji_bridge.ops.separable.get_engine", lambda name: Wrong(fault))
    report = fiji_bridge.crosscheck(stack("float32"), sigma="1 um", voxel_size=VOXELS)
    assert not report.passed
    if fault == "one sample":
        found = report.rows[0].difference
        assert (found.where, found.differing) == ((3, 4, 5), 1)
        assert found.maximum == pytest.approx(0.01, rel=1e-3)


def test_report_is_json() -> None:
    report = fiji_bridge.crosscheck(stack("uint8"), sigma="1 px", engine="scipy")
    values = json.loads(json.dumps(report.as_dict()))
    assert values["passed"] is True
    assert values["engine"]["engine"] == "scipy"
    assert len(values["rows"]) == 3


def test_channels_are_compared_each_on_its_own() -> None:
    data = np.random.default_rng(0).random((2, 5, 8, 9))
    report = fiji_bridge.crosscheck(data, sigma="1 px", axes="czyx", engine="scipy")
    assert report.axes == ("c", "z", "y", "x")
    assert report.rows[0].difference.maximum == 0


def test_scipy_user_would_have_got_something_else() -> None:
    """At sigma 2 the plain SciPy kernel differs by about 2e-3 of the peak of an impulse."""
    data = np.zeros((1, 1, 61))
    data[0, 0, 30] = 1
    report = fiji_bridge.crosscheck(data, sigma="2 px", engine="scipy")
    plain = report.rows[1].difference
    assert 1e-4 < plain.maximum < 2e-3


@pytest.mark.parametrize("border", sorted(BORDERS))
def test_continuous_gaussian_of_a_wide_kernel_is_the_discrete_one(border: str) -> None:
    """Above two pixels sampled, discrete and continuous Gaussian are nearly one."""
    data = np.random.default_rng(5).random((9, 14, 40))
    cval = 0.5 if border == "constant" else 0.0
    found = continuous_gaussian(data, (0, 2.5, 3), border=border, cval=cval)
    out = np.empty_like(data)
    from scipy.ndimage import gaussian_filter

    mode = BORDERS[border].scipy
    gaussian_filter(data, (0, 2.5, 3), mode=mode, cval=cval, truncate=9, output=out)
    # Aliasing of the sampled kernel at 2.5 pixels: exp(−(2.5π)²/2) = 4e-14.
    assert np.abs(found - out).max() < 1e-12


def test_continuous_gaussian_of_a_cosine_is_known() -> None:
    """exp(−σ²ω²/2) cos: the transfer function itself, far below one pixel too."""
    n = np.arange(32)
    for k, sigma in ((3, 0.3), (7, 1.0)):
        omega = 2 * math.pi * k / 32
        wave = np.cos(omega * n).reshape(1, 1, -1)
        found = continuous_gaussian(wave, (0, 0, sigma), border="periodic")
        assert np.abs(found - wave * math.exp(-((sigma * omega) ** 2) / 2)).max() < 1e-14


def test_difference_treats_nan_and_infinity_as_values() -> None:
    a = np.array([1.0, np.nan, np.inf, 2.0])
    assert difference(a, a.copy()).maximum == 0
    b = np.array([1.0, 0.0, np.inf, 2.5])
    found = difference(a, b)
    assert (found.maximum, found.where, found.differing) == (math.inf, (1,), 2)


def test_difference_over_several_chunks() -> None:
    a = np.zeros((3, 1500, 1500), np.uint8)
    b = a.copy()
    b[2, 1499, 1498] = 7
    found = difference(a, b)
    assert (found.maximum, found.where, found.differing) == (7, (2, 1499, 1498), 1)
    assert found.rms == pytest.approx(math.sqrt(49 / a.size))


def test_tolerances_scale_with_the_data() -> None:
    assert module.accepted(np.dtype("float32"), 100.0) == pytest.approx(1e-3)
    assert module.accepted(np.dtype("float64"), 100.0) == pytest.approx(1e-10)
    assert module.accepted(np.dtype("uint8"), 255.0) == 1
    # The range includes zero: a plane near 65000 has the rounding errors of 65000.
    assert module.data_range(np.array([65000.0, 65001.0])) == 65001
    assert module.data_range(np.array([-5.0, np.nan])) == 5
