"""Derivative kernels that belong to a smoothing kernel."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import SigmaError
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.band_limited import SAMPLED_FROM, fitted_taps


def gaussian_taps(
    kernel: str,
    sigma: float,
    order: int = 0,
    scale: float = 1.0,
    truncate: float = kernels.TRUNCATE,
) -> NDArray[np.float64]:
    """Return a Gaussian kernel by name that also takes a derivative.

    Parameters
    ----------
    kernel : str
    sigma : float
        Standard deviation in pixels; 0 is the identity.
    order : int
        Of the derivative per sample distance; 0 gives the smoothing kernel itself.
    scale : float
        What all taps are multiplied by.
    truncate : float
        Where kernel ``"scipy"`` ends, in σ.

    Returns
    -------
    ndarray of float64, shape (2R + 1,)
        For a convolution, centre in the middle; symmetric for even orders and antisymmetric for
        odd ones, bit for bit. The taps of a derivative sum to exactly 0, in whatever order they
        are added.

    Raises
    ------
    SigmaError
        If the kernel has too few taps for the order.

    Notes
    -----
    A polynomial of degree `order` gives exactly its derivative, whatever the kernel. Right for
    other structures too is ``"band-limited"``: below 1 px it is fitted to the transfer function
    (`fiji_bridge.kernels.band_limited.fitted_taps`), above it is `derivative_taps` of the sampled
    Gaussian.
    """
    if order == 0:
        return kernels.full(kernels.gaussian_half(kernel, sigma, truncate)) * scale
    if kernel == "band-limited" and 0 < sigma < SAMPLED_FROM:
        return _balanced(fitted_taps(sigma, order) * scale)
    half = kernels.gaussian_half(kernel, sigma, truncate)
    return _balanced(derivative_taps(half, order) * scale)


def _balanced(taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return taps that sum to exactly 0: multiples of one power of two, the centre corrected.

    No partial sum then has more than 53 bits.
    """
    size = float(np.abs(taps).sum())
    if size == 0:
        return taps
    unit = math.ldexp(1.0, math.frexp(size)[1] - 52)
    found: NDArray[np.float64] = np.rint(taps / unit) * unit
    found[len(found) // 2] -= found.sum()
    return found


def derivative_taps(half: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Return the kernel that smooths with `half` and takes a derivative, per sample distance.

    Parameters
    ----------
    half : ndarray of float64, shape (L,)
        Half of a symmetric smoothing kernel, ``half[0]`` in the centre, of sum 1.
    order : int
        0 gives the smoothing kernel itself.

    Returns
    -------
    ndarray of float64, shape (2L − 1,)
        For a convolution, centre in the middle. A polynomial of degree `order` gives exactly
        its derivative, one of lower degree exactly 0, whatever the kernel is: also where
        Gauss3 is narrower than its σ, and for a few taps only (of three taps, orders 1 and 2
        are the central differences).

    Raises
    ------
    SigmaError
        If the kernel has too few taps for the order.

    Notes
    -----
    The taps are ``(−1)ⁿ n! pₙ(x) k(x) / Σ pₙ² k``, pₙ the polynomials that are orthogonal with
    the weight k (P. Meer & I. Weiss, "Smoothed differentiation filters for images", J. Visual
    Communication and Image Representation 3 (1992) 58–72). For a Gaussian these are the Hermite
    polynomials, and the taps those of ``scipy.ndimage.gaussian_filter1d(order=n)``.
    """
    weights = kernels.full(half)
    if order == 0:
        return weights
    taps_there = np.count_nonzero(weights)
    if order >= taps_there:
        raise SigmaError(
            f"a derivative of order {order} needs a kernel of more than {order} taps, this one has "
            f"{taps_there}: take a larger sigma, or kernel 'band-limited'"
        )
    radius = len(half) - 1
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    # Three-term recurrence of monic polynomials; the weight is even, so it has two terms.
    before, now = np.zeros_like(x), np.ones_like(x)
    norm_before, norm = 1.0, float(weights.sum())
    for degree in range(order):
        coefficient = norm / norm_before if degree else 0.0
        before, now = now, x * now - coefficient * before
        norm_before, norm = norm, float(np.sum(weights * now * now))
    sign = -1.0 if order % 2 else 1.0
    taps: NDArray[np.float64] = sign * math.factorial(order) / norm * now * weights
    return taps
