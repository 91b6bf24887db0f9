"""Rescaling to other voxels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fiji_bridge import CalibratedImage, gaussian, rescale
from fiji_bridge.errors import CalibrationError, InputError, MemoryLimitError, NotFiniteError
from fiji_bridge.image.calibrated import ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge_lab.resampling import measure

# Facts page, scaling tutorial.
TUTORIAL_SHAPE = (86, 396, 393)
TUTORIAL_VOXELS = "1 0.202 0.202 um"


def calibrated(data: np.ndarray, *sizes: float, origin: float = 3.0) -> CalibratedImage:
    z, y, x = (AxisCalibration(size, "um", origin) for size in sizes)
    return CalibratedImage(data, ("z", "y", "x"), Calibration(z=z, y=y, x=x, source="test"))


def positions(image: CalibratedImage, axis: str) -> np.ndarray:
    found = image.calibration.axis(axis)
    return (np.arange(image.size(axis)) - found.origin) * found.size


@pytest.mark.parametrize(("zoom", "shape"), [(1, (86, 80, 79)), (2, (172, 160, 159))])
def test_shapes_of_the_tutorial(zoom: float, shape: tuple[int, int, int]) -> None:
    image = np.zeros(TUTORIAL_SHAPE, np.uint8)
    plan = rescale.plan(image, to="1 um", zoom=zoom, voxel_size=TUTORIAL_VOXELS)
    assert plan.shape == shape
    assert [a.new_voxel_size for a in plan.axes] == [1 / zoom] * 3
    assert plan.result_bytes == math.prod(shape)
    assert " x ".join(map(str, shape)) in str(plan.table())
    coarse = rescale.plan(image, to="coarsest", zoom=zoom, voxel_size=TUTORIAL_VOXELS)
    assert coarse.shape == shape
    done = rescale(image, to="1 um", zoom=zoom, voxel_size=TUTORIAL_VOXELS, engine="scipy")
    assert done.shape == shape


def test_finest_makes_isotropic_voxels() -> None:
    image = calibrated(np.zeros((10, 40, 40), np.float32), 2.0, 0.45, 0.5)
    made = rescale(image, to="finest", engine="scipy")
    assert {made.calibration.axis(a).size for a in "zyx"} == {0.45}
    assert made.data.shape == (44, 40, 44)  # 10 * 2 / 0.45 = 44.4; 40 * 0.5 / 0.45 = 44.4


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
@pytest.mark.parametrize("to", ["0.3 um", "1 um", "z=1.1 um, y=0.7 um, x=2.3 um", "3 px"])
def test_a_ramp_stays_the_same_ramp_in_space(engine: str, interpolation: str, to: str) -> None:
    image = calibrated(np.zeros((50, 60, 70)), 1.0, 0.45, 0.5)
    grids = np.meshgrid(*(positions(image, a) for a in "zyx"), indexing="ij")
    ramp = image.with_data(7 * grids[0] - 3 * grids[1] + 5 * grids[2] + 11)
    made = rescale(ramp, to=to, interpolation=interpolation, engine=engine)
    new = np.meshgrid(*(positions(made, a) for a in "zyx"), indexing="ij")
    expected = 7 * new[0] - 3 * new[1] + 5 * new[2] + 11
    # Where border and blur do not reach: the ramp goes on mirrored beyond the edge. The cubic
    # spline feels the edge as 0.27^distance.
    inner = np.ones(made.data.shape, bool)
    for grid, old in zip(new, grids, strict=True):
        margin = 0.25 * (old.max() - old.min())
        inner &= (grid > old.min() + margin) & (grid < old.max() - margin)
    assert inner.sum() > 100
    # Values up to 300; the spline's margin of at least 12 samples leaves 0.27^12 = 1e-7.
    tolerance = 1e-10 if interpolation == "linear" else 1e-5
    np.testing.assert_allclose(made.data[inner], expected[inner], atol=tolerance * 300)


def test_linear_is_numpys_interpolation_between_samples() -> None:
    line = np.random.default_rng(1).normal(size=40)
    made = rescale(line[None], to=(1, 0.37), voxel_size=(1, 1), antialias="none", border="nearest")
    at = (np.arange(made.shape[1]) + 0.5) * 0.37 - 0.5
    # numpy.interp holds the last value beyond the ends, as the border 'nearest' does.
    np.testing.assert_allclose(made[0], np.interp(at, np.arange(40), line), atol=1e-12)


def test_doubling_is_scipys_zoom_of_the_grid() -> None:
    data = np.random.default_rng(2).normal(size=(6, 7, 8))
    for name, order in {"nearest": 0, "linear": 1, "cubic": 3}.items():
        made = rescale(data, zoom=2, voxel_size=1, interpolation=name, border="nearest")
        expected = ndimage.zoom(data, 2, order=order, mode="nearest", grid_mode=True)
        np.testing.assert_allclose(made, expected, atol=1e-12)


def test_shrinking_blurs_by_the_right_physical_sigma(engine: str) -> None:
    image = calibrated(np.zeros((5, 121, 121)), 2.0, 0.45, 0.45)
    # A blob wide enough for the new grid: sigma 2 um.
    image.data[...] = np.exp(-((np.arange(121) - 60) ** 2) * 0.45**2 / (2 * 2.0**2))
    plan = rescale.plan(image, to="2 um")
    z, y, x = plan.axes
    assert z.sigma_px == 0
    assert y.sigma == x.sigma == pytest.approx(math.sqrt(2**2 - 0.45**2) / 2)
    made = rescale(image, to="2 um", engine=engine)
    profile = np.asarray(made.data.sum(axis=(0, 1)))
    at = positions(made, "x")
    centre = (profile * at).sum() / profile.sum()
    assert centre == pytest.approx(positions(image, "x")[60], abs=1e-3)
    variance = (profile * (at - centre) ** 2).sum() / profile.sum()
    # Blob and blur, and what linear interpolation adds: at most a quarter of a squared old voxel.
    added = variance - 2.0**2 - x.sigma**2
    assert -1e-3 < added < 0.25 * 0.45**2 + 1e-3


def test_antialiasing_removes_what_the_new_grid_cannot_hold() -> None:
    x = np.arange(400) * 0.25
    # Period 1.1 um; the new voxels of 1 um would show it as a wave of 11 um.
    wave = np.broadcast_to(np.sin(2 * np.pi * x / 1.1), (4, 400)).copy()
    options = {"to": "1 um", "voxel_size": "0.25 0.25 um", "engine": "scipy"}
    blurred = rescale(wave, **options)
    aliased = rescale(wave, antialias="none", **options)
    # The discrete kernel's transfer is exp(-t (1 - cos w)): t = (0.484 / 0.25)^2, w = 2 pi
    # 0.25 / 1.1; interpolation takes away a little more.
    left = math.exp(-((0.484 / 0.25) ** 2) * (1 - math.cos(2 * math.pi * 0.25 / 1.1)))
    assert left < 0.041
    assert np.abs(blurred[:, 10:-10]).max() < left
    assert np.abs(aliased[:, 10:-10]).max() > 0.4


def test_labels_stay_labels() -> None:
    labels = np.random.default_rng(3).integers(0, 2**32, (6, 12, 12), dtype=np.uint32)
    made = rescale(labels, to=(1.7, 2.3, 0.6), voxel_size=1, interpolation="nearest")
    assert made.dtype == np.uint32
    assert set(np.unique(made)) <= set(np.unique(labels))
    assert made.provenance[-1]["plan"]["axes"][1]["sigma_px"] == 0


def test_integers_are_rounded_once_not_truncated(engine: str) -> None:
    image = np.random.default_rng(4).integers(0, 256, (9, 30, 31)).astype(np.uint8)
    whole = rescale(image, to="1 um", voxel_size="2 0.45 0.45 um", engine=engine)
    exact = rescale(image, to="1 um", voxel_size="2 0.45 0.45 um", engine=engine, dtype="float64")
    assert whole.dtype == np.uint8
    # Half a grey level, plus the float32 of the blur.
    assert np.abs(whole - exact).max() <= 0.5 + 1e-4


def test_channels_and_frames_stay_apart() -> None:
    data = np.zeros((2, 3, 5, 8, 8), np.float32)
    data[1, 2] = 7
    made = rescale(data, to=2, voxel_size=1, axes="tczyx", engine="scipy")
    assert made.shape == (2, 3, 3, 4, 4)
    np.testing.assert_allclose(made[1, 2], 7, rtol=1e-6)
    assert not made[0].any()
    assert not made[1, :2].any()


def test_what_no_longer_fits_the_pixels_is_left_out() -> None:
    metadata = ImageJMetadata(info="kept", labels=("a", "b"), roi=b"roi", overlay=(b"o",))
    image = CalibratedImage(
        np.zeros((2, 8, 8), np.float32), ("z", "y", "x"),
        Calibration(*(AxisCalibration(1.0, "um") for _ in range(3))), metadata,
    )  # fmt: skip
    flat = rescale(image, to="z=1 um, y=2 um, x=2 um", engine="scipy").metadata
    assert (flat.info, flat.labels, flat.roi, flat.overlay) == ("kept", ("a", "b"), None, ())
    deep = rescale(image, to="z=0.5 um, y=1 um, x=1 um", engine="scipy").metadata
    assert (deep.labels, deep.roi) == ((), b"roi")


def test_a_single_slice_keeps_its_depth() -> None:
    image = calibrated(np.zeros((1, 10, 10), np.float32), 2.0, 0.5, 0.5)
    made = rescale(image, to="1 um", engine="scipy")
    assert made.data.shape == (1, 5, 5)
    assert made.calibration.z == image.calibration.z


def test_too_large_is_refused_before_anything_is_done() -> None:
    image = calibrated(np.zeros((50, 60, 70), np.uint8), 1.0, 1.0, 1.0)
    plan = rescale.plan(image, to="1 nm")
    assert plan.shape == (50_000, 60_000, 70_000)
    assert plan.result_bytes == math.prod(plan.shape)
    with pytest.raises(MemoryLimitError, match=r"rescale of image needs 1718\.9 TiB"):
        rescale(image, to="1 nm", engine="scipy")
    with pytest.raises(InputError, match=r"axis z would have .* check the units"):
        rescale.plan(image, to="1e-8 nm")


def test_what_makes_no_sense_is_refused() -> None:
    plain = np.zeros((4, 5, 6), np.float32)
    with pytest.raises(InputError, match="say the new voxel size"):
        rescale(plain, voxel_size=1)
    with pytest.raises(InputError, match="zoom must be finite"):
        rescale(plain, voxel_size=1, zoom=-1)
    with pytest.raises(CalibrationError, match="axis z has no voxel size"):
        rescale(plain, to="1 um")
    with pytest.raises(CalibrationError, match="zoom factor alone"):
        rescale(plain, to="finest")
    with pytest.raises(InputError, match="axis z must be above 0"):
        rescale(plain, to=0, voxel_size=1)
    with pytest.raises(InputError, match="interpolation must be one of"):
        rescale(plain, zoom=2, interpolation="quintic")
    with pytest.raises(NotFiniteError):
        rescale(np.full((3, 3), np.nan), zoom=2)
    assert rescale(plain, zoom=2).shape == (8, 10, 12)


@pytest.mark.parametrize(
    ("antialias", "folded", "kept", "seen"),
    [
        ("none", 0.5, 1.0, 0.696),
        ("gaussian", 0.1307, 0.472, 0.321),
        ("strong", 0.00215, 0.077, 0.050),
    ],
)
def test_what_is_folded_back_is_said_and_so(
    antialias: str, folded: float, kept: float, seen: float
) -> None:
    """Twice the voxel size, and stripes 2 % finer than the new grid can hold."""
    x = np.arange(4000)
    stripes = np.cos(2 * np.pi * 0.25 * 1.02 * x)[None, None]
    options: dict[str, Any] = {"to": (1, 1, 2), "voxel_size": (1.0, 1.0, 1.0)}
    axis = rescale.plan(stripes, antialias=antialias, **options).axes[-1]
    assert axis.folded == pytest.approx(folded, rel=0.02)
    assert axis.kept == pytest.approx(kept, abs=2e-3)
    made = np.asarray(rescale(stripes, antialias=antialias, engine="scipy", **options))[0, 0]
    # Linear interpolation midway between two samples takes 29 % of them.
    assert np.sqrt(2) * made[20:-20].std() == pytest.approx(seen, abs=2e-3)
    assert axis.kept_in_result == pytest.approx(seen, abs=2e-3)
    # The energy of noise above the new Nyquist frequency.
    noise = np.random.default_rng(2).normal(size=(64, 4096))
    blurred = gaussian(
        noise, sigma=(0, axis.sigma_px), voxel_size=1, kernel="discrete", border="periodic",
        engine="scipy",
    )  # fmt: skip
    power = np.abs(np.fft.rfft(blurred, axis=1)) ** 2
    assert power[:, 1024:].sum() / power.sum() == pytest.approx(folded, rel=0.1)


@pytest.mark.parametrize("step", [1.02, 1.1, 1.3, 1.5, 2.0, 3.7, 8.0])
def test_strong_antialiasing_keeps_what_it_promises(step: float) -> None:
    made = rescale.plan(
        np.zeros((2, 3, 400)), to=(1, 1, step), voxel_size=(1.0, 1.0, 1.0), antialias="strong"
    )
    assert made.axes[-1].sigma_px == pytest.approx(0.8 * step)
    assert made.axes[-1].folded < (0.0025 if step >= 2 else 0.0145)
    assert not any("would fold" in note for note in made.table().notes)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("step", [1.5, 2.0, 3.0, 4.0])
def test_what_the_plan_says_of_the_result_is_measured(step: float, interpolation: str) -> None:
    options: dict[str, Any] = {"to": (1, 1, step), "voxel_size": (1, 1, 1), "axes": "zyx"}
    options |= {"interpolation": interpolation, "antialias": "gaussian"}
    said = rescale.plan(np.zeros((1, 2, 3000)), **options).axes[-1]
    found = measure(lambda lines: np.asarray(rescale(lines, engine="scipy", **options)), step)
    # 96 frequencies there, 2048 here.
    assert said.folded_in_result == pytest.approx(found.folded, rel=5e-3)
    assert said.kept_in_result == pytest.approx(found.kept, rel=1e-3)
