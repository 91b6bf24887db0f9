"""Two images against each other: shape, type, calibration and every sample."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fiji_bridge import units
from fiji_bridge.check.crosscheck import accepted, data_range
from fiji_bridge.check.difference import Difference, difference
from fiji_bridge.errors import InputError, UnitError
from fiji_bridge.image import CalibratedImage

#: Relative difference of voxel sizes that a TIFF's rationals may cause (0.45 → 0.450000045).
VOXEL_SIZE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Comparison:
    """What differs between two images.

    Attributes
    ----------
    a, b : str
        Names of the images.
    structure : tuple of str
        Differences of shape, axes, type and calibration, in words; empty where there are none.
    difference : Difference or None
        None where the shapes cannot be compared.
    axes : tuple of str
        Names of the axes of ``difference.where``.
    tolerance : float
        Largest accepted difference, in grey levels.
    """

    a: str
    b: str
    structure: tuple[str, ...]
    difference: Difference | None
    axes: tuple[str, ...]
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether nothing differs beyond the tolerance."""
        return (
            not self.structure
            and self.difference is not None
            and self.difference.maximum <= self.tolerance
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values for JSON."""
        return {**asdict(self), "passed": self.passed}


def compare(
    a: CalibratedImage, b: CalibratedImage, *, tolerance: float | None = None
) -> Comparison:
    """Compare two images.

    Parameters
    ----------
    a, b : CalibratedImage
    tolerance : float, optional
        In grey levels. By default that of `fiji_bridge.crosscheck` for the coarser of
        the two types: one grey level for integers, 1e-5 of the data range for float32,
        1e-12 for float64.

    Returns
    -------
    Comparison
    """
    if tolerance is not None and not tolerance >= 0:
        raise InputError(f"the tolerance must be 0 or more grey levels; got {tolerance!r}")
    structure = _structure(a, b)
    same_shape = a.axes == b.axes and a.data.shape == b.data.shape
    if tolerance is None:
        scale = max(data_range(a.data), data_range(b.data))
        tolerance = max(accepted(np.dtype(image.data.dtype), scale) for image in (a, b))
    return Comparison(
        a=a.name,
        b=b.name,
        structure=tuple(structure),
        difference=difference(a.data, b.data) if same_shape else None,
        axes=a.axes,
        tolerance=tolerance,
    )


def _structure(a: CalibratedImage, b: CalibratedImage) -> list[str]:
    found = []
    sizes_a, sizes_b = (dict(zip(i.axes, i.data.shape, strict=True)) for i in (a, b))
    if (a.axes, a.data.shape) != (b.axes, b.data.shape):
        found.append(f"shape: {sizes_a} and {sizes_b}")
    if a.data.dtype.newbyteorder("=") != b.data.dtype.newbyteorder("="):
        found.append(f"sample type: {a.data.dtype.name} and {b.data.dtype.name}")
    for axis in a.spatial_axes:
        left, right = a.calibration.axis(axis), b.calibration.axis(axis)
        if not _same_size(left.size, left.unit, right.size, right.unit):
            found.append(f"voxel size of axis {axis}: {left.said()} and {right.said()}")
    return found


def _same_size(size_a: float | None, unit_a: str, size_b: float | None, unit_b: str) -> bool:
    if size_a is None or size_b is None:
        return size_a is size_b
    try:
        size_b = units.convert(size_b, unit_b, unit_a)
    except UnitError:
        if unit_a != unit_b:
            return False
    both_nan = size_a != size_a and size_b != size_b
    return (
        both_nan or size_a == size_b or abs(size_a - size_b) <= VOXEL_SIZE_TOLERANCE * abs(size_a)
    )
