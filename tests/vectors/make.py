"""Write the vectors that pytest and JUnit share: what the Python plan says, case by case.

``python tests/vectors/make.py`` after a change of units.py, plan.py or kernels.py;
tests/vectors/test_vectors.py proves that the files are in step.
"""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

from fiji_bridge import units
from fiji_bridge.borders import BORDERS
from fiji_bridge.calibration import AxisCalibration, Calibration
from fiji_bridge.errors import InputError
from fiji_bridge.kernels import KERNELS
from fiji_bridge.lengths import FWHM_PER_SIGMA
from fiji_bridge.plan import make_plan
from fiji_bridge.units import Length

HERE = Path(__file__).parent

#: Spellings beside the alias table: pixels, white space, capitals, and what is no length.
SPELLINGS = (
    "", " ", "pixel", "Pixels", "px", "voxel", "null", "gray value", " um ", "\u00a0\u00b5m\t",
    "MICRON", "Micrometers", "ANGSTROM", "INCHES", "Inch", "NM", "Um", "MM", "M", "sec", "furlong",
    "\u00b5", "a", "1", "um]", "u m", "unit=um", "\u00e5", "KM",
)  # fmt: skip

#: Voxel sizes (z, y, x) and their unit.
VOXELS: tuple[tuple[tuple[float, float, float], str], ...] = (
    ((2.0, 0.45, 0.45), "\u00b5m"),
    ((1.0, 0.202, 0.202), "micron"),
    ((300.0, 65.0, 65.0), "nm"),
    ((0.005, 0.001, 0.001), "inch"),
    ((0.0003, 0.00007, 0.00007), "cm"),
    ((1.0, 1.0, 1.0), "pixel"),
    ((0.0, 0.1, 0.1), "um"),
    ((-2.0, 0.1, 0.1), "um"),
    ((math.nan, 0.1, 0.1), "um"),
    ((1.0, math.inf, 0.1), "um"),
    ((1.0, 0.1, 0.1), "furlong"),
)

#: Text and unit of the two fields of the dialog.
WIDTHS = (
    ("1", "um"), ("0.1", "um"), ("0", "um"), (".5", "mm"), ("1e3", "nm"), ("3", "A"),
    ("2", "pixel"), ("0.3", "pixel"), ("0.01", "inch"), ("z=2 y=1 x=1", "um"),
    ("z=2, y=1, x=1", "um"), ("X=1;Y=2;Z=0", "um"), ("z=0.5 y=2 x=2", "pixel"),
    ("1e9", "m"), ("-1", "um"), ("nan", "um"), ("inf", "um"), ("", "um"), ("1,5", "um"),
    ("y=1 x=1", "um"), ("z=1 z=1 y=1 x=1", "um"), ("z=1 y=1 x=1 t=1", "um"), ("1", "sec"),
)  # fmt: skip

SHAPES = ((("z", 12), ("y", 34), ("x", 56)), (("z", 1), ("y", 34), ("x", 56)), (("y", 9), ("x", 9)))


def unit_vectors() -> dict[str, Any]:
    """Return spellings with name and symbol (null: refused) and the factors between all units."""
    spellings = {}
    for text in (*units.spellings(), *SPELLINGS):
        try:
            spellings[text] = [units.canonical(text), units.symbol(text)]
        except InputError:
            spellings[text] = None
    names = units.length_units()
    factors = [[a, b, units.factor(a, b)] for a, b in itertools.product(names, names)]
    return {"spellings": spellings, "factors": factors, "fwhm_per_sigma": FWHM_PER_SIGMA}


def plan_vectors() -> list[dict[str, Any]]:
    """Return plans, or null where the plan refuses, over all the cases above."""
    found = []
    cases = [
        *itertools.product(VOXELS, WIDTHS, SHAPES[:1]),
        *itertools.product(VOXELS[::5], WIDTHS, SHAPES[1:]),
    ]
    for (voxel, unit), (sigma, sigma_unit), sizes in cases:
        found.append(_plan(voxel, unit, sigma, sigma_unit, sizes))
    for kernel, border, cval in (
        *((k, b, 0.0) for k in (*KERNELS, "box") for b in (*BORDERS, "reflect")),
        ("gauss3", "constant", 3.25),
        ("gauss3", "nearest", 3.25),
        ("gauss3", "constant", math.nan),
    ):
        for meaning in ("sigma", "FWHM", "radius"):
            found.append(
                _plan(*VOXELS[0], "1", "um", SHAPES[0], meaning, kernel, border, cval),
            )
    return found


def macro_widths(text: str, unit: str) -> Any:
    """Read the sigma field as `fiji_bridge.lengths` would with the unit beside each number."""
    if "=" not in text:
        return Length(_number(text), units.canonical(unit))
    pairs = [part.split("=") for part in text.replace(",", " ").replace(";", " ").split()]
    named = {name.lower(): Length(_number(value), units.canonical(unit)) for name, value in pairs}
    if len(named) < len(pairs):
        raise InputError("an axis is named twice")
    return named


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is no number") from None


def _plan(
    voxel: tuple[float, float, float],
    unit: str,
    sigma: str,
    sigma_unit: str,
    sizes: tuple[tuple[str, int], ...],
    meaning: str = "sigma",
    kernel: str = "gauss3",
    border: str = "mirror-double",
    cval: float = 0.0,
) -> dict[str, Any]:
    calibration = Calibration(*(AxisCalibration(size, unit) for size in voxel))
    case = {
        "voxel": [_plain(size) for size in voxel],
        "voxel_unit": unit,
        "sizes": dict(sizes),
        "sigma": sigma,
        "unit": sigma_unit,
        "meaning": meaning,
        "kernel": kernel,
        "border": border,
        "cval": _plain(cval),
    }
    try:
        if meaning.lower() not in ("sigma", "fwhm"):
            raise InputError("meaning must be sigma or fwhm")
        widths = macro_widths(sigma, sigma_unit)
        plan = make_plan(
            calibration,
            sizes,
            **{meaning.lower(): widths},
            kernel=kernel,
            border=border,
            cval=cval,
        )
    except InputError:
        return {**case, "plan": None}
    axes = [
        {
            "axis": axis.axis,
            "sigma_px": axis.sigma_px,
            "requested": axis.requested,
            "unit": axis.unit,
            "voxel_size": axis.voxel_size,
            "radius": axis.radius,
            # 12 digits: SciPy's Bessel functions may round the last ones otherwise elsewhere.
            "effective_sigma_px": float(f"{axis.effective_sigma_px:.12g}"),
            "note": axis.note,
        }
        for axis in plan.axes
    ]
    return {**case, "plan": {"axes": axes, "warnings": len(plan.warnings)}}


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def texts() -> dict[str, str]:
    """Return the content of each file; a line per case, so that a change is seen in a diff."""
    cases = ",\n".join(json.dumps(case, allow_nan=False) for case in plan_vectors())
    return {
        "units.json": json.dumps(unit_vectors(), indent=0, allow_nan=False) + "\n",
        "plans.json": f"[\n{cases}\n]\n",
    }


if __name__ == "__main__":
    for name, text in texts().items():
        (HERE / name).write_text(text, encoding="utf-8")
