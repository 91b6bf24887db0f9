"""The band-limited kernel is the ideal blur of a bead, whichever engine convolves."""

from __future__ import annotations

import math

import numpy as np
import pytest

import fiji_bridge


@pytest.mark.parametrize("sigma", [0.3, 0.5, 0.8, 1.0, 2.5, 12.0, 40.0, 100.0])
def test_a_bead_is_blurred_as_it_should_be(engine: str, sigma: float) -> None:
    total = math.hypot(1.0, sigma)
    reach = int(6 * total) + 20
    x = np.arange(-reach, reach + 1) - 0.3
    line = np.exp(-x * x / 2)[None, :]
    found = np.asarray(
        fiji_bridge.gaussian(
            line, sigma=(0, sigma), voxel_size=(1, 1), kernel="band-limited", engine=engine
        )
    )[0]
    ideal = np.exp(-x * x / (2 * total**2)) / total
    # 0.1 % of the peak is the aim; 0.025 % is the aliasing of the bead itself.
    assert np.abs(found - ideal).max() < 3e-4 * ideal.max()
    mean = (x * found).sum() / found.sum()
    variance = ((x - mean) ** 2 * found).sum() / found.sum() - 1
    assert math.sqrt(variance) == pytest.approx(sigma, rel=5e-3)


@pytest.mark.parametrize("sigma", [0.5, 1.5, 4.44])
@pytest.mark.parametrize("truncate", [3.0, 4.0])
def test_kernel_scipy_gives_the_numbers_of_gaussian_filter(
    engine: str, sigma: float, truncate: float
) -> None:
    from scipy.ndimage import gaussian_filter

    image = np.random.default_rng(3).random((12, 40, 41))
    found = fiji_bridge.gaussian(
        image, sigma=sigma, voxel_size=(1, 1, 1), kernel="scipy", truncate=truncate, engine=engine
    )
    # float64 sums in another order.
    np.testing.assert_allclose(found, gaussian_filter(image, sigma, truncate=truncate), atol=1e-13)
