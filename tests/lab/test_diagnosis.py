"""Seeded faults: each is caught, and named in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from fiji_bridge.check.judgement import Tolerance
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.engines.engine import AxisKernel
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.gaussian import gaussian
from fiji_bridge_lab.diagnosis import Fit, fit, same_up_to_order

VOXELS = "2 0.45 0.45 um"
#: Sums of float64 against sums of float64, of values up to 200; integers exact but for ties.
FLOAT, INTEGER = Tolerance(1e-9), Tolerance(1, 0.001)


def image(dtype: str = "float64", channels: int = 1, voxels: str = VOXELS) -> CalibratedImage:
    shape = (12, 30, 34) if channels == 1 else (channels, 12, 30, 34)
    random = np.random.default_rng(5)
    values = ndimage.gaussian_filter(random.random(shape) * 200, 0.6, axes=(-1, -2, -3))
    return to_image(
        values.astype(dtype), axes="zyx" if channels == 1 else "czyx", voxel_size=voxels
    )


def volume_blur(
    volume: NDArray[Any], sigma: tuple[float, ...], border: str = "mirror-double"
) -> NDArray[np.float64]:
    z, y, x = (AxisKernel.from_gaussian("gauss3", s) for s in sigma)
    out = np.empty(volume.shape)
    ScipyEngine().filter(volume, (z, y, x), out, border=border, cval=0)
    return out


def found(
    given: CalibratedImage, plan: BlurPlan, result: NDArray[Any], tolerance: Tolerance = FLOAT
) -> Fit:
    return fit(given, plan, result, tolerance)


def only(result: Fit, id: str) -> str:
    """Check that one cause is named, and it alone explains everything; return its words."""
    assert [cause.id for cause in result.causes] == [id], result.words()
    assert result.explained, result.words()
    return result.words()


@pytest.fixture
def given() -> CalibratedImage:
    return image()


@pytest.fixture
def plan(given: CalibratedImage) -> BlurPlan:
    return gaussian.plan(given, sigma="1 um")


def test_no_fault_is_as_asked_for(given: CalibratedImage, plan: BlurPlan) -> None:
    result = found(given, plan, volume_blur(given.data, plan.sigma_px()))
    assert result.as_asked
    assert result.words() == "as asked for"


@pytest.mark.parametrize("wrong", ["nearest", "mirror-single", "constant", "periodic"])
def test_wrong_border(given: CalibratedImage, plan: BlurPlan, wrong: str) -> None:
    words = only(found(given, plan, volume_blur(given.data, plan.sigma_px(), wrong)), "border")
    assert f"border {wrong}" in words
    assert "instead of mirror-double" in words


def test_swapped_axes() -> None:
    given = image()
    plan = gaussian.plan(given, sigma=("1.5 um", "0.8 um", "1.1 um"))
    z, y, x = plan.sigma_px()
    words = only(found(given, plan, volume_blur(given.data, (x, y, z))), "swapped-axes")
    assert "swapped axes" in words
    assert "(x, y, z)" in words


def test_sigma_multiplied_instead_of_divided(given: CalibratedImage, plan: BlurPlan) -> None:
    result = volume_blur(given.data, (1 * 2, 1 * 0.45, 1 * 0.45))
    words = only(found(given, plan, result), "sigma-multiplied")
    assert "multiplied by the voxel size instead of divided" in words


def test_dropped_unit(given: CalibratedImage, plan: BlurPlan) -> None:
    words = only(found(given, plan, volume_blur(given.data, (1, 1, 1))), "unit-dropped")
    assert "sigma taken as pixels" in words


def test_mistaken_unit() -> None:
    given = image(voxels="0.002 0.00045 0.00045 mm")
    plan = gaussian.plan(given, sigma="0.0003 mm")
    result = volume_blur(given.data, tuple(25.4 * s for s in plan.sigma_px()))
    words = only(found(given, plan, result), "unit-mistaken")
    assert "inch instead of mm" in words


@pytest.mark.parametrize("axis", ["c", "t"])
def test_blurred_channel(axis: str) -> None:
    four = image(channels=3)
    given = to_image(four.data, axes=f"{axis}zyx", voxel_size=VOXELS)
    plan = gaussian.plan(given, sigma="1 um")
    right = np.stack([volume_blur(v, plan.sigma_px()) for v in given.data])
    assert found(given, plan, right).as_asked
    half = AxisKernel.from_gaussian("gauss3", 1.0).taps
    wrong = ndimage.correlate1d(right, half, 0, mode="reflect")
    id = {"c": "channel-blurred", "t": "time-blurred"}[axis]
    words = only(found(given, plan, wrong), id)
    assert {"c": "the channels", "t": "time"}[axis] + " blurred into each other" in words


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_truncated_integers(dtype: str) -> None:
    given = image(dtype)
    plan = gaussian.plan(given, sigma="1 um")
    exact = volume_blur(given.data, plan.sigma_px())
    assert found(given, plan, round_to(exact, np.dtype(dtype)), INTEGER).as_asked
    words = only(found(given, plan, exact.astype(dtype), INTEGER), "truncated")
    assert "truncated" in words


def test_rounded_after_every_axis() -> None:
    given = image("uint8")
    plan = gaussian.plan(given, sigma="1 um")
    work = given.data
    for axis, sigma in enumerate(plan.sigma_px()):
        taps = AxisKernel.from_gaussian("gauss3", sigma).taps
        work = round_to(
            ndimage.correlate1d(work.astype(float), taps, axis, mode="reflect"), work.dtype
        )
    words = only(found(given, plan, work, INTEGER), "rounded-in-between")
    assert "rounded after every axis" in words


@pytest.mark.parametrize("axis", ["z", "y", "x"])
@pytest.mark.parametrize("way", [0.5, -0.5])
@pytest.mark.parametrize("how", ["interpolated", "sampled"])
def test_off_by_half_a_pixel(
    given: CalibratedImage, plan: BlurPlan, axis: str, way: float, how: str
) -> None:
    position = "zyx".index(axis)
    if how == "interpolated":
        right = volume_blur(np.pad(given.data, 20, mode="symmetric"), plan.sigma_px())
        moved = (right + np.roll(right, int(np.sign(way)), position)) / 2
        wrong = moved[20:-20, 20:-20, 20:-20]
    else:
        work = given.data
        for number, sigma in enumerate(plan.sigma_px()):
            taps = AxisKernel.from_gaussian("gauss3", sigma).taps
            if number == position:
                at = np.arange(-(len(taps) // 2), len(taps) // 2 + 1) - way
                taps = np.exp(-at * at / (2 * sigma * sigma))
                taps = (taps / taps.sum())[::-1]
            work = ndimage.correlate1d(work, taps, number, mode="reflect")
        wrong = work
    result = found(given, plan, wrong)
    assert [cause.id for cause in result.causes] == ["half-pixel-shift"], result.words()
    # A sampled kernel is as long as its maker wants: its last taps weigh about exp(-9 / 2) = 1 %.
    assert result.explained or result.after < 2e-2 * result.before
    direction = "higher" if way > 0 else "lower"
    assert f"shifted by half a pixel along {axis} towards {direction} indices" in result.words()


def test_missing_tail_smoothing(given: CalibratedImage, plan: BlurPlan) -> None:
    work = given.data
    for axis, sigma in enumerate(plan.sigma_px()):
        n = np.arange(-max(1, int(3 * sigma + 0.5)), max(1, int(3 * sigma + 0.5)) + 1)
        taps = np.exp(-n * n / (2 * sigma * sigma))
        work = ndimage.correlate1d(work, taps / taps.sum(), axis, mode="reflect")
    words = only(found(given, plan, work), "missing-tail")
    assert "without the smoothing of its tail" in words


def test_plain_scipy_has_another_kernel(given: CalibratedImage, plan: BlurPlan) -> None:
    work = ndimage.gaussian_filter(given.data, plan.sigma_px())
    words = only(found(given, plan, work), "kernel")
    assert "sampled up to 4 sigma" in words


def test_two_faults_at_once(given: CalibratedImage, plan: BlurPlan) -> None:
    result = found(given, plan, volume_blur(given.data, (1, 1, 1), "nearest"))
    assert {cause.id for cause in result.causes} == {"unit-dropped", "border"}
    assert result.explained


def test_a_fault_of_no_known_kind_gets_no_name(given: CalibratedImage, plan: BlurPlan) -> None:
    right = volume_blur(given.data, plan.sigma_px())
    random = np.random.default_rng(1).random(right.shape)
    result = found(given, plan, right + 20 * random)
    assert result.causes == ()
    assert not result.explained
    assert "none of the usual suspects" in result.words()


def test_a_gain_is_hinted_at(given: CalibratedImage, plan: BlurPlan) -> None:
    result = found(given, plan, 1.25 * volume_blur(given.data, plan.sigma_px()))
    assert "about 1.25 times the expected values" in result.words()


def test_transposed_result() -> None:
    a = np.random.default_rng(0).random((5, 6, 7))
    said = same_up_to_order(a, a.transpose(2, 1, 0), FLOAT)
    assert said is not None
    assert "transposed by (2, 1, 0)" in said
    assert same_up_to_order(a, a + 1, FLOAT) is None


def measured(sigma: tuple[float, ...], kernel: str = "gauss3") -> dict[str, Any]:
    """Kernels as an impulse response in float32 shows them."""
    found = {}
    for axis, width in zip("zyx", sigma, strict=True):
        taps = AxisKernel.from_gaussian(kernel, width).taps.astype(np.float32)
        found[axis] = (taps.astype(float), len(taps) // 2)
    return found


def test_a_measured_kernel_does_not_hide_a_wrong_width(
    given: CalibratedImage, plan: BlurPlan
) -> None:
    wrong = (1 * 2, 1 * 0.45, 1 * 0.45)
    result = volume_blur(given.data, wrong)
    named = fit(given, plan, result, Tolerance(1e-3), measured=measured(wrong))
    assert [cause.id for cause in named.causes] == ["sigma-multiplied"], named.words()


def test_a_kernel_of_no_known_kind_is_measured(given: CalibratedImage, plan: BlurPlan) -> None:
    own = {axis: (np.array([0.1, 0.2, 0.4, 0.2, 0.1]), 2) for axis in "zyx"}
    work = given.data
    for axis in range(3):
        work = ndimage.correlate1d(work, own["z"][0], axis, mode="nearest")
    named = fit(given, plan, work, FLOAT, measured=own)
    assert {cause.id for cause in named.causes} == {"own-kernel", "border"}
    assert named.explained
    # Variance: 2 (0.2 · 1² + 0.1 · 2²) = 1.2.
    assert "effective sigma z 1.095, y 1.095, x 1.095 px" in named.words()
