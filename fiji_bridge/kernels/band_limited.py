"""The kernel that is the physical blur by every measure: the band-limited Gaussian."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import SigmaError

#: From this σ on, in pixels, a sampled Gaussian is as near: exp(−σ²π²/2) is 0.007, and it has no
#: negative lobes.
SAMPLED_FROM = 1.0
#: Where a sampled one ends, in σ: beyond lies 6e-7 of a Gaussian, 1e-5 of its second moment.
SAMPLED_REACH = 5.0

# Samples to each side below `SAMPLED_FROM`. The transfer function has a kink at the Nyquist
# frequency, which so many cosines meet within 1 % (8: 2 %, 24: 0.6 %).
_REACH = 16
# Frequencies at which the fit is made, in the middle of equal steps from 0 to π.
_FREQUENCIES = 256
# What errors weigh at the Nyquist frequency, where 1 is what they weigh at 0: an image that is
# sampled as finely as it should be has little there.
_LEAST_WEIGHT = 0.01


def band_limited_half(sigma: float) -> NDArray[np.float64]:
    """Return the half-kernel of the band-limited Gaussian.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, finite, above 0.

    Returns
    -------
    ndarray of float64, shape (L,)
        ``k[0]`` is the centre, the full kernel sums to 1. L is 17 below σ = 1 px, and
        ⌈5σ⌉ + 1 from there on.

    Notes
    -----
    Below 1 px `fitted_taps`. From there on the sampled Gaussian, whose transfer function is
    exp(−σ²ω²/2) to 0.007 at 1 px, 8e-4 at 1.2 px, 1e-6 from 2 px on.
    """
    if sigma < SAMPLED_FROM:
        return fitted_taps(sigma, 0)[_REACH:]
    return sampled_half(sigma, math.ceil(SAMPLED_REACH * sigma))


def fitted_taps(sigma: float, order: int) -> NDArray[np.float64]:
    """Return the kernel of 33 taps nearest to a Gaussian and its derivative, by frequency.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, finite, above 0.
    order : int
        Of the derivative per sample distance; 0 is the Gaussian itself.

    Returns
    -------
    ndarray of float64, shape (33,)
        For a convolution, centre in the middle; symmetric or antisymmetric bit for bit.

    Raises
    ------
    SigmaError
        If the order is more than so many taps can have.

    Notes
    -----
    Of all kernels of 33 taps that give the derivative of a polynomial of degree `order` exactly
    (for order 0: whose sum is 1 and whose second moment is σ²), the one whose transfer function is
    nearest to (iω)ⁿ exp(−σ²ω²/2) on 0…π: the weighted least-squares design of a linear-phase
    filter (T. W. Parks & C. S. Burrus, "Digital Filter Design", 1987, ch. 3). With x = cos ω the
    transfer function is a polynomial in x, times sin ω for odd orders. It is written as what must
    hold at ω = 0 plus a series of polynomials that are orthogonal on the frequencies of the fit
    (G. E. Forsythe, J. SIAM 5 (1957) 74–88), so that no equations are solved.
    """
    t, odd = sigma * sigma, order % 2
    terms = _REACH - order // 2 - odd - (1 if order == 0 else 0)
    if terms < 1:
        raise SigmaError(f"a derivative of order {order} is more than the kernel's taps can take")
    omega = [(j + 0.5) * math.pi / _FREQUENCIES for j in range(_FREQUENCIES)]
    # The scalar functions: they round as Java's do in all but rare last bits.
    x = np.array([math.cos(w) for w in omega])
    wave = np.array([math.sin(w) if odd else 1.0 for w in omega])
    wanted = np.array([math.exp(-t * w * w / 2) for w in omega])
    for _ in range(order):
        wanted = wanted * np.array(omega)
    lead = wave
    for _ in range(order // 2):
        lead = lead * (2 * (1 - x))
    fit = lead if order else 1 - t * (1 - x)
    free = lead * (1 - x) if order else (1 - x) * (1 - x)
    weight = ((1 + x) / 2) * ((1 + x) / 2) + _LEAST_WEIGHT
    rest = weight * free * (wanted - fit)
    weight = weight * free * free
    before, now = np.zeros_like(x), np.ones_like(x)
    norm_before = 1.0
    for degree in range(terms):
        norm = float(np.sum(weight * now * now))
        fit = fit + float(np.sum(rest * now)) / norm * free * now
        centre = float(np.sum(weight * x * now * now)) / norm
        before, now = now, (x - centre) * now - (norm / norm_before if degree else 0.0) * before
        norm_before = norm
    half = np.zeros(_REACH + 1)
    for n in range(_REACH + 1):
        waves = [math.sin(n * w) if odd else math.cos(n * w) for w in omega]
        half[n] = float(np.sum(fit * np.array(waves))) / _FREQUENCIES
    if (order + 1) // 2 % 2:
        half = -half
    return np.concatenate([-half[:0:-1] if odd else half[:0:-1], half])


def sampled_half(sigma: float, reach: int) -> NDArray[np.float64]:
    """Return the half-kernel exp(−x²/2σ²), x = 0 … `reach`, of sum 1."""
    if reach == 0:
        return np.ones(1)
    x = np.arange(reach + 1, dtype=np.float64)
    half: NDArray[np.float64] = np.exp(-0.5 / (sigma * sigma) * (x * x))
    half /= half[0] + 2 * half[1:].sum()
    return half
