"""Derivative kernels that belong to a smoothing kernel."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import kernels
from fiji_bridge.errors import SigmaError


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
            f"{taps_there}: take a larger sigma, or kernel 'discrete'"
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
    taps: NDArray[np.float64] = (-1) ** order * math.factorial(order) / norm * now * weights
    return taps
