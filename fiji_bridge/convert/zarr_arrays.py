"""`zarr.Array` at the edge: lazy by dask where that is installed, else read as a whole, now."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.dask_arrays import is_lazy, lazy_dask
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
    return from_array(np.asarray(array[...]), axes or _axes_of(array), "a Zarr array")


def lazy_zarr(array: Any, axes: str | None = None) -> CalibratedImage | None:
    """Name the axes of an array, reading no sample; None without dask."""
    if find_spec("dask") is None:
        return None
    from dask import array as dask_array

    make: Any = dask_array.from_zarr
    return lazy_dask(make(array), axes or _axes_of(array))


def _axes_of(array: Any) -> str | None:
    names = getattr(array.metadata, "dimension_names", None)
    if names and all(isinstance(n, str) and len(n) == 1 for n in names):
        return "".join(names)
    return None


def to_zarr(original: Any, result: CalibratedImage) -> Any:
    """Return a dask array that is not computed yet, or an array in a store in memory.

    The latter has the original's chunks and attributes.
    """
    if is_lazy(result.data):
        return result.data
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


KIND = Kind("zarr.Array", ("zarr.Array",), from_zarr, to_zarr, lazily=lazy_zarr)
