"""Gaussian kernels: Gauss3's own, and the discrete Gaussian of exact width.

``gauss3`` is the sampled Gaussian with a quadratic tail that ImgLib2's
``net.imglib2.algorithm.gauss3.Gauss3`` convolves with. ``discrete`` is
Lindeberg's discrete analogue of the Gaussian, whose variance is σ² exactly and
which composes exactly, at any σ, also far below one pixel.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError, SigmaError

KernelName = Literal["gauss3", "discrete"]
KERNELS: tuple[str, ...] = get_args(KernelName)

#: Larger sigmas (in pixels) are refused: no image has axes for them, and in
#: Gauss3's own code the radius overflows in silence.
MAX_SIGMA_PX = 1e6

# Mass that the discrete Gaussian may lose beyond its last tap, times min(1, σ²): costs its
# variance less than 1e-9 of itself, whatever σ is.
_DISCRETE_TAIL = 1e-12


def gauss3_half(sigma: float) -> NDArray[np.float64]:
    """Return the half-kernel of Gauss3.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, finite, not negative.

    Returns
    -------
    ndarray of float64, shape (L,)
        ``k[0]`` is the centre, ``k[0] + 2 * sum(k[1:]) == 1``; L = max(2, ⌊3σ + 0.5⌋ + 1).

    Notes
    -----
    The formula is that of ImgLib2's Gauss3 (imglib2-algorithm 0.18): a sampled
    Gaussian whose tail is replaced by ``slope · (L − x)²`` from the place where
    value and slope fit. The doubles are those of the real one.
    """
    _check(sigma)
    if sigma == 0:
        return np.ones(1)
    length = max(2, int(3 * sigma + 0.5) + 1)
    half = np.ones(length)
    for x in range(1, length):
        # math.exp, not numpy's: the scalar function rounds as Java's does in all but rare last
        # bits. Below a sigma of 1e-3 the neighbours hold less than exp(-5e5).
        half[x] = math.exp(-(x * x) / (2 * sigma * sigma)) if sigma > 1e-3 else 0.0
    slope = math.inf
    r = length - 1
    while r >= length // 2:
        candidate = half[r] / ((length - r) * (length - r))
        if candidate >= slope:
            r += 1
            break
        slope = candidate
        r -= 1
    for x in range(r + 1, length):
        half[x] = slope * ((length - x) * (length - x))
    # Added from the centre outwards and multiplied by the reciprocal: of the ways to write this
    # down, the one that gives the real kernel's doubles bit for bit.
    total = 0.5
    for tap in half[1:].tolist():
        total += tap
    half *= 1 / (2 * total)
    return half


def discrete_half(sigma: float) -> NDArray[np.float64]:
    """Return the half-kernel of the discrete Gaussian exp(−t) Iₙ(t), t = σ².

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, finite, not negative.

    Returns
    -------
    ndarray of float64, shape (L,)
        ``k[0]`` is the centre; the full kernel sums to 1 and has variance σ² to
        1e-9 (relative), because less than 1e-12 of the mass is cut off.

    Notes
    -----
    T. Lindeberg, "Scale-space for discrete signals", IEEE PAMI 12 (1990) 234–254.
    """
    from scipy.special import ive

    _check(sigma)
    if sigma == 0:
        return np.ones(1)
    t = sigma * sigma
    # 9 sigma leaves 2e-19 of a Gaussian; for small t the tail is Poisson-like: at least 24 taps.
    n = np.arange(int(9 * sigma) + 25, dtype=np.float64)
    half = np.asarray(ive(n, t), dtype=np.float64)
    # Sum of the taps from n on, both sides.
    beyond = 2 * np.cumsum(half[::-1])[::-1]
    keep = max(2, int(np.count_nonzero(beyond > _DISCRETE_TAIL * min(1.0, t))))
    half = half[:keep]
    half /= half[0] + 2 * half[1:].sum()
    return half


def gaussian_half(kernel: str, sigma: float) -> NDArray[np.float64]:
    """Return the half-kernel of a kernel by name; σ = 0 is the identity ``[1.0]``.

    Raises
    ------
    InputError
        For an unknown kernel.
    SigmaError
        For a σ that is NaN, infinite, negative or above 1e6 pixels.
    """
    if kernel == "gauss3":
        return gauss3_half(sigma)
    if kernel == "discrete":
        return discrete_half(sigma)
    raise InputError(f"unknown kernel {kernel!r}; use one of {', '.join(KERNELS)}")


def full(half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the whole kernel, shape (2L − 1,), of a half-kernel of shape (L,)."""
    return np.concatenate([half[:0:-1], half])


def radius(half: NDArray[np.float64]) -> int:
    """Return how many samples to each side the kernel reaches."""
    return len(half) - 1


def effective_sigma(half: NDArray[np.float64]) -> float:
    """Return the standard deviation of the kernel as it stands, in pixels.

    This is the square root of its second moment: what a blur with it adds in
    quadrature to the width of any feature, exactly.
    """
    n = np.arange(len(half), dtype=np.float64)
    return math.sqrt(2 * float(np.sum(n * n * half)))


def _check(sigma: float) -> None:
    if not math.isfinite(sigma) or sigma < 0 or sigma > MAX_SIGMA_PX:
        raise SigmaError(
            f"sigma must be between 0 and {MAX_SIGMA_PX:g} pixels; got {sigma!r} pixels"
        )
