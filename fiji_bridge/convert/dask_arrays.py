"""`dask.array.Array` at the edge: operations that go by blocks keep it lazy, others compute it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.masked_arrays import from_masked
from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import array_bytes, check_memory


def is_lazy(samples: Any) -> bool:
    """Whether samples are a dask array that can be worked through by blocks.

    One of arrays that are not NumPy's own (masked ones), and one without a sample, are not.

    Raises
    ------
    InputError
        If the sizes of its chunks are unknown.
    """
    kind = type(samples)
    if kind.__name__ != "Array" or kind.__module__.partition(".")[0] != "dask":
        return False
    if any(math.isnan(n) for n in samples.shape):
        raise InputError(
            f"the dask array has the shape {samples.shape}, of which dask does not know all; call "
            "compute_chunk_sizes() first"
        )
    return type(samples._meta) is np.ndarray and samples.size > 0


def from_dask(array: Any, axes: str | None = None) -> CalibratedImage:
    """Compute an array and read it as a plain or a masked one.

    Raises
    ------
    MemoryLimitError
        If its samples do not fit into memory.
    InputError
        If the sizes of its chunks are unknown.
    """
    is_lazy(array)
    check_memory(array_bytes(array.shape, array.dtype.itemsize), "the dask array")
    found = array.compute()
    if isinstance(found, np.ma.MaskedArray):
        return from_masked(found, axes)
    return from_array(np.asarray(found), axes, "a dask array")


def lazy_dask(array: Any, axes: str | None = None) -> CalibratedImage | None:
    """Name the axes of an array, computing no sample; None where it cannot stay lazy."""
    if not is_lazy(array):
        return None
    blank = np.broadcast_to(np.zeros((), array.dtype), array.shape)
    return from_array(blank, axes, "a dask array").with_data(array)


def computed(image: CalibratedImage) -> CalibratedImage:
    """Return an image whose samples were a dask array, computed.

    Raises
    ------
    MemoryLimitError
        If its samples do not fit into memory.
    """
    samples: Any = image.data
    check_memory(array_bytes(samples.shape, samples.dtype.itemsize), image.name)
    return image.with_data(np.asarray(samples.compute()))


def to_dask(original: Any, result: CalibratedImage) -> Any:
    """Return a dask array: one that is not computed yet, or one with the original's chunks."""
    from dask import array as dask_array

    if is_lazy(result.data):
        return result.data
    same = result.data.ndim == original.ndim
    make: Any = dask_array.from_array
    return make(result.data, chunks=original.chunksize if same else "auto")


KIND = Kind("dask.array.Array", ("dask.Array",), from_dask, to_dask, lazily=lazy_dask)
