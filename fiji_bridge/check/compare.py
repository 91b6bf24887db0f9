"""Two images against each other: shape, type, calibration and every sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.difference import Difference, Parts, at, difference
from fiji_bridge.check.faults import Seen
from fiji_bridge.check.judgement import Tolerance, Verdict, pair_tolerance
from fiji_bridge.check.sides import Side, regions
from fiji_bridge.errors import InputError, UnitError
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.results import Report, Table

#: Relative difference of voxel sizes that a TIFF's rationals may cause (0.45 → 0.450000045).
VOXEL_SIZE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Comparison(Report):
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
    tolerance : Tolerance
    faults : tuple of Seen
        What this tolerance would have revealed; empty where every sample is equal or too
        different, as there is no doubt then.
    """

    a: str
    b: str
    structure: tuple[str, ...]
    difference: Difference | None
    axes: tuple[str, ...]
    tolerance: Tolerance
    faults: tuple[Seen, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """``"passed"``, ``"differs"``, or ``"cannot tell"`` if the tolerance hides anything."""
        found = self.difference
        if self.structure or found is None or not self.tolerance.holds_for(found):
            return "differs"
        if any(seen.gross and not seen.visible for seen in self.faults):
            return "cannot tell"
        return "passed"

    @property
    def passed(self) -> bool:
        """Whether nothing differs beyond a tolerance that means something for this image."""
        return self.verdict == "passed"

    def records(self) -> list[dict[str, Any]]:
        """Return the difference as plain values, in one row; none where shapes differ."""
        found = self.difference
        return [] if found is None else [{"a": self.a, "b": self.b, **asdict(found)}]

    def table(self) -> Table:
        """Return the difference in one row, and below it what else differs."""
        found = self.difference
        rows = () if found is None else (
            (
                f"{found.maximum:.6g}", found.place(self.axes), f"{found.mean:.3g}",
                f"{found.rms:.3g}", f"{found.differing} of {found.samples}",
            ),
        )  # fmt: skip
        return Table(
            f"{self.a} and {self.b}: {self.verdict}",
            ("largest", "at", "mean", "RMS", "differing"),
            rows,
            tuple(f"different {line}" for line in self.structure),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values for JSON."""
        return {**asdict(self), "verdict": self.verdict, "passed": self.passed}


def compare(
    a: Any,
    b: Any,
    *,
    tolerance: float | None = None,
    axes: str | None = None,
) -> Comparison:
    """Compare two images.

    Parameters
    ----------
    a, b : ndarray, xarray.DataArray, ij.ImagePlus, CalibratedImage or path
        An OME-Zarr of any size is read piece by piece.
    tolerance : float, optional
        Largest accepted difference in grey levels. By default what two honest results of float32
        (float64: float64) sums may differ by; see
        `fiji_bridge.check.judgement.pair_tolerance`: integers by one grey level in few samples.
    axes : str, optional
        Names of the axes of plain arrays.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If one of the two is no image, or the tolerance is negative.

    Examples
    --------
    >>> image = fiji_bridge.read("stack.tif")
    >>> fused = fiji_bridge.gaussian(image, sigma="1 um")
    >>> scipy = fiji_bridge.gaussian(image, sigma="1 um", engine="scipy")
    >>> fiji_bridge.compare(fused, scipy).verdict
    'passed'
    >>> fiji_bridge.compare(fused, image).verdict
    'differs'
    """
    if tolerance is not None and not tolerance >= 0:
        raise InputError(f"the tolerance must be 0 or more grey levels; got {tolerance!r}")
    sides = Side.of(a, axes=axes), Side.of(b, axes=axes)
    left, right = (side.image for side in sides)
    allowed = (
        pair_tolerance(_pieces(*sides), [left.dtype, right.dtype])
        if tolerance is None
        else Tolerance(float(tolerance))
    )
    same_shape = left.axes == right.axes and left.shape == right.shape
    found = _difference(*sides) if same_shape else None
    doubtful = found is not None and found.differing and allowed.holds_for(found)
    return Comparison(
        a=left.name,
        b=right.name,
        structure=tuple(_structure(left, right)),
        difference=found,
        axes=left.axes,
        tolerance=allowed,
        faults=_revealed(sides[0], allowed) if doubtful else (),
    )


def _pieces(*sides: Side) -> Iterator[NDArray[Any]]:
    for side in sides:
        for region in regions(side.image.shape, side):
            yield side.read(region)


def _difference(a: Side, b: Side) -> Difference:
    parts, where = Parts(), (0,) * a.image.ndim
    for region in regions(a.image.shape, a, b):
        left, right = a.read(region), b.read(region)
        before, most = parts.samples, parts.maximum
        parts.add(left, right)
        if parts.maximum > most:
            inside = np.unravel_index(parts.where - before, left.shape)
            where = tuple(int(i) + part.start for i, part in zip(inside, region, strict=True))
    return at(parts, where)


def _revealed(side: Side, tolerance: Tolerance) -> tuple[Seen, ...]:
    """Return which changes of an image a tolerance would reveal, in any of its pieces."""
    found: dict[str, Seen] = {}
    for piece in _pieces(side):
        for seen in revealed(piece, tolerance):
            if seen.fault not in found or seen.visible:
                found[seen.fault] = seen
        if all(seen.visible for seen in found.values()):
            break
    return tuple(found.values())


def revealed(data: NDArray[Any], tolerance: Tolerance) -> tuple[Seen, ...]:
    """Return which changes of an array a tolerance would reveal."""
    faults: dict[str, tuple[NDArray[Any], bool]] = {
        "all zeros": (np.zeros_like(data), True),
        "its mean everywhere": (np.full_like(data, data.mean()), True),
    }
    for axis in range(data.ndim):
        if data.shape[axis] > 1:
            faults[f"shifted by one along dimension {axis}"] = (np.roll(data, 1, axis), False)
    return tuple(
        Seen(name, not tolerance.holds_for(difference(changed, data)), gross)
        for name, (changed, gross) in faults.items()
    )


def hidden(data: NDArray[Any], tolerance: Tolerance) -> tuple[str, ...]:
    """Return the gross changes of an array that a tolerance would not reveal."""
    return tuple(
        seen.fault for seen in revealed(data, tolerance) if seen.gross and not seen.visible
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
