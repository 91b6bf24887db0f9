"""How much two arrays differ, and where."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Samples compared at a time, so that the float64 copies stay small.
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Difference:
    """Statistics of |a − b| over all samples.

    Attributes
    ----------
    maximum, mean, rms : float
        In grey levels. NaN on both sides is no difference, on one side an infinite one.
    where : tuple of int
        Index of the largest difference.
    differing : int
        Samples that are not equal.
    samples : int
    """

    maximum: float
    mean: float
    rms: float
    where: tuple[int, ...]
    differing: int
    samples: int

    def place(self, axes: tuple[str, ...]) -> str:
        """Return where the largest difference is, by the names of the axes."""
        if self.maximum == 0:
            return "-"
        return " ".join(f"{axis}={i}" for axis, i in zip(axes, self.where, strict=True))


def difference(a: NDArray[Any], b: NDArray[Any]) -> Difference:
    """Compare two arrays of the same shape, in float64.

    Parameters
    ----------
    a, b : ndarray
        Any real types, same shape.

    Returns
    -------
    Difference
    """
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {a.shape} and {b.shape}")
    parts = Parts()
    parts.add(a, b)
    return merge(parts, a.shape)


@dataclass
class Parts:
    """Running sums of a comparison that is made piece by piece.

    Attributes
    ----------
    where : int
        Which sample, in the order in which they were added, differs most.
    """

    total: float = 0.0
    squares: float = 0.0
    maximum: float = -1.0
    where: int = 0
    differing: int = 0
    samples: int = 0

    def add(self, a: NDArray[Any], b: NDArray[Any]) -> None:
        """Take in the next samples, in C order."""
        left, right = a.reshape(-1), b.reshape(-1)
        for start in range(0, left.size, _CHUNK):
            x = left[start : start + _CHUNK].astype(np.float64)
            y = right[start : start + _CHUNK].astype(np.float64)
            with np.errstate(invalid="ignore"):
                gap = np.abs(x - y)
            # Equal infinities and NaN on both sides are no difference; NaN on one side is.
            same = (x == y) | (np.isnan(x) & np.isnan(y))
            gap[same] = 0.0
            gap[np.isnan(gap)] = math.inf
            self.total += float(gap.sum())
            self.squares += float(np.square(gap).sum())
            self.differing += int(np.count_nonzero(~same))
            peak = int(gap.argmax())
            if gap[peak] > self.maximum:
                self.maximum = float(gap[peak])
                self.where = self.samples + start + peak
        self.samples += left.size


def merge(parts: Parts, shape: tuple[int, ...]) -> Difference:
    """Turn running sums over an array of this shape, added in C order, into the statistics."""
    if parts.samples == 0:
        return Difference(0.0, 0.0, 0.0, (), 0, 0)
    return at(parts, tuple(int(i) for i in np.unravel_index(parts.where, shape)))


def at(parts: Parts, where: tuple[int, ...]) -> Difference:
    """Turn running sums into the statistics, where the place of the largest difference is known."""
    if parts.samples == 0:
        return Difference(0.0, 0.0, 0.0, (), 0, 0)
    return Difference(
        maximum=parts.maximum,
        mean=parts.total / parts.samples,
        rms=math.sqrt(parts.squares / parts.samples),
        where=where,
        differing=parts.differing,
        samples=parts.samples,
    )
