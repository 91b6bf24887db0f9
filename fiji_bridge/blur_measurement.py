"""How blurred an image is already, measured in the image, per axis, in voxels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError

Volume = NDArray[np.float64]

# Beads dimmer than this part of the brightest are left out, and so is what is not this many
# times above the noise.
_DIMMEST = 0.2
_SIGNAL_TO_NOISE = 6.0
_MOST_BEADS = 100
# Window of a fit, in σ to each side: beyond there is only background, and there are neighbours.
_WINDOW_SIGMAS = 3.0
# Samples that a correlation is computed from at most; more would only take longer.
_MOST_SAMPLES = 1 << 24
_GROUPS = 8


@dataclass(frozen=True)
class Width:
    """Standard deviation of the blur along one axis.

    Attributes
    ----------
    sigma : float or None
        In voxels; None where it is too small, or the axis too short, to be measured.
    error : float
        Standard error of `sigma`.
    """

    sigma: float | None
    error: float


def measure_beads(volume: Volume) -> tuple[tuple[Width, Width, Width], int]:
    """Fit a Gaussian on a background to each bead.

    Parameters
    ----------
    volume : ndarray, shape (z, y, x)
        Bright points on a dark background.

    Returns
    -------
    three Width
        Along z, y, x: the median over the beads, and its standard error from their scatter and
        from the fits. Axes with fewer than 5 samples are not measured.
    int
        Number of beads.

    Raises
    ------
    InputError
        If there is none.
    """
    places = _find_beads(volume)
    fits = [
        fit for fit in (_fit_bead(volume, place, places) for place in places) if fit is not None
    ]
    if not fits:
        raise InputError(
            "no bead was found that a Gaussian can be fitted to: measure without beads"
        )
    sigmas = np.array([sigma for sigma, _ in fits])
    errors = np.array([error for _, error in fits])
    found = []
    for axis in range(3):
        if volume.shape[axis] < 5:
            found.append(Width(None, math.nan))
            continue
        middle = float(np.median(sigmas[:, axis]))
        scatter = 1.4826 * float(np.median(np.abs(sigmas[:, axis] - middle)))
        single = float(np.median(errors[:, axis]))
        found.append(Width(middle, max(scatter, single) / math.sqrt(len(fits))))
    z, y, x = found
    return (z, y, x), len(fits)


def _find_beads(volume: Volume) -> list[tuple[int, ...]]:
    """Return the brightest places, each with nothing brighter near, brightest first."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(volume, [1.0 if n > 1 else 0.0 for n in volume.shape])
    background = float(np.median(smooth))
    noise = 1.4826 * float(np.median(np.abs(smooth - background)))
    peak = float(smooth.max())
    if peak <= background:
        return []
    limit = background + max(_DIMMEST * (peak - background), _SIGNAL_TO_NOISE * noise)
    size = [min(7, n) for n in volume.shape]
    tops = (smooth == ndimage.maximum_filter(smooth, size=size)) & (smooth > limit)
    places = [tuple(int(i) for i in place) for place in np.argwhere(tops)]
    return sorted(places, key=lambda place: -float(smooth[place]))[:_MOST_BEADS]


def _fit_bead(
    volume: Volume, place: tuple[int, ...], others: list[tuple[int, ...]]
) -> tuple[list[float], list[float]] | None:
    """Return σ and its standard error along each axis, or None where there is no such bead."""
    from scipy.optimize import curve_fit

    guess = [_half_width(volume, place, axis) for axis in range(3)]
    reach = [max(2, math.ceil(_WINDOW_SIGMAS * g)) for g in guess]
    axes = [axis for axis in range(3) if volume.shape[axis] >= 5]
    for axis in axes:
        # The whole bead must be in the image.
        if not 1.5 * guess[axis] <= place[axis] <= volume.shape[axis] - 1 - 1.5 * guess[axis]:
            return None
    for other in others:
        if other != place and all(abs(other[a] - place[a]) <= 1.5 * reach[a] for a in range(3)):
            return None
    window = tuple(slice(max(0, p - r), p + r + 1) for p, r in zip(place, reach, strict=True))
    values = volume[window]
    grid = np.meshgrid(
        *(np.arange(s.start, s.start + n) for s, n in zip(window, values.shape, strict=True)),
        indexing="ij",
    )
    points = np.stack([grid[axis].ravel() for axis in axes])
    low = float(np.percentile(values, 10))
    start = [float(volume[place]) - low, low, *(float(place[a]) for a in axes)]
    start += [guess[a] for a in axes]

    def model(at: NDArray[Any], height: float, base: float, *rest: float) -> NDArray[Any]:
        centres, sigmas = rest[: len(axes)], rest[len(axes) :]
        exponent = sum(
            ((at[i] - c) / s) ** 2 for i, (c, s) in enumerate(zip(centres, sigmas, strict=True))
        )
        found: NDArray[Any] = height * np.exp(-0.5 * exponent) + base
        return found

    try:
        fitted, covariance = curve_fit(model, points, values.ravel(), start, maxfev=2000)
    except RuntimeError:
        return None
    widths = np.abs(fitted[2 + len(axes) :])
    errors = np.sqrt(np.diag(covariance))[2 + len(axes) :]
    if not np.isfinite(errors).all() or fitted[0] <= 0:
        return None
    sigmas, uncertain = [math.nan] * 3, [math.nan] * 3
    for i, axis in enumerate(axes):
        moved = abs(fitted[2 + i] - place[axis])
        if moved > 2 * guess[axis] + 1 or not 0.1 < widths[i] < 4 * guess[axis] + 1:
            return None
        sigmas[axis], uncertain[axis] = float(widths[i]), float(errors[i])
    return sigmas, uncertain


def _half_width(volume: Volume, place: tuple[int, ...], axis: int) -> float:
    """Return a first guess of σ: where the line through a bead falls to half."""
    index: list[Any] = list(place)
    index[axis] = slice(None)
    line = volume[tuple(index)]
    half = (line[place[axis]] + float(np.median(line))) / 2
    widths = []
    for side in (line[place[axis] :], line[: place[axis] + 1][::-1]):
        below = np.flatnonzero(side < half)
        if below.size:
            n = int(below[0])
            widths.append(n - (half - side[n]) / max(side[n - 1] - side[n], 1e-12))
    return max(0.5, (min(widths) if widths else 1.0) / math.sqrt(2 * math.log(2)))


def measure_correlation(volume: Volume) -> tuple[Width, Width, Width]:
    """Measure the blur from how much neighbouring samples are alike.

    Parameters
    ----------
    volume : ndarray, shape (z, y, x)
        Structures smaller than the blur, anywhere.

    Returns
    -------
    three Width
        Along z, y, x. Of points blurred by a Gaussian of σ the autocorrelation is a Gaussian of
        √2 σ; its value at lag 0 holds the noise and is left out. Structures larger than the blur
        make it wider: the smallest features' width is what is found.
    """
    z, y, x = (_correlation_width(volume, axis) for axis in range(3))
    return z, y, x


def _correlation_width(volume: Volume, axis: int) -> Width:
    lines = np.moveaxis(volume, axis, -1)
    lines = lines.reshape(-1, lines.shape[-1])
    if lines.shape[1] < 8:
        return Width(None, math.nan)
    step = math.ceil(lines.size / _MOST_SAMPLES)
    lines = lines[::step] - volume.mean()
    whole = _fit_correlation(_autocorrelation(lines))
    if whole is None:
        return Width(None, math.nan)
    # Every eighth line, so that each part has all of a sparse scene.
    parts = [
        _fit_correlation(_autocorrelation(lines[i::_GROUPS]))
        for i in range(min(_GROUPS, len(lines)))
    ]
    known = [part for part in parts if part is not None]
    error = float(np.std(known, ddof=1)) / math.sqrt(len(known)) if len(known) > 1 else math.nan
    return Width(whole, error)


def _autocorrelation(lines: Volume) -> NDArray[np.float64]:
    """Return the mean product of samples at each lag, without wrapping round."""
    n = lines.shape[1]
    spectrum = np.abs(np.fft.rfft(lines, 2 * n, axis=1)) ** 2
    raw = np.fft.irfft(spectrum.sum(axis=0))[: n // 2]
    found: NDArray[np.float64] = raw / (n - np.arange(n // 2)) / len(lines)
    return found


def _fit_correlation(correlation: NDArray[np.float64]) -> float | None:
    """Return σ of the blur in voxels, or None where neighbours are hardly alike."""
    from scipy.optimize import curve_fit

    top = correlation[1]
    # Of σ = 0.4 voxels the correlation at lag 1 is 0.2 of that at 0: less is a matter of noise.
    if top <= 0.15 * correlation[0] or len(correlation) < 4:
        return None
    below = np.flatnonzero(correlation[1:] < top / 2)
    first = 1 + int(below[0]) if below.size else len(correlation) - 1
    last = min(len(correlation) - 1, max(4, math.ceil(2.0 * first)))
    lags = np.arange(1, last + 1, dtype=np.float64)

    def model(lag: NDArray[Any], height: float, sigma: float, base: float) -> NDArray[Any]:
        found: NDArray[Any] = height * np.exp(-(lag**2) / (4 * sigma**2)) + base
        return found

    start = [top * 1.2, 0.6 * first, 0.0]
    try:
        fitted, _ = curve_fit(model, lags, correlation[1 : last + 1], start, maxfev=5000)
    except RuntimeError:
        return None
    sigma = abs(float(fitted[1]))
    return sigma if 0.3 < sigma < len(correlation) else None
