"""Median and bilateral filters: when a Gaussian is the wrong tool."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import fiji_bridge
from fiji_bridge.adapters import to_image
from fiji_bridge.api_family import bilateral, median
from fiji_bridge.borders import BORDERS
from fiji_bridge.errors import (
    CalibrationError,
    CancelledError,
    InputError,
    NotFiniteError,
    SigmaError,
)
from fiji_bridge.jvm.session import Session
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
    with pytest.raises(InputError, match="cannot be chosen"):
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
    program: Program, bead: Path, tmp_path: Path
) -> None:
    out = tmp_path / "o.tif"
    for command, message in (("median", "radius must be a length"), ("bilateral", "contrast")):
        done = program(command, bead, out)
        assert done.returncode == 2
        assert message in done.stderr
    done = program("median", bead, out, "--radius", "0.1 um")
    assert done.returncode == 0, done.stderr
    direct = median(fiji_bridge.read(bead), radius="0.1 um")
    np.testing.assert_array_equal(fiji_bridge.read(out).data, direct.data)
