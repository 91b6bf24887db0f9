"""What a kernel is worth as a Gaussian blur, by every measure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.kernels import gaussian as kernels

#: σ in pixels of the bead that is blurred to measure a width and an error: about the finest
#: detail of an image that is sampled as it should be (0.7 % of it lie beyond Nyquist).
BEAD = 1.0
#: Wider kernels are measured at this σ, in pixels: from there their shape changes by 1e-3.
WIDEST = 200.0
#: Narrower ones at this: they are the identity to the last digits.
NARROWEST = 1e-3
# Frequencies from 0 to Nyquist: so many that no bead is met by its own period, at most 8 σ beyond a
# kernel's end. All of them count: where a kernel is cut off, its spectrum goes on far beyond that
# of the Gaussian.
_FREQUENCIES = 256
_FREQUENCIES_PER_SIGMA = 8
# The error of the bead is looked at in steps of 1/32 of its blurred sigma, out to five: it is
# largest close to a kernel's end.
_STEPS = 32
_PLACES = 5 * _STEPS
_FWHM = 2 * math.sqrt(2 * math.log(2))


@dataclass(frozen=True)
class Worth:
    """A kernel beside the ideal blur, whose transfer function is exp(−σ²ω²/2) up to Nyquist.

    Attributes
    ----------
    effective : float
        Standard deviation of the kernel (from its second moment) over σ; 1 is right.
    fwhm : float
        FWHM that a bead of σ 1 px gains (in quadrature), over that of σ; 1 is right. 0 where it
        gains none.
    transfer_error : float
        Largest difference of the transfer function from exp(−σ²ω²/2), 0 ≤ ω ≤ π.
    bead_error : float
        Largest error of that blurred bead, as a part of its peak, wherever it lies in its voxel.
    smallest : float
        Smallest tap over the largest; below 0 the kernel has negative lobes.
    """

    effective: float
    fwhm: float
    transfer_error: float
    bead_error: float
    smallest: float


@lru_cache(maxsize=512)
def worth(kernel: str, sigma: float, truncate: float = kernels.TRUNCATE) -> Worth:
    """Measure a Gaussian kernel.

    Parameters
    ----------
    kernel : str
        A name of `fiji_bridge.kernels.gaussian.KERNELS`.
    sigma : float
        Standard deviation in pixels, finite, above 0.
    truncate : float
        Of kernel ``"scipy"``.

    Returns
    -------
    Worth

    Notes
    -----
    Bead and blur are compared below the Nyquist frequency: aliasing of the bead itself, which no
    kernel can undo, is left out.
    """
    sigma = min(max(sigma, NARROWEST), WIDEST)
    half = kernels.gaussian_half(kernel, sigma, truncate)
    omega = _frequencies(sigma)
    ideal = np.exp(-sigma * sigma * omega * omega / 2)
    bead = np.exp(-BEAD * BEAD * omega * omega / 2)
    got = transfer(half, omega)
    wide = 2 * _half_width(bead * got, omega, sigma) / _FWHM
    right = 2 * _half_width(bead * ideal, omega, sigma) / _FWHM
    gained = 1 + (wide + right) * (wide - right) / (sigma * sigma)
    places = [k * math.hypot(BEAD, sigma) / _STEPS for k in range(_PLACES + 1)]
    off = max(abs(_at(bead * (got - ideal), omega, x)) for x in places)
    return Worth(
        effective=kernels.effective_sigma(half) / sigma,
        fwhm=math.sqrt(max(0.0, gained)),
        transfer_error=max(float(np.abs(got - ideal).max()), _nyquist_error(half, sigma)),
        bead_error=off / _at(bead * ideal, omega, 0.0),
        smallest=float(half.min() / half.max()),
    )


def transfer(half: NDArray[np.float64], omega: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the transfer function of a symmetric kernel at angular frequencies per sample.

    Clenshaw's recurrence, C. W. Clenshaw, Math. Tables Aids Comput. 9 (1955) 118–120.
    """
    twice = 2 * np.cos(omega)
    last, now = np.zeros_like(omega), np.zeros_like(omega)
    for tap in half[:0:-1].tolist():
        last, now = now, 2 * tap + twice * now - last
    found: NDArray[np.float64] = half[0] + twice / 2 * now - last
    return found


def energy_beyond(half: NDArray[np.float64], cutoff: float) -> float:
    """Return the energy from an angular frequency on after a blur of white noise, as a part of all.

    Parameters
    ----------
    half : ndarray of float64, shape (L,)
        Half of a symmetric kernel.
    cutoff : float
        Angular frequency per sample, 0 to π.
    """
    size = 2048
    omega = (np.arange(size, dtype=np.float64) + 0.5) * (math.pi / size)
    power = transfer(half, omega) ** 2
    return float(power[omega >= cutoff].sum() / power.sum())


def _frequencies(sigma: float) -> NDArray[np.float64]:
    """Return frequencies in the middle of equal steps up to Nyquist."""
    count = max(_FREQUENCIES, math.ceil(_FREQUENCIES_PER_SIGMA * sigma))
    found: NDArray[np.float64] = (np.arange(count, dtype=np.float64) + 0.5) * (math.pi / count)
    return found


def _nyquist_error(half: NDArray[np.float64], sigma: float) -> float:
    """Return the error of the transfer function at Nyquist, the end of the last step."""
    ideal = math.exp(-sigma * sigma * math.pi * math.pi / 2)
    return abs(float(transfer(half, np.array([math.pi]))[0]) - ideal)


def _half_width(spectrum: NDArray[np.float64], omega: NDArray[np.float64], sigma: float) -> float:
    """Return where the even function of a spectrum has fallen to half its value at 0."""
    half = _at(spectrum, omega, 0.0) / 2
    # No blurred bead falls from more than half to less and back within a step.
    step = math.hypot(BEAD, sigma) / 4
    low, high = 0.0, step
    while _at(spectrum, omega, high) > half:
        low, high = high, high + step
    for _ in range(50):
        x = (low + high) / 2
        if _at(spectrum, omega, x) > half:
            low = x
        else:
            high = x
    return (low + high) / 2


def _at(spectrum: NDArray[np.float64], omega: NDArray[np.float64], x: float) -> float:
    """Return the even function of a spectrum at x, but for a factor."""
    return float(np.sum(spectrum * np.cos(omega * x)))
