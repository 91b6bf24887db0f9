"""Reading a sigma: one length for all axes or one per axis, however it is written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.errors import SigmaError, UnitError
from fiji_bridge.units import Length, canonical, parse_length

if TYPE_CHECKING:
    import pint

#: One length: text with a unit, a pint quantity, or a number in the unit of the voxel size.
OneLength: TypeAlias = "str | float | int | pint.Quantity[Any] | Length"
#: One for all axes, a sequence in (z, y, x) order, or a mapping by axis name.
LengthsLike: TypeAlias = "OneLength | Sequence[OneLength] | Mapping[str, OneLength]"

#: FWHM of a Gaussian in units of its standard deviation, 2·√(2 ln 2).
FWHM_PER_SIGMA = 2 * math.sqrt(2 * math.log(2))

_NAMED = re.compile(r"\b([a-zA-Z])\s*=\s*([^=]*?)\s*(?=(?:[,;\s]\s*[a-zA-Z]\s*=)|$)")


def read_lengths(given: LengthsLike, axes: Sequence[str], what: str = "sigma") -> dict[str, Length]:
    """Turn whatever the caller wrote into one length per axis.

    Parameters
    ----------
    given : str, number, pint.Quantity, sequence or mapping
        ``"1 um"``; ``"2, 1, 1 um"`` or ``(2, 1, 1)`` in the order of `axes`;
        ``"z=2 um, y=1 um, x=1 um"`` or a mapping.
    axes : sequence of str
        The spatial axes of the image, in (z, y, x) order.
    what : str
        How the message calls it.

    Returns
    -------
    dict
        Axis name → `Length`, for each of `axes`.

    Raises
    ------
    SigmaError
        For a wrong count, an unknown axis, or a value that is negative, NaN or infinite.
    UnitError
        For a unit that is no length.
    """
    parts: Any = _split(given, what) if isinstance(given, str) else given
    lengths: dict[str, Length]
    if isinstance(parts, Mapping):
        lengths = _by_name(parts, axes, what)
    elif isinstance(parts, Sequence) and not isinstance(parts, str):
        lengths = _by_position(parts, axes, what)
    elif hasattr(parts, "magnitude") and getattr(parts.magnitude, "ndim", 0) == 1:
        lengths = _by_position([m * parts.units for m in parts.magnitude], axes, what)
    elif hasattr(parts, "tolist") and getattr(parts, "ndim", 0) == 1:
        lengths = _by_position(parts.tolist(), axes, what)
    else:
        one = _one(parts, what)
        lengths = dict.fromkeys(axes, one)
    for axis, length in lengths.items():
        if not math.isfinite(length.value) or length.value < 0:
            raise SigmaError(
                f"{what} on axis {axis} must be finite and not negative; got {length.value!r}"
            )
    return lengths


def _split(text: str, what: str) -> Any:
    """Text → one text, a list of texts in axis order, or a mapping by axis name."""
    if "=" in text:
        found = _NAMED.findall(text)
        names = [name.lower() for name, _ in found]
        if not found or len(set(names)) < len(names):
            raise SigmaError(
                f"cannot read {what} {text!r}; write for example 'z=2 um, y=1 um, x=1 um'"
            )
        return {name: value.rstrip(",; ") for name, (_, value) in zip(names, found, strict=True)}
    # 'a, b' separates, 'a,b' might be a decimal comma and is refused by parse_length.
    parts = [part for part in re.split(r"\s*;\s*|,\s+", text.strip()) if part]
    if len(parts) <= 1:
        return text
    last = parse_length(parts[-1])
    if last.unit is not None and all(parse_length(part).unit is None for part in parts[:-1]):
        return [Length(parse_length(part).value, last.unit) for part in parts]
    return parts


def _one(value: Any, what: str) -> Length:
    if isinstance(value, Length):
        return value
    if isinstance(value, str):
        return parse_length(value)
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        if value.dimensionless:
            return Length(float(value.to_base_units().magnitude), None)
        name = str(value.units)
        try:
            return Length(float(value.magnitude), canonical(name))
        except UnitError:
            if not value.check("[length]"):
                raise UnitError(f"{what} {value} is not a length") from None
            return Length(float(value.to("micrometer").magnitude), "micrometer")
    if isinstance(value, bool):
        raise SigmaError(f"{what} must be a length; got {value!r}")
    try:
        return Length(float(value), None)
    except (TypeError, ValueError):
        raise SigmaError(
            f"{what} must be a length such as '1 um', a number or one per axis; got {value!r}"
        ) from None


def _by_position(values: Sequence[Any], axes: Sequence[str], what: str) -> dict[str, Length]:
    if len(values) != len(axes):
        raise SigmaError(
            f"{what} has {len(values)} values but the image has {len(axes)} spatial axes; "
            f"give one value, or one each for ({', '.join(axes)})"
        )
    return {axis: _one(value, what) for axis, value in zip(axes, values, strict=True)}


def _by_name(values: Mapping[str, Any], axes: Sequence[str], what: str) -> dict[str, Length]:
    for name in values:
        if name not in SPATIAL_AXES:
            raise SigmaError(
                f"{what} names axis {name!r}; only {', '.join(SPATIAL_AXES)} are blurred"
            )
    missing = [axis for axis in axes if axis not in values]
    if missing:
        raise SigmaError(
            f"{what} says nothing about axis {missing[0]}; give a value (0 for no blur)"
        )
    return {axis: _one(values[axis], what) for axis in axes}
