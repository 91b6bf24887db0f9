"""Median and bilateral filters: when a Gaussian is the wrong tool."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import fiji_bridge
from fiji_bridge import bilateral, median, system
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.engines import medians
from fiji_bridge.errors import (
    CalibrationError,
    CancelledError,
    InputError,
    MemoryLimitError,
    NotFiniteError,
    SigmaError,
)
from fiji_bridge.jvm.session import Session
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.ops.median import ellipsoid

STACK = "2 0.45 0.45 um"
Program = Callable[..., subprocess.CompletedProcess[str]]


def test_ellipsoid_is_physical() -> None:
    # 2 um in the voxels of the stack everyone has: one slice up and down, four pixels across.
    found = ellipsoid((2 / 2, 2 / 0.45, 2 / 0.45))
    assert found.shape == (3, 9, 9)
    assert found[0].sum() == 1
    y, x = np.mgrid[-4:5, -4:5]
    np.testing.assert_array_equal(found[1], (y * 0.45) ** 2 + (x * 0.45) ** 2 <= 4)
    assert ellipsoid((0, 1, 1)).sum() == 5
    assert ellipsoid((0.9, 0.9, 0.9)).shape == (1, 1, 1)


@pytest.mark.parametrize("border", list(BORDERS))
def test_median_is_scipys_within_the_ellipsoid(border: str) -> None:
    data = np.random.default_rng(0).integers(0, 4000, (7, 20, 21)).astype(np.uint16)
    found = median(data, radius="2 um", voxel_size=STACK, border=border)
    footprint = ellipsoid((1, 2 / 0.45, 2 / 0.45))
    expected = ndimage.median_filter(data, footprint=footprint, mode=BORDERS[border].scipy)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.uint16
    assert found.provenance[-1]["samples"] == footprint.sum()


@pytest.mark.jvm
@pytest.mark.parametrize("border", list(BORDERS))
@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "uint16", "int16", "int32", "uint32", "float16", "float32", "float64"],
)
def test_the_sliding_histogram_gives_scipys_samples(
    session: Session, dtype: str, border: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(9)
    data = (rng.random((9, 20, 23)) * (200 if dtype == "uint8" else 100)).astype(dtype)
    if dtype[0] != "u":
        data -= np.array(50, dtype)
    for radius, block in (((1.2, 3.4, 2.9), 900), ((0, 2, 2), 2**20), ((12, 3, 30), 9000)):
        # Small blocks, so that there are several, and in two directions.
        monkeypatch.setattr(medians, "BLOCK", block)
        footprint = ellipsoid(radius)
        found, expected = np.empty_like(data), np.empty_like(data)
        medians.sliding_median(session, data, footprint, found, border, 7.0)
        medians.scipy_median(data, footprint, expected, border, 7.0)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.jvm
def test_one_block_of_medians_leaves_its_arrays_to_the_next(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Java's heap grew to its limit by them, now and then, beside what Python holds."""
    threads = session.jclass("java.lang.management.ManagementFactory").getThreadMXBean()
    if not hasattr(threads, "getTotalThreadAllocatedBytes"):
        pytest.skip("before Java 21 nothing tells what all threads have taken")
    monkeypatch.setattr(medians, "BLOCK", 1 << 15)
    data = np.random.default_rng(5).integers(0, 65536, (16, 128, 512)).astype(np.uint16)
    footprint = ellipsoid((0, 1, 1))
    before = int(threads.getTotalThreadAllocatedBytes())
    medians.sliding_median(session, data, footprint, np.empty_like(data), "nearest", 0.0)
    # All levels of all blocks, and their medians, would be 8 MiB and more.
    assert int(threads.getTotalThreadAllocatedBytes()) - before < 4 * 2**20


@pytest.mark.jvm
def test_a_large_median_of_the_bead_is_done_in_java(session: Session, bead: Path) -> None:
    """SciPy needs 70 GB for 1 µm, and took 44 s and 335 MiB for 0.4 µm."""
    image = fiji_bridge.read(bead)
    part = image.with_data(image.data[10:24, 40:90, 40:90])
    found = median(part, radius="1 um")
    assert "SlidingMedian" in found.provenance[-1]["implementation"]
    assert found.provenance[-1]["runtime"] != "Python"
    # By its definition, at some samples.
    reach = [n // 2 for n in ellipsoid((8, 1 / 0.0225, 1 / 0.0225)).shape]
    beyond = np.pad(part.data, [(n, n) for n in reach], mode="symmetric")
    inside = ellipsoid((8, 1 / 0.0225, 1 / 0.0225))
    for z, y, x in ((0, 0, 0), (7, 25, 25), (13, 49, 10)):
        cut = tuple(slice(i, i + 2 * n + 1) for i, n in zip((z, y, x), reach, strict=True))
        samples = np.sort(beyond[cut][inside])
        assert found.data[z, y, x] == samples[len(samples) // 2]
    small = median(part, radius="0.05 um")
    assert "scipy.ndimage" in small.provenance[-1]["implementation"]


def test_scipys_median_is_refused_where_its_table_does_not_fit() -> None:
    data = np.zeros((41, 150, 150), np.uint8)
    with pytest.raises(MemoryLimitError, match=r"median_filter with a footprint of \d+ samples"):
        medians.scipy_median(data, np.ones((17, 149, 149), bool), data, "nearest", 0.0)


@pytest.mark.parametrize(
    ("operation", "given", "shape", "minutes"),
    [
        ("bilateral", {"radius": "2 um", "contrast": 30}, (60, 512, 512), (2, 10)),
        ("structure_tensor", {"sigma": "2 um"}, (600, 1000, 1000), (3, 15)),
        ("rescale", {"zoom": 2, "interpolation": "cubic"}, (600, 1000, 1000), (3, 20)),
    ],
)
def test_plans_of_slow_operations_say_how_long_they_take(
    operation: str,
    given: dict[str, Any],
    shape: tuple[int, ...],
    minutes: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(system, "processors", lambda: 1)

    def notes(size: tuple[int, ...]) -> list[str]:
        image = to_image(np.broadcast_to(np.uint8(0), size), voxel_size="1 um")
        found = fiji_bridge.plan(image, operation, **given).table().notes
        return [note for note in found if note.startswith("expected time")]

    (note,) = notes(shape)
    said = re.fullmatch(r"expected time: about (\d+) minutes on one processor", note)
    assert said
    assert minutes[0] <= int(said[1]) <= minutes[1]
    assert notes((10, 20, 20)) == []


def test_the_plan_says_how_long_it_takes_where_that_is_above_a_minute() -> None:
    image = to_image(np.broadcast_to(np.uint8(0), (200, 2000, 2000)), voxel_size="1 um")
    (note, _) = fiji_bridge.plan(image, "median", radius="30 um").table().notes
    assert re.fullmatch(
        r"expected time: about \d+ (minutes|hours) on (one processor|\d+ processors)", note
    )
    assert len(fiji_bridge.plan(image, "median", radius="1 um").table().notes) == 1


@pytest.mark.jvm
def test_a_large_median_can_be_stopped(session: Session) -> None:
    data = np.random.default_rng(5).integers(0, 255, (20, 60, 60)).astype(np.uint8)

    def stop(done: int, total: int) -> None:
        raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        median(data, radius="9 px", progress=stop)


@pytest.mark.jvm
def test_median_is_imagejs_own_inside(session: Session, tmp_path: Path) -> None:
    data = np.random.default_rng(8).integers(0, 60000, (9, 24, 26)).astype(np.uint16)
    path = tmp_path / "in.tif"
    fiji_bridge.write(to_image(data, voxel_size="2 0.45 0.5 um"), path)
    stack = session.jclass("ij.IJ").openImage(str(path)).getStack()
    filters = session.jclass("ij.plugin.Filters3D")
    made = filters.filter(stack, filters.MEDIAN, 2 / 0.5, 2 / 0.45, 2 / 2)
    planes = [np.array(made.getPixels(z + 1)).view(np.uint16) for z in range(9)]
    theirs = np.stack(planes).reshape(data.shape)
    ours = median(data, radius="2 um", voxel_size="2 0.45 0.5 um")
    # ImageJ takes the samples inside of the image only, which SciPy has no border for.
    inner = (slice(1, -1), slice(4, -4), slice(4, -4))
    np.testing.assert_array_equal(ours[inner], theirs[inner])


def scene() -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """An edge with 3 % of the samples wrong, and which."""
    rng = np.random.default_rng(1)
    data = np.full((3, 60, 60), 50, np.uint8)
    data[:, :, 30:] = 200
    wrong = rng.random(data.shape) < 0.03
    data[wrong] = rng.choice(np.array([0, 255], np.uint8), wrong.sum())
    return data, wrong


def test_median_removes_salt_and_pepper_and_a_gaussian_does_not() -> None:
    data, wrong = scene()
    clean = np.full((3, 60, 60), 50.0)
    clean[:, :, 30:] = 200
    by_median = median(data, radius="1 um", voxel_size=STACK).astype(float)
    by_gaussian = fiji_bridge.gaussian(data, sigma="0.5 um", voxel_size=STACK, engine="scipy")
    away = np.ones(data.shape, bool)
    away[:, :, 25:35] = False
    assert np.abs(by_median - clean)[away].max() == 0
    assert np.abs(by_gaussian - clean)[wrong & away].mean() > 5
    # The edge is as steep as it was.
    assert (by_median[1, :, 30] - by_median[1, :, 29]).mean() > 140
    assert (by_gaussian[1, :, 30].astype(float) - by_gaussian[1, :, 29]).mean() < 75


def by_definition(
    data: NDArray[np.float64], sigma: tuple[float, ...], contrast: float, mode: str, cval: float
) -> NDArray[np.float64]:
    """The bilateral filter as it is defined, up to 2.5 sigma and 4 contrasts, as ITK's is."""
    around = [math.ceil(2.5 * s) for s in sigma]
    beyond = {"constant_values": cval} if mode == "constant" else {}
    padded = np.pad(data, [(n, n) for n in around], mode=mode, **beyond)  # type: ignore[call-overload]
    total, weight = np.zeros_like(data), np.zeros_like(data)
    for place in np.ndindex(*(2 * n + 1 for n in around)):
        distance = sum(
            ((i - n) / s) ** 2 for i, n, s in zip(place, around, sigma, strict=True) if s
        )
        values = padded[tuple(slice(i, i + n) for i, n in zip(place, data.shape, strict=True))]
        step = np.abs(values - data) / contrast
        here = np.exp(-0.5 * (distance + step**2)) * (step < 4)
        total += here * values
        weight += here
    return total / weight


@pytest.mark.parametrize("border", list(BORDERS))
def test_bilateral_is_physical_in_space(border: str) -> None:
    pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    data = np.random.default_rng(2).uniform(100, 200, (5, 16, 17))
    cval = 150.0 if border == "constant" else 0.0
    found = bilateral(data, radius="1 um", contrast=20, voxel_size=STACK, border=border, cval=cval)
    sigma = (1 / 2, 1 / 0.45, 1 / 0.45)
    expected = by_definition(data, sigma, 20, BORDERS[border].numpy, cval)
    # ITK's table of weights has steps of 4/10000 of the contrast; one weight is off by up to
    # exp(-1/2) of that, and all of them to the same side.
    np.testing.assert_allclose(found, expected, atol=20 * 4e-4)
    per_pixel = by_definition(data, (2.0, 2.0, 2.0), 20, BORDERS[border].numpy, cval)
    assert np.abs(found - per_pixel).max() > 1


def test_bilateral_plane_by_plane_where_asked_for() -> None:
    pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    data = np.random.default_rng(3).uniform(100, 200, (4, 15, 16))
    found = bilateral(data, radius="z=0, y=0.9 um, x=0.5 um", contrast=20, voxel_size=STACK)
    for plane, given in zip(found, data, strict=True):
        expected = by_definition(given, (0.9 / 0.45, 0.5 / 0.45), 20, "symmetric", 0)
        np.testing.assert_allclose(plane, expected, atol=20 * 4e-4)


def test_bilateral_keeps_edges_and_a_gaussian_does_not() -> None:
    pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    rng = np.random.default_rng(3)
    # The edge is a plane across z and x, so that a filter of single planes would not see half.
    z, _, x = np.mgrid[:12, :20, :30]
    bright = 2 * z + x > 28
    noisy = (np.where(bright, 3000, 1000) + rng.normal(0, 50, bright.shape)).astype(np.uint16)
    smooth = bilateral(noisy, radius="1 um", contrast=200, voxel_size="1 0.5 0.5 um")
    assert smooth.dtype == np.uint16
    for side, level in ((bright, 3000), (~bright, 1000)):
        # Averages of some hundred samples: the noise all but goes, and the levels stay.
        assert np.abs(smooth[side].astype(float) - level).max() < 60
        assert smooth[side].std() < 0.35 * noisy[side].std()
    blurred = fiji_bridge.gaussian(
        noisy, sigma="1 um", voxel_size="1 0.5 0.5 um", engine="scipy"
    ).astype(float)
    assert np.abs(blurred[bright] - 3000).max() > 800


def test_bilateral_can_be_stopped_and_tells_how_far_it_is() -> None:
    pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    data = np.random.default_rng(5).uniform(0, 100, (8, 40, 40))

    def stop(done: int, total: int) -> None:
        if done > 0.2 * total:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        bilateral(data, radius="2 px", contrast=20, progress=stop)
    seen: list[float] = []
    bilateral(data, radius="2 px", contrast=20, progress=lambda d, t: seen.append(d / t))
    assert len(seen) > 5
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_volumes_and_integers_at_the_ends_of_their_range() -> None:
    # 3-D volumes of a movie never mix, and the middle of signed integers is not cut off.
    data = np.random.default_rng(6).integers(-32768, 32767, (2, 5, 12, 13), dtype=np.int16)
    found = median(data, radius="2 um", voxel_size=STACK, axes="tzyx")
    for volume, given in zip(found, data, strict=True):
        np.testing.assert_array_equal(volume, median(given, radius="2 um", voxel_size=STACK))
    assert found.dtype == np.int16
    pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    smooth = bilateral(data, radius="0.5 um", contrast=3e4, voxel_size=STACK, axes="tzyx")
    for volume, given in zip(smooth, data, strict=True):
        exact = bilateral(
            given.astype(float), radius="0.5 um", contrast=3e4, voxel_size=STACK
        )  # fmt: skip
        assert np.abs(volume - exact).max() <= 0.5


def test_channels_and_negative_values() -> None:
    pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    data = np.random.default_rng(4).normal(-500, 10, (2, 3, 12, 12)).astype(np.float32)
    data[1] = 7
    for found in (
        bilateral(data, axes="czyx", radius="1 px", contrast=50),
        median(data, axes="czyx", radius="1 px"),
    ):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found[1], 7)
        assert -530 < found[0].mean() < -470
        assert found[0].std() < data[0].std()


def test_what_makes_no_sense_is_refused() -> None:
    plain = np.zeros((4, 9, 9), np.float32)
    with pytest.raises(SigmaError, match="below one voxel on every axis"):
        median(plain, radius="0.1 um", voxel_size=STACK)
    with pytest.raises(CalibrationError):
        median(plain, radius="1 um")
    with pytest.raises(NotFiniteError):
        median(plain + np.nan, radius="1 px")
    with pytest.raises(InputError, match="median takes no 'engine'"):
        fiji_bridge.run("median", plain, radius="1 px", engine="fused")
    pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    with pytest.raises(SigmaError, match="above 0 along some axis"):
        bilateral(plain, radius="0 um", contrast=1, voxel_size="2 0.4 0.5 um")
    with pytest.raises(InputError, match="contrast must be"):
        bilateral(plain, radius="1 px", contrast=0)
    for name, own in (("median", {}), ("bilateral", {"contrast": 1.0})):
        with pytest.raises(SigmaError, match="goes with border='constant'"):
            fiji_bridge.run(name, plain, radius="1 px", cval=3.0, **own)


def test_the_command_line_says_what_is_missing(
    program_here: Program, bead: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o.tif"
    for command in ("median", "bilateral"):
        done = program_here(command, bead, out)
        assert done.returncode == 2
        assert f"{command} needs radius" in done.stderr
    done = program_here("median", bead, out, "--radius", "0.1 um")
    assert done.returncode == 0, done.stderr
    direct = median(fiji_bridge.read(bead), radius="0.1 um")
    np.testing.assert_array_equal(fiji_bridge.read(out).data, direct.data)
