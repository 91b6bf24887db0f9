"""Medians within a footprint: by a sliding histogram in Java, or by SciPy; the same samples."""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge._version import __version__
from fiji_bridge.engines.engine import Progress, part_of
from fiji_bridge.errors import RuntimeStartError
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session
from fiji_bridge.kernels.borders import border as known_border
from fiji_bridge.kernels.borders import continued

#: Samples, with those beyond the edges, that Java is given at a time.
BLOCK = 1 << 20
#: Bytes that one of them takes at most while it is worked on: in its own type, as a level here and
#: in Java, and the median's; numbers of more than 16 bits are sorted as well.
_BYTES, _BYTES_SORTED = 20, 64

#: Seconds of a processor of 2 to 3 GHz per sample and row of the footprint: 7e-9 for 8 bits of a
#: dark image, 1e-8 for 16 bits of noise, some 2e-8 for numbers that have to be sorted.
SECONDS_PER_STEP = 1e-8
#: Products of samples and footprint's samples that SciPy does in about a second, in which a JVM
#: starts; and the table that it may make for that.
_BRIEF, _TABLE = 1e8, 64 * 2**20

#: ``take(volume, footprint, out, border, cval, progress)``.
Taker = Callable[
    [NDArray[Any], NDArray[np.bool_], NDArray[Any], str, float, "Progress | None"], None
]


def scipy_pays(shape: Sequence[int], footprint: Sequence[int]) -> bool:
    """Whether SciPy is as good as Java, that has to start first.

    Parameters
    ----------
    shape, footprint : three int
        Of the volume, and samples across.
    """
    work = math.prod(shape) * math.prod(footprint)
    return work < _BRIEF and scipy_bytes(shape, footprint, np.dtype(np.uint8)) < _TABLE


def scipy_bytes(shape: Sequence[int], footprint: Sequence[int], dtype: np.dtype[Any]) -> int:
    """Return the memory that `scipy_median` takes: a table of the footprint's places.

    It has them for every way in which the edges cut the footprint.
    """
    ways = math.prod(min(n, across) for n, across in zip(shape, footprint, strict=True))
    copy = array_bytes(shape, 4) if dtype == np.float16 else 0
    return array_bytes((ways, math.prod(footprint)), 8) + copy


def taker(*, in_java: bool) -> tuple[Taker, str, str]:
    """Return what takes medians, its implementation and its runtime.

    Parameters
    ----------
    in_java : bool
        Whether Java is to do it; where that cannot start, SciPy does.
    """
    import scipy

    if in_java:
        from fiji_bridge.jvm.session import start

        with contextlib.suppress(RuntimeStartError):
            session = start()
            what = f"org.fijibridge.engine.SlidingMedian (fiji_bridge {__version__})"
            return functools.partial(sliding_median, session), what, session.describe()
    return scipy_median, f"scipy.ndimage.median_filter (SciPy {scipy.__version__})", "Python"


def block_bytes(shape: Sequence[int], footprint: Sequence[int], dtype: np.dtype[Any]) -> int:
    """Return the memory that `sliding_median` takes beyond input and output.

    Parameters
    ----------
    shape : three int
        Of the volume.
    footprint : three int
        Samples across.
    dtype : numpy.dtype
        Of the samples.
    """
    padded = [n + across - 1 for n, across in zip(shape, footprint, strict=True)]
    one_row = footprint[0] * footprint[1] * padded[2]
    samples = min(math.prod(padded), max(BLOCK, one_row))
    return samples * (_BYTES if _small(dtype) else _BYTES_SORTED)


def sliding_median(
    session: Session,
    volume: NDArray[Any],
    footprint: NDArray[np.bool_],
    out: NDArray[Any],
    border: str,
    cval: float,
    progress: Progress | None = None,
) -> None:
    """Take medians by Java's histogram, block by block, on all processors.

    Parameters
    ----------
    session : Session
    volume : ndarray, shape (z, y, x)
        Finite numbers.
    footprint : ndarray of bool, shape (z, y, x)
        Of odd size; every row of it is symmetric and without a gap.
    out : ndarray, shape (z, y, x)
        Of the volume's type.
    border, cval, progress : see `Engine.filter`
    """
    java = session.jclass("org.fijibridge.bridge.ArrayEngine")
    arrays = session.jclass("org.fijibridge.engine.MedianArrays")()
    reach = [n // 2 for n in footprint.shape]
    rows = [
        (z - reach[0], y - reach[1], int(footprint[z, y].sum()) // 2)
        for z, y in np.argwhere(footprint.any(axis=2)).tolist()
    ]
    flat = np.asarray(rows, np.int32).ravel().tolist()
    positions = [continued(n, r, r, border) for n, r in zip(volume.shape, reach, strict=True)]
    cuts = list(_blocks(volume.shape, reach))
    for number, cut in enumerate(cuts):
        block = _padded(volume, cut, reach, positions, cval)
        levels, values = _levels(block)
        found = np.empty([c.stop - c.start for c in cut], np.int32)
        given = (
            *(_direct(session, array) for array in (levels, found)),
            len(values), list(found.shape), reach, flat, arrays, system.processors(),
        )  # fmt: skip
        call(session, functools.partial(java.median, *given), part_of(progress, number, len(cuts)))
        out[cut] = values[found]


def scipy_median(
    volume: NDArray[Any],
    footprint: NDArray[np.bool_],
    out: NDArray[Any],
    border: str,
    cval: float,
    progress: Progress | None = None,
) -> None:
    """Take medians by ``scipy.ndimage.median_filter``, on one thread; as `sliding_median`.

    Raises
    ------
    MemoryLimitError
        For its table of the footprint's places.
    """
    from scipy.ndimage import median_filter

    check_memory(
        scipy_bytes(volume.shape, footprint.shape, volume.dtype),
        f"scipy.ndimage.median_filter with a footprint of {footprint.sum()} samples",
    )
    # SciPy's median does not know float16.
    given = volume.astype(np.float32) if volume.dtype == np.float16 else volume
    out[...] = median_filter(given, footprint=footprint, mode=known_border(border).scipy, cval=cval)


def _small(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in "iu" and dtype.itemsize <= 2


def _levels(block: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Return samples as numbers in the order of their values, and the value of each number."""
    if _small(block.dtype):
        low, high = int(block.min()), int(block.max())
        small = block.astype(np.int32)
        small -= low
        return small, np.arange(low, high + 1, dtype=np.int32).astype(block.dtype)
    values, levels = np.unique(block, return_inverse=True)
    return levels.astype(np.int32).reshape(block.shape), values


def _padded(
    volume: NDArray[Any],
    cut: tuple[slice, ...],
    reach: Sequence[int],
    positions: Sequence[NDArray[np.intp]],
    cval: float,
) -> NDArray[Any]:
    """Return a part of the volume with what its medians reach, also beyond the edges."""
    chosen = [p[c.start : c.stop + 2 * r] for p, c, r in zip(positions, cut, reach, strict=True)]
    kind = volume.dtype.newbyteorder("=")
    if all((places >= 0).all() for places in chosen):
        return volume[np.ix_(*chosen)].astype(kind, copy=False)
    beyond = round_to(np.array([cval]), kind)[0]
    block = np.full([len(places) for places in chosen], beyond, kind)
    there = [np.flatnonzero(places >= 0) for places in chosen]
    if all(len(places) for places in there):
        block[np.ix_(*there)] = volume[np.ix_(*(p[t] for p, t in zip(chosen, there, strict=True)))]
    return block


def _blocks(shape: Sequence[int], reach: Sequence[int]) -> Iterator[tuple[slice, slice, slice]]:
    """Iterate over blocks of whole rows that are small enough with what they reach."""
    size = [int(n) for n in shape]

    def padded() -> int:
        return math.prod(n + 2 * r for n, r in zip(size, reach, strict=True))

    while padded() > BLOCK and max(size[:2]) > 1:
        axis = 0 if size[0] * (1 + reach[1]) >= size[1] * (1 + reach[0]) else 1
        axis = axis if size[axis] > 1 else 1 - axis
        size[axis] = -(-size[axis] // 2)
    for z in range(0, shape[0], size[0]):
        for y in range(0, shape[1], size[1]):
            yield (
                slice(z, min(shape[0], z + size[0])),
                slice(y, min(shape[1], y + size[1])),
                slice(0, shape[2]),
            )


def _direct(session: Session, array: NDArray[np.int32]) -> Any:
    from fiji_bridge.jvm.buffers import direct_buffers

    (piece,) = direct_buffers(session, array)
    return piece
