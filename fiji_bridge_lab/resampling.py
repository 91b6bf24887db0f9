"""What is lost and what is folded back where samples are dropped, by stripes of every frequency."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: ``resample(lines)``: lines along x in an array of shape (1, n, samples), every row on its own.
Resample = Callable[[NDArray[np.float64]], NDArray[np.float64]]

#: Frequencies in the middle of so many equal steps up to the Nyquist frequency.
FREQUENCIES = 96
#: Samples of a line: many periods of the lowest frequency, so that the edges can be left out.
_LENGTH = 3000
#: Parts of a line that are left out at each end, where the border is.
_EDGE = 0.05


@dataclass(frozen=True)
class Resampled:
    """How a change to voxels that are larger treats stripes.

    Attributes
    ----------
    folded : float
        Energy of what the new grid cannot hold that is in the result all the same, as a part of
        all energy in it; for an image whose spectrum is flat.
    kept : float
        Amplitude that stripes 2 % finer than the new grid can hold keep, as coarser ones.
    passed : float
        Amplitude that stripes of half the new Nyquist frequency keep.
    """

    folded: float
    kept: float
    passed: float


def measure(resample: Resample, step: float) -> Resampled:
    """Measure a change to voxels `step` times as large along x.

    Parameters
    ----------
    resample : callable
    step : float
        New voxel size over the old, above 1.
    """
    nyquist = math.pi / step
    omega = (np.arange(FREQUENCIES) + 0.5) * (math.pi / FREQUENCIES)
    named = np.array([1.02 * nyquist, 0.5 * nyquist])
    power = _power(resample, np.concatenate([omega, named]))
    energy, (kept, passed) = power[:FREQUENCIES], np.sqrt(power[FREQUENCIES:])
    return Resampled(float(energy[omega > nyquist].sum() / energy.sum()), kept, passed)


def _power(resample: Resample, omega: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared amplitude of stripes after resampling, whatever their phase."""
    phases = omega[:, None] * np.arange(_LENGTH)
    lines = np.concatenate([np.cos(phases), np.sin(phases)])[None]
    found = np.asarray(resample(lines), np.float64)[0]
    cut = int(_EDGE * found.shape[1])
    squares = np.square(found[:, cut:-cut])
    total: NDArray[np.float64] = (squares[: len(omega)] + squares[len(omega) :]).mean(axis=1)
    return total
