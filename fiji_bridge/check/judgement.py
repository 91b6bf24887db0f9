"""What counts as the same numbers: one judgement for all that compares.

Two questions, two answers:

- A result against the exact one (`Judged`): every sample must be what some value within the error
  bound of its sums is stored as. Integers are the exact result, rounded, unless this lies within
  the bound of a rounding tie; then the neighbouring grey level is right as well.
- Two results against each other, where nobody knows the exact one (`Tolerance`): each may be off by
  its own rounding. Integers may differ by one grey level, and only in as many samples as chance
  puts close to a tie.

Where source and request are known, two results are both held against the exact one
(`fiji_bridge.check.exact`), and the second question is left for results of which neither is that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.difference import Difference
from fiji_bridge.check.rounding import TWO_STEPS, UNIT
from fiji_bridge.image.dtypes import round_to

Verdict = Literal["passed", "differs", "cannot tell"]

#: What schemes that are cheaper than direct sums (wide kernels in two steps) may add in float32,
#: as a share of the signal's range: along each of two axes.
_SCHEME = 2 * TWO_STEPS
#: Sums of this many taps are assumed where the kernels are not known.
_TAPS = 100


@dataclass
class Judged:
    """How a result compares with the exact one, piece by piece.

    Attributes
    ----------
    samples : int
    outside : int
        Samples that no honest sum gives.
    near_ties : int
        Integer samples whose exact value is so close to a tie that two grey levels are right.
    other_side : int
        Of those, samples that are the grey level on the other side.
    excess : float
        Largest distance beyond what is accepted, in grey levels.
    bound : float
        Largest error bound of any sample, in grey levels.
    """

    samples: int = 0
    outside: int = 0
    near_ties: int = 0
    other_side: int = 0
    excess: float = 0.0
    bound: float = 0.0

    def add(
        self, result: NDArray[Any], exact: NDArray[np.float64], bound: NDArray[np.float64]
    ) -> None:
        """Take in more samples.

        Parameters
        ----------
        result : ndarray
            In the type of the result.
        exact, bound : ndarray of float64, same shape
            What the result would be without any rounding, and the error bound of its sums.
        """
        if result.size == 0:
            return
        low, high = (stored(exact + way * bound, result.dtype) for way in (-1, 1))
        with np.errstate(invalid="ignore"):
            inside = (result >= low) & (result <= high)
            if result.dtype.kind == "f":
                # A sum with a sample that is not finite is not finite itself: which of NaN and
                # the infinities it is hangs on the order of the sum.
                lost = ~np.isfinite(exact)
                inside = np.where(lost, ~np.isfinite(result), inside)
                value = result.astype(np.float64)
                gap = np.maximum(low.astype(float) - value, value - high.astype(float))
            else:
                value = result.astype(np.float64)
                gap = np.maximum(low - value, value - high)
                self.near_ties += int(np.count_nonzero(low != high))
                nearest = stored(exact, result.dtype)
                self.other_side += int(np.count_nonzero(inside & (result != nearest)))
        self.samples += result.size
        wrong = ~inside
        self.outside += int(np.count_nonzero(wrong))
        if wrong.any():
            worst = gap[wrong]
            self.excess = max(self.excess, math.inf if np.isnan(worst).any() else worst.max())
        self.bound = max(self.bound, float(np.max(bound, initial=0.0)))

    @property
    def same(self) -> bool:
        """Whether every sample is what the exact result may be stored as."""
        return self.outside == 0

    def words(self, dtype: np.dtype[Any]) -> str:
        """Say what was found, in one sentence without a full stop."""
        many = f"{self.outside} of {self.samples} samples"
        if dtype.kind in "iu":
            ties = (
                f"{self.near_ties} samples are within {self.bound:.2g} grey levels of a rounding "
                f"tie, {self.other_side} of them on the other side"
            )
            if self.same:
                return f"every sample is the exact result rounded; {ties}"
            return f"{many} are not the exact result rounded, by up to {self.excess:.4g}; {ties}"
        if self.same:
            return f"every sample is within the error bound of its sums, at most {self.bound:.2g}"
        return (
            f"{many} are beyond the error bound of their sums (at most {self.bound:.2g}), by up "
            f"to {self.excess:.3g}"
        )


def stored(values: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return values as a result of this type holds them: rounded, saturating."""
    with np.errstate(invalid="ignore", over="ignore"):
        if dtype.kind == "f":
            return values.astype(dtype)
        return round_to(np.nan_to_num(values), dtype)


@dataclass(frozen=True)
class Tolerance:
    """What counts as the same for two results whose exact values nobody knows.

    Attributes
    ----------
    maximum : float
        Largest accepted difference, in grey levels.
    share : float
        Share of the samples that may differ at all; 1 for floats.
    """

    maximum: float
    share: float = 1.0

    def accepts(self, gap: NDArray[Any]) -> bool:
        """Whether differences (any shape, in grey levels) are within the tolerance."""
        if gap.size == 0:
            return True
        return bool(np.abs(gap).max() <= self.maximum) and self.accepts_share(
            int(np.count_nonzero(gap)), gap.size
        )

    def accepts_share(self, differing: int, samples: int) -> bool:
        """Whether so many differing samples are few enough; one always is."""
        return differing <= max(1, self.share * samples)

    def holds_for(self, found: Difference) -> bool:
        """Whether two arrays that differ so are within the tolerance."""
        return found.maximum <= self.maximum and self.accepts_share(found.differing, found.samples)


def pair_tolerance(
    arrays: Iterable[NDArray[Any]], dtypes: Sequence[np.dtype[Any]], taps: int = _TAPS
) -> Tolerance:
    """Return what counts as the same for two honest results.

    Parameters
    ----------
    arrays : iterable of ndarray
        What tells the values: the source of both, or the two results, or pieces of them.
    dtypes : sequence of numpy.dtype
        Of the results.
    taps : int
        Of all kernels together.

    Returns
    -------
    Tolerance
        Floats: what storing both rounds, six units of the largest magnitude (the last roundings
        of both sums are those of an offset), and of the signal's range without it 4 √taps units
        and, in float32, what wide kernels in two steps may add.
        Integers: one grey level, in twice the share of the samples whose exact value random
        roundings of √taps units carry across a tie. A float against an integer: half a level.
    """
    low, high = _extremes(arrays)
    magnitude, extent = max(abs(low), abs(high)), high - low
    whole = [d.kind in "iu" for d in dtypes]
    if all(whole):
        wide = all(d.itemsize > 2 for d in dtypes)
        unit = UNIT["float64" if wide else "float32"]
        return Tolerance(1.0, min(1.0, 2 * math.sqrt(taps) * unit * magnitude))
    floats = [d for d in dtypes if d.kind == "f"]
    kept = max(float(np.finfo(d).eps) / 2 for d in floats)
    unit = max(UNIT["float64" if d.itemsize == 8 else "float32"] for d in floats)
    scheme = _SCHEME if unit == UNIT["float32"] else 0.0
    found = (2 * kept + 6 * unit) * magnitude + (4 * math.sqrt(taps) * unit + scheme) * extent
    return Tolerance(0.5 + found if any(whole) else found)


def _extremes(arrays: Iterable[NDArray[Any]]) -> tuple[float, float]:
    low, high = math.inf, -math.inf
    for array in arrays:
        values = array[np.isfinite(array)] if array.dtype.kind == "f" else array
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def data_range(data: NDArray[Any]) -> float:
    """Return the largest minus the smallest finite sample, in grey levels."""
    low, high = _extremes([data])
    return high - low
