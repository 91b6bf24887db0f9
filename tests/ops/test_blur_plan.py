"""The plan: sigma in pixels, effective sigma, warnings and refusals. No JVM, no pixels."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiji_bridge.errors import CalibrationError, InputError, SigmaError
from fiji_bridge.image.calibration import AxisCalibration, Calibration, from_voxel_size
from fiji_bridge.image.lengths import FWHM_PER_SIGMA
from fiji_bridge.ops.blur_plan import make_plan

STACK = [("z", 20), ("y", 100), ("x", 100)]
EVERYONES = from_voxel_size((2.0, 0.45, 0.45), "um")


def test_the_stack_everyone_has() -> None:
    """1 µm on voxels of 0.45 × 0.45 × 2.0 µm: 2.222, 2.222 and 0.5 pixels."""
    plan = make_plan(EVERYONES, STACK, sigma="1 um")
    assert plan.sigma_px() == (0.5, 1 / 0.45, 1 / 0.45)
    assert [axis.radius for axis in plan.axes] == [2, 7, 7]
    z, y, _ = plan.axes
    # The width of the sampled kernel at 0.5 pixels: 7.3 % less than asked for.
    assert z.effective_sigma == pytest.approx(0.927, abs=5e-4)
    assert y.effective_sigma == pytest.approx(0.995, abs=5e-4)
    assert z.fwhm == pytest.approx(0.851 * FWHM_PER_SIGMA, abs=2e-3)
    assert z.bead_error == pytest.approx(0.0232, abs=2e-4)
    off, direction, remedy = plan.warnings
    assert "axis z: with sigma 0.5 pixels" in off
    assert "7.3% too narrow by its second moment and 14.9% too narrow by FWHM" in off
    assert "the axes differ by 7.3% by second moment, 17.5% by FWHM" in direction
    assert "kernel 'band-limited' is the nearest" in remedy
    assert "negative lobes (-2.55% of its centre)" in remedy


@pytest.mark.parametrize("voxels", [(2.0, 0.45, 0.45), (1.0, 0.1, 0.1), (3.0, 0.02, 0.02)])
def test_band_limited_kernel_is_the_same_in_all_directions(
    voxels: tuple[float, float, float],
) -> None:
    plan = make_plan(from_voxel_size(voxels, "um"), STACK, sigma="1 um", kernel="band-limited")
    assert plan.warnings == ()
    for axis in plan.axes:
        assert axis.effective_sigma == pytest.approx(1, rel=1e-5)
        assert axis.fwhm == pytest.approx(FWHM_PER_SIGMA, rel=2e-4)
        assert axis.transfer_error < 0.01
        assert axis.bead_error < 1e-4


def test_discrete_kernel_is_right_by_its_second_moment_only() -> None:
    """Voxels of 1 x 0.1 x 0.1 µm: its FWHM differs by 12 %, and is not recommended any more."""
    voxels = from_voxel_size((1.0, 0.1, 0.1), "um")
    plan = make_plan(voxels, STACK, sigma="1 um", kernel="discrete")
    for axis in plan.axes:
        assert axis.effective_sigma == pytest.approx(1, rel=1e-9)
    assert "right by its second moment and 10.6% too narrow by FWHM" in plan.warnings[0]
    assert "0.0% by second moment, 11.6% by FWHM" in plan.warnings[1]
    assert plan.axes[0].bead_error == pytest.approx(0.0344, abs=2e-4)
    for kernel in ("gauss3", "scipy"):
        found = make_plan(voxels, STACK, sigma="0.3 um", kernel=kernel).warnings
        assert not any("kernel 'discrete'" in warning for warning in found)


@pytest.mark.parametrize(
    ("sigma", "says"),
    [
        (0.5, "axes z, y, x: with sigma 0.5 pixels, the blur of kernel gauss3 is 7.3% too narrow"),
        (20, "axes z, y, x: with sigma 20 pixels, the blur of kernel gauss3 is 3.0% too narrow"),
    ],
)
def test_what_is_wrong_alike_on_all_axes_is_said(sigma: float, says: str) -> None:
    plan = make_plan(from_voxel_size((1.0, 1.0, 1.0), "um"), STACK, sigma=sigma)
    assert says in plan.warnings[0]
    assert "kernel 'band-limited' is the nearest" in plan.warnings[-1]
    assert len(plan.warnings) == 2


def test_small_sigma_is_said_aloud() -> None:
    plan = make_plan(EVERYONES, STACK, sigma="0.5 um")
    assert any("axis z: with sigma 0.25 pixels" in w for w in plan.warnings)


def test_scipys_truncation_shows_in_the_plan() -> None:
    voxels = from_voxel_size((1.0, 1.0, 1.0), "um")
    usual, short = (
        make_plan(voxels, STACK, sigma="4 um", kernel="scipy", truncate=truncate)
        for truncate in (4.0, 2.0)
    )
    assert [axis.radius for axis in usual.axes] == [16] * 3
    assert [axis.radius for axis in short.axes] == [8] * 3
    assert usual.warnings == ()
    assert "too narrow by its second moment" in short.warnings[0]


def test_fwhm() -> None:
    plan = make_plan(EVERYONES, STACK, fwhm="2.3548200450309493 um")
    assert plan.sigma_px() == pytest.approx((0.5, 1 / 0.45, 1 / 0.45), rel=1e-15)


@given(
    size=st.floats(1e-3, 1e3),
    sigma=st.floats(0, 10),
    unit=st.sampled_from(["nm", "um", "mm", "inch", "A"]),
)
def test_the_blur_is_physical(size: float, sigma: float, unit: str) -> None:
    """σ in pixels times the voxel size is the σ asked for, whatever the voxels are."""
    calibration = from_voxel_size((size, 2 * size, 5 * size), "um")
    if sigma * {"inch": 25400, "mm": 1000}.get(unit, 1) / size > 1e6:
        return
    plan = make_plan(calibration, STACK, sigma=f"{sigma!r} {unit}")
    for axis in plan.axes:
        assert axis.voxel_size is not None
        assert axis.sigma_px * axis.voxel_size == pytest.approx(sigma, rel=1e-15)


def test_units_per_axis_are_converted() -> None:
    calibration = EVERYONES.with_axes(z=AxisCalibration(2000.0, "nm"))
    plan = make_plan(calibration, STACK, sigma="1 um")
    assert plan.sigma_px() == (0.5, 1 / 0.45, 1 / 0.45)


def test_bare_number_is_in_the_unit_of_the_voxel_size() -> None:
    assert make_plan(EVERYONES, STACK, sigma=1).sigma_px() == (0.5, 1 / 0.45, 1 / 0.45)
    pixels = Calibration(*(AxisCalibration(1.0, bare=True) for _ in range(3)))
    assert make_plan(pixels, STACK, sigma=(3, 2, 1)).sigma_px() == (3, 2, 1)


def test_pixels_need_no_calibration() -> None:
    plan = make_plan(Calibration(), STACK, sigma="2 px")
    assert plan.sigma_px() == (2, 2, 2)
    assert plan.warnings == ()


def test_single_slice_is_not_blurred_along_z() -> None:
    calibration = EVERYONES.with_axes(z=AxisCalibration())
    plan = make_plan(calibration, [("z", 1), ("y", 9), ("x", 9)], sigma="1 um")
    assert plan.sigma_px()[0] == 0
    assert plan.axes[0].note == "one sample only: not blurred"
    constant = make_plan(
        calibration, [("z", 1), ("y", 9), ("x", 9)], sigma="1 um", border="constant"
    )
    assert "nor mixed with cval, as Gauss3 would" in constant.axes[0].note


def test_plane_has_no_z() -> None:
    plan = make_plan(EVERYONES, STACK[1:], sigma="0.9 um")
    assert plan.sigma_px() == (0, 2, 2)
    assert [axis.axis for axis in plan.axes] == ["y", "x"]


@pytest.mark.parametrize(
    ("z", "says"),
    [
        (AxisCalibration(), "axis z has no voxel size"),
        (AxisCalibration(1.0, "pixel"), "axis z is not calibrated: its unit is 'pixel'"),
        (AxisCalibration(0.0, "um"), "axis z makes no sense: 0.0 um"),
        (AxisCalibration(-2.0, "um"), "axis z makes no sense: -2.0 um"),
        (AxisCalibration(math.nan, "um"), "axis z makes no sense: nan um"),
        (AxisCalibration(math.inf, "um"), "axis z makes no sense: inf um"),
        (AxisCalibration(1.0, "um", raw="spacing=2,5"), "axis z makes no sense: spacing=2,5"),
        (AxisCalibration(1.0, "parsec"), "unknown length unit 'parsec'"),
    ],
)
def test_senseless_calibration_is_refused_never_guessed(z: AxisCalibration, says: str) -> None:
    with pytest.raises(CalibrationError, match=says) as refusal:
        make_plan(EVERYONES.with_axes(z=z), STACK, sigma="1 um")
    assert "--voxel-size" in str(refusal.value)
    # In pixels the same image can be blurred.
    assert make_plan(EVERYONES.with_axes(z=z), STACK, sigma="1 px").sigma_px() == (1, 1, 1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "either sigma or fwhm"),
        ({"sigma": 1, "fwhm": 1}, "either sigma or fwhm"),
        ({"sigma": -1}, "axis z must be finite and not negative; got -1.0"),
        ({"sigma": math.nan}, "got nan"),
        ({"sigma": "1 km"}, "axis z is 1 km, which is 5e"),
        ({"sigma": 1, "border": "reflecting"}, "unknown border 'reflecting'; use one of"),
        ({"sigma": 1, "kernel": "box"}, "unknown kernel 'box'"),
        ({"sigma": 1, "truncate": 3.0}, "truncate=3.0 goes with kernel='scipy'"),
        ({"sigma": 1, "kernel": "scipy", "truncate": 0}, "truncate must be above 0"),
        ({"sigma": 1, "cval": 3.0}, "cval=3.0 goes with border='constant'"),
        ({"sigma": 1, "border": "constant", "cval": math.nan}, "cval must be finite"),
    ],
)
def test_refusals(options: dict[str, Any], says: str) -> None:
    if options.get("sigma") == "1 km":
        # 1 km on 2 µm is 5e8 pixels.
        says = "axis z is 1 km, which is 5e"
    with pytest.raises(InputError, match=says.replace("(", r"\(")):
        make_plan(EVERYONES, STACK, **options)


def test_bare_number_on_axes_of_different_units_is_refused() -> None:
    calibration = EVERYONES.with_axes(z=AxisCalibration(2000.0, "nm"))
    with pytest.raises(SigmaError, match=r"different ones \(z in nm, y in µm"):
        make_plan(calibration, STACK, sigma=1)


def test_plan_is_plain_data() -> None:
    import json

    plan = make_plan(EVERYONES, STACK, sigma="1 um")
    again = json.loads(json.dumps(plan.as_dict()))
    assert again["axes"][0]["sigma_px"] == 0.5
    assert {f.name for f in dataclasses.fields(plan)} == set(again)
