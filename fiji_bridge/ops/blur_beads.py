"""The blur of points: a Gaussian on a sloping background, fitted to each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.ops.blur_fit import Fits, Flags, Floats, fit_windows

#: Half the side of a fit's window, in σ: beyond there is only background.
REACH = 3.0
# Samples to each side of the middle: of fewer a slope is not told from a point's foot.
_FEWEST_ASIDE = 3
#: Beads that are fitted at most, brightest first.
MOST_BEADS = 240
# A bead stands this many times above the noise of the smoothed image, and above this part of the
# brightest: what is weaker is fitted badly or is noise.
_SIGNAL_TO_NOISE = 6.0
_DIMMEST = 0.03
# Another bead's light at the place of a bead, in parts of its own, from which on both are left
# out: what is subtracted is only as good as the common width.
_MOST_OVERLAP = 0.25
# Nearer than so many σ to a brighter one, a place must be this part of it: weaker ones are its side
# lobes, which a point-spread function that is no Gaussian has. And what is used is this part of the
# brightest.
_LOBE_REACH = 4.0
_LOBE = 0.25
_DIMMEST_USED = 0.15
# σ in voxels below which few samples have a point's light.
_FEW = 0.7
# Steps of a fit: before neighbours are subtracted it need not have settled.
_FIRST_ROUNDS = 10
_LAST_ROUNDS = 30


@dataclass(frozen=True)
class Beads:
    """Points that were found and fitted, and which of them are fit to be used.

    Attributes
    ----------
    centres : array, shape (n, axes)
        In voxels.
    heights : array, shape (n,)
    logs, log_errors : array, shape (n, axes)
        Of ln σ, σ in voxels.
    residual : array, shape (n,)
        Standard deviation of what the fit leaves, in parts of the height.
    good : array of bool, shape (n,)
    clipped, cut, crowded : int
        How many were left out because samples are clipped, because they are cut by the edge, and
        because another is too near.
    """

    centres: Floats
    heights: Floats
    logs: Floats
    log_errors: Floats
    residual: Floats
    good: Flags
    clipped: int
    cut: int
    crowded: int


def find_beads(volume: Floats, clipped: Flags | None, noise: float) -> Beads:
    """Find and fit points, neighbours subtracted.

    Parameters
    ----------
    volume : ndarray
        Of one to three axes with 5 samples or more each.
    clipped : ndarray of bool or None
        Samples at the upper end of the range.
    noise : float
        Standard deviation of the noise of a sample.
    """
    widths = typical_widths(volume, noise)
    _, contrast, places = _tops(volume, widths, noise)
    places = _no_lobes(places, contrast, np.zeros((0, volume.ndim)), np.zeros(0), widths)
    centres, heights, logs = _start(contrast, places, widths)
    fits = _fit(volume, None, centres, heights, logs, widths, _FIRST_ROUNDS)
    for last in (False, True):
        centres, heights, logs = _parts(fits, volume.ndim)
        ok = _plausible(fits, centres, logs, volume.shape)
        centres, heights, logs = centres[ok], heights[ok], logs[ok]
        if not len(centres):
            return _none(volume.ndim)
        widths = np.exp(np.median(logs, axis=0))
        if not last:
            # What was hidden beside brighter ones shows when they are gone.
            rest = volume - _render(volume.shape, centres, heights, np.log(widths))
            _, contrast, more = _tops(rest, widths, noise)
            bright = _DIMMEST_USED * float(heights.max())
            more = [place for place in more if contrast[place] > bright]
            far = _no_lobes(more, contrast, centres, heights, widths)
            if far and len(centres) < MOST_BEADS:
                new = _start(contrast, far[: MOST_BEADS - len(centres)], widths)
                centres, heights, logs = (
                    np.concatenate([old, add])
                    for old, add in zip((centres, heights, logs), new, strict=True)
                )
        logs = np.broadcast_to(np.log(widths), logs.shape).copy()
        others = _render(volume.shape, centres, heights, logs)
        rounds = _LAST_ROUNDS if last else _FIRST_ROUNDS
        fits = _fit(volume, others, centres, heights, logs, widths, rounds)
    return _judge(volume, clipped, fits, widths, noise)


def typical_widths(volume: Floats, noise: float, quantile: float = 0.5) -> Floats:
    """Return a first guess of σ per axis: where the brightest places fall to half."""
    widths = np.ones(volume.ndim)
    for _ in range(3):
        smooth, contrast, places = _tops(volume, widths, noise)
        if not places:
            break
        found = [
            [
                _half_width(smooth, place, axis, smooth[place] - contrast[place])
                for axis in range(volume.ndim)
            ]
            for place in places[:30]
        ]
        seen = np.square(np.quantile(found, quantile, axis=0)) - np.square(0.7 * widths)
        new = np.sqrt(np.clip(seen, 0.25, np.square(np.asarray(volume.shape) / 6)))
        settled = np.abs(np.log(new / widths)).max() < 0.1
        widths = new
        if settled:
            break
    return widths


def _half_width(smooth: Floats, place: tuple[int, ...], axis: int, base: float) -> float:
    index: list[int | slice] = list(place)
    index[axis] = slice(None)
    line = smooth[tuple(index)]
    half = (line[place[axis]] + base) / 2
    sides = []
    for side in (line[place[axis] :], line[: place[axis] + 1][::-1]):
        below = np.flatnonzero(side < half)
        if below.size:
            k = int(below[0])
            sides.append(k - (half - side[k]) / max(side[k - 1] - side[k], 1e-12))
    return (min(sides) if sides else line.size / 4) / math.sqrt(2 * math.log(2))


def contrast_of(volume: Floats, widths: Floats) -> tuple[Floats, Floats]:
    """Return the image smoothed, and its height above what is around (a top-hat)."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(volume, 0.7 * widths, truncate=3)
    size = [min(2 * math.ceil(3 * w) + 1, n) for w, n in zip(widths, volume.shape, strict=True)]
    low = ndimage.maximum_filter(ndimage.minimum_filter(smooth, size), size)
    return smooth, smooth - low


def left_of_noise(widths: Floats) -> float:
    """Return what `contrast_of` leaves of white noise: √(1/(2 √π s)) per axis, s = 0.7 σ."""
    return math.prod(min(1.0, math.sqrt(1 / (3.545 * 0.7 * w))) for w in widths)


def _tops(
    volume: Floats, widths: Floats, noise: float
) -> tuple[Floats, Floats, list[tuple[int, ...]]]:
    """Return `contrast_of`, and places above the noise with nothing brighter within σ.

    The places come brightest first.
    """
    from scipy import ndimage

    smooth, contrast = contrast_of(volume, widths)
    left = left_of_noise(widths)
    typical = float(np.median(contrast))
    limit = typical + max(
        _SIGNAL_TO_NOISE * noise * left, _DIMMEST * (float(contrast.max()) - typical)
    )
    size = [2 * max(1, round(w)) + 1 for w in widths]
    tops = (smooth == ndimage.maximum_filter(smooth, size)) & (contrast > limit)
    # On the outermost samples a slope of the background ends in a top as well.
    inner = np.zeros_like(tops)
    inner[(slice(1, -1),) * tops.ndim] = True
    places = [tuple(int(i) for i in place) for place in np.argwhere(tops & inner)]
    places = sorted(places, key=lambda place: -float(contrast[place]))
    return smooth, contrast, places[:MOST_BEADS]


def _start(
    contrast: Floats, places: Sequence[tuple[int, ...]], widths: Floats
) -> tuple[Floats, Floats, Floats]:
    n, axes = len(places), contrast.ndim
    heights = np.array([1.3 * contrast[place] for place in places])
    logs = np.broadcast_to(np.log(widths), (n, axes)).copy()
    return np.array(places, float).reshape(n, axes), heights, logs


def gaussian(parameters: Floats, at: Floats) -> Floats:
    """Return heights of Gaussians on planes.

    Parameters
    ----------
    parameters : array, shape (n, 2 + 3 axes)
        Height, base, slopes of the base, centre, ln σ.
    at : array, shape (n, s, axes)
    """
    axes = at.shape[2]
    height, base = parameters[:, 0, None], parameters[:, 1, None]
    slope, centre, logs = (parameters[:, 2 + i * axes : 2 + (i + 1) * axes, None] for i in range(3))
    across = at.transpose(0, 2, 1)
    scaled = (across - centre) * np.exp(-np.clip(logs, -5, 8))
    found: Floats = height * np.exp(-0.5 * np.square(scaled).sum(axis=1))
    found += base + (slope * across).sum(axis=1)
    return found


def gaussian_slopes(parameters: Floats, at: Floats) -> Floats:
    """Return the derivatives of `gaussian`, shape (n, p, s)."""
    axes = at.shape[2]
    centre, logs = (parameters[:, 2 + i * axes : 2 + (i + 1) * axes, None] for i in (1, 2))
    across = at.transpose(0, 2, 1)
    inverse = np.exp(-np.clip(logs, -5, 8))
    scaled = (across - centre) * inverse
    bell = np.exp(-0.5 * np.square(scaled).sum(axis=1))
    high = parameters[:, 0, None] * bell
    found = np.empty((len(parameters), 2 + 3 * axes, at.shape[1]))
    found[:, 0], found[:, 1], found[:, 2 : 2 + axes] = bell, 1, across
    found[:, 2 + axes : 2 + 2 * axes] = high[:, None] * scaled * inverse
    found[:, 2 + 2 * axes :] = high[:, None] * np.square(scaled)
    return found


def windows(
    volume: Floats, centres: Floats, widths: Floats, reach: float = REACH, least: int = 2
) -> tuple[NDArray[np.intp], Floats, Flags]:
    """Return indices, places from the middle, and what is in the image, of a window per centre.

    Wide windows are thinned out, to about two samples per σ; narrow ones have `least` samples to
    each side.
    """
    ranges = []
    for w in widths:
        step = max(1, math.floor(w / 1.5))
        half = max(least, math.ceil(reach * w / step)) * step
        ranges.append(np.arange(-half, half + 1, step))
    grid = np.stack([g.ravel() for g in np.meshgrid(*ranges, indexing="ij")], axis=-1)
    # An ellipsoid: in the corners of a box there are only neighbours.
    inside = np.square(grid / np.maximum(reach * widths, least)).sum(axis=1) <= 1.2
    grid = grid[inside]
    middle = np.rint(centres).astype(np.intp)
    index = middle[:, None, :] + grid[None]
    top = np.asarray(volume.shape) - 1
    there: Flags = ((index >= 0) & (index <= top)).all(axis=2)
    return np.clip(index, 0, top), np.broadcast_to(grid, index.shape).astype(float), there


def _fit(
    volume: Floats,
    others: Floats | None,
    centres: Floats,
    heights: Floats,
    logs: Floats,
    widths: Floats,
    rounds: int,
) -> Fits:
    """Fit all; `others` is the image of all models, which neighbours are subtracted by."""
    n, axes = centres.shape
    index, at, there = windows(volume, centres, widths, least=_FEWEST_ASIDE)
    middle = np.rint(centres)
    place = tuple(np.moveaxis(index, -1, 0))
    values = volume[place]
    zero = np.zeros((n, axes))
    own = np.concatenate([heights[:, None], np.zeros((n, 1)), zero, centres - middle, logs], axis=1)
    if others is None:
        # Before anything is known of neighbours, samples that are nearer to one do not count.
        there = there & _nearest_is_own(index, centres, widths)
        base = np.percentile(values, 10, axis=1)
    else:
        values = values - others[place] + gaussian(own, at)
        base = np.percentile(values, 25, axis=1)
    own[:, 1] = base
    fits = fit_windows(gaussian, own, at, values, there, gaussian_slopes, rounds)
    fits.parameters[:, 2 + axes : 2 + 2 * axes] += middle
    return fits


def _nearest_is_own(index: NDArray[np.intp], centres: Floats, widths: Floats) -> Flags:
    found = np.ones(index.shape[:2], bool)
    scaled = centres / widths
    for i in range(len(centres)):
        near = np.square(scaled - scaled[i]).sum(axis=1) < (2 * REACH + 1) ** 2
        near[i] = False
        if near.any():
            here = index[i] / widths
            own = np.square(here - scaled[i]).sum(axis=1)
            for other in scaled[near]:
                found[i] &= own < np.square(here - other).sum(axis=1)
    return found


def _parts(fits: Fits, axes: int) -> tuple[Floats, Floats, Floats]:
    p = fits.parameters
    return p[:, 2 + axes : 2 + 2 * axes], p[:, 0], p[:, 2 + 2 * axes :]


def _plausible(fits: Fits, centres: Floats, logs: Floats, shape: tuple[int, ...]) -> Flags:
    inside = ((centres > -1) & (centres < np.asarray(shape))).all(axis=1)
    sizes = ((logs > math.log(0.25)) & (logs < np.log(np.asarray(shape) / 2))).all(axis=1)
    height = fits.parameters[:, 0]
    error = np.sqrt(np.maximum(fits.covariance[:, 0, 0], 0))
    # Below that few samples tell the width from the height: then of the height at a known width.
    samples = np.maximum(
        np.exp(np.clip(logs, -5, 8).sum(axis=1)) * math.pi ** (logs.shape[1] / 2), 1
    )
    few = (logs < math.log(_FEW)).any(axis=1)
    error = np.where(few, fits.residual / np.sqrt(samples), error)
    found: Flags = inside & sizes & np.isfinite(error) & (height > 3 * error) & (height > 0)
    return found


def _render(shape: tuple[int, ...], centres: Floats, heights: Floats, logs: Floats) -> Floats:
    """Return the image of Gaussians without background."""
    image = np.zeros(shape)
    sigmas = np.broadcast_to(np.exp(logs), centres.shape)
    for centre, height, sigma in zip(centres, heights, sigmas, strict=True):
        cut, factors = [], []
        for c, s, n in zip(centre, sigma, shape, strict=True):
            span = slice(max(0, math.floor(c - 4 * s)), max(0, min(n, math.ceil(c + 4 * s) + 1)))
            cut.append(span)
            factors.append(np.exp(-0.5 * ((np.arange(span.start, span.stop) - c) / s) ** 2))
        part = height * factors[0]
        for factor in factors[1:]:
            part = part[..., None] * factor
        image[tuple(cut)] += part
    return image


def _no_lobes(
    places: Sequence[tuple[int, ...]],
    contrast: Floats,
    centres: Floats,
    heights: Floats,
    widths: Floats,
) -> list[tuple[int, ...]]:
    """Return those places, brightest first, that are no part of a brighter one or of a centre."""
    near = list(centres / widths)
    bright = list(heights)
    kept = []
    for place in places:
        scaled, height = np.asarray(place) / widths, float(contrast[place])
        apart = np.square(np.array(near) - scaled).sum(axis=1) if near else np.zeros(0)
        limits = np.where(apart < 1.5**2, np.inf, _LOBE * np.array(bright))
        if not (limits[apart < _LOBE_REACH**2] > height).any():
            kept.append(place)
            near.append(scaled)
            bright.append(height)
    return kept


def _judge(
    volume: Floats, clipped: Flags | None, fits: Fits, widths: Floats, noise: float
) -> Beads:
    """Decide which fits are to be used."""
    axes = volume.ndim
    centres, heights, logs = _parts(fits, axes)
    errors = np.sqrt(np.maximum(np.einsum("nii->ni", fits.covariance)[:, 2 + 2 * axes :], 0))
    good = _plausible(fits, centres, logs, volume.shape) & fits.converged
    good &= (errors < 0.3).all(axis=1)
    if good.any():
        good &= heights > _DIMMEST_USED * float(heights[good].max())
    excess = np.sqrt(np.maximum(np.square(fits.residual) - noise**2, 0))
    residual = excess / np.maximum(heights, 1e-300)
    place = np.clip(np.rint(centres).astype(int), 0, np.asarray(volume.shape) - 1)
    full = np.zeros(len(good), bool)
    if clipped is not None:
        index, _, there = windows(volume, place.astype(float), widths, 1.5)
        full = (clipped[tuple(np.moveaxis(index, -1, 0))] & there).any(axis=1)
    edge = ((centres < 1.5 * widths) | (centres > np.asarray(volume.shape) - 1 - 1.5 * widths)).any(
        axis=1
    )
    apart = np.square((centres[:, None] - centres[None]) / widths).sum(axis=2)
    light = np.maximum(heights, 0)[None] * np.exp(-0.5 * apart / 2)
    np.fill_diagonal(light, 0)
    near = light.sum(axis=1) > _MOST_OVERLAP * np.maximum(heights, 1e-300)
    counts = [int((good & left).sum()) for left in (full, edge, near)]
    return Beads(
        centres, heights, logs, errors, residual, good & ~full & ~edge & ~near, *counts
    )  # fmt: skip


def _none(axes: int) -> Beads:
    empty, line = np.zeros((0, axes)), np.zeros(0)
    return Beads(empty, line, empty, empty, line, np.zeros(0, bool), 0, 0, 0)
