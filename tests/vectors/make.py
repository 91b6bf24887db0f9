"""Write the vectors that pytest and JUnit share: what the Python plan says, case by case.

``python tests/vectors/make.py`` after a change of image/units.py, ops/blur_plan.py or kernels/;
tests/vectors/test_vectors.py proves that the files are in step.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fiji_bridge.engines.fused import SCRATCH_BYTES
from fiji_bridge.engines.means import SMALLEST_WEIGHT
from fiji_bridge.errors import InputError, SigmaError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.image.length_grammar import read_written
from fiji_bridge.image.lengths import FWHM_PER_SIGMA
from fiji_bridge.image.units import Length
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.derivative import gaussian_taps
from fiji_bridge.kernels.gaussian import DISCRETE_TAIL, KERNELS, TRUNCATE
from fiji_bridge.kernels.worth import worth
from fiji_bridge.ops.blur_plan import make_plan

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
    ("1 um", "pixel"), ("z=2, y=1, x=1 um", "pixel"), ("2 1 1 um", "nm"), ("2 1 1", "um"),
    ("2 um; 1 um; 500 nm", "pixel"), ("z=2um,y=1um,x=500nm", "um"), ("2um,1um,1um", "um"),
    ("z=2 px y=1 x=1 um", "nm"), ("1 um 1 um", "um"), ("2,1,1", "um"), ("1 um um", "um"),
    ("1 furlong", "um"), ("zz=1", "um"), ("1e3nm", "um"), ("z=2 3 4", "um"), ("um", "um"),
    ("1 um,", "um"), ("2 px", "um"),
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


#: σ in pixels, order of the derivative, factor.
TAPS = (
    (0.05, 0, 1.0), (0.3, 0, 1.0), (0.5, 0, 1.0), (1.0, 0, 1.0), (1.19, 0, 1.0), (1.2, 0, 1.0),
    (2.2222, 0, 1.0), (4.44, 0, 1.0), (0.7, 1, 1.0), (0.7, 2, 0.25), (0.9, 3, 2.0), (1.5, 1, 1e-3),
    (1.5, 2, 1.0), (2.2222, 3, 1.0), (3.0, 4, 1e4),
)  # fmt: skip

#: σ in pixels that kernels are measured at.
MEASURED = (0.05, 0.3, 0.5, 0.8, 1.0, 1.2, 2.2222, 5.0, 20.0, 333.3, 5000.0)


def kernel_vectors() -> list[dict[str, Any]]:
    """Return the taps of every kernel from the first to the centre, and what each is worth."""
    found: list[dict[str, Any]] = []
    named = [(kernel, TRUNCATE) for kernel in KERNELS] + [("scipy", 2.5)]
    for (kernel, truncate), (sigma, order, scale) in itertools.product(named, TAPS):
        taps = gaussian_taps(kernel, sigma, order, scale, truncate)
        case = {"kernel": kernel, "truncate": truncate, "sigma": sigma}
        # 15 digits: the last ones hang on how sums and exponential functions round.
        half = [float(f"{tap:.15g}") for tap in taps[: len(taps) // 2 + 1]]
        found.append({**case, "order": order, "scale": scale, "taps": half})
    for (kernel, truncate), sigma in itertools.product(named, MEASURED):
        case = {"kernel": kernel, "truncate": truncate, "sigma": sigma}
        # Nine decimals: less than what any of these decides.
        measured = {k: round(v, 9) + 0.0 for k, v in asdict(worth(kernel, sigma, truncate)).items()}
        found.append({**case, "worth": measured})
    return found


#: Ties on both sides of zero, what is next to one, and both ends of a type's range.
ROUNDED = (
    0.0, 0.49999999999999994, 0.5, -0.5, 1.5, 2.5, -2.5, 2.4999999999999996, 126.5, 127.5, -128.5,
    254.5, 255.5, -0.49, 65534.5, 65535.5, -32768.5, 2147483646.5, 2147483648.0, 4294967294.5,
    1e300, -1e300,
)  # fmt: skip


def number_vectors() -> dict[str, Any]:
    """Return thresholds, and what is stored for values in each integer type."""
    return {
        "smallest_weight": SMALLEST_WEIGHT,
        "discrete_tail": DISCRETE_TAIL,
        "scratch_bytes": SCRATCH_BYTES,
        "rounding": [
            [dtype, value, int(round_to(np.array([value]), np.dtype(dtype))[0])]
            for dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32")
            for value in ROUNDED
        ],
    }


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
    for kernel, truncate in (
        ("scipy", 2.5), ("scipy", 6.0), ("scipy", 0.0), ("scipy", math.nan), ("gauss3", 2.5),
    ):  # fmt: skip
        found.append(
            _plan(*VOXELS[0], "1", "um", SHAPES[0], kernel=kernel, truncate=truncate),
        )
    found.append(_plan(*VOXELS[0], "1", "um", SHAPES[1], border="constant"))
    return found


def macro_widths(text: str, unit: str) -> Any:
    """Read the sigma field; numbers without a unit have the one of the field beside."""
    field = units.canonical(unit)
    written = read_written(text, "sigma", SigmaError)
    if isinstance(written, Length):
        return Length(written.value, written.unit or field)
    if isinstance(written, list):
        return [Length(one.value, one.unit or field) for one in written]
    return {name: Length(one.value, one.unit or field) for name, one in written.items()}


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
    truncate: float = TRUNCATE,
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
        "truncate": _plain(truncate),
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
            truncate=truncate,
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
            "fwhm_px": float(f"{axis.fwhm_px:.9g}"),
            "transfer_error": round(axis.transfer_error, 9),
            "bead_error": round(axis.bead_error, 9),
            "note": axis.note,
        }
        for axis in plan.axes
    ]
    return {**case, "plan": {"axes": axes, "warnings": len(plan.warnings)}}


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def texts() -> dict[str, str]:
    """Return the content of each file; a line per case, so that a change is seen in a diff."""
    return {
        "units.json": json.dumps(unit_vectors(), indent=0, allow_nan=False) + "\n",
        "plans.json": _lines(plan_vectors()),
        "numbers.json": json.dumps(number_vectors(), indent=0, allow_nan=False) + "\n",
        "kernels.json": _lines(kernel_vectors()),
    }


def _lines(cases: list[dict[str, Any]]) -> str:
    joined = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    return f"[\n{joined}\n]\n"


if __name__ == "__main__":
    for name, text in texts().items():
        (HERE / name).write_text(text, encoding="utf-8")
