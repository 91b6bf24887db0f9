"""Difference of Gaussians and unsharp mask."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import fiji_bridge
from fiji_bridge import difference_of_gaussians, laplacian, unsharp_mask
from fiji_bridge.errors import NotFiniteError, SigmaError
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.derivative import gaussian_taps

STACK = "2 0.45 0.45 um"


def blurred(data: NDArray[np.float64], sigma_um: float) -> NDArray[np.float64]:
    """SciPy's correlate1d with the exact Gauss3 kernel."""
    for axis, voxel in enumerate((2.0, 0.45, 0.45)):
        taps = kernels.full(kernels.gauss3_half(sigma_um / voxel))
        data = ndimage.correlate1d(data, taps, axis)
    return data


def test_difference_is_that_of_two_exact_blurs(volume: NDArray[np.float64], engine: str) -> None:
    found = difference_of_gaussians(
        volume, sigma="1 um", ratio=2, voxel_size=STACK, kernel="gauss3", engine=engine
    )
    expected = blurred(volume, 1.0) - blurred(volume, 2.0)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(volume).max())


def test_normalised_difference_is_nearly_minus_the_normalised_laplacian() -> None:
    blob = np.zeros((41, 41, 41))
    blob[20, 20, 20] = 1
    options = {"sigma": 3, "voxel_size": 1, "kernel": "discrete", "engine": "scipy"}
    dog = difference_of_gaussians(blob, ratio=1.02, normalized=True, **options)
    log = laplacian(blob, normalized=True, **options)
    # G(k sigma) - G(sigma) = (k^2 - 1) sigma^2 / 2 * Laplacian at a sigma between the two: the
    # peak goes with sigma^-3, so 2 % of sigma are up to 5 %.
    np.testing.assert_allclose(dog, -log, atol=0.05 * np.abs(log).max())


def test_nan_is_left_out_of_both_blurs(engine: str) -> None:
    data = np.full((6, 12, 12), 5.0)
    data[3, 6, 6] = np.nan
    found = difference_of_gaussians(
        data, sigma="1 um", voxel_size=STACK, nan="ignore", kernel="scipy", engine=engine
    )
    # The mean of fives is five in both.
    np.testing.assert_allclose(found, 0, atol=1e-12)


@pytest.mark.parametrize("ratio", [1, 0.5, float("nan"), float("inf")])
def test_senseless_ratio(ratio: float) -> None:
    with pytest.raises(SigmaError, match="ratio"):
        difference_of_gaussians(np.ones((4, 4)), sigma=1, ratio=ratio, voxel_size=1)


def test_unsharp_mask_follows_its_formula(volume: NDArray[np.float64], engine: str) -> None:
    found = unsharp_mask(volume, sigma="1 um", amount=1.5, voxel_size=STACK, engine=engine)
    expected = volume + 1.5 * (volume - blurred(volume, 1.0))
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(volume).max())


def test_unsharp_mask_rounds_once_and_saturates(engine: str) -> None:
    data = np.zeros((5, 20, 20), np.uint8)
    data[:, :, 10:] = 250
    found = unsharp_mask(data, sigma="1 um", voxel_size=STACK, engine=engine)
    assert found.dtype == np.uint8
    exact = data + (data - blurred(data.astype(float), 1.0))
    # float32 sums may fall to the other side of a half.
    assert np.abs(found - np.clip(exact, 0, 255)).max() <= 0.5 + 1e-4
    assert found.max() == 255
    assert found[2, 10, 9] == 0


def test_unsharp_mask_of_nothing_is_the_image(engine: str) -> None:
    data = np.random.default_rng(0).integers(0, 60000, (4, 9, 9)).astype(np.uint16)
    same = unsharp_mask(data, sigma="1 um", amount=0, voxel_size=STACK, engine=engine)
    np.testing.assert_array_equal(same, data)


@pytest.mark.parametrize("engine", ["scipy", pytest.param("fused", marks=pytest.mark.jvm)])
def test_unsharp_mask_stays_in_the_range_of_floats(engine: str) -> None:
    """Twice the sample, which is no float any more, is not needed on the way."""
    data = np.full((4, 9, 9), 2e38, np.float32)
    found = unsharp_mask(data, sigma="1 um", voxel_size=STACK, engine=engine)
    np.testing.assert_allclose(found, data, rtol=1e-6)


def test_unsharp_mask_refuses_nan() -> None:
    with pytest.raises(NotFiniteError):
        unsharp_mask(np.array([[np.nan, 1.0]]), sigma=1, voxel_size=1, engine="scipy")


def test_every_result_says_how_it_came_about() -> None:
    data = np.ones((4, 5, 6), np.float32)
    found = fiji_bridge.run("difference_of_gaussians", data, sigma=1, voxel_size=1, engine="scipy")
    said = found.provenance[-1]
    assert said["operation"] == "difference_of_gaussians"
    assert said["engine"] == "scipy"
    assert said["ratio"] == 1.6
    assert said["plan"]["axes"][0]["sigma_px"] == 1
    with pytest.raises(TypeError, match="sigmaa"):
        fiji_bridge.run("unsharp_mask", data, sigmaa=1, voxel_size=1, engine="scipy")


@pytest.mark.parametrize(("blob", "ratio"), [(1.0, 0.495), (3.0, 0.835), (20.0, 0.996)])
def test_normalised_difference_over_the_laplacian_is_what_is_said(
    blob: float, ratio: float
) -> None:
    """In the middle of a Gaussian blob of so many sigma, in three dimensions, with ratio 1.6."""
    sigma = 2.0
    size = blob * sigma
    # The blob is separable, so what both are in its middle follows from lines through it.
    reach = int(5 * size + 6 * 1.6 * sigma)
    x = np.arange(-reach, reach + 1.0)
    line = np.exp(-x * x / (2 * size**2))

    def middle(width: float, order: int = 0) -> float:
        taps = gaussian_taps("band-limited", width, order)
        return float(np.convolve(line, taps, "same")[reach])

    difference = (middle(sigma) ** 3 - middle(1.6 * sigma) ** 3) / ((1.6**2 - 1) / 2)
    minus_laplacian = -3 * sigma**2 * middle(sigma, 2) * middle(sigma) ** 2
    assert difference / minus_laplacian == pytest.approx(ratio, abs=2e-3)


def test_normalisation_is_exact_in_its_limit() -> None:
    """A ratio near 1: what is left goes with the ratio's distance from 1."""
    y, x = np.indices((61, 61)) - 30.0
    image = np.exp(-(y * y + x * x) / (2 * 3**2))
    options = {"sigma": 3, "voxel_size": (1, 1), "normalized": True, "engine": "scipy"}
    minus_laplacian = -laplacian(image, **options)[30, 30]
    errors = [
        float(difference_of_gaussians(image, ratio=1 + step, **options)[30, 30] / minus_laplacian)
        - 1
        for step in (0.02, 0.01, 0.005)
    ]
    assert abs(errors[-1]) < 0.01
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(2, rel=0.05)
