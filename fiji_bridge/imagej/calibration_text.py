r"""ImageJ's calibration in TIFF tags and description, as ImageJ 1.54p reads and writes it.

X and Y live in the rationals XResolution and YResolution, Z in ``spacing=``.
Where ImageJ takes a value for another one in silence (a comma for 1.0, a
resolution of 0 for 1.0, −2 for 2), the size is the one ImageJ shows and `raw`
says what the file says, so that a physical sigma is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from fiji_bridge.errors import FileError, UnitError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.imagej.text import double_text, java_double, property_line

#: Rational of a TIFF tag: (numerator, denominator).
Rational = tuple[int, int]

INCH, CENTIMETRE = 2, 3
NO_TAG = "no {name}Resolution tag"

# Java's int: what ImageJ writes as a numerator above it was a negative number.
_INT_MAX = 2**31 - 1
_IMAGEJ_SCALE = 1_000_000
_RAW_RATIONAL = re.compile(r"[XY]Resolution=(-?\d+)/(\d+)(?: per (inch|cm),)?")


@dataclass(frozen=True)
class Scale:
    """The three tags; ``None`` where a tag is missing."""

    x: Rational | None = None
    y: Rational | None = None
    unit: int | None = None


def read_calibration(
    scale: Scale, properties: Mapping[str, str] | None, *, planes: int
) -> Calibration:
    """Work out the calibration of a TIFF.

    Parameters
    ----------
    scale : Scale
    properties : mapping or None
        The description of an ImageJ TIFF; ``None`` for any other TIFF.
    planes : int
        Images in the file.
    """
    width, height = _size(scale.x), _size(scale.y)
    unit = {1: " ", INCH: "inch", CENTIMETRE: "cm"}.get(scale.unit or 0)
    raw = {"x": _raw("X", scale.x, properties), "y": _raw("Y", scale.y, properties), "z": None}
    if scale.unit == INCH and width == 1 / 72:  # 72 dpi: no calibration
        width = height = 1.0
        unit = None
        if properties and not units.is_pixel(properties.get("unit")):
            raw = {"x": _said("X", scale.x), "y": _said("Y", scale.y), "z": None}
    depth = 1.0
    micrometres_below = 0.001
    if properties is not None:
        said = properties.get("unit", "")
        if unit == "cm" and said == "um":
            width, height = width * 10_000, height * 10_000
        elif unit in ("inch", "cm") and not _same_unit(said, unit):
            # A resolution per inch or cm with another unit in the description: which one counts?
            both = f" per {unit}, unit={said}"
            raw |= {"x": _said("X", scale.x) + both, "y": _said("Y", scale.y) + both}
        unit = said
        depth, raw["z"] = _spacing(properties.get("spacing"))
        micrometres_below = 0.0001
    elif planes > 1:
        raw["z"] = "no distance between the planes"
    if unit is None:
        return _uncalibrated(properties)
    if unit == "cm" and width <= micrometres_below:  # ImageJ's Prefs.convertToMicrons
        width, height, unit = width * 10_000, height * 10_000, "um"
        depth = depth if depth == 1.0 else depth * 10_000
    return _assemble((depth, height, width), unit, raw, properties)


def _uncalibrated(properties: Mapping[str, str] | None) -> Calibration:
    return _assemble((1.0, 1.0, 1.0), "pixel", {}, properties)


def _assemble(
    sizes: tuple[float, float, float],
    unit: str,
    raw: Mapping[str, str | None],
    properties: Mapping[str, str] | None,
) -> Calibration:
    props = properties or {}
    spelled = {
        "x": imagej_unit(unit),
        "y": imagej_unit(props.get("yunit") or unit),
        "z": imagej_unit(props.get("zunit") or unit),
    }
    axes = {}
    for axis, size in zip("zyx", sizes, strict=True):
        odd = raw.get(axis)
        if units.is_pixel(spelled[axis]) and odd == NO_TAG.format(name=axis.upper()):
            odd = None  # nothing is claimed, so nothing is missing
        axes[axis] = AxisCalibration(
            size, spelled[axis], java_double(props.get(f"{axis}origin")) or 0.0, odd
        )
    return Calibration(
        **axes,
        frame_interval=java_double(props.get("finterval")) or 0.0,
        time_unit=props.get("tunit") or "sec",
        source="TIFF" if properties is None else "ImageJ TIFF",
    )


def imagej_unit(unit: str) -> str:
    """Return a unit as ``ij.measure.Calibration.setUnit`` keeps it."""
    return {"": "pixel", "um": "\u00b5m", "A": "\u00c5"}.get(unit, unit)


def _same_unit(said: str, unit: str) -> bool:
    try:
        return units.canonical(said) == units.canonical(unit)
    except UnitError:
        return False


def _size(rational: Rational | None) -> float:
    """Return the pixel size as ImageJ computes it; 1.0 where there is none."""
    if rational is None or 0 in rational:
        return 1.0
    return 1.0 / (rational[0] / rational[1])


def _said(name: str, rational: Rational | None) -> str:
    if rational is None:
        return NO_TAG.format(name=name)
    return f"{name}Resolution={rational[0]}/{rational[1]}"


def _raw(name: str, rational: Rational | None, properties: Mapping[str, str] | None) -> str | None:
    """Return what a senseless resolution tag says, or None where it makes sense."""
    if rational is None or 0 in rational:
        return _said(name, rational)
    numerator, denominator = rational
    by_imagej = properties is not None and properties.get("ImageJ") != "1.11a"  # that is tifffile
    if by_imagej and numerator > _INT_MAX and denominator == _IMAGEJ_SCALE:
        return _said(name, (numerator - 2**32, denominator))
    return None


def _spacing(text: str | None) -> tuple[float, str | None]:
    """Return the depth as ImageJ takes it and, where that is not what the file says, the text."""
    value = java_double(text)
    if text is None:
        return 1.0, None
    if value is None:
        return 1.0, f"spacing={text}"
    return abs(value), None if units.positive(value) else f"spacing={text}"


# --- writing ---------------------------------------------------------------------------------


def scale_of(calibration: Calibration) -> Scale:
    """Return the tags that bring a calibration back in ImageJ.

    Raises
    ------
    FileError
        If a pixel size is too large or too small for a TIFF rational.
    """
    if not is_scaled(calibration):
        return Scale()
    x, y = _rational("X", calibration.x), _rational("Y", calibration.y)
    # ImageJ wants 1 for every other unit; it takes the unit from the description.
    contradicting = _RAW_RATIONAL.match(calibration.x.raw or "")
    unit = contradicting[3] if contradicting and contradicting[3] else calibration.x.unit
    per = {"inch": INCH, "cm": CENTIMETRE}.get(unit, 1)
    return Scale(x, y, per) if x or y else Scale()


def is_scaled(calibration: Calibration) -> bool:
    """Whether ImageJ would call it calibrated: a size that is not 1, or a unit."""
    axes = (calibration.x, calibration.y, calibration.z)
    return any(a.size not in (None, 1.0) or a.raw is not None for a in axes) or not units.is_pixel(
        calibration.x.unit
    )


def _rational(name: str, axis: AxisCalibration) -> Rational | None:
    if axis.raw is not None:
        match = _RAW_RATIONAL.match(axis.raw)
        if match:
            return int(match[1]) % 2**32, int(match[2]) % 2**32
        if axis.raw == NO_TAG.format(name=name):
            return None
    if axis.size is None or axis.size == 0:
        return None
    if not math.isfinite(axis.size):
        return 0, _IMAGEJ_SCALE  # as ImageJ writes NaN and infinity
    if axis.size < 0:
        return int(_IMAGEJ_SCALE / axis.size) % 2**32, _IMAGEJ_SCALE  # as ImageJ writes it
    return rational_for(axis.size, name.lower())


def rational_for(size: float, axis: str = "x") -> Rational:
    """Return the simplest resolution that gives a pixel size back as well as can be.

    ImageJ's own writer takes millionths and cuts off, so that 0.45 comes back as
    0.450000045; any other rational is read just as well. Readers compute
    1 / (numerator / denominator), and some doubles, 0.45 among them, are no such
    quotient: they come back as their neighbour. Both parts stay below 2^31
    because ImageJ's integers are signed.

    Raises
    ------
    FileError
        If the size, or one over it, is above 2^31.
    """
    for allowed in (0.0, math.ulp(size)):
        fitting = []
        for resolution in _neighbours(1.0 / size):
            if abs(1.0 / resolution - size) > allowed:
                continue
            half = Fraction(math.ulp(resolution)) / 2
            found = _simplest(Fraction(resolution) - half, Fraction(resolution) + half)
            rational = found.numerator, found.denominator
            if max(rational) <= _INT_MAX and abs(_size(rational) - size) <= allowed:
                fitting.append(rational)
        if fitting:
            return min(fitting)
    exact = Fraction(size)
    if not 1 / Fraction(_INT_MAX) <= exact <= _INT_MAX:
        raise FileError(
            f"the voxel size {size!r} of axis {axis} does not fit into an ImageJ TIFF, whose "
            "resolution is a fraction of 31-bit numbers; use another unit or write .ome.tif"
        )
    limit = min(_INT_MAX, int(_INT_MAX * exact))
    best = (1 / exact).limit_denominator(max(1, limit))
    return best.numerator, best.denominator


def _neighbours(value: float) -> list[float]:
    """Return a double and the two on each side of it."""
    below, above = math.nextafter(value, 0), math.nextafter(value, math.inf)
    return [value, below, above, math.nextafter(below, 0), math.nextafter(above, math.inf)]


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction with the smallest denominator between two positive ones."""
    whole = low.numerator // low.denominator
    if whole == low:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1)
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))


def spatial_lines(calibration: Calibration) -> str:
    """Return the description's lines about units."""
    unit, lines = calibration.x.unit or "pixel", ""
    if is_scaled(calibration):
        lines += property_line("unit", unit)
    for axis in "yz":
        own = calibration.axis(axis).unit or unit
        if own != unit:
            lines += property_line(f"{axis}unit", own)
    return lines


def time_lines(calibration: Calibration) -> str:
    """Return the description's lines about time."""
    lines = ""
    if calibration.frame_interval != 0:
        lines += property_line("finterval", double_text(calibration.frame_interval))
    if calibration.time_unit != "sec":
        lines += property_line("tunit", calibration.time_unit)
    return lines


def spacing_line(calibration: Calibration) -> str:
    """Return the description's line about the distance of the planes, or nothing.

    Unlike ImageJ it is also written where it is 1 or there is one plane; ImageJ reads it.
    """
    z = calibration.z
    if z.raw is not None and z.raw.startswith("spacing="):
        return property_line("spacing", z.raw.removeprefix("spacing="))
    if not is_scaled(calibration):
        return ""
    if z.raw is not None or z.size is None:
        # ImageJ takes it for 1, as it does where the line is missing; it is not taken for 1 here.
        return property_line("spacing", "unknown")
    return property_line("spacing", double_text(z.size))


def origin_lines(calibration: Calibration) -> str:
    """Return the description's lines about origins, in pixels."""
    return "".join(
        property_line(f"{axis}origin", double_text(calibration.axis(axis).origin))
        for axis in "xyz"
        if calibration.axis(axis).origin != 0
    )
