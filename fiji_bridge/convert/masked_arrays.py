"""`numpy.ma.MaskedArray` at the edge: what is masked is missing, which is NaN here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.registry import Kind
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.dtypes import needs_double


def from_masked(array: np.ma.MaskedArray[Any, Any], axes: str | None = None) -> CalibratedImage:
    """Read a masked array; samples are copied where some are masked.

    Integers with masked samples become float32 (float64 for 32-bit ones): they have no NaN. What
    is done with the missing samples is said by ``nan=``, as for any image.
    """
    image = from_array(np.asarray(array.data), axes, "a masked array")
    mask = np.ma.getmaskarray(array)
    if not mask.any():
        return image
    kind = array.dtype
    if kind.kind != "f":
        kind = np.dtype("float64" if needs_double(kind, kind) else "float32")
    data = image.data.astype(kind)
    data[mask] = np.nan
    return replace(image, data=data)


def to_masked(original: np.ma.MaskedArray[Any, Any], result: CalibratedImage) -> Any:
    """Return a masked array: what is NaN in the result is masked."""
    data = np.asarray(result.data)
    missing = np.isnan(data) if data.dtype.kind == "f" else np.zeros(data.shape, bool)
    made: np.ma.MaskedArray[Any, Any] = np.ma.MaskedArray(data, mask=missing)
    if data.dtype == original.dtype:
        made.fill_value = original.fill_value
    made.provenance = tuple(result.provenance)  # type: ignore[attr-defined]
    return made


KIND = Kind("numpy.ma.MaskedArray", ("numpy.MaskedArray",), from_masked, to_masked)
