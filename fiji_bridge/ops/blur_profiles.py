"""What points look like, not what a Gaussian fitted to them does: profiles, FWHM, second moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.ops.blur_fit import Floats

# Samples per voxel of a line through the middle, and how far points are looked at, in σ.
_FINE = 8
_REACH = 3.0


@dataclass(frozen=True)
class Profile:
    """One curve of the figure.

    Attributes
    ----------
    axis : str
    kind : {"mean point", "power spectrum"}
    positions : array
        From the middle, in the unit of length; of a spectrum cycles per unit.
    measured, fitted, after : array
        As it is, the Gaussian of the measured σ (with its noise), and what the proposed σ makes
        of it; each from 0 to about 1.
    """

    axis: str
    kind: str
    positions: NDArray[np.float64]
    measured: NDArray[np.float64]
    fitted: NDArray[np.float64]
    after: NDArray[np.float64]


#: Largest over smallest width above which a blur that was to be round is said not to be.
ROUND = 1.1


class NotRoundWarning(UserWarning):
    """What `match` was to make the same in every direction is measured not to be that."""


@dataclass(frozen=True)
class Reached:
    """How round points are, by two measures and without a model.

    Attributes
    ----------
    points : int
        How many were averaged.
    fwhm, second_moment : dict of str to float
        By axis, in the unit of length: full width at half maximum of a line through the middle;
        and the standard deviation of the light within 3 σ of the middle.
    anisotropy_fwhm, anisotropy_second_moment : float
        Largest over smallest; 1 is round. They differ where a point is no Gaussian.
    at_least : tuple of str
        Axes along which points do not fall to half within 3 σ: their FWHM is more than is said.
    """

    points: int
    fwhm: dict[str, float]
    second_moment: dict[str, float]
    anisotropy_fwhm: float
    anisotropy_second_moment: float
    at_least: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @property
    def is_round(self) -> bool:
        """Whether both measures are the same in every direction within 10 %."""
        return max(self.anisotropy_fwhm, self.anisotropy_second_moment) <= ROUND

    def sentence(self) -> str:
        """Say it."""
        return (
            f"measured on {self.points} points without a model, widest over narrowest direction: "
            f"{self.anisotropy_fwhm:.3g}{' or more' if self.at_least else ''} by FWHM, "
            f"{self.anisotropy_second_moment:.3g} by second moment within 3 sigma"
        )


def point_lines(volume: Floats, centres: Floats, sigmas: Sequence[float]) -> list[Floats]:
    """Return per axis the line through the middle of the median point, base 0 and middle 1.

    Parameters
    ----------
    volume : ndarray
    centres : array, shape (n, axes)
    sigmas : sequence of float
        Expected σ per axis, in voxels; lines reach 3 of it to each side in steps of 1/8 voxel.
    """
    from scipy import ndimage

    spline = ndimage.spline_filter(volume, order=3, mode="nearest")
    raw, ends = [], []
    for axis, sigma in enumerate(sigmas):
        steps = np.arange(-_count(sigma), _count(sigma) + 1) / _FINE
        at = np.repeat(centres[:, :, None], len(steps), axis=2)
        at[:, axis] += steps
        places = at.transpose(1, 0, 2).reshape(volume.ndim, -1)
        values = ndimage.map_coordinates(
            spline, places, order=3, mode="nearest", prefilter=False
        ).reshape(len(centres), -1)
        end = max(1, len(steps) // 24)
        raw.append(values)
        ends.append(0.5 * (values[:, :end].mean(axis=1) + values[:, -end:].mean(axis=1)))
    # One base for a point: along an axis that it is long in, its own light reaches the ends.
    base = np.min(ends, axis=0)
    lines = []
    for values in raw:
        middle = values[:, values.shape[1] // 2]
        known = middle > base
        scaled = (values - base[:, None])[known] / (middle - base)[known, None]
        lines.append(np.median(scaled, axis=0) if known.any() else np.zeros(values.shape[1]))
    return lines


def _count(sigma: float) -> int:
    return math.ceil(_REACH * sigma * _FINE)


def line_positions(sigma: float) -> Floats:
    """Return the places of a line of `point_lines`, in voxels."""
    return np.arange(-_count(sigma), _count(sigma) + 1) / _FINE


def reached(
    volume: Floats, centres: Floats, names: Sequence[str], voxels: Sequence[float], target: float
) -> Reached | None:
    """Measure points of an image that are to have the same σ in every direction.

    Parameters
    ----------
    volume : ndarray
    centres : array, shape (n, axes)
        In voxels.
    names, voxels : sequence
        Of the axes.
    target : float
        σ aimed at, in the unit of `voxels`.

    Returns
    -------
    Reached or None
        None where no point lies whole in the image.
    """
    from scipy import ndimage

    sigmas = target / np.asarray(voxels, float)
    half = np.ceil(_REACH * sigmas).astype(int)
    size = np.asarray(volume.shape)
    whole = ((centres >= half) & (centres <= size - 1 - half)).all(axis=1)
    if not whole.any():
        return None
    used = centres[whole]
    lines = point_lines(volume, used, [float(s) for s in sigmas])
    fwhm = [
        _width_at_half(line_positions(s), line) * v
        for s, line, v in zip(sigmas, lines, voxels, strict=True)
    ]
    grids = np.meshgrid(*(np.arange(-h, h + 1) for h in half), indexing="ij")
    grid = np.stack([g.ravel() for g in grids])
    far = np.square(grid / sigmas[:, None]).sum(axis=0)
    grid, far = grid[:, far <= _REACH**2], far[far <= _REACH**2]
    windows = []
    for centre in used:
        values = ndimage.map_coordinates(volume, centre[:, None] + grid, order=1)
        base = float(np.median(values[far > (0.9 * _REACH) ** 2]))
        windows.append((values - base) / max(float(values.max()) - base, 1e-300))
    light = np.median(windows, axis=0)
    total = float(light.sum())
    moments = [
        math.sqrt(max(0.0, float(light @ np.square(line)) / total)) * v if total > 0 else math.nan
        for line, v in zip(grid, voxels, strict=True)
    ]
    if not (min(fwhm) > 0 and min(moments) > 0):
        return None
    return Reached(
        len(used), dict(zip(names, fwhm, strict=True)), dict(zip(names, moments, strict=True)),
        max(fwhm) / min(fwhm), max(moments) / min(moments),
        tuple(name for name, line in zip(names, lines, strict=True) if _too_long(line)),
    )  # fmt: skip


def _too_long(line: Floats) -> bool:
    middle = len(line) // 2
    return bool((line[middle:] >= 0.5).all() or (line[: middle + 1] >= 0.5).all())


def _width_at_half(positions: Floats, line: Floats) -> float:
    """Return the FWHM; of a side that does not fall to half all of it, which it has at least."""
    middle = len(line) // 2
    width = 0.0
    for side in (1, -1):
        half = line[middle:] if side > 0 else line[middle::-1]
        below = np.flatnonzero(half < 0.5)
        step = abs(float(positions[1] - positions[0]))
        if not below.size:
            width += (len(half) - 1) * step
            continue
        k = int(below[0])
        width += (k - (0.5 - half[k]) / (half[k - 1] - half[k])) * step
    return width
