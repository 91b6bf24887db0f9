"""Reading a voxel size, however the caller writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from fiji_bridge import units
from fiji_bridge.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.errors import AxesError, CalibrationError, UnitError
from fiji_bridge.units import Length, parse_length

if TYPE_CHECKING:
    import pint

#: Text, one number per spatial axis in (z, y, x) order, or a mapping by axis name.
VoxelSizeLike: TypeAlias = (
    "str | float | pint.Quantity[Any] | Sequence[Any] | Mapping[str, Any] | Any"
)

#: `Calibration.source` of sizes that the caller gave.
SOURCE = "voxel_size="

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!\d)|[+-]?(?:nan|inf(?:inity)?)\b"
# A unit is what follows a number and is none itself.
_UNIT = r"(?!(?:nan|inf(?:inity)?)\b)[^\d\s,;=+.-][^\s,;=]*"
_VALUE = re.compile(rf"({_NUMBER})(?:\s*({_UNIT}))?(?:\s*;\s*|,\s+|\s+|$)", re.I)
_NAME = re.compile(r"\s*([A-Za-z]+)\s*=\s*")


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
    for axis, length in _lengths(given, axes).items():
        if not units.positive(length.value):
            raise CalibrationError(
                f"the voxel size of axis {axis} must be finite and above zero; got {length.value!r}"
            )
        unit = "" if length.unit is None else units.symbol(length.unit)
        changed[axis] = AxisCalibration(length.value, unit, calibration.axis(axis).origin)
    return replace(calibration.with_axes(**changed), source=SOURCE)


def _lengths(given: Any, axes: Sequence[str]) -> dict[str, Length]:
    if isinstance(given, str):
        return _from_text(given, axes)
    if isinstance(given, Mapping):
        return {_checked(name, axes): _one(value) for name, value in given.items()}
    magnitude = getattr(given, "magnitude", given)
    if getattr(magnitude, "ndim", 0) == 1:
        values = magnitude.tolist()
        given = values if magnitude is given else [value * given.units for value in values]
    if isinstance(given, Sequence):
        return _by_position([_one(value) for value in given], axes)
    return dict.fromkeys(axes, _one(given))


def _from_text(text: str, axes: Sequence[str]) -> dict[str, Length]:
    names, values, position = [], [], 0
    stripped = text.strip()
    while position < len(stripped):
        name = _NAME.match(stripped, position)
        if name is not None:
            names.append(name[1].lower())
            position = name.end()
        value = _VALUE.match(stripped, position)
        if value is None:
            hint = "; write decimals with a point" if "," in stripped[position:] else ""
            raise CalibrationError(
                f"cannot read the voxel size {text!r}; write for example '2 0.45 0.45 um' "
                f"(z, y, x) or 'z=2 um, y=0.45 um, x=0.45 um'{hint}"
            )
        unit = (value[2] or "").strip()
        values.append(Length(float(value[1]), units.canonical(unit) if unit else None))
        position = value.end()
    if values and values[-1].unit is not None and all(v.unit is None for v in values[:-1]):
        values = [Length(v.value, values[-1].unit) for v in values]
    if not values or (names and (len(names) < len(values) or len(set(names)) < len(names))):
        raise CalibrationError(
            f"cannot read the voxel size {text!r}; name every axis once, or none"
        )
    if names:
        return {_checked(n, axes): v for n, v in zip(names, values, strict=True)}
    if len(values) == 1:
        return dict.fromkeys(axes, values[0])
    return _by_position(values, axes)


def _one(value: Any) -> Length:
    if isinstance(value, Length):
        return value
    if isinstance(value, str):
        return parse_length(value)
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        if value.dimensionless:
            return Length(float(value.to_base_units().magnitude), None)
        try:
            return Length(float(value.magnitude), units.canonical(str(value.units)))
        except UnitError:
            if not value.check("[length]"):
                raise UnitError(f"the voxel size {value} is not a length") from None
            return Length(float(value.to("micrometer").magnitude), "micrometer")
    try:
        if isinstance(value, bool):
            raise TypeError
        return Length(float(value), None)
    except (TypeError, ValueError):
        raise CalibrationError(
            f"a voxel size must be a number or a length such as '0.45 um'; got {value!r}"
        ) from None


def _by_position(values: Sequence[Length], axes: Sequence[str]) -> dict[str, Length]:
    if len(values) != len(axes):
        raise CalibrationError(
            f"voxel_size has {len(values)} values but the image has {len(axes)} spatial axes; "
            f"give one each for ({', '.join(axes)})"
        )
    return dict(zip(axes, values, strict=True))


def _checked(name: str, axes: Sequence[str]) -> str:
    if name not in SPATIAL_AXES:
        raise AxesError(f"voxel_size names axis {name!r}; the axes are z, y and x")
    if name not in axes:
        raise AxesError(f"voxel_size names axis {name!r}, but the image has only {', '.join(axes)}")
    return name
