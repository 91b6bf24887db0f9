"""The public function: types in and out, channels, NaN, memory, provenance."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.ndimage import correlate1d

import fiji_bridge
from fiji_bridge.errors import (
    AxesError,
    CalibrationError,
    CancelledError,
    DTypeError,
    InputError,
    MemoryLimitError,
    NotFiniteError,
)
from fiji_bridge.image import memory
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.kernels import gaussian as kernels

ENGINES = [
    "scipy",
    pytest.param("fused", marks=pytest.mark.jvm),
    pytest.param("gauss3", marks=pytest.mark.fiji),
]
VOXELS = "2 0.45 0.45 um"


def reference(volume: Any, sigma_px: tuple[float, ...]) -> Any:
    """Separable convolution, written down independently of the engines."""
    out = np.asarray(volume, np.float64)
    for axis, sigma in enumerate(sigma_px):
        taps = kernels.full(kernels.gauss3_half(sigma))
        out = correlate1d(out, taps, axis, mode="reflect")
    return out


@pytest.fixture
def stack() -> Any:
    return np.random.default_rng(1).random((7, 20, 30)).astype(np.float32)


@pytest.mark.parametrize("engine", ENGINES)
def test_same_physical_blur(engine: str, stack: Any) -> None:
    found = fiji_bridge.gaussian(stack, sigma="1 um", voxel_size=VOXELS, engine=engine)
    expected = reference(stack, (0.5, 1 / 0.45, 1 / 0.45))
    # float32 sums of values below 1.
    assert np.abs(found - expected).max() < 1e-6
    assert found.dtype == np.float32
    assert isinstance(found, np.ndarray)


@pytest.mark.parametrize("engine", ENGINES)
def test_provenance_says_which_engine_ran(engine: str, stack: Any) -> None:
    found = fiji_bridge.gaussian(stack, sigma="1 um", voxel_size=VOXELS, engine=engine)
    (done,) = found.provenance  # type: ignore[attr-defined]
    assert done["engine"] == engine
    names = {
        "scipy": "scipy.ndimage.correlate1d",
        "fused": "org.fijibridge.engine.SeparableConvolution",
        "gauss3": "net.imglib2.algorithm.gauss3.Gauss3",
    }
    assert done["implementation"].startswith(names[engine])
    assert [axis["sigma_px"] for axis in done["plan"]["axes"]] == [0.5, 1 / 0.45, 1 / 0.45]
    assert done["plan"]["border"] == "mirror-double"


def test_dataarray_in_dataarray_out(stack: Any) -> None:
    coords = {
        axis: (axis, np.arange(n) * size, {"units": "um"})
        for axis, n, size in zip("zyx", stack.shape, (2.0, 0.45, 0.45), strict=True)
    }
    given = xr.DataArray(stack, dims=("z", "y", "x"), coords=coords, attrs={"lab": "ours"})
    found = fiji_bridge.gaussian(given, sigma="1 um", engine="scipy")
    assert isinstance(found, xr.DataArray)
    assert found.attrs["lab"] == "ours"
    assert found.z.attrs["units"] == "um"
    assert found.provenance[-1]["operation"] == "gaussian"
    expected = fiji_bridge.gaussian(stack, sigma="1 um", voxel_size=VOXELS, engine="scipy")
    # Voxel sizes taken from coordinates such as 0.45 · 29 differ in their last bits.
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_channels_and_time_are_never_blurred(engine: str) -> None:
    data = np.zeros((2, 5, 3, 8, 9), np.float32)
    data[0, :, 1] = 1
    found = fiji_bridge.gaussian(
        data, sigma="2 px", axes="tzcyx", voxel_size=(1, 1, 1), engine=engine
    )
    assert np.abs(np.asarray(found) - data).max() < 1e-6


@pytest.mark.parametrize("engine", ENGINES)
def test_each_volume_on_its_own(engine: str) -> None:
    data = np.random.default_rng(2).integers(0, 65535, (3, 4, 9, 2, 11), np.uint16)
    found = fiji_bridge.gaussian(
        data, sigma=(1, 2, 3), axes="czytx", voxel_size=(1, 1, 1), engine=engine
    )
    for c in range(3):
        for t in range(2):
            alone = fiji_bridge.gaussian(
                np.ascontiguousarray(data[c, :, :, t]),
                sigma=(1, 2, 3),
                voxel_size=(1, 1, 1),
                engine=engine,
            )
            assert np.array_equal(np.asarray(found)[c, :, :, t], alone)


def test_rgb_samples_are_never_blurred() -> None:
    data = np.zeros((8, 9, 3), np.uint8)
    data[..., 1] = 200
    found = fiji_bridge.gaussian(data, sigma="2 px", axes="yxs", engine="scipy")
    assert np.array_equal(found, data)


@pytest.mark.parametrize("engine", ENGINES)
def test_integers_are_rounded_once_never_truncated(engine: str) -> None:
    data = np.random.default_rng(3).integers(0, 255, (5, 20, 20), np.uint8)
    found = fiji_bridge.gaussian(data, sigma="1 px", engine=engine)
    exact = reference(data, (1, 1, 1))
    assert found.dtype == np.uint8
    # Half a grey level, plus float32 rounding of values below 256.
    assert np.abs(found - exact).max() <= 0.5 + 1e-4
    wide = fiji_bridge.gaussian(data, sigma="1 px", engine=engine, dtype="float64")
    assert np.abs(wide - exact).max() <= 1e-12


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_not_finite_is_refused_with_the_count(stack: Any, bad: float) -> None:
    stack[2, 3, 4] = stack[5, 6, 7] = bad
    with pytest.raises(NotFiniteError, match=r"2 samples .* the first at z=2, y=3, x=4"):
        fiji_bridge.gaussian(stack, sigma="1 px", engine="scipy")


def test_infinities_that_cancel_are_seen(stack: Any) -> None:
    stack[0, 0, 0], stack[0, 0, 1] = math.inf, -math.inf
    with pytest.raises(NotFiniteError, match="2 samples"):
        fiji_bridge.gaussian(stack, sigma="1 px", engine="scipy")


def test_large_finite_values_are_no_infinities() -> None:
    data = np.full((2, 3, 4), 1e308)
    assert fiji_bridge.gaussian(data, sigma="1 px", engine="scipy").shape == data.shape


@pytest.mark.parametrize("engine", ENGINES)
def test_ignore_is_the_mean_of_the_others(engine: str, stack: Any) -> None:
    hole = stack.copy()
    hole[3, 10, 15] = np.nan
    found = fiji_bridge.gaussian(hole, sigma="1 px", engine=engine, nan="ignore")
    valid = np.isfinite(hole)
    expected = reference(np.where(valid, hole, 0), (1, 1, 1)) / reference(valid, (1, 1, 1))
    assert np.abs(found - expected).max() < 1e-6
    assert np.isfinite(found).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_propagate_spreads_as_far_as_the_kernel(engine: str, stack: Any) -> None:
    stack[3, 10, 15] = np.nan
    found = np.asarray(fiji_bridge.gaussian(stack, sigma="1 px", engine=engine, nan="propagate"))
    reach = kernels.radius(kernels.gauss3_half(1))
    expected = np.zeros(stack.shape, bool)
    expected[0:7, 10 - reach : 10 + reach + 1, 15 - reach : 15 + reach + 1] = True
    assert np.array_equal(np.isnan(found), expected)


def test_a_volume_of_nan_alone_stays_nan() -> None:
    data = np.full((3, 4, 5), np.nan)
    assert np.isnan(fiji_bridge.gaussian(data, sigma="1 px", engine="scipy", nan="ignore")).all()


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"sigma": "1 um"}, CalibrationError, "axis z"),
        ({"sigma": 1}, CalibrationError, "axis z"),
        ({"sigma": "1 um", "voxel_size": (2, 1, 1)}, CalibrationError, "axis z"),
        ({"sigma": "1 px", "engine": "cuda"}, InputError, "unknown engine 'cuda'"),
        ({"sigma": "1 px", "dtype": "int8"}, InputError, "dtype must be one of same"),
        (
            {"sigma": "1 px", "nan": "drop"},
            InputError,
            "nan must be one of refuse, propa",
        ),
        ({"sigma": "1 px", "threads": 0}, InputError, "threads must be at least 1"),
        ({"sigma": "1 px", "axes": "zy"}, AxesError, "3 dimensions"),
        ({"sigma": "1 px", "axes": "zyq"}, AxesError, "'q'"),
    ],
)
def test_refusals(stack: Any, options: dict[str, Any], error: type, says: str) -> None:
    options.setdefault("engine", "scipy")
    with pytest.raises(error, match=says) as refusal:
        fiji_bridge.gaussian(stack, **options)
    assert isinstance(refusal.value, InputError)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("dtype", ["bool", "int64", "complex64", "longdouble"])
def test_types_that_cannot_be_filtered(dtype: str) -> None:
    with pytest.raises(DTypeError, match="cannot filter samples of type"):
        fiji_bridge.gaussian(np.zeros((2, 3, 4), dtype), sigma="1 px", engine="scipy")


def test_memory_is_refused_before_it_is_taken(monkeypatch: pytest.MonkeyPatch, stack: Any) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 1000)
    with pytest.raises(MemoryLimitError, match=r"needs .* KiB of memory but 1000 B are available"):
        fiji_bridge.gaussian(stack, sigma="1 px", engine="scipy")


@pytest.mark.parametrize("engine", ENGINES)
def test_progress_reaches_the_end_and_cancels(engine: str) -> None:
    data = np.random.default_rng(0).random((40, 200, 200)).astype(np.float32)
    seen: list[tuple[int, int]] = []
    fiji_bridge.gaussian(
        data, sigma="8 px", engine=engine, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1][0] == seen[-1][1] > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)

    def stop(done: int, total: int) -> None:
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        fiji_bridge.gaussian(data, sigma="30 px", engine=engine, progress=stop)


def test_calibrated_image_keeps_what_it_had(stack: Any) -> None:
    given = CalibratedImage(stack, ("z", "y", "x"), name="ours")
    found = fiji_bridge.gaussian(given, sigma="1 px", engine="scipy")
    assert isinstance(found, CalibratedImage)
    assert found.name == "ours"
    assert found.calibration == given.calibration
    again = fiji_bridge.gaussian(found, sigma="1 px", engine="scipy")
    assert len(again.provenance) == 2


def test_plan_needs_no_engine(stack: Any) -> None:
    assert fiji_bridge.plan(stack, sigma="1 um", voxel_size=VOXELS).sigma_px()[0] == 0.5


def test_a_result_is_written_with_what_it_knows(stack: Any, tmp_path: Path) -> None:
    found = fiji_bridge.gaussian(stack, sigma="1 um", voxel_size=VOXELS, engine="scipy")
    fiji_bridge.write(found, tmp_path / "array.tif", voxel_size=VOXELS)
    again = fiji_bridge.read(tmp_path / "array.tif")
    assert np.array_equal(again.data, found)
    assert again.calibration.voxel_size("z", "um") == 2
    assert again.provenance == found.provenance  # type: ignore[attr-defined]
