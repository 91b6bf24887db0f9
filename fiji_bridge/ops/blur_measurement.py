"""How blurred an image is already: measured where it shows points, lines or texture, per axis.

Whatever else it shows has a size of its own, which nobody can tell from the blur: then the answer
is that the image cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image.lengths import FWHM_PER_SIGMA
from fiji_bridge.ops.blur_beads import Beads, find_beads
from fiji_bridge.ops.blur_checks import Checked, check
from fiji_bridge.ops.blur_filaments import Filaments, measure_filaments
from fiji_bridge.ops.blur_fit import LEVEL, Flags, Floats, inliers, mean_and_error
from fiji_bridge.ops.blur_scene import (
    black_clip,
    describe_scene,
    dimming,
    evened,
    grey_step,
    noise_of,
    upper_clip,
)
from fiji_bridge.ops.blur_spectrum import Spectrum, measure_spectrum

#: An axis needs as many samples to be measured along.
FEWEST_SAMPLES = 8
#: σ in voxels of a FWHM of one voxel: a smaller one is not told from none.
UNRESOLVED = 1 / FWHM_PER_SIGMA

# Fewer points might be anything; who says that they are points is believed from one on.
_FEWEST_BEADS = 4
_FEWEST_SECTIONS = 8
# Points blurred alike have widths that differ by their errors, and some more where neighbours
# and the place in the image matter. Cells of all sizes differ by 20 % and more.
_MOST_SCATTER = 0.10
# Standard deviations of ln σ, and of the logarithm of what a fit leaves, among points that are
# alike for every purpose: an outlier is farther off than 3.5 of them.
_ALIKE = 0.01
_ALIKE_RESIDUAL = 0.2
# What a Gaussian may leave, in parts of the height: of a Born–Wolf point 0.03, of a ball 0.08.
_MOST_RESIDUAL = 0.07
# Texture: exponent of its structure, deviation of its spectrum, skewness and excess kurtosis of its
# grey values, part of clipped samples.
_MOST_POWER = 0.5
_MOST_MISFIT = 0.1
_MOST_SKEWNESS = 0.6
_MOST_KURTOSIS = 1.5
_MOST_CLIPPED = 1e-4
# Error of ln σ that stays with many points, and what comes to it of neighbours that are not seen:
# per point in a volume of σ³.
_FLOOR = 0.001
_FLOOR_CROWDED = 0.8
# The same of grey values in steps, of one step in the height of a point, where the noise is less
# than half a step: then rounding errors do not average out.
_FLOOR_STEP = 0.2
_DITHERED = 0.5


@dataclass(frozen=True)
class Width:
    """The blur along one axis, in voxels.

    Attributes
    ----------
    sigma : float or None
        None where it was not measured.
    error : float
        Standard error of `sigma`.
    low, high : float
        The 95 % interval of `sigma`.
    reason : str
        Why it was not measured; ``""``.
    bound : float or None
        What it is not above, where it is too small to be measured.
    """

    sigma: float | None = None
    error: float = math.nan
    low: float = math.nan
    high: float = math.nan
    reason: str = ""
    bound: float | None = None


@dataclass(frozen=True)
class Measured:
    """What was found.

    Attributes
    ----------
    kind : {"beads", "filaments", "texture", ""}
        What the image was measured by; ``""`` where it cannot tell.
    widths : tuple of Width
        One per axis of the image, none where it cannot tell.
    count : int or None
        Points, or sections of lines, that were used.
    reason : str
        Why the image cannot tell; ``""``.
    notes : tuple of str
        Light, noise, clipping, what was left out, and the second method's word.
    centres : array, shape (n, axes)
        Of the points that were used, in voxels.
    spectrum : Spectrum or None
        The second method, or of texture the first.
    reach : tuple of float
        Per axis the period, in voxels, at which the Fourier ring correlation falls to 1/7, or NaN.
    """

    kind: str
    widths: tuple[Width, ...]
    count: int | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    centres: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    spectrum: Spectrum | None = None
    reach: tuple[float, ...] = ()


def measure_blur(
    samples: NDArray[Any],
    names: Sequence[str],
    voxels: Sequence[float],
    *,
    beads: bool,
    checks: bool = True,
) -> Measured:
    """Measure.

    Parameters
    ----------
    samples : ndarray
        In the image's own type, of one to three axes.
    names : sequence of str
        Of the axes.
    voxels : sequence of float
        Their sizes.
    beads : bool
        Only points are taken for an answer.
    checks : bool
        Whether other methods are asked, which adds notes and changes no width.
    """
    long = [axis for axis, n in enumerate(samples.shape) if n >= FEWEST_SAMPLES]
    if not long:
        return _no(f"fewer than {FEWEST_SAMPLES} samples on every axis")
    clipped = upper_clip(samples)
    short = tuple(axis for axis in range(samples.ndim) if axis not in long)
    volume = samples.astype(np.float64).mean(axis=short)
    full = None if clipped is None else np.asarray(clipped.any(axis=short))
    if float(volume.max()) == float(volume.min()):
        return _no("all samples are alike")
    noise = noise_of(volume)
    labels = [names[a] for a in long]
    scene = describe_scene(volume, labels, full, noise, black_clip(samples))
    found = _by_beads(
        volume, full, noise, labels, step=grey_step(volume), fewest=1 if beads else _FEWEST_BEADS
    )
    reasons = [found.reason]
    sizes = [float(voxels[a]) for a in long]
    if not found.kind and not beads:
        found = _by_texture(volume, full, labels, sizes)
        reasons.append(found.reason)
        if not found.kind:
            found = _by_filaments(volume, full, noise)
            reasons.append(found.reason)
    if not found.kind:
        return _no("; ".join(reason for reason in reasons if reason), scene)
    checked = Checked((), found.spectrum, (math.nan,) * len(long))
    if checks:
        checked = check(
            found.kind, found.spectrum, volume, labels, sizes,
            [width.sigma for width in found.widths],
            [width.error / (width.sigma or math.nan) for width in found.widths],
        )  # fmt: skip
    widths = [Width(reason=f"only {n} samples") for n in samples.shape]
    for axis, width in zip(long, found.widths, strict=True):
        widths[axis] = _resolved(width)
    if all(width.sigma is None for width in widths):
        return _no(
            "neighbouring samples are not alike on any axis: the blur is below a voxel, or there "
            "is only noise",
            scene,
        )
    centres = np.zeros((len(found.centres), samples.ndim))
    if len(found.centres):
        centres[:, long] = found.centres
    reach = [math.nan] * samples.ndim
    for axis, period in zip(long, checked.reach, strict=True):
        reach[axis] = period
    return Measured(
        found.kind, tuple(widths), found.count, "", (*scene, *found.notes, *checked.notes), centres,
        checked.spectrum, tuple(reach),
    )  # fmt: skip


def _no(reason: str, notes: Sequence[str] = ()) -> Measured:
    return Measured("", (), reason=reason, notes=tuple(notes))


def _resolved(width: Width) -> Width:
    if width.sigma is None or width.low >= UNRESOLVED:
        return width
    if width.sigma > 1.5 * UNRESOLVED:
        return Width(reason="the measurement is too uncertain")
    return Width(
        reason="the blur is too small to be measured with these voxels",
        bound=max(UNRESOLVED, width.high),
    )


def _width(log: float, error: float, half: float) -> Width:
    """Return a width from ln σ."""
    sigma = math.exp(log)
    return Width(sigma, sigma * error, sigma * math.exp(-half), sigma * math.exp(half))


def _by_beads(
    volume: Floats,
    clipped: Flags | None,
    noise: float,
    names: Sequence[str],
    *,
    step: float,
    fewest: int,
) -> Measured:
    found = find_beads(volume, clipped, noise)
    used = found.good.copy()
    # Before outliers are left out: of lines those that are left would be alike.
    spread = _spread(found.logs[used], found.log_errors[used])
    if used.sum() >= fewest:
        within = np.stack([inliers(line, _ALIKE) for line in found.logs[used].T]).all(axis=0)
        within &= inliers(np.log(np.maximum(found.residual[used], 1e-4)), _ALIKE_RESIDUAL)
        odd = int((~within).sum())
        used[used] = within
    if used.sum() < fewest:
        return _no(_why_no_beads(found, fewest))
    if spread > _MOST_SCATTER:
        return _no(
            f"no points of one width: {int(used.sum())} bright places differ in width by "
            f"{spread:.0%}"
        )
    residual = float(np.median(found.residual[used]))
    if residual > _MOST_RESIDUAL:
        return _no(f"no points: a Gaussian leaves {residual:.0%} of the bright places' height")
    if odd > used.sum():
        return _no(f"no points of one width: {odd} of {odd + int(used.sum())} are outliers")
    height = float(np.median(found.heights[used]))
    coarse = step / height if noise < _DITHERED * step else 0.0
    point = math.exp(float(np.median(found.logs[used], axis=0).sum()))
    floor = math.hypot(_FLOOR, _FLOOR_CROWDED * len(found.good) * point / volume.size)
    floor = math.hypot(floor, _FLOOR_STEP * coarse)
    widths = tuple(
        _width(*mean_and_error(logs, errors, floor))
        for logs, errors in zip(found.logs[used].T, found.log_errors[used].T, strict=True)
    )
    left = [
        f"{count} {why}"
        for count, why in (
            (found.clipped, "clipped"),
            (found.cut, "cut by the edge"),
            (found.crowded, "too near to another"),
            (odd, "unlike the others"),
        )
        if count
    ]
    notes = [f"points left out: {', '.join(left)}"] if left else []
    if _FLOOR_STEP * coarse > _FLOOR:
        notes.append(
            f"coarse grey values: points are {1 / coarse:.0f} steps high and the noise is below "
            "half a step; the intervals allow for it"
        )
    heights, shape = found.heights[used], volume.shape
    for axis, name in enumerate(names):
        notes += dimming(name, found.centres[used][:, axis] / shape[axis], np.log(heights))
    if used.sum() < 3:
        notes.append(
            f"only {int(used.sum())} point{'s' if used.sum() > 1 else ''}: nothing tells whether "
            "others are alike"
        )
    return Measured("beads", widths, int(used.sum()), "", tuple(notes), found.centres[used])


def _why_no_beads(found: Beads, fewest: int) -> str:
    count = int(found.good.sum())
    if found.clipped >= fewest:
        return (
            f"{found.clipped} points are clipped at the upper end of the range and {count} are "
            "not: expose less"
        )
    if not len(found.good):
        return "no points: nothing stands above the noise that a Gaussian can be fitted to"
    return f"no points: a Gaussian can be fitted to {count} of {len(found.good)} bright places"


def _spread(logs: Floats, errors: Floats) -> float:
    """Return by how much widths differ beyond their errors: robust, of the worst axis."""
    if len(logs) < 2:
        return 0.0
    deviation = 1.4826 * np.median(np.abs(logs - np.median(logs, axis=0)), axis=0)
    beyond = np.square(deviation) - np.square(np.median(errors, axis=0))
    return math.sqrt(max(0.0, float(beyond.max())))


def _by_filaments(volume: Floats, clipped: Flags | None, noise: float) -> Measured:
    from scipy.stats import t

    found = measure_filaments(volume, clipped, noise)
    if found is None or found.count < _FEWEST_SECTIONS:
        return _no("no lines: too few ridges that a section can be fitted to")
    why = _why_no_filaments(found)
    if why:
        return _no(why)
    factor = float(t.ppf((1 + LEVEL) / 2, found.count - volume.ndim))
    widths = tuple(
        _width(float(log), float(error), factor * float(error))
        if error < 0.25
        else Width(reason="no line runs so that this axis is seen")
        for log, error in zip(found.logs, found.log_errors, strict=True)
    )
    notes = [f"{found.clipped} sections of lines left out: clipped"] if found.clipped else []
    notes.append("measured on lines, which are taken to be thinner than the blur")
    return Measured("filaments", widths, found.count, "", tuple(notes))


def _why_no_filaments(found: Filaments) -> str:
    if found.scatter > _MOST_SCATTER:
        return f"no lines of one width: sections of ridges differ by {found.scatter:.0%}"
    if found.residual > _MOST_RESIDUAL:
        return f"no lines: sections leave {found.residual:.0%} of their height"
    if found.share < 0.15:
        return f"no lines: only {found.share:.0%} of the ridges have sections that are alike"
    return ""


def _by_texture(
    volume: Floats, clipped: Flags | None, names: Sequence[str], sizes: Sequence[float]
) -> Measured:
    from scipy.stats import norm

    part = 0.0 if clipped is None else float(clipped.mean())
    if part > _MOST_CLIPPED:
        return _no(f"no texture to measure: {part:.2%} of the samples are clipped")
    flat, done = evened(volume, names)
    scaled = flat / flat.std()
    skewness, kurtosis = float(np.mean(scaled**3)), float(np.mean(scaled**4)) - 3
    if abs(skewness) > _MOST_SKEWNESS or abs(kurtosis) > _MOST_KURTOSIS:
        return _no("no texture finer than the blur: grey values are not spread like its")
    free = measure_spectrum(flat, sizes, structure=True)
    plain = measure_spectrum(flat, sizes, structure=False)
    if free is None or plain is None:
        return _no(
            "no texture: its spectrum does not stand above the noise: the blur is below a voxel, "
            "or there is only noise"
        )
    if abs(free.power) > max(0.25, 3 * free.power_error) or free.power > _MOST_POWER:
        return _no(
            f"structures larger than the blur: the spectrum falls like k^-{free.power:.2g} before "
            "the blur cuts it off"
        )
    if plain.misfit > _MOST_MISFIT:
        return _no(f"the spectrum is not that of a blur: it deviates by {plain.misfit:.0%}")
    z = float(norm.ppf((1 + LEVEL) / 2))
    widths = tuple(
        _width(float(log), float(error), z * float(error))
        for log, error in zip(plain.logs, plain.log_errors, strict=True)
    )
    note = (
        "measured on texture: if its own grain is not finer than the blur, the blur is smaller "
        "than said"
    )
    return Measured("texture", widths, None, "", (*done, note), spectrum=plain)
