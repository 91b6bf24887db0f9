"""The blur in the power spectrum: how fast it falls to the noise, and what structure is there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.ops.blur_fit import Flags, Floats

# Samples that a spectrum is made of at most: more would only take longer.
_MOST_SAMPLES = 1 << 20
# Part of each axis that the taper takes at both ends together (Tukey 1967).
_TAPER = 0.5
_ROUNDS = 60
# Frequencies that are fitted: those at which Σ σ² ω² is not above this, so that the blur leaves
# 0.25 % of the power or more. Farther out kernels and lenses are no Gaussians, relatively, and what
# is there is noise, white or not; a likelihood of ratios would follow it alone.
_BAND = 6.0
# The band follows from the fit, which follows from the band: so often at most.
_BANDS = 4


@dataclass(frozen=True)
class Line:
    """The spectrum along one axis, averaged over the frequencies of the others.

    Attributes
    ----------
    frequency : array
        Cycles per voxel.
    measured, model, signal : array
        In parts of the model's largest value; the signal is the model without noise.
    """

    frequency: Floats
    measured: Floats
    model: Floats
    signal: Floats


@dataclass(frozen=True)
class Spectrum:
    """A power spectrum's model: A k^−p exp(−Σ σ² ω²) + noise.

    Attributes
    ----------
    logs, log_errors : array, shape (axes,)
        Of ln σ, σ in voxels.
    power : float
        p: 0 of points and of texture finer than the blur, 1 of lines, 2 of sheets, 4 of solid
        bodies (Porod 1951).
    power_error : float
    misfit : float
        Largest deviation of the spectrum from its model, averaged over shells in which signal
        stands above noise, as a part.
    lines : tuple of Line
        One per axis.
    """

    logs: Floats
    log_errors: Floats
    power: float
    power_error: float
    misfit: float
    lines: tuple[Line, ...]


def measure_spectrum(
    volume: Floats, voxels: Sequence[float], *, structure: bool
) -> Spectrum | None:
    """Fit the model to the periodogram by Whittle's likelihood (Whittle 1953).

    Parameters
    ----------
    volume : ndarray
        Of one to three axes with 8 samples or more each.
    voxels : sequence of float
        Structure is taken to be alike in all directions of space; the blur is not.
    structure : bool
        Whether p is fitted; otherwise it is 0.

    Returns
    -------
    Spectrum or None
        None where there is no signal above the noise.
    """
    data = _periodogram(volume)
    if data.power.size < 50:
        return None
    axes = volume.ndim
    size = np.asarray(voxels)
    length = np.sqrt(np.square(data.omega / size).sum(axis=1))
    decade = np.log(length / np.exp(np.mean(np.log(length))))
    guess = np.nan_to_num(correlation_widths(volume), nan=1.0)
    start = np.concatenate(
        [[math.log(20 * float(data.power.mean())), math.log(max(data.low, 1e-12))],
         2 * np.log(np.clip(guess, 0.3, None))]
    )  # fmt: skip
    fitted, within = _in_band(data, start, None)
    if fitted is not None and structure:
        fitted, within = _in_band(data, np.append(fitted.values, 0.0), decade)
    if fitted is None:
        return None
    values = fitted.values
    loss = math.prod(float(np.mean(t**4) / np.mean(t**2) ** 2) for t in data.tapers)
    covariance = np.linalg.pinv(fitted.information) * loss
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    _, signal, _ = _Expected(data.tapers, data.places, decade if structure else None)(values)
    # Outside the band only the picture of the model needs to know the noise.
    beyond = np.flatnonzero(~within)
    noise = math.exp(float(np.clip(values[1], -60, 60)))
    if beyond.size:
        left = data.power[beyond] - signal[beyond]
        noise = max(noise, float(np.average(left, weights=data.count[beyond])))
    model = signal + noise
    # ln σ² is fitted.
    return Spectrum(
        0.5 * values[2 : 2 + axes],
        0.5 * errors[2 : 2 + axes],
        float(values[-1]) if structure else 0.0,
        float(errors[-1]) if structure else 0.0,
        _misfit(data.part(within), fitted, loss),
        tuple(_line(data, axis, model, signal) for axis in range(axes)),
    )


def _in_band(
    data: _Periodogram, values: Floats, decade: Floats | None
) -> tuple[_Fitted | None, Flags]:
    """Fit in the band that the fit itself makes known."""
    axes = data.places.shape[1]
    within = np.zeros(len(data.power), bool)
    fitted = None
    for _ in range(_BANDS):
        fall = np.square(data.omega) @ np.exp(np.clip(values[2 : 2 + axes], -3, 10))
        band = fall <= _BAND
        if band.sum() < 50:
            return None, within
        if (band != within).mean() < 0.001:
            break
        within = band
        part = data.part(within)
        expected = _Expected(data.tapers, part.places, None if decade is None else decade[within])
        fitted = _fit(part, expected, values)
        if fitted is None:
            break
        values = fitted.values
    return fitted, within


def _line(data: _Periodogram, axis: int, model: Floats, signal: Floats) -> Line:
    place, size = data.places[:, axis], len(data.tapers[axis])
    count = np.bincount(place, weights=data.count)
    known = np.flatnonzero(count)
    measured, fitted, part = (
        np.bincount(place, weights=data.count * values)[known] / count[known]
        for values in (data.power, model, signal)
    )
    top = float(fitted.max())
    return Line(known / size, measured / top, fitted / top, part / top)


@dataclass(frozen=True)
class _Periodogram:
    """Power by size of the frequency along each axis, signs put together.

    Attributes
    ----------
    power, count : array, shape (n,)
        Mean power, and of how many frequencies.
    places : array of int, shape (n, axes)
        Sizes of the frequencies, in parts of the axis.
    omega : array, shape (n, axes)
        In radians per voxel.
    tapers : list of array
        One per axis.
    low : float
        What a fifth of the frequencies is below.
    """

    power: Floats
    count: Floats
    places: NDArray[np.intp]
    omega: Floats
    tapers: list[Floats]
    low: float

    def part(self, chosen: Flags) -> _Periodogram:
        """Return these frequencies."""
        return replace(
            self, power=self.power[chosen], count=self.count[chosen], places=self.places[chosen],
            omega=self.omega[chosen],
        )  # fmt: skip


def _periodogram(volume: Floats) -> _Periodogram:
    shape = list(volume.shape)
    while math.prod(shape) > _MOST_SAMPLES:
        shape[shape.index(max(shape))] //= 2
    cut = tuple(
        slice((n - k) // 2, (n - k) // 2 + k) for n, k in zip(volume.shape, shape, strict=True)
    )
    data = without_slope(volume[cut])
    tapers = [taper_of(n)[0] for n in shape]
    for axis, taper in enumerate(tapers):
        data = data * np.expand_dims(taper, tuple(i for i in range(len(shape)) if i != axis))
    power = np.square(np.abs(np.fft.rfftn(data))) / np.sum(np.square(data))
    count = np.ones_like(power)
    for axis, n in enumerate(shape[:-1]):
        power, count = (_folded(values, axis, n) for values in (power, count))
    grid = np.stack([g.ravel() for g in np.indices(power.shape)], axis=1)
    # Uneven light lies along the axes and near the origin. In one plane of the half spectrum each
    # frequency is there twice.
    kept = (grid <= 1).sum(axis=1) < max(1, len(shape) - 1)
    kept &= (grid > 2).any(axis=1) & (grid[:, -1] > 0)
    number = count.ravel()[kept]
    flat = power.ravel()[kept] / number
    flat = flat * float(number.sum()) / max(float((number * flat).sum()), 1e-300)
    places = grid[kept].astype(np.intp)
    low = float(np.percentile(flat, 20)) if flat.size else 0.0
    return _Periodogram(flat, number, places, 2 * np.pi * places / np.array(shape), tapers, low)


def _folded(values: Floats, axis: int, size: int) -> Floats:
    """Return sums over k and −k along an axis of a transform."""
    line = np.moveaxis(values, axis, 0)
    half = line[: size // 2 + 1].copy()
    ring = line[: size // 2 : -1]
    half[1 : 1 + len(ring)] += ring
    found: Floats = np.moveaxis(half, 0, axis)
    return found


def without_slope(volume: Floats) -> Floats:
    """Return an image less the plane through it."""
    found: Floats = volume - volume.mean()
    for axis, n in enumerate(volume.shape):
        line = np.arange(n) - (n - 1) / 2
        shape = [1] * volume.ndim
        shape[axis] = -1
        others = tuple(i for i in range(volume.ndim) if i != axis)
        mean = found.mean(axis=others)
        found = found - float(line @ mean / (line @ line)) * line.reshape(shape)
    return found


@dataclass(frozen=True)
class _Fitted:
    """Parameters, their information, and the model with its signal at the frequencies fitted."""

    values: Floats
    information: Floats
    model: Floats
    signal: Floats


def _fit(data: _Periodogram, expected: _Expected, values: Floats) -> _Fitted | None:
    """Fit by Fisher's scoring; None where no signal stands above the noise."""
    damping = 1e-2
    state = expected(values)
    best = _cost(data, state[0])
    for _ in range(_ROUNDS):
        model, _, slopes = state
        weighted = slopes * data.count
        information = weighted @ slopes.T
        score = weighted @ (data.power / model - 1)
        step = np.linalg.solve(information + damping * np.diag(np.diag(information) + 1e-9), score)
        tried = values + np.clip(step, -1, 1)
        new = expected(tried)
        cost = _cost(data, new[0])
        if np.isfinite(cost) and cost <= best:
            gain = best - cost
            values, state, best, damping = tried, new, cost, damping / 5
            if gain < 1e-4:
                break
        else:
            damping *= 6
            if damping > 1e8:
                break
    model, signal, slopes = state
    if not np.isfinite(values).all() or float((signal / model).max()) < 0.5:
        return None
    return _Fitted(values, (slopes * data.count) @ slopes.T, model, signal)


def _cost(data: _Periodogram, model: Floats) -> float:
    return float(data.count @ (data.power / model + np.log(model)))


class _Expected:
    """The periodogram that a model leads one to expect, taper included (Sykulski et al. 2019)."""

    def __init__(
        self, tapers: list[Floats], places: NDArray[np.intp], decade: Floats | None
    ) -> None:
        self.tapers = tapers
        self.places = places
        self.decade = decade
        self._left = [taper_of(len(taper))[1] for taper in tapers]

    def __call__(self, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Return model, signal, and derivatives of ln model by each parameter."""
        axes = len(self.tapers)
        variances = np.exp(np.clip(values[2 : 2 + axes], -3, 10))
        log = np.full(len(self.places), values[0])
        slopes = [np.ones(len(log)), np.zeros(len(log))]
        for axis in range(axes):
            line, change = expected_line(self._left[axis], float(variances[axis]))
            log = log + np.log(line)[self.places[:, axis]]
            slopes.append((change / line)[self.places[:, axis]])
        if self.decade is not None:
            log = log - values[-1] * self.decade
            slopes.append(-self.decade)
        signal = np.exp(np.clip(log, -600, 600))
        noise = math.exp(float(np.clip(values[1], -60, 60)))
        model = signal + noise
        stacked = np.stack(slopes) * (signal / model)
        stacked[1] = noise / model
        return model, signal, stacked


def taper_of(size: int) -> tuple[Floats, Floats]:
    """Return the taper of an axis, and how much of each lag it leaves."""
    from scipy.signal.windows import tukey

    taper = np.asarray(tukey(size, _TAPER), np.float64)
    return taper, np.correlate(taper, taper, "full")[size - 1 :] / np.sum(taper**2)


def expected_line(left: Floats, variance: float) -> tuple[Floats, Floats]:
    """Return the spectrum along one axis of points blurred by σ, and its derivative by ln σ².

    Parameters
    ----------
    left : array, shape (n,)
        What the taper leaves of each lag.
    variance : float
        σ² in voxels².
    """
    n = len(left)
    lags = np.arange(n)
    # Of points blurred by σ the autocorrelation has √2 σ; divided by its sum without taper, so
    # that height and width are not mixed.
    like = np.exp(-(lags**2) / (4 * variance))
    steeper = like * lags**2 / (4 * variance)
    total = 2 * like.sum() - 1
    found = []
    for part in (like, steeper):
        half = part * left
        ring = half.copy()
        # Lag −k falls on n − k.
        ring[1:] += half[:0:-1]
        found.append(np.fft.fft(ring).real / total)
    line = np.maximum(found[0], 1e-12)
    return line, found[1] - line * 2 * steeper.sum() / total


def _misfit(data: _Periodogram, fitted: _Fitted, loss: float) -> float:
    """Return the largest deviation in shells of Σ σ² ω², beyond 3 standard errors."""
    axes = data.omega.shape[1]
    fall = np.square(data.omega) @ np.exp(fitted.values[2 : 2 + axes])
    ratio = data.power / fitted.model
    worst = 0.0
    for low, high in pairwise(np.linspace(0, 5, 11)):
        shell = (fall >= low) & (fall < high) & (fitted.signal > 0.5 * fitted.model)
        count = float(data.count[shell].sum())
        if count >= 20:
            mean = float(data.count[shell] @ ratio[shell]) / count
            worst = max(worst, abs(mean - 1) - 3 * math.sqrt(loss / count))
    return worst


def correlation_widths(volume: Floats) -> list[float]:
    """Return σ per axis, or NaN, from the fall of the autocorrelation between two lags.

    Of texture finer than the blur the autocorrelation is a Gaussian of √2 σ, with the noise on top
    of lag 0 only.
    """
    flat = without_slope(volume)
    found = []
    for axis, n in enumerate(flat.shape):
        lines = np.moveaxis(flat, axis, -1).reshape(-1, n)
        spectrum = np.square(np.abs(np.fft.rfft(lines, 2 * n, axis=1))).sum(axis=0)
        like = np.fft.irfft(spectrum)[: n // 2] / (n - np.arange(n // 2))
        below = np.flatnonzero(like[1:] < 0.5 * like[1])
        far = 1 + int(below[0]) if below.size else 0
        near = max(1, far // 2)
        if far <= near or not like[near] > like[far] > 0:
            found.append(math.nan)
            continue
        found.append(math.sqrt((far**2 - near**2) / (4 * math.log(like[near] / like[far]))))
    return found
