"""Kernels against the real Gauss3's, and against what theory says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from fiji_bridge.errors import InputError, SigmaError
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.band_limited import SAMPLED_FROM
from golden_cases import FOLDER

SIGMAS = st.floats(0.01, 60, allow_nan=False)


def test_gauss3_equals_the_real_one() -> None:
    with np.load(FOLDER / "kernels.npz") as golden:
        for sigma in golden["sigmas"]:
            expected = golden[f"half|{float(sigma)}"]
            found = kernels.gauss3_half(float(sigma))
            # The real kernel of sigma 0 is (1, 0); here it is the identity, (1).
            expected = expected[: len(found)]
            assert found.shape == expected.shape
            assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("kernel", kernels.KERNELS)
@given(sigma=SIGMAS)
def test_normalised_positive_and_falling(kernel: str, sigma: float) -> None:
    half = kernels.gaussian_half(kernel, sigma)
    # n roundings of 1e-16 in a sum of n terms near 1.
    assert half[0] + 2 * half[1:].sum() == pytest.approx(1, abs=1e-15 * len(half))
    if kernel == "band-limited" and sigma < SAMPLED_FROM:
        # Band-limitation costs negative lobes, at most 2.6 % of the centre.
        assert half.min() > -0.026 * half[0]
        return
    assert (half >= 0).all()
    assert (np.diff(half) <= 0).all()


@pytest.mark.parametrize("truncate", [1.5, 3.0, 4.0, 6.0])
@pytest.mark.parametrize("sigma", [0.1, 0.3, 0.5, 1.0, 2.2222, 4.44, 20.0, 333.3])
def test_scipy_is_the_kernel_of_gaussian_filter(sigma: float, truncate: float) -> None:
    radius = int(truncate * sigma + 0.5)
    impulse = np.zeros(2 * radius + 1)
    impulse[radius] = 1
    theirs = gaussian_filter1d(impulse, sigma, truncate=truncate, mode="constant")
    ours = kernels.full(kernels.gaussian_half("scipy", sigma, truncate))
    # Sums of up to 4000 taps, added in another order.
    np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=0)


@pytest.mark.parametrize("truncate", [0.0, -1.0, math.nan, math.inf, 1e4])
def test_senseless_truncation_is_refused(truncate: float) -> None:
    with pytest.raises(InputError, match="truncate must be above 0"):
        kernels.gaussian_half("scipy", 1.0, truncate)


def test_truncation_goes_with_scipy_only() -> None:
    with pytest.raises(InputError, match="goes with kernel='scipy'"):
        kernels.gaussian_half("gauss3", 1.0, 3.0)


@pytest.mark.parametrize("sigma", [29999.0, 30000.0, 32769.0, 40000.0, 1e6])
def test_discrete_is_finite_where_bessel_functions_are_not(sigma: float) -> None:
    """SciPy's ive(n, t) is NaN from t = 2^30 on: the blur was NaN everywhere."""
    half = kernels.discrete_half(sigma)
    assert np.isfinite(half).all()
    assert kernels.effective_sigma(half) == pytest.approx(sigma, rel=1e-9)
    peak = 1 / (math.sqrt(2 * math.pi) * sigma)
    assert half[0] == pytest.approx(peak, rel=1e-9)


@given(sigma=SIGMAS)
def test_half_kernel_length_of_gauss3(sigma: float) -> None:
    assert len(kernels.gauss3_half(sigma)) == max(2, int(3 * sigma + 0.5) + 1)


@given(sigma=SIGMAS)
def test_discrete_gaussian_has_the_second_moment_asked_for(sigma: float) -> None:
    half = kernels.discrete_half(sigma)
    # Cutting off 1e-12 · min(1, σ²) of the mass at some 7 sigma costs 5e-11 of the variance.
    assert kernels.effective_sigma(half) == pytest.approx(sigma, rel=1e-9)


@given(a=st.floats(0.1, 8), b=st.floats(0.1, 8))
def test_discrete_gaussian_composes_exactly(a: float, b: float) -> None:
    both = np.convolve(*(kernels.full(kernels.discrete_half(s)) for s in (a, b)))
    once = kernels.full(kernels.discrete_half(math.hypot(a, b)))
    margin = (len(both) - len(once)) // 2
    once = np.pad(once, margin) if margin >= 0 else once[-margin:margin]
    # 1e-12 of the mass is cut off each kernel.
    assert np.abs(both - once).max() < 5e-12


def test_sampled_kernel_does_not_compose() -> None:
    """What must not be claimed of gauss3: 1.7e-3 of the peak at (1, 1), 0.14 at (0.5, 0.5)."""
    for sigma, error in ((1.0, 1.7e-3), (0.5, 0.14)):
        one = kernels.full(kernels.gauss3_half(sigma))
        both = np.convolve(one, one)
        once = kernels.full(kernels.gauss3_half(sigma * math.sqrt(2)))
        margin = (len(both) - len(once)) // 2
        found = np.abs(both - np.pad(once, margin)).max() / once.max()
        assert found == pytest.approx(error, rel=0.05)


def test_effective_variances_add_exactly_for_every_kernel() -> None:
    for kernel in kernels.KERNELS:
        a, b = (kernels.gaussian_half(kernel, s) for s in (0.7, 2.3))
        both = np.convolve(kernels.full(a), kernels.full(b))
        half = both[len(both) // 2 :]
        expected = math.hypot(kernels.effective_sigma(a), kernels.effective_sigma(b))
        assert kernels.effective_sigma(half) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("sigma", "percent"),
    [(0.3, -70.8), (0.5, -7.3), (1, -0.2), (2, -0.6), (4.44, -2.25), (20, -3.0)],
)
def test_width_table_of_gauss3(sigma: float, percent: float) -> None:
    """The measured widths of the sampled kernel, to the digits given there."""
    found = 100 * (kernels.effective_sigma(kernels.gauss3_half(sigma)) / sigma - 1)
    assert found == pytest.approx(percent, abs=0.06)


@pytest.mark.parametrize(("sigma", "percent"), [(10.4, -2.811), (46.5, -3.20), (1000, -3.50)])
def test_gauss3_is_up_to_three_and_a_half_percent_too_narrow(sigma: float, percent: float) -> None:
    found = 100 * (kernels.effective_sigma(kernels.gauss3_half(sigma)) / sigma - 1)
    assert found == pytest.approx(percent, abs=0.006)


def test_peak_difference_from_scipy_is_as_published() -> None:
    """Another truncation and no tail: 2e-3 of the peak at sigma 2."""
    impulse = np.zeros(101)
    impulse[50] = 1
    ours = np.convolve(impulse, kernels.full(kernels.gauss3_half(2)), "same")
    theirs = gaussian_filter1d(impulse, 2)
    assert np.abs(ours - theirs).max() / theirs.max() == pytest.approx(2e-3, rel=0.6)


@pytest.mark.parametrize("sigma", [math.nan, math.inf, -1.0, 1e9])
@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_senseless_sigma_is_refused(kernel: str, sigma: float) -> None:
    with pytest.raises(SigmaError, match="between 0 and 1e"):
        kernels.gaussian_half(kernel, sigma)


def test_unknown_kernel_is_refused() -> None:
    with pytest.raises(InputError, match="'box'; use one of gauss3, band-limited, scipy, discrete"):
        kernels.gaussian_half("box", 1)


@pytest.mark.parametrize("kernel", kernels.KERNELS)
def test_sigma_zero_is_the_identity(kernel: str) -> None:
    assert kernels.gaussian_half(kernel, 0).tolist() == [1.0]


def test_gauss3_is_up_to_3_5_percent_narrow_and_1_9_at_5_pixels() -> None:
    def off(sigma: float) -> float:
        return kernels.effective_sigma(kernels.gauss3_half(sigma)) / sigma - 1

    assert off(5) == pytest.approx(-0.019, abs=5e-4)
    assert off(46.5) == pytest.approx(-0.032, abs=5e-4)
    worst = min(off(float(sigma)) for sigma in np.geomspace(1, 1e4, 60))
    assert worst == pytest.approx(-0.035, abs=5e-4)
