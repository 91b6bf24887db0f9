"""Which sample types are filtered, in which arithmetic, and how results are rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import DTypeError

#: What can be filtered. bool is refused: blur a mask as uint8 or float32, knowingly.
DTYPES = (
    "int8", "uint8", "int16", "uint16", "int32", "uint32", "float16", "float32", "float64",
)  # fmt: skip


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Refuse what cannot be filtered."""
    if dtype.name not in DTYPES:
        hint = "; convert a mask to uint8 or float32 first" if dtype == np.bool_ else ""
        raise DTypeError(
            f"cannot filter samples of type {dtype.name}; use one of {', '.join(DTYPES)}{hint}"
        )


def result_dtype(dtype: str, source: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of the result: ``"same"`` as the source, ``"float32"`` or ``"float64"``."""
    if dtype == "same":
        return source.newbyteorder("=")
    if dtype in ("float32", "float64"):
        return np.dtype(dtype)
    raise DTypeError(f"dtype must be 'same', 'float32' or 'float64'; got {dtype!r}")


def needs_double(source: np.dtype[Any], target: np.dtype[Any]) -> bool:
    """Whether float32 sums would lose digits that source or result can hold."""
    return any(kind.name in ("float64", "int32", "uint32") for kind in (source, target))


def round_to(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Convert to the result's type: nearest, halves away from zero, saturating."""
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    # In one array beside the values.
    rounded: NDArray[Any] = np.copysign(0.5, values)
    rounded += values
    np.trunc(rounded, out=rounded)
    np.clip(rounded, limits.min, limits.max, out=rounded)
    return rounded.astype(dtype)
