"""Units and sample types as OME-XML spells them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiji_bridge.errors import CalibrationError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import AxisCalibration, Calibration

#: Sample types and their names in OME-XML, which has no float16.
PIXEL_TYPES = {
    "int8": "int8", "uint8": "uint8", "int16": "int16", "uint16": "uint16", "int32": "int32",
    "uint32": "uint32", "float32": "float", "float64": "double",
}  # fmt: skip

_BY_NAME = {name: np.dtype(kind) for kind, name in PIXEL_TYPES.items()} | {
    "complex": np.dtype(np.complex64),
    "double-complex": np.dtype(np.complex128),
}


def sample_type(name: str | None) -> np.dtype[Any] | None:
    """Return the type of samples of a name in OME-XML; None for ``bit`` and what is no name."""
    return None if name is None else _BY_NAME.get(name)


# Symbols of units of time in OME-XML, their names in OME-Zarr, and other spellings.
_TIMES = {
    "s": ("second", ("sec", "secs", "seconds")),
    "ms": ("millisecond", ("msec", "msecs", "milliseconds")),
    "\u00b5s": (
        "microsecond", ("\u03bcs", "us", "usec", "usecs", "\u00b5sec", "\u03bcsec", "microseconds")
    ),
    "ns": ("nanosecond", ("nsec", "nanoseconds")),
    "min": ("minute", ("mins", "minutes")),
    "h": ("hour", ("hr", "hrs", "hours")),
    "d": ("day", ("days",)),
}  # fmt: skip
_TIME_SYMBOLS = {
    spelling: symbol
    for symbol, (name, others) in _TIMES.items()
    for spelling in (symbol, name, *others)
}


def time_symbol(unit: str) -> str | None:
    """Return OME's symbol for a unit of time as programs spell it; None for any other text."""
    text = unit.strip()
    return _TIME_SYMBOLS.get(text) or _TIME_SYMBOLS.get(text.lower())


def time_name(unit: str) -> str | None:
    """Return OME-Zarr's (UDUNITS') name for a unit of time; None for any other text."""
    symbol = time_symbol(unit)
    return None if symbol is None else _TIMES[symbol][0]


#: What the schema says where the unit is missing.
DEFAULT_UNIT, DEFAULT_TIME_UNIT = "\u00b5m", "s"

_OME_SYMBOLS = {"inch": "in"}


def physical_size(axis: AxisCalibration) -> tuple[float | None, str]:
    """Return PhysicalSize and its unit; (None, "µm") where there is no sensible one."""
    try:
        size = Calibration(x=axis).voxel_size("x")
    except CalibrationError:
        return None, DEFAULT_UNIT
    symbol = units.symbol(axis.unit)
    # 1 / (20 / 9), as a TIFF keeps 0.45, is its neighbour 0.44999999999999996; no microscope
    # knows its pixels to the sixteenth digit.
    size = float(f"{size:.15g}")
    return size, _OME_SYMBOLS.get(symbol, symbol)
