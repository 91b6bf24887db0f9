"""The golden cases as test parameters."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parent / "golden"

BORDERS = {
    "mirrorSingle": "mirror-single",
    "mirrorDouble": "mirror-double",
    "border": "nearest",
    "zero": "constant",
    "value": "constant",
    "periodic": "periodic",
}

#: Share of max|input| (integers: grey levels) that the golden outputs' page allows. float32: the
#: rounding of the real one's float32 sums; float64: of double sums. Integers: where the exact
#: value is within that rounding of a half, the grey level may be the neighbouring one.
TOLERANCE = {"float32": 2e-7, "float64": 4e-16, "uint8": 1, "uint16": 1}


@cache
def manifest() -> list[dict[str, Any]]:
    """All rows that have an output."""
    rows = json.loads((FOLDER / "manifest.json").read_text())
    return [row for row in rows if row["error"] is None]


@cache
def _arrays(name: str) -> dict[str, NDArray[Any]]:
    with np.load(FOLDER / name) as archive:
        return {key: archive[key] for key in archive.files}


def case(row: dict[str, Any]) -> tuple[NDArray[Any], NDArray[Any], list[float], str, float]:
    """Return input and output as (z, y, x), sigma per axis, border and constant."""
    arrays = _arrays(row["file"])
    missing = (1,) * (3 - len(row["shape"]))
    shape = (*missing, *row["shape"])
    return (
        arrays[row["input"]].reshape(shape),
        arrays[row["output"]].reshape(shape),
        [0.0] * len(missing) + [float(s) for s in row["sigma_numpy_order"]],
        BORDERS[row["extension"]],
        float(row["value"] or 0),
    )


def deviation(result: NDArray[Any], given: NDArray[Any], expected: NDArray[Any]) -> float:
    """Return the largest difference in the unit of `TOLERANCE`."""
    worst = float(np.abs(result.astype(np.float64) - expected.astype(np.float64)).max())
    if given.dtype.kind == "f":
        return worst / float(np.abs(given).max())
    return worst
