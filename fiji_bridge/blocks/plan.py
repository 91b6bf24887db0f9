"""The plan of the blocks: how a volume of any size is cut up for the memory there is. Pure.

A block writes whole chunks of the output, and whole shards where there are shards: no two blocks
ever write into one file. It reads that and what its results depend on around it, as one region of
the store. Blocks as small as chunks would read most samples many times over, and a graph of all
chunks would fill the memory that it is to save; so blocks are as large as the memory allows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fiji_bridge.blocks.cut import Span, cuts, largest, touched
from fiji_bridge.errors import InputError, MemoryLimitError
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.grid import Every, Grid
from fiji_bridge.image.memory import array_bytes, readable
from fiji_bridge.image.results import Plan, Table

#: Blocks that read this much more than the best are taken where they are smaller: a run that is
#: stopped loses less, and the last blocks are waited for less.
SLACK = 1.05

#: What a shard takes while it is moved: its chunks packed, and joined, beside its samples.
_COPIES = 3

#: How many chunks zarr moves at a time, each packed and unpacked.
_IN_FLIGHT = 10


@dataclass(frozen=True)
class Block:
    """One block: what is read, computed and written together.

    Attributes
    ----------
    number : int
    spans : tuple of Span
        One per axis of the image.
    """

    number: int
    spans: tuple[Span, ...]

    @property
    def writes(self) -> tuple[slice, ...]:
        """What it writes, as a region of the output."""
        return tuple(slice(s.begin, s.end) for s in self.spans)


@dataclass(frozen=True)
class Store:
    """How an array lies in a store.

    Attributes
    ----------
    chunk : tuple of int
        Samples along each axis that are packed together.
    shard : tuple of int or None
        Samples along each axis that lie in one file, where that is more than a chunk.
    itemsize : int
        Bytes of a sample.
    fixed : bool
        Whether there is no choice of chunks, as in a TIFF.
    """

    chunk: tuple[int, ...]
    shard: tuple[int, ...] | None
    itemsize: int
    fixed: bool = False

    @property
    def unit(self) -> tuple[int, ...]:
        """Samples along each axis that are written together."""
        return self.shard or self.chunk

    def moved_bytes(self, shape: Sequence[int]) -> int:
        """Return what chunks and shards on their way take, beside the samples themselves."""
        unit = [min(u, n) for u, n in zip(self.unit, shape, strict=True)]
        copies = 2 * _IN_FLIGHT if self.shard is None else _COPIES
        return min(copies, 2 * self._count(shape) + 1) * array_bytes(unit, self.itemsize)

    def _count(self, shape: Sequence[int]) -> int:
        return math.prod(-(-n // u) for u, n in zip(self.unit, shape, strict=True))


@dataclass(frozen=True)
class BlockPlan(Plan):
    """How an image is worked through, block by block.

    Attributes
    ----------
    axes : tuple of str
    shape : tuple of int
        Of the image.
    grids : tuple of Grid
        Of the result, one per axis.
    block : tuple of int
        What a block writes, where the result does not end before.
    reach : mapping of str to tuple of int
        Samples before and after each that count for it, per spatial axis.
    border : str
    source, target : Store
    blocks : int
    read_bytes, written_bytes : int
        In all, before compression. What is read are whole chunks.
    amplification : float
        What is read over the size of the image.
    peak_bytes : int
        Most memory of one worker, its share of the program included.
    memory : int
        What one worker may take.
    workers : int
    needed_bytes : int
        Memory of all workers together.
    """

    axes: tuple[str, ...]
    shape: tuple[int, ...]
    grids: tuple[Grid, ...]
    block: tuple[int, ...]
    reach: Mapping[str, tuple[int, int]]
    border: str
    source: Store
    target: Store
    blocks: int
    read_bytes: int
    written_bytes: int
    amplification: float
    peak_bytes: int
    memory: int
    workers: int
    needed_bytes: int

    def __iter__(self) -> Iterator[Block]:
        """Iterate over the blocks, in the order of the store."""
        for number, spans in enumerate(itertools.product(*self._spans())):
            yield Block(number, spans)

    @property
    def made(self) -> tuple[int, ...]:
        """Shape of the result."""
        return tuple(grid.count for grid in self.grids)

    def _spans(self) -> list[list[Span]]:
        return [
            cuts(size, step, self.reach.get(axis, (0, 0)), self.border, grid)
            for axis, size, step, grid in zip(
                self.axes, self.shape, self.block, self.grids, strict=True
            )
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return {
            "axes": self.axes,
            "shape": self.shape,
            "result": self.made,
            "block": self.block,
            "reach": {axis: list(reach) for axis, reach in self.reach.items()},
            "border": self.border,
            "chunks": self.target.chunk,
            "shards": self.target.shard,
            "blocks": self.blocks,
            "read_bytes": self.read_bytes,
            "written_bytes": self.written_bytes,
            "amplification": self.amplification,
            "peak_bytes": self.peak_bytes,
            "memory": self.memory,
            "workers": self.workers,
        }

    def records(self) -> list[dict[str, Any]]:
        """Return the axes as plain values."""
        return [
            {
                "axis": axis,
                "samples": size,
                "result": made,
                "block": step,
                "blocks": -(-made // step),
                "before": self.reach.get(axis, (0, 0))[0],
                "after": self.reach.get(axis, (0, 0))[1],
                "chunk": chunk,
                "shard": None if self.target.shard is None else self.target.shard[number],
            }
            for number, (axis, size, made, step, chunk) in enumerate(
                zip(self.axes, self.shape, self.made, self.block, self.target.chunk, strict=True)
            )
        ]

    def table(self) -> Table:
        """Return the plan, a row per axis."""
        return Table(
            f"{self.blocks} blocks, {self.workers} at a time, border {self.border}",
            ("axis", "samples", "result", "block", "blocks", "reach", "chunk", "shard"),
            tuple(
                (
                    row["axis"],
                    str(row["samples"]),
                    str(row["result"]),
                    str(row["block"]),
                    str(row["blocks"]),
                    f"{row['before']}, {row['after']}",
                    str(row["chunk"]),
                    "-" if row["shard"] is None else str(row["shard"]),
                )
                for row in self.records()
            ),
            (
                f"read: {readable(self.read_bytes)}, {self.amplification:.3g} times the image; "
                f"written: {readable(self.written_bytes)} (before compression)",
                f"memory of a worker: {readable(self.peak_bytes)} of {readable(self.memory)}",
            ),
        )


@dataclass(frozen=True)
class _Cut:
    """One way to cut an axis."""

    step: int
    count: int
    touched: int
    read: int
    written: int


def make_block_plan(
    axes: Sequence[str],
    shape: Sequence[int],
    *,
    reach: Mapping[str, tuple[int, int]],
    border: str,
    source: Store,
    target: Store,
    memory: int,
    workers: int = 1,
    base: int = 0,
    grids: Sequence[Grid] | None = None,
    block: Sequence[int] | None = None,
    scratch: Callable[[tuple[int, ...], tuple[int, ...]], int] = lambda given, wanted: 0,
) -> BlockPlan:
    """Choose the blocks of which the fewest samples are read twice, for the memory there is.

    Parameters
    ----------
    axes : sequence of str
    shape : sequence of int
        Of the image.
    reach : mapping of str to tuple of int
        Samples before and after each that count for it, per spatial axis.
    border : str
    source, target : Store
    memory : int
        Bytes that one worker may take.
    workers : int
        How many blocks are worked on at a time.
    base : int
        A worker's share of what the program takes without any block.
    grids : sequence of Grid, optional
        See `BlockPlan`; the image's own by default.
    block : sequence of int, optional
        To be taken, whatever the memory is: that of a run that is taken up again.
    scratch : callable
        ``scratch(given, wanted)``: bytes that the computation takes beside a volume of shape
        (z, y, x) that is given and one that is wanted.

    Raises
    ------
    MemoryLimitError
        If not even one chunk or shard and what it depends on fit; says the numbers.
    InputError
        If the image has no sample.
    """
    if 0 in shape:
        raise InputError(f"the image of shape {tuple(shape)} has no sample")
    if workers < 1:
        raise InputError(f"workers must be at least 1; got {workers}")
    grids = tuple(grids or (Every(size) for size in shape))
    made = [grid.count for grid in grids]
    ways = [
        _ways(
            size,
            grids[number],
            target.unit[number],
            source.chunk[number],
            reach.get(axis, (0, 0)),
            border,
            spatial=axis in SPATIAL_AXES,
            given=None if block is None else block[number],
        )
        for number, (axis, size) in enumerate(zip(axes, shape, strict=True))
    ]
    moved = max(source.moved_bytes(shape), target.moved_bytes(made))

    def peak(cut: tuple[_Cut, ...]) -> int:
        given = array_bytes([c.read for c in cut], source.itemsize)
        wanted = array_bytes([c.written for c in cut], target.itemsize)
        of = {axis: c for axis, c in zip(axes, cut, strict=True) if axis in SPATIAL_AXES}
        volume = tuple(of[a].read if a in of else 1 for a in SPATIAL_AXES)
        result = tuple(of[a].written if a in of else 1 for a in SPATIAL_AXES)
        return base + given + max(moved, wanted + max(scratch(volume, result), moved))

    found: list[tuple[float, int, tuple[_Cut, ...]]] = []
    for cut in itertools.product(*ways):
        needed = peak(cut)
        if needed <= memory or block is not None:
            blocks = math.prod(c.count for c in cut)
            # What the last round of blocks leaves idle is waited for as well.
            rounds = -(-blocks // workers) * workers / blocks
            found.append((math.prod(c.touched for c in cut) * rounds, needed, cut))
    if not found:
        smallest = tuple(way[-1] for way in ways)
        raise MemoryLimitError(_too_little(smallest, axes, target, peak(smallest), memory))
    best = min(cost for cost, _, _ in found)
    _, needed, cut = min(
        (entry for entry in found if entry[0] <= SLACK * best), key=lambda entry: entry[1]
    )
    read = array_bytes([c.touched for c in cut], source.itemsize)
    return BlockPlan(
        axes=tuple(axes),
        shape=tuple(shape),
        grids=grids,
        block=tuple(c.step for c in cut),
        reach=dict(reach),
        border=border,
        source=source,
        target=target,
        blocks=math.prod(c.count for c in cut),
        read_bytes=read,
        written_bytes=array_bytes(made, target.itemsize),
        amplification=read / array_bytes(shape, source.itemsize),
        peak_bytes=needed,
        memory=memory,
        workers=workers,
        needed_bytes=workers * needed,
    )


def _ways(
    size: int,
    grid: Grid,
    unit: int,
    chunk: int,
    reach: tuple[int, int],
    border: str,
    *,
    spatial: bool,
    given: int | None,
) -> list[_Cut]:
    """Return ways to cut an axis into whole units, the largest blocks first.

    Channels and frames are not put together: they share no sample.
    """
    units = -(-grid.count // unit)
    # The fewest units per block that give a count of blocks; other ones give no fewer blocks.
    steps = {-(-units // blocks) for blocks in range(1, units + 1)} if spatial else {1}
    if given is not None:
        steps = {given // unit}
    found = []
    for count in sorted(steps, reverse=True):
        spans = cuts(size, count * unit, reach, border, grid)
        read, written = largest(spans)
        total = sum(touched(s, chunk) for s in spans)
        found.append(_Cut(count * unit, len(spans), total, read, written))
    return found


def _too_little(
    cut: tuple[_Cut, ...], axes: Sequence[str], target: Store, needed: int, memory: int
) -> str:
    what = "shard" if target.shard is not None else "chunk"
    shape = " x ".join(str(c.written) for c in cut)
    given = " x ".join(str(c.read) for c in cut)
    others = f", use fewer workers, or write smaller {what}s (--{what}s)"
    return (
        f"one {what} of {shape} samples ({', '.join(axes)}), with the {given} that it depends on, "
        f"takes {readable(needed)}, and a worker may take {readable(memory)}; allow more "
        f"(--memory){' or use fewer workers' if target.fixed else others}"
    )
