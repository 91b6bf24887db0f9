"""`zarr.Array` at the edge: read as a whole, now; the result is one in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.registry import Kind
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.image.provenance import as_property


def from_zarr(array: Any, axes: str | None = None) -> CalibratedImage:
    """Read all samples; the names of the dimensions (Zarr 3) are the axes, where there are some.

    Raises
    ------
    MemoryLimitError
        If its samples do not fit into memory.
    """
    check_memory(array_bytes(array.shape, array.dtype.itemsize), "the Zarr array")
    names = getattr(array.metadata, "dimension_names", None)
    if axes is None and names and all(isinstance(n, str) and len(n) == 1 for n in names):
        axes = "".join(names)
    return from_array(np.asarray(array[...]), axes, "a Zarr array")


def to_zarr(original: Any, result: CalibratedImage) -> Any:
    """Return an array in a store in memory, with the original's chunks and attributes."""
    import zarr

    attributes = {**dict(original.attrs), **as_property(result.provenance)}
    # Dimensions have names since version 3 of the format.
    names: dict[str, Any] = (
        {"dimension_names": result.axes} if original.metadata.zarr_format >= 3 else {}
    )
    return zarr.create_array(
        {},
        data=np.ascontiguousarray(result.data),
        chunks=original.chunks if result.data.ndim == original.ndim else "auto",
        attributes=attributes,
        zarr_format=original.metadata.zarr_format,
        **names,
    )


KIND = Kind("zarr.Array", ("zarr.Array",), from_zarr, to_zarr)
