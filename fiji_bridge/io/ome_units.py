"""Units and sample types as OME-XML spells them."""

from __future__ import annotations

from fiji_bridge import units
from fiji_bridge.calibration import AxisCalibration, Calibration
from fiji_bridge.errors import CalibrationError

#: Sample types and their names in OME-XML, which has no float16.
PIXEL_TYPES = {
    "int8": "int8", "uint8": "uint8", "int16": "int16", "uint16": "uint16", "int32": "int32",
    "uint32": "uint32", "float32": "float", "float64": "double",
}  # fmt: skip

#: ImageJ's words for units of time, and their symbols in OME-XML.
TIME_UNITS = {
    "sec": "s", "s": "s", "second": "s", "seconds": "s", "msec": "ms", "ms": "ms",
    "usec": "µs", "us": "µs", "µs": "µs", "ns": "ns", "min": "min", "minute": "min",
    "minutes": "min", "h": "h", "hr": "h", "hour": "h", "hours": "h", "d": "d", "day": "d",
    "days": "d",
}  # fmt: skip

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
    return size, _OME_SYMBOLS.get(symbol, symbol)
