"""NumPy memory as Java sees it: direct buffers over the same bytes, nothing copied."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.jvm.session import Session

#: A ByteBuffer ends at 2 GiB; a piece of a volume is at most this long.
PIECE_BYTES = 2**30


def java_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in which Java holds samples: native order, float16 as float32."""
    return np.dtype(np.float32) if dtype.name == "float16" else dtype.newbyteorder("=")


def readable(volume: NDArray[Any]) -> NDArray[Any]:
    """Return the volume in C order and Java's type: the same object, or a copy if it must be."""
    return np.ascontiguousarray(volume, dtype=java_dtype(volume.dtype))


def writable(out: NDArray[Any]) -> NDArray[Any]:
    """Return `out` if Java can fill it as it is, else a new array to be copied into it."""
    if out.flags.c_contiguous and out.dtype == java_dtype(out.dtype):
        return out
    return np.empty(out.shape, java_dtype(out.dtype))


def direct_buffers(session: Session, volume: NDArray[Any]) -> Any:
    """Return a ``java.nio.ByteBuffer[]`` over the memory of a volume.

    Parameters
    ----------
    session : Session
    volume : ndarray, shape (z, y, x)
        As `readable` or `writable` gives it. Must outlive the buffers: they hold its address
        only, which is how memory that NumPy calls read-only can be read without a copy.

    Returns
    -------
    ByteBuffer[]
        Each a whole number of planes, or of rows where a plane is larger than
        `PIECE_BYTES`; all of one length but the last.
    """
    import jpype

    kind = session.jclass("java.nio.ByteBuffer")
    if volume.size == 0:
        return kind[:]([])
    unit = volume.nbytes // volume.shape[0]
    if unit > PIECE_BYTES:
        unit //= volume.shape[1]
    step = max(1, PIECE_BYTES // unit) * unit
    pieces = []
    for start in range(0, volume.nbytes, step):
        length = min(step, volume.nbytes - start)
        memory = (ctypes.c_ubyte * length).from_address(volume.ctypes.data + start)
        pieces.append(jpype.nio.convertToDirectBuffer(memoryview(memory).cast("B")))
    return kind[:](pieces)
