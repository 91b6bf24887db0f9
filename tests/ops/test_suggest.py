"""Measuring the blur of an image, and the sigmas that are proposed."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import fiji_bridge
from fiji_bridge import CalibratedImage
from fiji_bridge.api_analysis import suggest
from fiji_bridge.calibration import from_voxel_size
from fiji_bridge.errors import CalibrationError, InputError, SigmaError
from fiji_bridge.lengths import FWHM_PER_SIGMA

Program = Callable[..., subprocess.CompletedProcess[str]]
VOXELS = (0.5, 0.2, 0.2)
SHAPE = (40, 128, 128)
# The accuracy that is promised.
FIVE_PERCENT = 0.05


def image_of(
    data: NDArray[np.float64], voxels: tuple[float, float, float] = VOXELS
) -> CalibratedImage:
    return CalibratedImage(data, ("z", "y", "x"), from_voxel_size(voxels, "um"), name="synthetic")


def beads(
    sigma_um: tuple[float, float, float],
    voxels: tuple[float, float, float] = VOXELS,
    noise: float = 2,
) -> CalibratedImage:
    """Points 100 high between the samples, blurred by a true Gaussian; background and noise."""
    rng = np.random.default_rng(11)
    grid = np.meshgrid(*(np.arange(n) * v for n, v in zip(SHAPE, voxels, strict=True)),
                       indexing="ij")  # fmt: skip
    data = 10 + rng.normal(0, noise, SHAPE)
    size = [n * v for n, v in zip(SHAPE, voxels, strict=True)]
    for number in range(12):
        # One to each cell of a 3 × 4 grid in y and x, so that they do not overlap.
        place = (
            rng.uniform(0.4, 0.6) * size[0],
            (number // 4 + rng.uniform(0.4, 0.6)) * size[1] / 3,
            (number % 4 + rng.uniform(0.4, 0.6)) * size[2] / 4,
        )
        exponent = sum(((g - p) / s) ** 2 for g, p, s in zip(grid, place, sigma_um, strict=True))
        data += 100 * np.exp(-0.5 * exponent)
    return image_of(data, voxels)


def texture(
    sigma_um: tuple[float, float, float],
    noise: float = 0.2,
    voxels: tuple[float, float, float] = VOXELS,
) -> CalibratedImage:
    """Structures far below a voxel everywhere: white noise, blurred exactly in Fourier space."""
    rng = np.random.default_rng(12)
    spectrum = np.fft.fftn(rng.normal(size=SHAPE))
    for axis, (sigma, voxel) in enumerate(zip(sigma_um, voxels, strict=True)):
        frequency = np.fft.fftfreq(SHAPE[axis], voxel)
        shape = [1, 1, 1]
        shape[axis] = -1
        spectrum *= np.exp(-2 * (np.pi * sigma * frequency) ** 2).reshape(shape)
    data = np.fft.ifftn(spectrum).real
    return image_of(data / data.std() + rng.normal(0, noise, SHAPE), voxels)


@pytest.mark.parametrize("ratio", [1.0, 2.5, 4.4, 8.0])
@pytest.mark.parametrize("sigma_px", [(1.0, 1.0, 1.0), (0.7, 1.5, 2.5), (2.0, 2.0, 3.0)])
def test_five_percent_whatever_the_voxels_and_the_noise(
    ratio: float, sigma_px: tuple[float, float, float]
) -> None:
    voxels = (0.2 * ratio, 0.2, 0.2)
    z, y, x = (s * v for s, v in zip(sigma_px, voxels, strict=True))
    # Noise in parts of a bead's height, and of the standard deviation of the texture.
    made = [(beads((z, y, x), voxels, 100 * noise), True) for noise in (0.005, 0.02, 0.05)]
    made += [(texture((z, y, x), noise, voxels), False) for noise in (0.0, 0.2, 1.0)]
    for image, as_beads in made:
        report = suggest(image, beads=as_beads)
        for axis, sigma in zip(report.axes, (z, y, x), strict=True):
            assert axis.measured
            assert axis.sigma == pytest.approx(sigma, rel=FIVE_PERCENT)


@pytest.mark.parametrize(
    "sigma_um", [(0.5, 0.2, 0.2), (0.8, 0.3, 0.4), (1.5, 0.9, 0.5), (0.3, 0.14, 0.14)]
)
def test_beads_of_known_blur(sigma_um: tuple[float, float, float]) -> None:
    report = suggest(beads(sigma_um), beads=True)
    assert report.unit == "µm"
    assert report.beads is not None
    assert report.beads >= 6
    for axis, sigma in zip(report.axes, sigma_um, strict=True):
        assert axis.sigma == pytest.approx(sigma, rel=FIVE_PERCENT)
        assert axis.fwhm == pytest.approx(FWHM_PER_SIGMA * axis.sigma)
        # The stated error is neither nothing nor wild.
        assert abs(axis.fwhm - FWHM_PER_SIGMA * sigma) < max(6 * axis.error, 0.02 * axis.fwhm)
    assert report.anisotropy == pytest.approx(max(sigma_um) / min(sigma_um), rel=2 * FIVE_PERCENT)


@pytest.mark.parametrize("sigma_um", [(0.5, 0.2, 0.2), (0.8, 0.3, 0.4), (0.9, 0.6, 0.4)])
def test_texture_of_known_blur(sigma_um: tuple[float, float, float]) -> None:
    report = suggest(texture(sigma_um))
    for axis, sigma in zip(report.axes, sigma_um, strict=True):
        assert axis.sigma == pytest.approx(sigma, rel=FIVE_PERCENT)


def test_noise_is_not_taken_for_sharpness() -> None:
    quiet, loud = (suggest(texture((0.8, 0.3, 0.4), noise=n)) for n in (0.0, 0.7))
    for a, b in zip(quiet.axes, loud.axes, strict=True):
        assert b.sigma == pytest.approx(a.sigma, rel=FIVE_PERCENT)


def test_quadrature_of_the_proposals() -> None:
    report = suggest(texture((0.8, 0.3, 0.4)))
    for axis in report.axes:
        assert math.hypot(axis.sigma, axis.add) == pytest.approx(report.target_sigma)
        assert axis.add_px == pytest.approx(axis.add / axis.voxel_size)
    smallest = min(axis.sigma for axis in report.axes)
    assert math.hypot(smallest, report.denoise_sigma) == pytest.approx(1.1 * smallest)
    wider = suggest(texture((0.8, 0.3, 0.4)), target="1.2 um")
    assert all(math.hypot(a.sigma, a.add) == pytest.approx(1.2) for a in wider.axes)


@pytest.mark.parametrize("match", ["isotropic", "isotropic-beads"])
def test_match_makes_the_final_blur_the_same_in_every_direction(engine: str, match: str) -> None:
    make = beads if match == "isotropic-beads" else texture
    before = make((0.9, 0.3, 0.4))
    after = fiji_bridge.gaussian(before, match=match, kernel="discrete", engine=engine)
    report = suggest(after, beads=match == "isotropic-beads")
    sigmas = [axis.sigma for axis in report.axes]
    assert max(sigmas) / min(sigmas) < 1 + 2 * FIVE_PERCENT
    assert sigmas == pytest.approx([0.9] * 3, rel=2 * FIVE_PERCENT)
    said = after.provenance[-1]
    assert said["match"] == match
    assert said["measured"]["axes"][0]["axis"] == "z"
    wide = fiji_bridge.gaussian(before, match=match, sigma="1.3 um", engine=engine)
    assert wide.provenance[-1]["plan"]["axes"][0]["requested"] == pytest.approx(
        math.sqrt(1.3**2 - 0.9**2), rel=2 * FIVE_PERCENT
    )


def test_blur_below_a_voxel_is_bounded_not_invented() -> None:
    data = np.random.default_rng(13).normal(size=(20, 64, 64))
    blurred = fiji_bridge.gaussian(data, sigma=(0, 2, 2), voxel_size=1, engine="scipy")
    report = suggest(image_of(np.asarray(blurred)))
    z = report.axes[0]
    assert not z.measured
    assert z.samples_per_fwhm == pytest.approx(1)
    assert any("axis z: the blur is too small" in note for note in report.notes)
    with pytest.raises(InputError, match="cannot be measured"):
        suggest(image_of(data))


def test_undersampling_is_said() -> None:
    report = suggest(texture((0.35, 0.3, 0.3)))
    assert report.axes[0].samples_per_fwhm < 2
    assert any("axis z" in note and "Nyquist" in note for note in report.notes)


def test_the_real_beads_both_ways(bead: Path) -> None:
    image = fiji_bridge.read(bead)
    fitted, correlated = suggest(image, beads=True), suggest(image)
    # Four beads can be seen in the projections.
    assert fitted.beads == 4
    for a, b in zip(fitted.axes, correlated.axes, strict=True):
        # Two independent methods; the point-spread function is not quite a Gaussian.
        assert b.fwhm == pytest.approx(a.fwhm, rel=0.08)
    z, y, x = (axis.fwhm for axis in fitted.axes)
    assert z > 2 * y > 2 * x
    after = suggest(
        fiji_bridge.gaussian(image, match="isotropic-beads", engine="scipy"), beads=True
    )
    # Across, the beads get the width that was aimed at. Along z they get wider than they were,
    # which a Gaussian would not: out-of-focus light lies beside the focus, and is blurred into it.
    for axis in after.axes[1:]:
        assert axis.sigma == pytest.approx(fitted.target_sigma, rel=FIVE_PERCENT)
    assert fitted.anisotropy > 3.3
    assert after.anisotropy < 1.6


def test_planes_channels_and_pixels() -> None:
    plane = texture((0.8, 0.3, 0.4)).data[0]
    stack = np.stack([np.zeros_like(plane), plane])
    report = suggest(stack, axes="cyx", voxel_size=1, channel=1)
    assert [axis.axis for axis in report.axes] == ["y", "x"]
    assert report.unit == ""
    assert report.axes[0].sigma == pytest.approx(1.5, rel=0.1)
    blurred = fiji_bridge.gaussian(plane, match="isotropic", voxel_size=1, engine="scipy")
    assert blurred.shape == plane.shape


def test_what_makes_no_sense_is_refused() -> None:
    image = texture((0.8, 0.3, 0.4))
    with pytest.raises(SigmaError, match=r"axis z has .* already"):
        suggest(image, target="0.5 um")
    with pytest.raises(InputError, match="channel must be from 0 to 1"):
        suggest(np.zeros((2, 9, 9)), axes="cyx", voxel_size=1, channel=2)
    with pytest.raises(CalibrationError, match="to measure in pixels"):
        suggest(image.data)
    with pytest.raises(InputError, match="NaN or infinite"):
        suggest(image.data * np.nan, voxel_size=1)
    with pytest.raises(InputError, match="no bead"):
        suggest(np.zeros((9, 9)), voxel_size=1, beads=True)
    with pytest.raises(InputError, match="match must be one of"):
        fiji_bridge.gaussian(image, match="round", engine="scipy")
    with pytest.raises(InputError, match="not as fwhm"):
        fiji_bridge.gaussian(image, match="isotropic", fwhm=1, engine="scipy")


def test_from_the_command_line(program: Program, bead: Path, tmp_path: Path) -> None:
    found = program("suggest", bead, "--beads", "--json")
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["beads"] == 4
    wanted = program("suggest", bead, "--target", "2 um", "--json")
    assert json.loads(wanted.stdout)["target_sigma"] == 2
    said = program("suggest", bead, "--beads").stdout
    assert "for the same final blur in every direction" in said
    done = program(
        "gaussian", bead, tmp_path / "o.tif", "--match", "isotropic-beads", "--engine", "scipy"
    )
    assert done.returncode == 0, done.stderr
    direct = fiji_bridge.gaussian(fiji_bridge.read(bead), match="isotropic-beads", engine="scipy")
    np.testing.assert_array_equal(fiji_bridge.read(tmp_path / "o.tif").data, direct.data)
