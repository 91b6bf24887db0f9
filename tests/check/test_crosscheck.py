"""The cross-check passes what is right and fails what is wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import fiji_bridge
from fiji_bridge.check.continuous import continuous_gaussian
from fiji_bridge.check.difference import difference
from fiji_bridge.check.exact import Exact
from fiji_bridge.check.judgement import Judged
from fiji_bridge.check.matrices import convolve_all
from fiji_bridge.check.rounding import bound, unit_of
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.engines.engine import AxisKernel, EngineInfo
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.errors import InputError
from fiji_bridge.formats import read
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.gaussian import KERNELS
from fiji_bridge.ops.gaussian import gaussian
from golden_cases import case as golden_case
from golden_cases import manifest

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
    assert report.verdict == "passed", report.rows[0]
    assert report.rows[0].judged is not None
    assert report.rows[0].judged.samples == 6 * 18 * 22
    assert [row.same for row in report.rows[1:]] == [None] * (len(report.rows) - 1)


class Wrong(ScipyEngine):
    """An engine with one fault."""

    name = "fused"

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def info(self) -> EngineInfo:
        return EngineInfo("fused", "a double", "")

    def filter(self, volume: Any, kernels: Any, out: Any, **options: Any) -> None:  # type: ignore[override]
        if self.fault == "border":
            options["border"] = "nearest"
        if self.fault == "axes":
            kernels = kernels[::-1]
        super().filter(volume, kernels, out, **options)
        if self.fault == "one sample":
            out[3, 4, 5] += 0.01
        if self.fault == "zeros":
            out[...] = 0


@pytest.mark.parametrize("fault", ["border", "axes", "one sample", "zeros"])
def test_faults_of_an_engine_fail(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fiji_bridge.ops.separable.get_engine", lambda name: Wrong(fault))
    report = fiji_bridge.crosscheck(stack("float32"), sigma="1 um", voxel_size=VOXELS)
    assert report.verdict == "differs"
    if fault == "one sample":
        found = report.rows[0].difference
        assert (found.where, found.differing) == ((3, 4, 5), 1)
        assert found.maximum == pytest.approx(0.01, rel=1e-3)
        assert report.rows[0].judged is not None
        assert report.rows[0].judged.outside == 1


def test_report_is_json() -> None:
    report = fiji_bridge.crosscheck(stack("uint8"), sigma="1 px", engine="scipy")
    values = json.loads(json.dumps(report.as_dict()))
    assert values["verdict"] == "passed"
    assert values["passed"] is True
    assert values["engine"]["engine"] == "scipy"
    assert len(values["rows"]) == 4
    assert {"fault": "all zeros", "visible": True, "gross": True} in values["faults"]


def test_scipy_is_not_compared_with_itself() -> None:
    """Its reference is another way to compute, and sees a fault in correlate1d's place."""
    report = fiji_bridge.crosscheck(stack("float64"), sigma="1 px", engine="scipy")
    assert "matrix" in report.rows[0].against
    # Two ways to sum in float64: hardly ever the same bits.
    assert 0 < report.rows[0].difference.maximum < 1e-12


def test_a_broken_correlate1d_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    import scipy.ndimage

    real = scipy.ndimage.correlate1d

    def shifted(*arguments: Any, **options: Any) -> Any:
        return np.roll(real(*arguments, **options), 1, -1)

    monkeypatch.setattr(scipy.ndimage, "correlate1d", shifted)
    report = fiji_bridge.crosscheck(stack("uint8"), sigma="1 px", engine="scipy")
    assert report.verdict == "differs"


@pytest.mark.parametrize(
    ("data", "unseen"),
    [
        (np.full((5, 9, 9), 100, np.uint8), "not blurred"),
        (np.zeros((5, 9, 9), np.float32), "all zeros"),
        (np.broadcast_to(np.sin(np.arange(9)), (5, 9, 9)).astype("f4"), "z not blurred"),
    ],
)
def test_an_image_that_shows_nothing_cannot_tell(data: Any, unseen: str) -> None:
    report = fiji_bridge.crosscheck(data, sigma="1 px", engine="scipy")
    assert report.rows[0].same
    assert report.verdict == "cannot tell"
    assert not report.passed
    assert unseen in report.unseen(gross=True)


def test_a_dark_edge_does_not_show_its_border() -> None:
    data = np.zeros((9, 21, 21))
    data[4, 10, 10] = 1
    report = fiji_bridge.crosscheck(data, sigma="0.5 px", engine="scipy")
    assert report.verdict == "passed"
    assert {f"border {b}" for b in ("nearest", "periodic", "constant")} <= set(report.unseen())


def test_the_kernel_of_scipy_may_end_elsewhere() -> None:
    report = fiji_bridge.crosscheck(
        stack("float64"), sigma="1.5 px", kernel="scipy", truncate=2.5, engine="scipy"
    )
    assert report.verdict == "passed"
    # Now plain gaussian_filter, with the same truncate, gives these numbers.
    assert report.rows[1].difference.maximum < 1e-12


def test_channels_are_compared_each_on_its_own() -> None:
    data = np.random.default_rng(0).random((2, 5, 8, 9))
    report = fiji_bridge.crosscheck(data, sigma="1 px", axes="czyx", engine="scipy")
    assert report.axes == ("c", "z", "y", "x")
    assert report.rows[0].same
    seen = {fault.fault for fault in report.faults if fault.visible}
    assert {"channels or frames mixed", "channels or frames exchanged"} <= seen


def test_scipy_user_would_have_got_something_else() -> None:
    """At sigma 2 the plain SciPy kernel differs by about 2e-3 of the peak of an impulse."""
    data = np.zeros((1, 1, 61))
    data[0, 0, 30] = 1
    report = fiji_bridge.crosscheck(data, sigma="2 px", engine="scipy")
    plain = report.rows[1].difference
    assert 1e-4 < plain.maximum < 2e-3


def test_plain_gaussian_filter_is_what_that_call_gives(bead: Path) -> None:
    """On integers it cuts off the fractions after every axis: up to 2 grey levels, 0.513 in the
    mean on this crop."""
    data = read(bead).data[8:33, 30:110, 30:110]
    report = fiji_bridge.crosscheck(
        data, sigma="1 um", voxel_size="0.9 0.45 0.3 um", engine="scipy"
    )
    blurred = fiji_bridge.gaussian(data, sigma="1 um", voxel_size="0.9 0.45 0.3 um", engine="scipy")
    plain = ndimage.gaussian_filter(data, (1 / 0.9, 1 / 0.45, 1 / 0.3))
    gap = np.abs(np.asarray(blurred).astype(float) - plain)
    row = report.rows[1]
    assert row.against == "plain scipy.ndimage.gaussian_filter of these uint8 samples"
    assert (row.difference.maximum, row.difference.mean) == (gap.max(), pytest.approx(gap.mean()))
    assert (gap.max(), gap.mean()) == (2, pytest.approx(0.513, abs=1e-3))
    assert "rounded once" in report.rows[2].against
    assert report.rows[2].difference.maximum == 1


@pytest.mark.parametrize("border", sorted(BORDERS))
@pytest.mark.parametrize("shape", [(5, 7, 9), (1, 3, 40), (12, 20, 1)])
def test_the_matrices_are_scipys_convolution(border: str, shape: tuple[int, ...]) -> None:
    """The second reference, also for kernels longer than the axis."""
    data = np.random.default_rng(6).random(shape) * 100
    cval = 3.25 if border == "constant" else 0.0
    for widths in ((0.5, 2, 3), (0, 30, 1), (3, 0.2, 100)):
        z, y, x = (
            AxisKernel.from_gaussian("gauss3", s if n > 1 else 0)
            for s, n in zip(widths, shape, strict=True)
        )
        out = np.empty(shape)
        ScipyEngine().filter(data, (z, y, x), out, border=border, cval=cval)
        found = convolve_all(data, (z, y, x), border=border, cval=cval)
        assert np.abs(found - out).max() < 1e-12 * 100


def test_nan_reaches_as_far_as_the_kernel_in_the_matrices_too() -> None:
    data = np.random.default_rng(7).random((5, 20, 20))
    data[2, 10, 11] = np.nan
    report = fiji_bridge.crosscheck(data, sigma="1.2 px", engine="scipy", nan="propagate")
    assert report.verdict == "passed"


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


def test_integers_may_only_differ_next_to_a_tie() -> None:
    exact = np.array([1.2, 1.4999999, 1.5000001, 254.5, -3.0])
    bound = np.full(5, 1e-6)
    right = Judged()
    right.add(np.array([1, 2, 1, 255, 0], np.uint8), exact, bound)
    assert right.same
    assert (right.near_ties, right.other_side) == (3, 2)
    wrong = Judged()
    wrong.add(np.array([2, 1, 2, 255, 0], np.uint8), exact, bound)
    assert (wrong.outside, wrong.excess) == (1, 1)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_are_held_to_the_bound_and_their_own_rounding(dtype: str) -> None:
    exact, bound = np.array([1 / 3, 1e5 / 7]), np.zeros(2)
    stored = exact.astype(dtype)
    right, wrong = Judged(), Judged()
    right.add(stored, exact, bound)
    wrong.add(np.nextafter(stored, np.array(np.inf, dtype)), exact, bound)
    assert right.same
    assert wrong.outside == 2


def test_the_bound_is_that_of_the_samples_that_meet() -> None:
    """A bright corner does not excuse an error elsewhere."""
    data = np.zeros((1, 1, 200), np.float32)
    data[..., :100] = 1
    data[..., 0] = 60000
    identity = AxisKernel.from_gaussian("gauss3", 0)
    kernels = (identity, identity, AxisKernel.from_gaussian("gauss3", 2))
    found = bound(data, kernels, border="nearest", cval=0, unit=2.0**-24)[0, 0]
    # 3 + min(13, 3 √13) units of 1 there.
    assert found[50] == pytest.approx((3 + 3 * 13**0.5) * 2.0**-24, rel=1e-6)
    assert found[0] == pytest.approx(60000 * found[50])
    assert found[150] == 0


@pytest.mark.jvm
@pytest.mark.parametrize("engine", ["fused", "scipy"])
@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e-40), ("float64", 1e-310)])
def test_the_smallest_numbers_of_a_type_are_no_fault(engine: Any, dtype: str, scale: float) -> None:
    """There products are rounded to steps of 1.4e-45 (5e-324), however small the samples are."""
    data = (stack("float64") * scale).astype(dtype)
    for sigma in ("1.3 px", "9 px"):
        assert fiji_bridge.crosscheck(data, sigma=sigma, engine=engine).passed
    assert not Exact(to_image(data), gaussian.plan(data, sigma="1.3 px")).judged(data).same


@pytest.mark.parametrize("row", manifest(), ids=lambda row: str(row["output"]))
def test_the_real_gauss3_is_within_the_bound(row: Any) -> None:
    """Outputs of ImgLib2's own code; what is used of the bound is at most a third (float32)."""
    given, output, widths, border, cval = golden_case(row)
    z, y, x = (AxisKernel.from_gaussian("gauss3", s) for s in widths)
    info = EngineInfo("gauss3", "", "")
    allowed = bound(
        given, (z, y, x), border=border, cval=cval, unit=unit_of(info, given.dtype, output.dtype)
    )
    judged = Judged()
    judged.add(output, convolve_all(given, (z, y, x), border=border, cval=cval), allowed)
    assert judged.same, judged


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An OME-Zarr of several blocks along each axis, with two channels."""
    noise = np.random.default_rng(5).integers(0, 4000, (70, 2, 90, 150)).astype(np.uint16)
    image = to_image(noise, voxel_size=VOXELS, axes="zcyx")
    fiji_bridge.write(image, tmp_path / "large.ome.zarr")
    return tmp_path / "large.ome.zarr"


@pytest.mark.jvm
@pytest.mark.parametrize("engine", ["fused", "scipy"])
@pytest.mark.parametrize("border", sorted(BORDERS))
def test_random_blocks_of_a_store(large: Path, border: str, engine: str) -> None:
    report = fiji_bridge.crosscheck(
        large, sigma="3 um", border=border, engine=engine, blocks=5, seed=1
    )
    assert report.verdict == "passed", report.rows[0]
    assert "5 random blocks, seed 1" in report.rows[0].against
    assert report.rows[0].judged is not None
    assert report.rows[0].judged.samples < 70 * 2 * 90 * 150
    again = fiji_bridge.crosscheck(
        large, sigma="3 um", border=border, engine=engine, blocks=5, seed=1
    )
    assert again.rows == report.rows


@pytest.mark.jvm
def test_all_blocks_of_a_store_are_the_image(large: Path) -> None:
    report = fiji_bridge.crosscheck(large, sigma="3 um", blocks=1000)
    whole = fiji_bridge.crosscheck(large, sigma="3 um")
    assert report.rows[0].judged is not None
    assert report.rows[0].judged.samples == whole.rows[0].difference.samples
    found, expected = report.rows[0].difference, whole.rows[0].difference
    assert (found.maximum, found.differing) == (expected.maximum, expected.differing)


def test_a_wrong_block_of_a_store_is_seen(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sample too high by two, in the block that has it."""
    from fiji_bridge.check import crosscheck_store

    honest = crosscheck_store.compute

    def wrong(image: Any, parts: Any, block: Any, *rest: Any) -> Any:
        result = honest(image, parts, block, *rest)
        if block.number == 2:
            result.data[(0,) * result.data.ndim] += 2
        return result

    monkeypatch.setattr(crosscheck_store, "compute", wrong)
    report = fiji_bridge.crosscheck(large, sigma="3 um", engine="scipy", blocks=1000)
    assert report.verdict == "differs"
    judged = report.rows[0].judged
    assert judged is not None
    assert judged.outside == 1
    # The blocks are in the order of the store: c, z, y, x; the third is the last along x.
    assert report.rows[0].difference.place(report.axes) == "c=0 z=0 y=0 x=128"
    report = fiji_bridge.crosscheck(large, sigma="3 um", engine="scipy", blocks=2)
    assert report.rows[0].judged is not None


def test_blocks_are_of_stores(tmp_path: Path, large: Path) -> None:
    fiji_bridge.write(to_image(stack("uint8"), voxel_size=VOXELS), tmp_path / "a.tif")
    with pytest.raises(
        InputError, match=r"blocks is for the path of an OME-Zarr, and .*a\.tif is none"
    ):
        fiji_bridge.crosscheck(tmp_path / "a.tif", sigma="1 um", blocks=3)
    with pytest.raises(InputError, match="blocks must be at least 1; got 0"):
        fiji_bridge.crosscheck(large, sigma="1 um", blocks=0)
