"""Median and bilateral filters: when a Gaussian is the wrong tool."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import fiji_bridge
from fiji_bridge.api_family import bilateral, median
from fiji_bridge.borders import BORDERS
from fiji_bridge.errors import AxesError, CalibrationError, InputError, NotFiniteError, SigmaError
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


def test_bilateral_is_scikit_images_plane_by_plane() -> None:
    restoration = pytest.importorskip("skimage.restoration", reason="needs scikit-image")
    data = np.random.default_rng(2).uniform(100, 200, (3, 24, 25))
    found = bilateral(data, radius="0.9 um", contrast=20, voxel_size=STACK, border="nearest")
    for plane, given in zip(found, data, strict=True):
        expected = restoration.denoise_bilateral(
            given - given.min(), sigma_color=20, sigma_spatial=2, mode="edge"
        )
        np.testing.assert_allclose(plane, expected + given.min(), atol=1e-9)


def test_bilateral_keeps_edges_and_a_gaussian_does_not() -> None:
    pytest.importorskip("skimage", reason="needs scikit-image")
    rng = np.random.default_rng(3)
    data = np.full((40, 40), 1000.0)
    data[:, 20:] = 3000
    noisy = (data + rng.normal(0, 50, data.shape)).astype(np.uint16)
    smooth = bilateral(noisy, radius="2 px", contrast=200, border="nearest")
    assert smooth.dtype == np.uint16
    flat = (slice(5, -5), slice(5, 15))
    assert smooth[flat].std() < 0.4 * noisy[flat].std()
    step = smooth[:, 20].astype(float) - smooth[:, 19]
    assert step.mean() > 1900
    blurred = fiji_bridge.gaussian(noisy, sigma="2 px", engine="scipy").astype(float)
    assert (blurred[:, 20] - blurred[:, 19]).mean() < 500


def test_channels_and_negative_values() -> None:
    pytest.importorskip("skimage", reason="needs scikit-image")
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
    pytest.importorskip("skimage", reason="needs scikit-image")
    with pytest.raises(SigmaError, match="square pixels"):
        bilateral(plain, radius="1 um", contrast=1, voxel_size="2 0.4 0.5 um")
    with pytest.raises(InputError, match="contrast must be"):
        bilateral(plain, radius="1 px", contrast=0)
    with pytest.raises(AxesError, match="no axis y"):
        bilateral(np.zeros(9), radius="1 px", contrast=1)


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
