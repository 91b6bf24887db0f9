"""The one grammar of lengths: what sigmas, radii, voxel sizes and targets are written in.

Text is a list of numbers, each with an optional axis name before and an optional unit behind::

    1 um        2 1 1 um        2, 1, 1 um        2 um; 1 um; 500 nm
    z=2, y=1, x=1 um        z=2 um y=1 um x=1 um        [1 um]        sigma=1 unit=um

The unit behind the last number reaches every number that has none; so does ``unit=``. Where another
unit stands between them it is not said which of the two is meant, and that is refused. Outside of
text there are numbers, `pint` quantities, sequences in (z, y, x) order and mappings by axis name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from fiji_bridge.errors import InputError, UnitError
from fiji_bridge.image.units import Length, canonical

if TYPE_CHECKING:
    import pint

#: One length: text with a unit, a pint quantity, or a number in the unit of the voxel size.
# Unions that exist at run time, because the declarations of operations are read then.
OneLength: TypeAlias = Union[str, float, int, "pint.Quantity[Any]", Length]
#: One for all axes, a sequence in (z, y, x) order, or a mapping by axis name.
LengthsLike: TypeAlias = Union[  # noqa: UP007
    OneLength, Sequence[OneLength], Mapping[str, OneLength]
]

#: What was written: one for all axes, one each in the order of the axes, or by name.
Written: TypeAlias = "Length | list[Length] | dict[str, Length]"

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?!\d)|[+-]?(?:nan|inf(?:inity)?)\b"
# A unit is what follows a number and is neither another one nor the name of an axis.
_UNIT = r"(?!(?:nan|inf(?:inity)?)\b|[A-Za-z]+\s*=)[^\d\s,;=+.-][^\s,;=]*"
# A comma right before a digit might be a decimal one, except behind a unit.
_VALUE = re.compile(
    rf"({_NUMBER})(?:\s*({_UNIT}))?"
    rf"(?:\s*;\s*|\s*,\s+|\s*,(?=[A-Za-z]+\s*=)|(?(2)\s*,(?=\d)|(?!))|\s+|$)",
    re.I,
)
_NAME = re.compile(r"([A-Za-z]+)\s*=\s*")
_UNIT_KEY = re.compile(rf"(?:^|[\s,;]|(?<=[\])]))unit\s*=\s*({_UNIT})\s*$", re.I)
# Numbers in brackets, as a macro or a printed tuple has them, and perhaps a unit behind.
_FRAMED = re.compile(rf"(?:\[([^\[\]]*)\]|\(([^()]*)\))\s*({_UNIT})?$", re.S)
_EXAMPLE = "'1 um', '2 1 1 um' in (z, y, x) order or 'z=2 um, y=1 um, x=1 um'"


def read_written(given: Any, what: str, error: type[InputError]) -> Written:
    """Read lengths however they are written; how many, and of which axes, is not judged here.

    Parameters
    ----------
    given : str, number, pint.Quantity, sequence or mapping
    what : str
        How the message calls it; also the key that may stand before the text, as in a macro.
    error : type
        What is raised for what is no length.

    Returns
    -------
    Length, list of Length or dict of str to Length

    Raises
    ------
    InputError
        `error`; `UnitError` for a unit that is unknown or no length.
    """
    if isinstance(given, str):
        return _read_text(given, what, error)
    if isinstance(given, Mapping):
        return _by_name(((name, _one(value, what, error)) for name, value in given.items()),
                        what, given, error)  # fmt: skip
    if isinstance(given, bytes | bytearray | memoryview):
        return _one(given, what, error)
    magnitude = getattr(given, "magnitude", given)
    if getattr(magnitude, "ndim", 0) == 1 and hasattr(magnitude, "tolist"):
        values = magnitude.tolist()
        given = values if magnitude is given else [value * given.units for value in values]
    if isinstance(given, Sequence):
        return [_one(value, what, error) for value in given]
    return _one(given, what, error)


def _one(value: Any, what: str, error: type[InputError]) -> Length:
    if isinstance(value, Length):
        return Length(_number(value.value, value, what, error), value.unit)
    if isinstance(value, str):
        found = _read_text(value, what, error)
        if isinstance(found, Length):
            return found
        raise error(f"cannot read {what}: {value!r} is not one length")
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        return _quantity(value, what, error)
    return Length(_number(value, value, what, error), None)


def _quantity(value: Any, what: str, error: type[InputError]) -> Length:
    if value.dimensionless:
        return Length(_number(value.to_base_units().magnitude, value, what, error), None)
    try:
        return Length(_number(value.magnitude, value, what, error), canonical(str(value.units)))
    except UnitError:
        if not value.check("[length]"):
            raise UnitError(f"{what} {value} is not a length") from None
        return Length(float(value.to("micrometer").magnitude), "micrometer")


def _number(value: Any, given: Any, what: str, error: type[InputError]) -> float:
    """Return a real number; what Python would also turn into one is refused by its type."""
    dtype = getattr(value, "dtype", None)
    real = isinstance(value, Real | Decimal) if dtype is None else dtype.kind in "iuf"
    if real and not isinstance(value, bool) and getattr(value, "ndim", 0) == 0:
        try:
            return float(value)
        except (OverflowError, ValueError, TypeError):
            pass
    raise error(
        f"{what} must be a length such as '1 um', a number or one per axis; "
        f"got {_short(given)} of type {type(value).__name__}"
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _read_text(text: str, what: str, error: type[InputError]) -> Written:
    stripped, tail = _without_frame(text, what)
    named: list[tuple[str, Length]] = []
    bare: list[Length] = []
    position = 0
    while position < len(stripped):
        name = _NAME.match(stripped, position)
        position = position if name is None else name.end()
        value = _VALUE.match(stripped, position)
        if value is None:
            raise _unreadable(text, what, error, decimal="," in stripped[position:])
        unit = (value[2] or "").strip()
        length = Length(float(value[1]), canonical(unit) if unit else None)
        bare.append(length)
        if name is not None:
            named.append((name[1], length))
        position = value.end()
    if not bare:
        raise _unreadable(text, what, error)
    tail = tail or bare[-1].unit
    _check_units(bare, tail, text, what, error)
    bare = [Length(v.value, v.unit or tail) for v in bare]
    if not named:
        return bare[0] if len(bare) == 1 else bare
    if len(named) < len(bare):
        raise error(f"cannot read {what} {text!r}; name every axis once, or none")
    pairs = zip((name for name, _ in named), bare, strict=True)
    return _by_name(pairs, what, text, error)


def _check_units(
    values: list[Length], tail: str | None, text: str, what: str, error: type[InputError]
) -> None:
    """Refuse a number without a unit that is followed by another unit than the last one."""
    following = tail
    for value in reversed(values):
        if value.unit is None and following != tail:
            raise error(
                f"cannot read {what} {text!r}: the unit of {value.value:g} may be that of the next "
                "number or of the last; write a unit behind each number"
            )
        following = value.unit or following


def _without_frame(text: str, what: str) -> tuple[str, str | None]:
    """Take brackets, a key before and a unit behind them off; return the rest and that unit."""
    stripped = text.strip()
    key = re.match(rf"{re.escape(what)}\s*=\s*", stripped, re.I)
    stripped = stripped[key.end() :] if key else stripped
    unit = _UNIT_KEY.search(stripped)
    if unit:
        stripped = stripped[: unit.start()].strip()
    framed = _FRAMED.match(stripped)
    if framed is None:
        return stripped, canonical(unit[1]) if unit else None
    inside = framed[2] if framed[1] is None else framed[1]
    tail = unit[1] if unit else framed[3]
    return inside.strip(), canonical(tail) if tail else None


def _by_name(
    pairs: Iterable[tuple[Any, Length]], what: str, given: Any, error: type[InputError]
) -> dict[str, Length]:
    found: dict[str, Length] = {}
    for name, length in pairs:
        if not isinstance(name, str):
            raise error(f"{what} names axis {name!r}; the axes are called 'z', 'y' and 'x'")
        if name.lower() in found:
            raise error(
                f"cannot read {what} {_short(given)}: it names axis {name} twice; "
                "name every axis once"
            )
        found[name.lower()] = length
    return found


def _unreadable(
    text: str, what: str, error: type[InputError], *, decimal: bool = False
) -> InputError:
    hint = "; write decimals with a point" if decimal else ""
    return error(f"cannot read {what} {text!r}; write for example {_EXAMPLE}{hint}")
