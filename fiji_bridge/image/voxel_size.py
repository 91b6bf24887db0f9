"""Reading a voxel size, however the caller writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from fiji_bridge.errors import AxesError, CalibrationError, UnitError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.image.length_grammar import LengthsLike, read_written
from fiji_bridge.image.units import Length

#: Text, one number per spatial axis in (z, y, x) order, or a mapping by axis name.
VoxelSizeLike: TypeAlias = "LengthsLike | Any"

#: What messages call sizes that the caller gave.
SOURCE = "voxel_size="


def with_voxel_size(
    calibration: Calibration, given: VoxelSizeLike, axes: Sequence[str]
) -> Calibration:
    """Return a calibration with the voxel size that the caller gives; origin and time stay.

    Parameters
    ----------
    calibration : Calibration
        What the image says itself.
    given : str, number, pint.Quantity, sequence or mapping
        ``"2 0.45 0.45 um"`` or ``(2, 0.45, 0.45)`` in the order of `axes`; one
        value for voxels that are equal in all directions; ``"z=2 um"`` or a
        mapping for some axes only. Numbers without a unit have none afterwards:
        a sigma without a unit refers to them.
    axes : sequence of str
        The spatial axes of the image, in (z, y, x) order.

    Raises
    ------
    CalibrationError
        For a size that is not finite and above zero, or a wrong count.
    AxesError
        For an axis that the image does not have.
    UnitError
        For a unit that is no length.
    """
    changed = {}
    for axis, length in _by_axis(given, axes).items():
        if not units.positive(length.value):
            raise CalibrationError(
                f"the voxel size of axis {axis} must be finite and above zero; got {length.value!r}"
            )
        bare = length.unit is None
        unit = "" if length.unit is None else units.symbol(length.unit)
        origin = calibration.axis(axis).origin
        changed[axis] = AxisCalibration(length.value, unit, origin, bare=bare)
    return replace(calibration.with_axes(**changed), source=SOURCE)


def with_unit(calibration: Calibration, unit: str, axes: Sequence[str]) -> Calibration:
    """Return a calibration whose sizes without a unit have this one; the others stay.

    Parameters
    ----------
    calibration : Calibration
        Sizes are there, their unit is missing: scales of PyImageJ, coordinates without ``units``.
    unit : str
        A length unit.
    axes : sequence of str
        The spatial axes of the image, in (z, y, x) order.

    Raises
    ------
    CalibrationError
        For a size that is missing, or one that has another unit already.
    UnitError
        For a unit that is no length.
    """
    if not isinstance(unit, str) or units.is_pixel(unit):
        raise UnitError(f"unit= must be a length unit such as 'um'; got {unit!r}")
    changed = {}
    for axis in axes:
        found = calibration.axis(axis)
        if found.size is None:
            raise CalibrationError(
                f"unit={unit!r} needs voxel sizes, and axis {axis} has none "
                f"({calibration.source}); give them with the unit: voxel_size='2 0.45 0.45 {unit}'"
            )
        if not units.is_pixel(found.unit) and not _same(found.unit, unit):
            raise CalibrationError(
                f"unit={unit!r} contradicts the voxel size of axis {axis}, {found.said()} "
                f"({calibration.source}); leave unit= out, or give voxel_size= with its unit"
            )
        if units.is_pixel(found.unit):
            changed[axis] = replace(found, unit=units.symbol(unit), bare=False)
    return replace(calibration.with_axes(**changed), source=f"{calibration.source}, unit=")


def _same(found: str, unit: str) -> bool:
    try:
        return units.canonical(found) == units.canonical(unit)
    except UnitError:
        return False


def _by_axis(given: Any, axes: Sequence[str]) -> dict[str, Length]:
    written = read_written(given, "voxel_size", CalibrationError)
    if isinstance(written, Length):
        return dict.fromkeys(axes, written)
    if isinstance(written, dict):
        return {_checked(name, axes): length for name, length in written.items()}
    if len(written) != len(axes):
        raise CalibrationError(
            f"voxel_size has {len(written)} values but the image has {len(axes)} spatial axes; "
            f"give one each for ({', '.join(axes)})"
        )
    return dict(zip(axes, written, strict=True))


def _checked(name: str, axes: Sequence[str]) -> str:
    if name not in SPATIAL_AXES:
        raise AxesError(f"voxel_size names axis {name!r}; the axes are z, y and x")
    if name not in axes:
        raise AxesError(f"voxel_size names axis {name!r}, but the image has only {', '.join(axes)}")
    return name
