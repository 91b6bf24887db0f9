"""The cross-check of images of any size: some blocks of an OME-Zarr, chosen at random."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.blocks.compute import compute, gather, pedestal, pedestals
from fiji_bridge.blocks.cut import span
from fiji_bridge.blocks.job import kept_axes, whole_image
from fiji_bridge.blocks.plan import Block
from fiji_bridge.check.crosscheck import CrosscheckReport, Row, kernels_of, reference_for
from fiji_bridge.check.difference import Parts, at
from fiji_bridge.check.faults import Scene, visible
from fiji_bridge.check.judgement import Judged
from fiji_bridge.check.rounding import bound, unit_of
from fiji_bridge.engines.engine import EngineInfo, Progress
from fiji_bridge.engines.select import EngineName, get_engine
from fiji_bridge.errors import InputError
from fiji_bridge.formats.ome_zarr_read import open_level, recognises
from fiji_bridge.formats.ome_zarr_regions import ZarrSource
from fiji_bridge.formats.registry import Probe
from fiji_bridge.formats.selection import Selection
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.image.places import PlaceLike, Remote, to_place
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

#: Samples along an axis that a block has, where the image is so large.
BLOCK = 64


def crosscheck_blocks(
    path: PlaceLike,
    blocks: int,
    seed: int,
    *,
    voxel_size: Any,
    engine: EngineName | None,
    threads: int | None,
    progress: Progress | None,
    **given: Any,
) -> CrosscheckReport:
    """Judge a blur as it goes by blocks, in some of them; see `crosscheck`.

    Parameters
    ----------
    path : path-like
        An OME-Zarr.
    blocks : int
        How many.
    seed : int
        Of their places: the same seed chooses the same.
    voxel_size, engine, threads, progress, **given
        As `crosscheck` takes them.

    Raises
    ------
    InputError
        If it is no OME-Zarr, or `blocks` is below 1.
    """
    if blocks < 1:
        raise InputError(f"blocks must be at least 1; got {blocks}")
    if not isinstance(path, str | os.PathLike | Remote) or not recognises(Probe(path)):
        raise InputError(
            f"blocks is for the path of an OME-Zarr, and {path!s:.99} is none; leave it out"
        )
    source = ZarrSource.of(open_level(to_place(path, "the image to check"), Selection()), 0)
    image = kept_axes(whole_image(source, voxel_size), source)
    check = _Check(image, source, given, Context(engine=engine, threads=threads))
    chosen = list(check.chosen(blocks, seed))
    judged, parts, where = Judged(), Parts(), (0,) * image.ndim
    low, high = math.inf, -math.inf
    for number, block in enumerate(chosen):
        patch = check.patch(block)
        before, most = parts.samples, parts.maximum
        judged.add(patch.result, patch.exact, patch.bound)
        parts.add(patch.result, round_to(patch.exact, patch.result.dtype))
        if parts.maximum > most:
            where = _place(block, parts.where - before)
        low, high = min(low, patch.low), max(high, patch.high)
        if progress is not None:
            progress(number + 1, len(chosen))
    against = f"{check.reference_name}, {len(chosen)} random blocks, seed {seed}"
    row = Row(against, at(parts, where), judged)
    return CrosscheckReport(
        image=image.name,
        axes=image.axes,
        engine=check.info,
        dtype=check.dtype.name,
        data_range=max(0.0, high - low),
        plan=check.plan,
        rows=(row,),
        faults=visible([partial(check.scene, block) for block in chosen]) if row.same else (),
    )


def _place(block: Block, flat: int) -> tuple[int, ...]:
    """Return where in the image a sample of a block is."""
    inside = np.unravel_index(flat, [s.written for s in block.spans])
    return tuple(int(i) + s.start for i, s in zip(inside, block.spans, strict=True))


@dataclass(frozen=True)
class _Patch:
    """What was found in one block: its own samples.

    Attributes
    ----------
    result, exact, bound : ndarray
    low, high : float
        Of the samples that it reads.
    """

    result: NDArray[Any]
    exact: NDArray[np.float64]
    bound: NDArray[np.float64]
    low: float
    high: float


class _Check:
    """A blur of an image in a store, and what is right about it."""

    def __init__(
        self, image: CalibratedImage, source: ZarrSource, given: Mapping[str, Any], context: Context
    ) -> None:
        prepared = REGISTRY["gaussian"].prepared(image, **given)
        assert prepared.by_parts is not None
        assert isinstance(prepared.plan, BlurPlan)
        self.image, self.source, self.context = image, source, context
        self.parts, self.plan = prepared.by_parts, prepared.plan
        self.kernels = kernels_of(self.plan)
        used = get_engine(context.engine)
        self.info: EngineInfo = used.info()
        self.dtype = self.parts.dtype
        self.reference_name, self.reference = reference_for(self.info)
        of_engine = self.parts.reach(context)
        self.reach = {
            axis: (max(b, len(k.taps) // 2), max(a, len(k.taps) // 2))
            for axis, (b, a), k in zip(SPATIAL_AXES, of_engine, self.kernels, strict=True)
        }

    def chosen(self, count: int, seed: int) -> Iterator[Block]:
        """Yield so many blocks, none twice; all where there are fewer."""
        sizes = [BLOCK if axis in SPATIAL_AXES else 1 for axis in self.image.axes]
        grid = [-(-n // s) for n, s in zip(self.image.shape, sizes, strict=True)]
        total = math.prod(grid)
        numbers = np.random.default_rng(seed).choice(total, min(count, total), replace=False)
        for number, flat in enumerate(sorted(int(n) for n in numbers)):
            corner = np.unravel_index(flat, grid)
            spans = tuple(
                span(
                    int(i) * s,
                    min(int(i) * s + s, n),
                    n,
                    self.reach.get(axis, (0, 0)),
                    self.plan.border,
                )
                for axis, i, s, n in zip(
                    self.image.axes, corner, sizes, self.image.shape, strict=True
                )
            )
            yield Block(number, tuple(spans))

    def patch(self, block: Block) -> _Patch:
        """Compute a block as the runner of blocks does, and exactly."""
        given = gather(block, self.image.dtype, self.source.read)
        flags = pedestals(
            self.image,
            block,
            lambda place: pedestal(self.image, place, self.context.engine, self.source.read),
        )
        made = compute(self.image, self.parts, block, given, self.context, flags)
        result = np.asarray(made.data)
        volume, plan, own = self._volume(given), self.plan, self._own(block)
        exact = self.reference(volume, self.kernels, plan.border, plan.cval)
        return _Patch(
            result,
            exact[own].reshape(result.shape),
            self._bound(volume)[own].reshape(result.shape),
            *_extremes(volume),
        )

    def scene(self, block: Block) -> Scene:
        """Return what a block reads, for faults to be put into its own samples."""
        volume = self._volume(gather(block, self.image.dtype, self.source.read))
        own = self._own(block)
        # What the block only reads is not judged, whatever is put into it.
        bounds = np.full(volume.shape, np.inf)
        bounds[own] = self._bound(volume)[own]
        low, high = _extremes(volume)
        plan = self.plan
        return Scene(
            volume=volume,
            sigma_px=plan.sigma_px(),
            kernel=plan.kernel,
            truncate=plan.truncate,
            border=plan.border,
            cval=plan.cval,
            dtype=self.dtype,
            bound=bounds,
            step=1.0 if self.dtype.kind in "iu" else (high - low) / 100 or 1.0,
        )

    def _volume(self, given: NDArray[Any]) -> NDArray[Any]:
        of = dict(zip(self.image.axes, given.shape, strict=True))
        return given.reshape([of.get(axis, 1) for axis in SPATIAL_AXES])

    def _own(self, block: Block) -> tuple[slice, ...]:
        """Return where the block's own samples lie in what it reads."""
        of = dict(zip(self.image.axes, block.spans, strict=True))
        return tuple(
            slice(of[a].start - of[a].first, of[a].stop - of[a].first) if a in of else slice(0, 1)
            for a in SPATIAL_AXES
        )

    def _bound(self, volume: NDArray[Any]) -> NDArray[np.float64]:
        return bound(
            volume,
            self.kernels,
            border=self.plan.border,
            cval=self.plan.cval,
            unit=unit_of(self.info, self.image.dtype, self.dtype),
            stated=self.info.errors,
        )


def _extremes(volume: NDArray[Any]) -> tuple[float, float]:
    finite = volume[np.isfinite(volume)] if volume.dtype.kind == "f" else volume
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
