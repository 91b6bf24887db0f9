"""Gradients of small support: a difference along one axis, smoothing along the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import AxisKernel, Kernels
from fiji_bridge.image.calibration import SPATIAL_AXES

Derivative: TypeAlias = Literal["farid", "sobel"]

_IDENTITY = AxisKernel(np.ones(1), 0)


@dataclass(frozen=True)
class GradientKernel:
    """Taps of a gradient, as convolutions.

    Attributes
    ----------
    difference : array, shape (n,)
        Along the axis of the gradient; of a ramp it gives the slope.
    smoothing : array, shape (n,)
        Along the others; sums to 1.
    degrees : Mapping of float to float
        By how much the direction of a thin sheet is off at most, for σ of its profile in voxels:
        measured over directions in isotropic voxels, window of σ 3 voxels.
    """

    difference: NDArray[np.float64]
    smoothing: NDArray[np.float64]
    degrees: Mapping[float, float]

    def along(self, axis: str, axes: Sequence[str], voxel: float) -> Kernels:
        """Return the kernels of the gradient along one of the axes, per the unit of `voxel`."""
        z, y, x = (
            AxisKernel(self.difference / voxel, len(self.difference) // 2)
            if name == axis
            else AxisKernel(self.smoothing, len(self.smoothing) // 2)
            if name in axes
            else _IDENTITY
            for name in SPATIAL_AXES
        )
        return z, y, x

    def noise_gain(self, voxel: float, dimensions: int) -> float:
        """Return the mean squared gradient that white noise of variance 1 has."""
        smooth = float(np.sum(self.smoothing**2)) ** (dimensions - 1)
        return float(np.sum(self.difference**2)) * smooth / voxel**2

    def shared_by(self, dimensions: int) -> float:
        """Return how many gradients of white noise tell as much as one that is independent.

        The sum of the squared autocorrelation: what widens the scatter of a mean of squares.
        """
        return _shared(self.difference) * _shared(self.smoothing) ** (dimensions - 1)

    def said(self) -> str:
        """Say by how much the direction of a thin sheet is off."""
        return ", ".join(f"{off:g} degrees at {sigma:g}" for sigma, off in self.degrees.items())


def _shared(taps: NDArray[np.float64]) -> float:
    correlation = np.correlate(taps, taps, "full")
    return float(np.sum(np.square(correlation / correlation.max())))


def _slope_of_one(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    reach = len(difference) // 2
    made: NDArray[np.float64] = difference / (difference @ np.arange(reach, -reach - 1, -1))
    return made


def _farid() -> GradientKernel:
    """Return the pair of 5 taps of Farid & Simoncelli, IEEE TIP 13 (2004) 496-508.

    Its two filters are made for each other: their transfer functions have the ratio ω over most of
    the band, so that directions are right. Published with six digits; both are scaled here, by
    0.8 % and 1e-6, so that a ramp has its own slope.
    """
    smoothing = np.array([0.037659, 0.249153, 0.426375, 0.249153, 0.037659])
    difference = np.array([0.109604, 0.276691, 0.0, -0.276691, -0.109604])
    return GradientKernel(
        _slope_of_one(difference), smoothing / smoothing.sum(), {0.5: 0.5, 0.7: 0.15, 1.0: 0.12}
    )


GRADIENTS: Final[Mapping[Derivative, GradientKernel]] = {
    "farid": _farid(),
    "sobel": GradientKernel(
        np.array([0.5, 0.0, -0.5]), np.array([0.25, 0.5, 0.25]), {0.5: 3.3, 0.7: 2.5, 1.0: 1.6}
    ),
}
