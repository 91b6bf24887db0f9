r"""Spellings of length units, as microscopes and programs write them.

An alias table and not pint, which takes ``A`` for ampere, does not know ImageJ's literal escape
``\u00B5m``, and takes long to import. Conversion factors are exact fractions of a metre, rounded
once, so that Java computes the same double.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from fiji_bridge.errors import UnitError
from fiji_bridge.image.texts import decoded

#: The unit of an image that is not calibrated.
PIXEL = "pixel"

# UDUNITS name -> (symbol that ImageJ and OME use, every other spelling met in files)
_TABLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "picometer": ("pm", ("picometre", "picometers", "picometres")),
    "angstrom": (
        "Å", ("\u212b", "A", "ang", "angstroms", "Angstrom", "ångström")
    ),
    "nanometer": ("nm", ("nanometre", "nanometers", "nanometres")),
    "micrometer": (
        "\u00b5m",
        (
            "\u03bcm", "um", "micron", "microns", "micrometre", "micrometers", "micrometres",
            "\\u00B5m", "\\u00b5m", "\\u03BCm", "\\u03bcm", "\u00b5", "\u03bc", "u",
            # µm and μm in UTF-8, read as Latin-1: what ImageJ makes of them in a TIFF.
            "\u00c2\u00b5m", "\u00ce\u00bcm",
        ),
    ),
    "millimeter": ("mm", ("millimetre", "millimeters", "millimetres")),
    "centimeter": ("cm", ("centimetre", "centimeters", "centimetres")),
    "meter": ("m", ("metre", "meters", "metres")),
    "kilometer": ("km", ("kilometre", "kilometers", "kilometres")),
    "inch": ("inch", ("in", "inches", '"')),
}  # fmt: skip

_PIXEL_SPELLINGS = frozenset(
    {"", "pixel", "pixels", "px", "voxel", "voxels", "null", "none", "gray value", "<pixel>"}
)


def _aliases() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, (symbol, others) in _TABLE.items():
        for spelling in (name, symbol, *others):
            found[spelling] = name
    return found


_ALIASES = _aliases()
_ALIASES_FOLDED = {
    spelling.lower(): name for spelling, name in _ALIASES.items() if len(spelling) > 2
}


def is_pixel(unit: str | None) -> bool:
    """Whether a unit's spelling says 'not calibrated'."""
    return unit is None or unit.strip().lower() in _PIXEL_SPELLINGS


def is_length(unit: str) -> bool:
    """Whether a spelling is that of a known unit, or of none."""
    try:
        canonical(unit)
    except UnitError:
        return False
    return True


def canonical(unit: str) -> str:
    r"""Return the UDUNITS name of a length unit, or ``"pixel"``.

    Parameters
    ----------
    unit : str
        Any spelling: ``um``, ``µm`` (both code points), ``micron``, ImageJ's
        escape ``\u00B5m``, ``inch``, ``A`` for ångström, ``pixel`` …

    Returns
    -------
    str
        For example ``"micrometer"``.

    Raises
    ------
    UnitError
        If it is not a length; nothing is guessed.
    """
    text = decoded(unit).strip()
    if is_pixel(text):
        return PIXEL
    name = _ALIASES.get(text) or _ALIASES_FOLDED.get(text.lower())
    if name is None:
        raise UnitError(
            f"unknown length unit {unit!r}; use one of "
            f"{', '.join(symbol for symbol, _ in _TABLE.values())} or pixel"
        )
    return name


def symbol(unit: str) -> str:
    """Return the symbol to show and to write (``µm`` with U+00B5) for any spelling."""
    name = canonical(unit)
    return PIXEL if name == PIXEL else _TABLE[name][0]


def length_units() -> tuple[str, ...]:
    r"""Return the UDUNITS names of the known length units, smallest first."""
    return tuple(_TABLE)


def spellings() -> dict[str, str]:
    """Return every spelling of the alias table with its UDUNITS name (a copy)."""
    return dict(_ALIASES)


# Exact; a test compares them with pint's definitions.
_METRES = {
    "picometer": Fraction(1, 10**12),
    "angstrom": Fraction(1, 10**10),
    "nanometer": Fraction(1, 10**9),
    "micrometer": Fraction(1, 10**6),
    "millimeter": Fraction(1, 10**3),
    "centimeter": Fraction(1, 10**2),
    "meter": Fraction(1),
    "kilometer": Fraction(10**3),
    "inch": Fraction(254, 10**4),
}


@lru_cache(maxsize=256)
def factor(source: str, target: str) -> float:
    """Return the number of ``target`` units in one ``source`` unit, correctly rounded."""
    a, b = canonical(source), canonical(target)
    if a == b:
        return 1.0
    if PIXEL in (a, b):
        raise UnitError(
            f"cannot convert {source!r} to {target!r}: a pixel has no length without a voxel size"
        )
    return float(_METRES[a] / _METRES[b])


def convert(value: float, source: str, target: str) -> float:
    """Convert a length; exact where the units are the same."""
    ratio = factor(source, target)
    return value if ratio == 1.0 else value * ratio


@dataclass(frozen=True)
class Length:
    """A number with the unit it was given in; ``unit=None`` means 'the unit of the voxel size'."""

    value: float
    unit: str | None

    def to(self, unit: str) -> float:
        """Return the value in another unit (a bare number is taken to be in that unit)."""
        return self.value if self.unit is None else convert(self.value, self.unit, unit)

    def __str__(self) -> str:
        return f"{self.value:g}" if self.unit is None else f"{self.value:g} {symbol(self.unit)}"


_NUMBER = re.compile(
    r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)\b)\s*(.*)",
    re.I | re.S,
)


def parse_length(text: str) -> Length:
    """Read ``"1 um"``, ``"450nm"``, ``"2 px"`` or a bare number.

    Raises
    ------
    UnitError
        If there is no number, a comma stands for the point, or the unit is unknown.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or match.group(2).startswith(","):
        hint = "; write decimals with a point" if "," in text else ""
        raise UnitError(f"cannot read {text!r} as a length such as '1 um'{hint}")
    unit = match.group(2).strip()
    value = float(match.group(1))
    if not unit:
        return Length(value, None)
    return Length(value, canonical(unit))


def positive(value: float) -> bool:
    """Whether a voxel size makes sense: finite and above zero."""
    return math.isfinite(value) and value > 0
