"""Weighted means of the samples that are there, as quotients of two sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Below this a weight is rounding noise: no sample is within reach, and there is no mean.
SMALLEST_WEIGHT = 1e-12


def quotient(
    total: NDArray[np.float64], weight: NDArray[np.float64], smallest: float = SMALLEST_WEIGHT
) -> NDArray[np.float64]:
    """Return the weighted mean, NaN where there is none."""
    found = np.full_like(total, np.nan)
    np.divide(total, weight, out=found, where=weight > smallest)
    return found
