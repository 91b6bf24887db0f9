"""What one block gives: the bits of the whole image's result there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.blocks.plan import Block
from fiji_bridge.engines.engine import Part
from fiji_bridge.engines.select import get_engine
from fiji_bridge.errors import NotFiniteError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.ops.operation import ByParts
from fiji_bridge.ops.separable import NAN_REMEDY, Context, holes_counted

#: A part of an array: what a block reads of it, and where that belongs in what it is given.
Piece = tuple[tuple[slice, ...], tuple[slice, ...]]


def pieces(block: Block) -> Iterator[Piece]:
    """Yield the regions that a block reads; a periodic volume goes on at its other end."""
    for found in itertools.product(*(list(s.pieces()) for s in block.spans)):
        yield tuple(there for there, _ in found), tuple(here for _, here in found)


def given_shape(block: Block) -> tuple[int, ...]:
    """Return the shape of what a block reads."""
    return tuple(s.read for s in block.spans)


def gather(
    block: Block, dtype: np.dtype[Any], read: Callable[[tuple[slice, ...], NDArray[Any]], object]
) -> NDArray[Any]:
    """Return what a block reads.

    Parameters
    ----------
    block : Block
    dtype : dtype
    read : callable
        ``read(region, out)`` fills an array with a region.
    """
    given = np.empty(given_shape(block), dtype)
    for there, here in pieces(block):
        read(there, given[here])
    return given


def compute(
    image: CalibratedImage,
    by_parts: ByParts,
    block: Block,
    given: NDArray[Any],
    context: Context,
    pedestal: tuple[bool, ...],
) -> CalibratedImage:
    """Return what a block gives: its samples are those at its own places.

    Parameters
    ----------
    image : CalibratedImage
        All of it; its samples are not looked at.
    by_parts : ByParts
    block : Block
    given : ndarray
        What the block reads.
    context : Context
    pedestal : tuple of bool
        Of each volume of the block; see `Engine.pedestal`.

    Raises
    ------
    NotFiniteError
        Says how many samples of the block are NaN or infinite, and where in the image the first is.
    """
    if by_parts.refuses_nan:
        _refuse_not_finite(image, block, given)
    here = replace(context, part=part(image, block, pedestal))
    return by_parts.compute(image.with_data(given), here)


def part(image: CalibratedImage, block: Block, pedestal: tuple[bool, ...]) -> Part:
    """Return where a block's samples lie in the volume."""
    of = dict(zip(image.axes, block.spans, strict=True))
    volume, origin, offset, shape, made = [], [], [], [], []
    for axis in SPATIAL_AXES:
        span = of.get(axis)
        volume.append(image.size(axis))
        origin.append(0 if span is None else span.first)
        offset.append(0 if span is None else span.start - span.first)
        shape.append(1 if span is None else span.stop - span.start)
        made.append((0, 1) if span is None else (span.begin, span.end))
    return Part(
        _three(volume), _three(origin), _three(offset), _three(shape), pedestal, tuple(made)
    )


def pedestals(
    image: CalibratedImage, block: Block, ask: Callable[[tuple[int, ...]], bool]
) -> tuple[bool, ...]:
    """Return `Engine.pedestal` of each volume that a block has samples of.

    Parameters
    ----------
    image : CalibratedImage
        All of it; its samples are not looked at.
    block : Block
    ask : callable
        ``ask(place)`` of the volume at a place along the axes that are not spatial, in the order
        of the image's.
    """
    others = [
        range(s.first, s.last)
        for axis, s in zip(image.axes, block.spans, strict=True)
        if axis not in SPATIAL_AXES
    ]
    return tuple(ask(place) for place in itertools.product(*others))


def pedestal(
    image: CalibratedImage,
    place: tuple[int, ...],
    engine: str | None,
    read: Callable[[tuple[slice, ...], NDArray[Any]], object],
) -> bool:
    """Return `Engine.pedestal` of a volume of an image.

    Parameters
    ----------
    image : CalibratedImage
        All of it; its samples are not looked at.
    place : tuple of int
        Of the volume, along the axes that are not spatial.
    engine : str or None
    read : callable
        ``read(region, out)`` fills an array with a region.
    """
    others = [axis for axis in image.axes if axis not in SPATIAL_AXES]

    def sample(at: tuple[int, int, int]) -> float:
        of = dict(zip((*others, *SPATIAL_AXES), (*place, *at), strict=True))
        one = np.empty((1,) * len(image.axes), image.data.dtype)
        read(tuple(slice(of[axis], of[axis] + 1) for axis in image.axes), one)
        return float(one.item())

    shape = _three([image.size(axis) for axis in SPATIAL_AXES])
    return get_engine(engine).pedestal(shape, image.data.dtype, sample)


def _three(values: list[int]) -> tuple[int, int, int]:
    z, y, x = values
    return z, y, x


def _refuse_not_finite(image: CalibratedImage, block: Block, given: NDArray[Any]) -> None:
    """Refuse samples that are NaN or infinite, with their place in the image."""
    if given.dtype.kind != "f":
        return
    bad = ~np.isfinite(given)
    count = int(np.count_nonzero(bad))
    if not count:
        return
    found = np.unravel_index(int(bad.argmax()), bad.shape)
    first = ", ".join(
        f"{axis}={(int(at) + s.first) % s.size}"
        for axis, at, s in zip(image.axes, found, block.spans, strict=True)
    )
    raise NotFiniteError(
        f"{image.name} has {holes_counted(count)} in what block {block.number} reads, the first "
        f"at {first}; {NAN_REMEDY}"
    )
