"""A dask array in, a dask array out: one task per superblock, and nothing computed before.

The blocks are those of `fiji_bridge.blocks.plan`: as large as a fixed memory allows, with what
their results depend on around them, and anchored to the volume. Chunks may be smaller than that,
and it may be wider than the array; a task per chunk would read most samples many times over.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.blocks.compute import compute, gather, part, pieces
from fiji_bridge.blocks.cut import Span
from fiji_bridge.blocks.plan import Block, BlockPlan, Store, make_block_plan
from fiji_bridge.engines.select import get_engine
from fiji_bridge.errors import ArgumentError, MemoryLimitError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.ops.operation import ByParts
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

#: Bytes that one block may take: a few at a time fit into any machine, and the same graph is made
#: on each.
MEMORY = 2**30

#: Samples along an axis to which blocks go down where whole chunks do not fit.
_SMALL = 32


@dataclass(frozen=True)
class _Work:
    """What is done, small enough to be sent to any process.

    Attributes
    ----------
    operation : str
    parameters : mapping
        As the caller gave them.
    image : CalibratedImage
        With one sample.
    shape : tuple of int
    context : Context
    """

    operation: str
    parameters: Mapping[str, Any]
    image: CalibratedImage
    shape: tuple[int, ...]
    context: Context

    @property
    def whole(self) -> CalibratedImage:
        """All of the image, without its samples."""
        return self.image.with_data(np.broadcast_to(self.image.data.reshape(()), self.shape))

    def parts(self) -> ByParts | None:
        """Return how it goes by parts, if it does."""
        return REGISTRY.find(self.operation).prepared(self.whole, **self.parameters).by_parts


def apply(
    operation: str, image: CalibratedImage, parameters: Mapping[str, Any], context: Context
) -> CalibratedImage | None:
    """Return the result of an operation as a dask array that is computed when it is asked for.

    Parameters
    ----------
    operation : str
        Name in the registry.
    image : CalibratedImage
        Its samples are a dask array.
    parameters : mapping
        As the caller gave them.
    context : Context
        Engine and threads; by default one thread where there are several blocks, as dask works on
        several at a time. The engine starts now, since it says what a block depends on.

    Returns
    -------
    CalibratedImage or None
        Its samples are a dask array whose chunks are the blocks; None for what depends on the
        whole image.

    Raises
    ------
    ArgumentError
        For `progress`: the work is not done in this call.
    MemoryLimitError
        If what one sample depends on does not fit into the memory of a block.
    """
    samples: Any = image.data
    one = np.zeros((1,) * image.ndim, image.dtype.newbyteorder("="))
    work = _Work(operation, parameters, image.with_data(one), samples.shape, context)
    parts = work.parts()
    if parts is None:
        return None
    if context.progress is not None:
        raise ArgumentError(
            "progress= is of work that is done in the call, and a dask array is computed later; "
            "use dask.diagnostics.ProgressBar"
        )
    # What the result says of itself, but for its samples.
    alone = Block(0, (Span(0, 1, 0, 1, 0, 1, 1),) * image.ndim)
    about = parts.compute(work.image, replace(context, part=part(work.image, alone, (False,))))
    if REGISTRY.find(operation).uses_engine:
        # The default of another process may be another.
        context = replace(context, engine=get_engine(context.engine).name)
    plan = _plan(work.whole, parts, context, samples.chunksize)
    if context.threads is None and plan.blocks > 1:
        context = replace(context, threads=1)
    work = replace(work, context=context)
    return about.with_data(_joined(work, plan, parts.dtype, samples))


def _plan(
    whole: CalibratedImage, parts: ByParts, context: Context, chunks: Sequence[int]
) -> BlockPlan:
    source = Store(tuple(chunks), None, whole.dtype.itemsize)
    grids = [parts.grid(axis, size) for axis, size in zip(whole.axes, whole.shape, strict=True)]

    def plan(unit: Sequence[int]) -> BlockPlan:
        return make_block_plan(
            whole.axes,
            whole.shape,
            reach=dict(zip(SPATIAL_AXES, parts.reach(context), strict=True)),
            border=parts.border,
            source=source,
            target=Store(tuple(unit), None, parts.dtype.itemsize),
            memory=MEMORY,
            grids=grids,
            scratch=lambda given, wanted: parts.memory(given, wanted, context),
        )

    try:
        return plan(chunks)
    except MemoryLimitError:
        return plan([min(n, _SMALL) for n in chunks])


def _joined(work: _Work, plan: BlockPlan, dtype: np.dtype[Any], samples: Any) -> Any:
    """Return the array of all blocks."""
    import dask.array
    from dask.delayed import delayed

    make: Any = dask.array
    pedestals = _pedestals(work, samples)
    others = [number for number, axis in enumerate(work.image.axes) if axis not in SPATIAL_AXES]
    grid = np.empty([-(-n // b) for n, b in zip(plan.made, plan.block, strict=True)], object)
    for block in plan:
        places = itertools.product(*(range(s.first, s.last) for s in _at(block.spans, others)))
        known = [pedestals[place] for place in places] if pedestals else None
        made = delayed(partial(_block, work, block))(
            known, *(samples[there] for there, _ in pieces(block))
        )
        at = tuple(s.begin // b for s, b in zip(block.spans, plan.block, strict=True))
        grid[at] = make.from_delayed(made, tuple(s.written for s in block.spans), dtype)
    return make.block(grid.tolist())


def _at(spans: Sequence[Span], numbers: Sequence[int]) -> list[Span]:
    return [spans[number] for number in numbers]


def _block(
    work: _Work, block: Block, pedestals: Sequence[bool] | None, *given: NDArray[Any]
) -> NDArray[Any]:
    """Compute one block from the pieces that it reads."""
    parts = work.parts()
    assert parts is not None
    found = iter(given)

    def read(_: tuple[slice, ...], out: NDArray[Any]) -> None:
        out[...] = next(found)

    taken = gather(block, work.image.dtype, read)
    volumes = 1
    for axis, s in zip(work.image.axes, block.spans, strict=True):
        volumes *= 1 if axis in SPATIAL_AXES else s.read
    flags = (False,) * volumes if pedestals is None else tuple(pedestals)
    result = compute(work.whole, parts, block, taken, work.context, flags)
    return np.asarray(result.data)


def _pedestals(work: _Work, samples: Any) -> dict[tuple[int, ...], Any]:
    """Return a task for each volume that asks `Engine.pedestal`; none where no sample counts."""
    from dask.delayed import delayed

    if not REGISTRY.find(work.operation).uses_engine:
        return {}
    axes = work.image.axes
    z, y, x = (work.whole.size(axis) for axis in SPATIAL_AXES)
    asked: list[tuple[int, int, int]] = []

    def note(place: tuple[int, int, int]) -> float:
        asked.append(place)
        return 0.0

    # Which samples are asked for depends on the shape only.
    get_engine(work.context.engine).pedestal((z, y, x), work.image.dtype, note)
    if not asked:
        return {}
    places = {a: sorted({p[n] for p in asked}) for n, a in enumerate(SPATIAL_AXES)}
    few = samples
    for number, axis in enumerate(axes):
        if axis in SPATIAL_AXES:
            few = few[(slice(None),) * number + (places[axis],)]
    others = [n for axis, n in zip(axes, samples.shape, strict=True) if axis not in SPATIAL_AXES]
    found = {}
    for place in itertools.product(*(range(n) for n in others)):
        rest = iter(place)
        index = tuple(slice(None) if a in SPATIAL_AXES else next(rest) for a in axes)
        ask = partial(_pedestal, work.context.engine, (z, y, x), work.image.dtype, axes, places)
        found[place] = delayed(ask)(few[index])
    return found


def _pedestal(
    engine: str | None,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    axes: Sequence[str],
    places: Mapping[str, list[int]],
    samples: NDArray[Any],
) -> bool:
    """Ask an engine about a volume of which the samples at some places are known."""
    spatial = [axis for axis in axes if axis in SPATIAL_AXES]

    def read(place: tuple[int, int, int]) -> float:
        at = dict(zip(SPATIAL_AXES, place, strict=True))
        return float(samples[tuple(places[a].index(at[a]) for a in spatial)])

    return get_engine(engine).pedestal(shape, dtype, read)
