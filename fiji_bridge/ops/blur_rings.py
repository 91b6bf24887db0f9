"""Fourier ring correlation of one image with itself: how far its signal reaches, per axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.ops.blur_fit import Floats
from fiji_bridge.ops.blur_spectrum import expected_line, taper_of, without_slope

#: Correlation at which resolution is read off (Rosenthal & Henderson 2003; Nieuwenhuizen et al.
#: 2013).
THRESHOLD = 1 / 7
#: ln of power by frequency, in cycles per voxel.
Shape = Callable[[Floats], Floats]
# Parts that the lines are put into, to see how much chance there is (jackknife).
_PARTS = 8
_FEWEST_PAIRS = 2 * _PARTS
# σ² ω² from which on a Gaussian has nothing left, 1e-4 of the power, and the frequencies needed.
_NOTHING = 9.0
_FEWEST_BEYOND = 3
# Power there, in parts of the largest, below which it does not matter what it is.
_FAINT = 1e-4
# σ ω up to which the fall is seen, and frequencies that must be there.
_FALL = 2.0
_FEWEST_FALLING = 5


@dataclass(frozen=True)
class Ring:
    """The correlation along one axis.

    Attributes
    ----------
    frequency, correlation : array
        Cycles per voxel, from −1 to 1.
    reach : float
        Frequency at which it falls to 1/7, NaN where it does not.
    sigma, error : float
        σ of a Gaussian blur, in voxels, that falls as the correlation does, and its standard error
        as a part; NaN where noise and blur are not told apart.
    beyond, beyond_error : float
        Mean correlation where a Gaussian of the σ that was measured has nothing left; NaN where
        the voxels do not reach so far, or where there is nothing at all. White noise gives 0.
    """

    frequency: Floats
    correlation: Floats
    reach: float
    sigma: float
    error: float
    beyond: float
    beyond_error: float


def ring_correlations(
    volume: Floats, sigmas: Sequence[float], shapes: Sequence[Shape | None]
) -> list[Ring | None]:
    """Correlate neighbouring lines along each axis, frequency by frequency.

    Two images of one scene with noise of their own correlate as far as there is signal (Saxton &
    Baumeister 1982; van Heel 1987). One image is split as on a checkerboard (Koho et al. 2019),
    here across the axis that is looked at: even lines against odd ones, so that along it no sample
    is lost. The correlation is ρ S/(S + N): ρ is how alike neighbouring lines are, and S/N falls
    with the blur.

    Parameters
    ----------
    volume : ndarray
        Of one to three axes.
    sigmas : sequence of float
        In voxels, as measured.
    shapes : sequence
        Per axis a function of frequency: ln of the power that structures have along it before they
        are blurred; None where it is the same at all.

    Returns
    -------
    list
        None for an axis with too few neighbouring lines.
    """
    flat = without_slope(volume)
    return [_ring(flat, axis, sigmas, shapes[axis]) for axis in range(volume.ndim)]


def _ring(flat: Floats, axis: int, sigmas: Sequence[float], shape: Shape | None) -> Ring | None:
    others = [a for a in range(flat.ndim) if a != axis]
    if not others:
        return None
    # Neighbours are most alike along the axis that is blurred most.
    across = max(others, key=lambda a: sigmas[a])
    pairs = flat.shape[across] // 2
    n = flat.shape[axis]
    lines = np.moveaxis(flat, (across, axis), (0, -1))[: 2 * pairs].reshape(2 * pairs, -1, n)
    if pairs < _FEWEST_PAIRS and lines.shape[1] >= _FEWEST_PAIRS:
        # Few along this axis, many beside each other: parts are made of those.
        lines = lines.transpose(1, 0, 2)
        even, odd = lines[:, 0::2], lines[:, 1::2]
    elif pairs >= _FEWEST_PAIRS:
        even, odd = lines[0::2], lines[1::2]
    else:
        return None
    taper, left = taper_of(n)
    first, second = (np.fft.rfft(part * taper, axis=-1)[..., 1:] for part in (even, odd))
    frequency = np.arange(1, first.shape[-1] + 1) / n
    sums = []
    for part in np.array_split(np.arange(len(first)), _PARTS):
        a, b = first[part].reshape(-1, len(frequency)), second[part].reshape(-1, len(frequency))
        sums.append(
            [(a * b.conj()).real.sum(0), np.square(np.abs(a)).sum(0), np.square(np.abs(b)).sum(0)]
        )
    parts = np.array(sums)
    whole = _correlation(parts.sum(axis=0))
    without = np.array([_correlation(parts.sum(axis=0) - part) for part in parts])
    like = np.zeros(len(frequency)) if shape is None else shape(frequency)
    sigma, error = _blur(left, whole, without, like, sigmas[axis])
    far = np.square(2 * np.pi * frequency * sigmas[axis]) > _NOTHING
    beyond, chance = math.nan, math.nan
    power = parts[:, 1:].sum(axis=(0, 1))
    if far.sum() >= _FEWEST_BEYOND and power[far].mean() > _FAINT * power.max():
        beyond = float(whole[far].mean())
        chance = _jackknife(without[:, far].mean(axis=1))
    return Ring(frequency, whole, _reach(frequency, whole), sigma, error, beyond, chance)


def _correlation(sums: Floats) -> Floats:
    found: Floats = sums[0] / np.maximum(np.sqrt(sums[1] * sums[2]), 1e-300)
    return found


def _jackknife(estimates: NDArray[np.float64]) -> float:
    """Return a standard error from estimates that each leave one of the parts out."""
    return math.sqrt((len(estimates) - 1) * float(np.var(estimates)))


def _reach(frequency: Floats, correlation: Floats) -> float:
    """Return where a running mean of three falls to the threshold for the first time."""
    smooth = np.convolve(np.pad(correlation, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    below = np.flatnonzero(smooth < THRESHOLD)
    if not below.size or below[0] == 0:
        return math.nan
    k = int(below[0])
    part = (smooth[k - 1] - THRESHOLD) / (smooth[k - 1] - smooth[k])
    return float(frequency[k - 1] + part * (frequency[k] - frequency[k - 1]))


def _blur(
    left: Floats, whole: Floats, without: Floats, shape: Floats, guess: float
) -> tuple[float, float]:
    """Fit ρ/(1 + N/S), S as of a blur by σ, tapered; return σ and its relative error."""
    from scipy.optimize import least_squares

    def residuals(p: Floats, seen: Floats) -> Floats:
        line, _ = expected_line(left, math.exp(2 * p[2]))
        height = p[1] + shape + np.log(line[1 : len(seen) + 1])
        found: Floats = p[0] / (1 + np.exp(np.clip(-height, -300, 300))) - seen
        return found

    def fit(seen: Floats, start: Floats) -> Floats:
        found = least_squares(
            residuals, start, args=(seen,), ftol=1e-5, xtol=1e-5, max_nfev=60,
            bounds=([0.02, -10, -1.5], [1.0, 40, 5]),
        ).x  # fmt: skip
        return np.asarray(found)

    top = float(np.clip(np.sort(whole)[-3:].mean(), 0.05, 0.99))
    best = fit(whole, np.array([top, 3.0, math.log(max(guess, 0.3))]))
    logs = np.array([fit(part, best)[2] for part in without])
    error = _jackknife(logs)
    # Without a plateau and a fall, and some frequencies on it, nothing tells noise from blur.
    fallen = whole[-_FEWEST_BEYOND:].mean() < 0.5 * best[0]
    on_it = _FALL * len(left) / (2 * math.pi * math.exp(float(best[2])))
    if not fallen or on_it < _FEWEST_FALLING or not error < 0.3 or best[0] < THRESHOLD:
        return math.nan, math.nan
    return math.exp(float(best[2])), error
