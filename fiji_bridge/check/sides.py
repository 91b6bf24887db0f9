"""Images of any size piece by piece: as a whole in memory, by regions from an OME-Zarr."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.blocks.job import kept_axes, whole_image
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.formats.ome_zarr_read import open_level, recognises
from fiji_bridge.formats.ome_zarr_regions import ZarrSource
from fiji_bridge.formats.regions import ImageSource, Region
from fiji_bridge.formats.registry import Probe
from fiji_bridge.formats.samples import drop_single
from fiji_bridge.formats.selection import Selection
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.places import Remote, to_place

#: Bytes of a piece: a few of them fit into any memory.
_PIECE = 2**26


@dataclass(frozen=True)
class Side:
    """An image, and how its samples are had.

    Attributes
    ----------
    image : CalibratedImage
        Samples of one that lies in a store are none.
    unit : tuple of int
        Samples along each axis that are best read together.
    read : callable
        From a region to its samples.
    """

    image: CalibratedImage
    unit: tuple[int, ...]
    read: Callable[[Region], NDArray[Any]]

    @classmethod
    def of(cls, given: Any, **how: Any) -> Side:
        """Take whatever `to_image` takes; the path of an OME-Zarr is not read."""
        if isinstance(given, str | os.PathLike | Remote) and recognises(Probe(given)):
            place = to_place(given, "the image to compare")
            return _in_store(ZarrSource.of(open_level(place, Selection()), 0), **how)
        image = to_image(given, **how)
        return cls(image, image.shape, lambda region: image.data[region])


def _in_store(source: ImageSource, **how: Any) -> Side:
    image = kept_axes(whole_image(source, how.get("voxel_size"), how.get("unit")), source)
    stored = image.axes
    data, axes = drop_single(image.data, stored)
    order = [stored.index(axis) for axis in axes]
    unit = source.per_axis(source.shards or source.chunks)

    def read(region: Region) -> NDArray[Any]:
        there = tuple(region[axes.index(axis)] for axis in stored)
        made = np.empty([part.stop - part.start for part in there], image.dtype)
        source.read(there, made)
        return made.transpose(order)

    return Side(replace(image, data=data, axes=axes), tuple(unit[n] for n in order), read)


def regions(shape: Sequence[int], *sides: Side) -> Iterator[Region]:
    """Yield the regions of an image in pieces that fit into any memory, one after the other.

    They are whole units of the first side that lies in a store; one region where none does.
    """
    stored = [side for side in sides if side.unit != side.image.shape]
    step = list(shape)
    if stored:
        step = [min(u, n) for u, n in zip(stored[0].unit, shape, strict=True)]
        itemsize = max(side.image.dtype.itemsize for side in sides)
        for axis in reversed(range(len(step))):
            while step[axis] < shape[axis] and 2 * int(np.prod(step)) * itemsize <= _PIECE:
                step[axis] = min(2 * step[axis], shape[axis])
    edges = [range(0, n, max(1, s)) for n, s in zip(shape, step, strict=True)]
    for corner in itertools.product(*edges):
        yield tuple(slice(c, min(c + s, n)) for c, s, n in zip(corner, step, shape, strict=True))
