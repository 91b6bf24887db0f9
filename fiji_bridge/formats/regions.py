"""An image that is read by regions: what every kind of file that can be has in common."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.places import Place

Region = tuple[slice, ...]


def units(region: Sequence[slice], unit: Sequence[int]) -> Iterator[Region]:
    """Yield the parts of a region that lie in one unit each."""
    steps = []
    for part, size in zip(region, unit, strict=True):
        edges = [part.start, *range(part.start // size * size + size, part.stop, size), part.stop]
        steps.append([slice(a, b) for a, b in itertools.pairwise(edges)])
    yield from itertools.product(*steps)


def within(part: Sequence[slice], region: Sequence[slice]) -> Region:
    """Return where a part of a region lies in what the region gives."""
    return tuple(
        slice(p.start - r.start, p.stop - r.start) for p, r in zip(part, region, strict=True)
    )


def nothing(dtype: np.dtype[Any], shape: Sequence[int]) -> NDArray[Any]:
    """Return an array of any size that takes no memory, in place of samples."""
    return np.broadcast_to(np.zeros((), dtype), tuple(shape))


def ends(dtype: np.dtype[Any], shape: Sequence[int], low: float, high: float) -> NDArray[Any]:
    """Return an array that takes no memory to speak of, with a smallest and a largest sample."""
    row = np.full(shape[-1], high, dtype)
    row[0] = low
    return np.broadcast_to(row, tuple(shape))


@dataclass(frozen=True)
class ImageSource(ABC):
    """An image in a file or store, of which regions are read; it holds no sample.

    Attributes
    ----------
    path : Path or Remote
        As it was opened, for messages.
    image : CalibratedImage
        What is said of it, in the axes of the store; its samples are none.
    chunks : tuple of int
        Samples along each axis of the store that are packed together.
    shards : tuple of int or None
        Samples along each axis that are read at a time; None where that is a few chunks.
    identity : mapping
        What a run that is taken up again must find unchanged, as values for JSON.
    levels : int
        How many levels there are, this one and the coarser ones.
    array : zarr.Array or None
        Whose layout an output takes over.
    shown : mapping or None
        How an OME-Zarr has its channels shown (omero), which an output takes over.
    """

    path: Place
    image: CalibratedImage
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    identity: Mapping[str, Any]
    levels: int = 1
    array: Any = None
    shown: Mapping[str, Any] | None = None

    @abstractmethod
    def read(self, region: Region, out: NDArray[Any]) -> None:
        """Fill an array with a region of `axes`.

        Raises
        ------
        FileError
            Names what is damaged.
        """

    def missing(self, region: Region) -> int:
        """Count the chunks that begin in a region of `axes`, which was read, and are not there."""
        return 0

    def repeats(self) -> int:
        """Return how many requests were made again since this was asked last."""
        return 0

    def missing_message(self, count: int) -> str:
        """Return what is said of chunks that were not there."""
        raise NotImplementedError

    @property
    def axes(self) -> tuple[str, ...]:
        """Those that are not dropped for having one plane, in the order of the store."""
        return tuple(a for a in self.image.axes if a in "yx" or self.image.size(a) > 1)

    def per_axis(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return of values for the axes of the store those for `axes`."""
        kept = self.axes
        return tuple(v for axis, v in zip(self.image.axes, values, strict=True) if axis in kept)

    def whole(self, region: Region) -> Region:
        """Return a region of `axes` as one of the store."""
        of = dict(zip(self.axes, region, strict=True))
        return tuple(of.get(axis, slice(0, 1)) for axis in self.image.axes)
