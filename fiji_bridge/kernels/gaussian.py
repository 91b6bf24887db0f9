"""Gaussian kernels by name; `fiji_bridge.kernels.worth` measures what each is worth.

``gauss3`` is the sampled Gaussian with a quadratic tail that ImgLib2's
``net.imglib2.algorithm.gauss3.Gauss3`` convolves with. ``band-limited`` is the physical blur: its
transfer function is exp(−σ²ω²/2) up to the Nyquist frequency. ``scipy`` is the sampled Gaussian of
``scipy.ndimage.gaussian_filter``. ``discrete`` is Lindeberg's discrete analogue of the Gaussian:
its second moment is σ² and it composes exactly, at any σ; its FWHM falls short below 5 px.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError, SigmaError
from fiji_bridge.kernels.band_limited import band_limited_half, sampled_half

KernelName = Literal["gauss3", "band-limited", "scipy", "discrete"]
KERNELS: tuple[str, ...] = get_args(KernelName)

#: Larger sigmas (in pixels) are refused: no image has axes for them, and in
#: Gauss3's own code the radius overflows in silence.
MAX_SIGMA_PX = 1e6

#: Where SciPy's sampled Gaussian ends by default, in σ.
TRUNCATE = 4.0

# Mass that the discrete Gaussian may lose beyond its last tap, times min(1, σ²): costs its
# variance less than 1e-9 of itself, whatever σ is.
DISCRETE_TAIL = 1e-12
# From this sigma on (in pixels) SciPy's Bessel functions give NaN soon, and the discrete Gaussian
# is the sampled one to 1 / 8t, 2e-10; it is cut where as much is lost.
_DISCRETE_IS_SAMPLED = 30000.0
_DISCRETE_REACH = 7.2


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
    value and slope fit. The engines in Java make the doubles of the real one, bit for bit. Here
    the exponential function is the C library's: counted for σ = 0.01, 0.02, … 43.99 px (glibc
    2.36, OpenJDK 17, x86-64) 389 of 4399 kernels have a tap that differs, by 4 units in the last
    place at most. Another library or processor may count otherwise.
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
    if sigma >= _DISCRETE_IS_SAMPLED:
        return sampled_half(sigma, math.ceil(_DISCRETE_REACH * sigma))
    t = sigma * sigma
    # 9 sigma leaves 2e-19 of a Gaussian; for small t the tail is Poisson-like: at least 24 taps.
    n = np.arange(int(9 * sigma) + 25, dtype=np.float64)
    half = np.asarray(ive(n, t), dtype=np.float64)
    # Sum of the taps from n on, both sides.
    beyond = 2 * np.cumsum(half[::-1])[::-1]
    keep = max(2, int(np.count_nonzero(beyond > DISCRETE_TAIL * min(1.0, t))))
    half = half[:keep]
    half /= half[0] + 2 * half[1:].sum()
    return half


def scipy_half(sigma: float, truncate: float = TRUNCATE) -> NDArray[np.float64]:
    """Return the half-kernel of ``scipy.ndimage.gaussian_filter1d``, order 0.

    Parameters
    ----------
    sigma : float
        Standard deviation in pixels, finite, not negative.
    truncate : float
        The kernel ends at ⌊truncate · σ + 0.5⌋ samples.

    Returns
    -------
    ndarray of float64, shape (L,)
        ``k[0]`` is the centre; the full kernel sums to 1.

    Raises
    ------
    InputError
        For a `truncate` that is not finite, not above 0 or above 1000.
    """
    _check(sigma)
    check_truncate("scipy", truncate)
    if sigma == 0:
        return np.ones(1)
    return sampled_half(sigma, int(truncate * sigma + 0.5))


def check_truncate(kernel: str, truncate: float) -> None:
    """Refuse a senseless `truncate`, and one for a kernel that has none."""
    if not 0 < truncate <= 1000:
        raise InputError(f"truncate must be above 0 and at most 1000; got {truncate!r}")
    if kernel != "scipy" and truncate != TRUNCATE:
        raise InputError(f"truncate={truncate!r} goes with kernel='scipy'; the kernel is {kernel}")


def gaussian_half(kernel: str, sigma: float, truncate: float = TRUNCATE) -> NDArray[np.float64]:
    """Return the half-kernel of a kernel by name; σ = 0 is the identity ``[1.0]``.

    Parameters
    ----------
    kernel : str
    sigma : float
        Standard deviation in pixels.
    truncate : float
        Where kernel ``"scipy"`` ends, in σ.

    Raises
    ------
    InputError
        For an unknown kernel, or a `truncate` that does not go with it.
    SigmaError
        For a σ that is NaN, infinite, negative or above 1e6 pixels.
    """
    if kernel not in KERNELS:
        raise InputError(f"unknown kernel {kernel!r}; use one of {', '.join(KERNELS)}")
    check_truncate(kernel, truncate)
    if kernel == "gauss3":
        return gauss3_half(sigma)
    if kernel == "discrete":
        return discrete_half(sigma)
    if kernel == "scipy":
        return scipy_half(sigma, truncate)
    _check(sigma)
    return band_limited_half(sigma) if sigma > 0 else np.ones(1)


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
    # Rounding may leave less than nothing where sigma is below 1e-6.
    return math.sqrt(max(0.0, 2 * float(np.sum(n * n * half))))


def sigma_of_second_moment(kernel: str, wanted: float) -> float:
    """Return the σ at which a kernel's second moment is nearest to that of a Gaussian of `wanted`.

    Parameters
    ----------
    kernel : str
    wanted : float
        Standard deviation that the kernel is to have, in pixels.

    Returns
    -------
    float
        In pixels; `wanted` itself where the kernel keeps its σ. Gauss3's kernel gets longer by
        whole taps, and misses up to 0.4 % where that is a jump.
    """
    if wanted == 0 or kernel in ("discrete", "band-limited"):
        return wanted
    # Sampled kernels are too narrow, most of all below half a pixel.
    low, high = 0.9 * wanted, 1.2 * wanted + 0.3
    for _ in range(50):
        middle = (low + high) / 2
        if effective_sigma(gaussian_half(kernel, middle)) < wanted:
            low = middle
        else:
            high = middle
    return min(
        (low, high), key=lambda sigma: abs(effective_sigma(gaussian_half(kernel, sigma)) - wanted)
    )


def _check(sigma: float) -> None:
    if not math.isfinite(sigma) or sigma < 0 or sigma > MAX_SIGMA_PX:
        raise SigmaError(
            f"sigma must be between 0 and {MAX_SIGMA_PX:g} pixels; got {sigma!r} pixels"
        )
