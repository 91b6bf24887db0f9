"""The blur of lines: a straight or slightly bent ridge with a Gaussian section, in many places."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.ops.blur_beads import contrast_of, left_of_noise, typical_widths, windows
from fiji_bridge.ops.blur_fit import Flags, Floats, fit_windows

_MOST_PLACES = 150
_SIGNAL_TO_NOISE = 8.0
_DIMMEST = 0.1
# Places are this many σ apart, so that hardly a sample counts twice.
_APART = 4.0
_OUTLIER = 3.5
# Crossings and bends that no section shows by itself: error of ln σ that stays with many of them.
_FLOOR = 0.004


@dataclass(frozen=True)
class Filaments:
    """Sections of lines, and the blur that they have in common.

    Attributes
    ----------
    count : int
        Sections that were used.
    logs, log_errors : array, shape (axes,)
        Of ln σ, σ in voxels; infinite errors where no line runs so that an axis is seen.
    scatter : float
        Robust standard deviation of the sections' widths about the common blur, in parts of them.
    residual : float
        Median of what the fits leave, in parts of the height.
    share : float
        Sections that were used, as a part of those that were fitted.
    clipped : int
        Sections left out because samples are clipped.
    """

    count: int
    logs: Floats
    log_errors: Floats
    scatter: float
    residual: float
    share: float
    clipped: int


def measure_filaments(volume: Floats, clipped: Flags | None, noise: float) -> Filaments | None:
    """Fit ridges and solve for the blur; None where there are too few.

    A line blurred by a Gaussian of covariance Σ has, seen along itself, a Gaussian section of
    covariance W Σ Wᵀ, W being the projection along the line. With lines in several directions Σ,
    which is diagonal along the axes, follows by least squares.
    """
    axes = volume.ndim
    if axes < 2:
        return None
    widths = typical_widths(volume, noise, 0.3)
    places = _ridges(volume, widths, noise)
    if len(places) < 8:
        return None
    index, at, there = windows(volume, places, widths)
    values = volume[tuple(np.moveaxis(index, -1, 0))]
    full = np.zeros(len(places), bool)
    if clipped is not None:
        full = (clipped[tuple(np.moveaxis(index, -1, 0))] & there).any(axis=1)
    fitted = len(places)
    keep = ~full & (there.mean(axis=1) > 0.7)
    if keep.sum() < 8:
        return None
    at, there, values = at[keep], there[keep], values[keep]
    frames = _frames(at, values, there, widths)
    turned = np.einsum("nsa,nba->nsb", at, frames)
    low = np.percentile(values, 15, axis=1)
    start = np.zeros((len(values), 3 + axes + 3 * (axes - 1) + (1 if axes == 2 else 3)))
    start[:, 0], start[:, 1] = values[:, at.shape[1] // 2] - low, low
    across = np.sqrt(np.einsum("nba,a->nb", np.square(frames[:, 1:]), np.square(widths)))
    start[:, -1 if axes == 2 else -3] = -np.log(across[:, 0])
    if axes == 3:
        start[:, -1] = -np.log(across[:, 1])
    fits = fit_windows(_ridge, start, turned, values, there)
    p = fits.parameters
    tilt = p[:, 4 + axes :: 3][:, : axes - 1] if axes == 2 else p[:, [8, 11]]
    rows = frames[:, 1:] - tilt[:, :, None] * frames[:, :1]
    lower = np.zeros((len(p), axes - 1, axes - 1))
    with np.errstate(over="ignore"):
        lower[:, 0, 0] = np.exp(np.clip(p[:, -1 if axes == 2 else -3], -5, 5))
        if axes == 3:
            lower[:, 1, 0] = p[:, -2]
            lower[:, 1, 1] = np.exp(np.clip(p[:, -1], -5, 5))
    covariance = np.linalg.inv(lower.transpose(0, 2, 1) @ lower)
    height = p[:, 0]
    residual = np.sqrt(np.maximum(np.square(fits.residual) - noise**2, 0)) / np.maximum(
        height, 1e-300
    )
    ok = (height > 5 * noise * left_of_noise(widths)) & np.isfinite(covariance).all(axis=(1, 2))
    ok &= (np.abs(tilt) < 1).all(axis=1) & fits.converged & (residual < 0.15)
    if ok.sum() < 8:
        return None
    logs, errors, scatter, count = _common(covariance[ok], rows[ok], residual[ok])
    return Filaments(
        count, logs, errors, scatter, float(np.median(residual[ok])), count / fitted,
        int(full.sum()),
    )  # fmt: skip


def _ridges(volume: Floats, widths: Floats, noise: float) -> Floats:
    """Return places on ridges, well apart, shape (n, axes)."""
    smooth, contrast = contrast_of(volume, widths)
    typical = float(np.median(contrast))
    limit = typical + max(
        _SIGNAL_TO_NOISE * noise * left_of_noise(widths),
        _DIMMEST * (float(np.percentile(contrast, 99.9)) - typical),
    )
    tops = np.zeros(volume.shape, int)
    for axis in range(volume.ndim):
        middle, low, high = ([slice(None)] * volume.ndim for _ in range(3))
        middle[axis], low[axis], high[axis] = slice(1, -1), slice(None, -2), slice(2, None)
        here = smooth[tuple(middle)]
        tops[tuple(middle)] += (here >= smooth[tuple(low)]) & (here > smooth[tuple(high)])
    found = np.argwhere((tops >= volume.ndim - 1) & (contrast > limit))
    order = np.random.default_rng(0).permutation(len(found))
    chosen: list[NDArray[np.float64]] = []
    for place in found[order]:
        scaled = place / widths
        if not chosen or np.square(np.array(chosen) - scaled).sum(axis=1).min() > _APART**2:
            chosen.append(scaled)
            if len(chosen) == _MOST_PLACES:
                break
    return np.array(chosen).reshape(-1, volume.ndim) * widths


def _frames(at: Floats, values: Floats, there: Flags, widths: Floats) -> Floats:
    """Return an orthonormal frame per window, its first vector along the ridge."""
    low = np.percentile(values, 50, axis=1)
    weight = np.where(there, np.maximum(values - low[:, None], 0), 0)
    scaled = at / widths
    moments = np.einsum("ns,nsa,nsb->nab", weight, scaled, scaled)
    _, vectors = np.linalg.eigh(moments)
    along = vectors[:, :, -1] * widths
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # A Householder reflection takes the first axis to the direction.
    sign = np.where(along[:, :1] > 0, 1.0, -1.0)
    mirror = along * sign
    mirror[:, 0] += 1
    scale = 2 / np.square(mirror).sum(axis=1)
    frame = np.eye(along.shape[1]) - scale[:, None, None] * mirror[:, :, None] * mirror[:, None]
    found: Floats = frame
    return found


def _ridge(parameters: Floats, at: Floats) -> Floats:
    """Return ridges on planes, in the frames of the windows.

    Parameters: height, base, change of height along the ridge, slopes of the base; per direction
    across: offset, tilt, bend; then the factor of the section's inverse covariance, its diagonal
    as logarithms.
    """
    axes = at.shape[2]
    s = at[:, :, 0]
    height, base, change = (parameters[:, i, None] for i in range(3))
    slope = parameters[:, 3 : 3 + axes]
    off = []
    for i in range(axes - 1):
        k = 3 + axes + 3 * i
        offset, tilt, bend = (parameters[:, k + j, None] for j in range(3))
        off.append(at[:, :, 1 + i] - offset - tilt * s - 0.5 * bend * s**2)
    if axes == 2:
        power = np.square(np.exp(np.clip(parameters[:, -1, None], -5, 5)) * off[0])
    else:
        a, b, c = (parameters[:, i, None] for i in (-3, -2, -1))
        power = np.square(np.exp(np.clip(a, -5, 5)) * off[0])
        power += np.square(b * off[0] + np.exp(np.clip(c, -5, 5)) * off[1])
    found: Floats = height * (1 + change * s) * np.exp(-0.5 * np.minimum(power, 200))
    found += base + np.einsum("nsa,na->ns", at, slope)
    return found


def _common(
    covariance: Floats, rows: Floats, residual: Floats
) -> tuple[Floats, Floats, float, int]:
    """Solve for the variances along the axes that give these sections; outliers are left out.

    A section counts the less the worse its fit is: others cross it, or it bends.
    """
    n, m, axes = rows.shape
    pairs = [(i, j) for i in range(m) for j in range(i, m)]
    predicted = covariance
    good = np.ones(n, bool)
    variances = np.ones(axes)
    bread = np.eye(axes)
    scatter = math.inf
    sides: Floats = np.zeros((n, len(pairs)))
    design = np.zeros((n, len(pairs), axes))
    weight = np.median(residual) / np.maximum(residual, 0.3 * np.median(residual) + 1e-9)
    for _ in range(8):
        # In units of the section that is expected, so that wide and narrow ones count alike.
        whiten = np.linalg.inv(np.linalg.cholesky(predicted))
        seen = whiten @ covariance @ whiten.transpose(0, 2, 1)
        turned = whiten @ rows
        design = np.stack([turned[:, i] * turned[:, j] for i, j in pairs], axis=1)
        sides = np.stack([seen[:, i, j] for i, j in pairs], axis=1)
        heavy = weight[good, None]
        flat = (design[good] * heavy[:, :, None]).reshape(-1, axes)
        right = (sides[good] * heavy).reshape(-1)
        bread = np.asarray(np.linalg.pinv(flat.T @ flat), np.float64)
        variances = np.maximum(bread @ flat.T @ right, 0.02)
        left = np.abs(sides - design @ variances).max(axis=1)
        scatter = 1.4826 * float(np.median(left[left <= np.percentile(left, 90)]))
        good = left <= max(_OUTLIER * scatter, 1e-9)
        predicted = np.einsum("nia,a,nja->nij", rows, variances, rows) + 1e-9 * np.eye(m)
    flat = design[good] * weight[good, None, None]
    left2 = sides[good] * weight[good, None] - flat @ variances
    scores = np.einsum("npa,np->na", flat, left2)
    count = int(good.sum())
    sandwich = bread @ (scores.T @ scores) @ bread * count / max(count - axes, 1)
    errors = np.sqrt(np.maximum(np.diag(sandwich), 0)) / (2 * variances)
    # What no line tells of has no error either: the information itself is missing.
    weak = np.diag(flat.reshape(-1, axes).T @ flat.reshape(-1, axes)) * variances**2 < 1.0
    errors = np.where(weak, np.inf, np.hypot(errors, _FLOOR))
    return 0.5 * np.log(variances), errors, 0.5 * scatter, count
