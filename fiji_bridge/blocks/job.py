"""What one run does: its passes over the data, and what each block of them reads and writes.

The first pass is the operation itself. Where the input has coarser levels, a pass for each follows
that makes them anew, by the package's own pyramid: from the samples as they are written for the
first, from sums that stay floating-point for the others, as in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge._version import __version__
from fiji_bridge.blocks import notes
from fiji_bridge.blocks.compute import compute, gather, pedestal, pedestals
from fiji_bridge.blocks.plan import Block, BlockPlan, Store, make_block_plan
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import CalibrationError, InputError, UnitError
from fiji_bridge.formats import formats, open_regions
from fiji_bridge.formats.ome_zarr import multiscale_attributes
from fiji_bridge.formats.ome_zarr_regions import Layout, ZarrTarget, layout_of
from fiji_bridge.formats.regions import ImageSource, ends, nothing
from fiji_bridge.formats.selection import Selection
from fiji_bridge.formats.tiff_target import GRIDS, Grid, TiffTarget, check_options
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.image.grid import regrid
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.image.places import Place, resolved, to_place
from fiji_bridge.ops.operation import ByParts, Operation
from fiji_bridge.ops.pyramid import next_level
from fiji_bridge.ops.pyramid_plan import PyramidPlan, make_pyramid_plan
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

#: What Python, the libraries and the JVM take before any block is there, and what the allocator
#: holds back between blocks. Measured: 260 MiB with a JVM, on Linux.
BASE_BYTES = 320 * 2**20

#: Where sums that the next level is made of are kept meanwhile, in the folder of the notes.
_WORK = f"{notes.NAME}/"

#: Of each channel that has a finite sample, the smallest and the largest.
Ranges = dict[int, tuple[float, float]]


@dataclass(frozen=True)
class Request:
    """All that an output follows from, as plain values: other processes are given it.

    Attributes
    ----------
    source, target : str
        Paths or addresses.
    operation : str
    parameters : mapping
        As they were given.
    engine : str
    level : int
        Of the input.
    chosen : mapping
        Which scene and part of it, as `Selection` takes it.
    voxel_size, unit : object
        Instead of the input's.
    ngff, chunks, shards, codec : object
        Of the output; None is the input's.
    form : str
        Name of the output's format.
    matched : mapping
        What was measured on a sample, and the parameters follow from.
    version : str
        Of the program.
    """

    source: str
    target: str
    operation: str
    parameters: Mapping[str, Any]
    engine: str
    level: int = 0
    chosen: Mapping[str, Any] = field(default_factory=dict)
    voxel_size: Any = None
    unit: str | None = None
    ngff: str | None = None
    chunks: tuple[int, ...] | None = None
    shards: tuple[int, ...] | None = None
    codec: str | None = None
    form: str = "OME-Zarr"
    matched: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__

    @property
    def selection(self) -> Selection:
        """What is read of the input."""
        return Selection(self.level, **self.chosen)

    def fingerprint(self, source: ImageSource) -> dict[str, Any]:
        """Return what a run that is taken up again must have in common with the one before."""
        return {
            "source": resolved(to_place(self.source, "the image to read")),
            "input": dict(source.identity),
            "operation": self.operation,
            "parameters": {k: repr(v) for k, v in sorted(self.parameters.items())},
            "engine": self.engine,
            "level": self.level,
            "part of the input": {k: repr(v) for k, v in sorted(self.chosen.items())},
            "voxel_size": repr(self.voxel_size),
            "unit": repr(self.unit),
            "ngff": self.ngff,
            "chunks": None if self.chunks is None else list(self.chunks),
            "shards": None if self.shards is None else list(self.shards),
            "codec": self.codec,
            "version": self.version,
        }


@dataclass(frozen=True)
class Pass:
    """One way through the data: an array is read, and another one or two are written.

    Attributes
    ----------
    name : str
        Of the array that is written.
    image : CalibratedImage
        What is read; its samples are none.
    parts : ByParts
    plan : BlockPlan
    source : str or None
        Of the output's arrays, the one that is read; None is the input.
    work : str or None
        Of the output's arrays, the one for sums that the next pass reads.
    """

    name: str
    image: CalibratedImage
    parts: ByParts
    plan: BlockPlan
    source: str | None = None
    work: str | None = None


class Job:
    """A request that was found to make sense, its input opened; nothing is written yet.

    Parameters
    ----------
    request : Request
    memory : int
        Bytes that one worker may take.
    workers : int
    share : int
        How many workers are one process.
    blocks : mapping of str to sequence of int, optional
        Sizes of the blocks per pass, of the run that is taken up again.

    Raises
    ------
    InputError
    """

    def __init__(
        self,
        request: Request,
        memory: int,
        workers: int,
        share: int,
        blocks: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self.request = request
        self.source = open_regions(request.source, request.selection)
        self.whole = whole_image(self.source, request.voxel_size, request.unit)
        self._memory, self._workers, self._blocks = memory, workers, blocks or {}
        self.share = share
        self._base = -(-BASE_BYTES // share)
        self.context = Context(engine=request.engine)
        self.operation: Operation = REGISTRY.find(request.operation)
        image = kept_axes(self.whole, self.source)
        prepared = self.operation.prepared(image, **request.parameters)
        if prepared.by_parts is None:
            raise InputError(
                f"{self.operation.name} does not go by blocks: its result depends on the whole "
                "image; hold it in memory (a TIFF without --memory and the like), or work on a "
                "--region that fits"
            )
        self.operation_plan = prepared.plan
        parts = prepared.by_parts
        #: What is written, but for its samples.
        self.result = _result(self.whole, parts)
        self.grid = self._grid()
        self.layout = self._first_layout()
        first = self._pass("0", image, parts, self._input_store())
        self.passes = [first]
        coarser = prepared.coarser
        if self.grid is not None and coarser is not None:
            raise InputError(f"{request.operation} makes several levels; write an OME-Zarr")
        self.pyramid = coarser if isinstance(coarser, PyramidPlan) else self._pyramid(first)
        if self.pyramid is not None:
            self._add_levels(self.pyramid)
        self._target: ZarrTarget | TiffTarget | None = None
        self._pedestals: dict[tuple[str, tuple[int, ...]], bool] = {}

    def _grid(self) -> Grid | None:
        """Return how a TIFF holds the samples; None for an OME-Zarr."""
        request = self.request
        if request.form not in GRIDS:
            return None
        names = ("ngff", "chunks", "shards", "codec")
        check_options({name: getattr(request, name) for name in names})
        image = self.result
        check = formats().named(request.form).check
        if check is not None:
            check(image)
        return GRIDS[request.form](image)

    def _first_layout(self) -> Layout:
        if self.grid is not None:
            return Layout("", self.grid.chunks, None)
        request = self.request
        return layout_of(
            self.source,
            version=request.ngff,
            chunks=request.chunks,
            shards=request.shards,
            codec=request.codec,
        )

    def _input_store(self) -> Store:
        source = self.source
        shard = None if source.shards is None else source.per_axis(source.shards)
        return Store(source.per_axis(source.chunks), shard, self.whole.dtype.itemsize)

    def _pass(
        self,
        name: str,
        image: CalibratedImage,
        parts: ByParts,
        store: Store,
        *,
        source: str | None = None,
        work: str | None = None,
    ) -> Pass:
        grids = [parts.grid(axis, size) for axis, size in zip(image.axes, image.shape, strict=True)]
        layout = self._layout(image.axes, [grid.count for grid in grids])
        chunks = self.source.per_axis(layout.chunks)
        shards = None if layout.shards is None else self.source.per_axis(layout.shards)
        reach = dict(zip(SPATIAL_AXES, parts.reach(self.context), strict=True))

        def scratch(given: tuple[int, ...], wanted: tuple[int, ...]) -> int:
            needed = parts.memory(given, wanted, self.context)
            # Rounding, of what the next pass is made of in full.
            return needed + (array_bytes(wanted, 16) if source is not None else 0)

        plan = make_block_plan(
            image.axes,
            image.shape,
            reach=reach,
            border=parts.border,
            source=store,
            target=Store(chunks, shards, parts.dtype.itemsize, fixed=self.grid is not None),
            memory=self._memory,
            workers=self._workers,
            base=self._base,
            grids=grids,
            block=self._blocks.get(name),
            scratch=scratch,
        )
        return Pass(name, image, parts, plan, source, work)

    def _layout(self, axes: Sequence[str], shape: Sequence[int]) -> Layout:
        of = dict(zip(axes, shape, strict=True))
        return self.layout.fitted([of.get(axis, 1) for axis in self.whole.axes])

    def _pyramid(self, first: Pass) -> PyramidPlan | None:
        """Return the plan of the levels; None where the input has one level."""
        count = self.source.levels if self.grid is None else 1
        image = _result(first.image, first.parts)
        sizes = [(axis, image.size(axis)) for axis in image.spatial_axes]
        if count < 2 or all(size == 1 for _, size in sizes):
            return None
        calibration = image.calibration
        try:
            return make_pyramid_plan(calibration, sizes, levels=count)
        except (CalibrationError, UnitError):
            # Where voxels have no size that could be compared, they count as they are.
            plain = to_image(image, voxel_size=(1.0,) * len(sizes)).calibration
            return make_pyramid_plan(plain, sizes, levels=count)

    def _add_levels(self, made: PyramidPlan) -> None:
        before = self.passes[0]
        image = _result(before.image, before.parts)
        name, layout = "0", self._layout(image.axes, image.shape)
        for number, level in enumerate(made.levels[1:], start=1):
            parts = next_level(image, level, made)
            last = number == len(made.levels) - 1
            same = parts.dtype == before.parts.dtype
            chunks = self.source.per_axis(layout.chunks)
            shards = None if layout.shards is None else self.source.per_axis(layout.shards)
            found = self._pass(
                str(number),
                image,
                parts,
                Store(chunks, shards, image.data.dtype.itemsize),
                source=name,
                work=None if last or same else f"{_WORK}{number}",
            )
            self.passes.append(found)
            name = found.work or str(number)
            shape = [level.shape.get(a, n) for a, n in zip(image.axes, image.shape, strict=True)]
            calibration = image.calibration
            for axis in level.halved:
                calibration = regrid(calibration, axis, 0, 2)
            kind = parts.dtype if found.work or same else before.parts.dtype
            image = replace(image, data=nothing(kind, shape), calibration=calibration)
            layout = self._layout(image.axes, shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the samples that are written."""
        return self.passes[0].parts.dtype

    def shape_of(self, number: int) -> tuple[int, ...]:
        """Return the shape of a level in the store."""
        sizes = dict(zip(self.result.axes, self.result.shape, strict=True))
        if self.pyramid is not None:
            sizes.update(self.pyramid.levels[number].shape)
        return tuple(sizes.get(axis, 1) for axis in self.whole.axes)

    def target(self) -> ZarrTarget | TiffTarget:
        """Return the output; what makes it look whole is not written."""
        if self._target is None and self.grid is not None:
            self._target = TiffTarget(Path(self.request.target), self.grid)
        if self._target is None:
            arrays: dict[str, tuple[tuple[int, ...], np.dtype[Any], Layout]] = {}
            for number, one in enumerate(self.passes):
                shape = self.shape_of(number)
                layout = self.layout.fitted(shape)
                arrays[one.name] = shape, self.dtype, layout
                if one.work is not None:
                    plain = replace(layout, codec="none")
                    arrays[one.work] = shape, one.parts.dtype, plain
            place = to_place(self.request.target, "the image to write")
            self._target = ZarrTarget(place, arrays, self.source.array, self.whole.axes)
        return self._target

    def run(self, one: Pass, block: Block, context: Context) -> dict[str, Any]:
        """Read, compute and write one block.

        Returns
        -------
        dict
            The note on it: provenance, missing chunks, range of the samples where they are float.
        """
        target = self.target()
        source = self.source
        if one.source is not None:
            assert isinstance(target, ZarrTarget)
            source = target.source(one.source, self.whole)
        given = gather(block, one.image.data.dtype, source.read)
        missing = source.missing(_reads_of_its_own(one, block)) if one.source is None else 0
        found = pedestals(
            one.image, block, lambda place: self._pedestal(one, place, source, context)
        )
        result = compute(one.image, one.parts, block, given, context, found)
        del given
        region = self.source.whole(block.writes)
        data: NDArray[Any] = result.data
        entry = dict(result.provenance[-1])
        if isinstance(target, TiffTarget):
            target.prepare(self.made(entry))
        if one.work is not None:
            target.write(one.work, region, data)
        # Rounding makes copies; what has its type is rounded already.
        rounded = data if data.dtype == self.dtype else round_to(data, self.dtype)
        target.write(one.name, region, rounded)
        note = {
            "entry": entry,
            "missing": missing,
            "repeats": self.source.repeats() + target.repeats(),
        }
        if one.source is None and self._another_range():
            note["ranges"] = _ranges(rounded, region, self.whole.axes)
        return note

    def _another_range(self) -> bool:
        """Whether what is written about the samples depends on their range.

        In an OME-Zarr it is how floating-point samples are shown, where the input does not say so;
        in an OME-TIFF how many bits count.
        """
        if self.grid is not None:
            return self.request.form == "OME-TIFF" and self.whole.ome_xml is not None
        if self.dtype.kind != "f":
            return False
        if self.source.shown is None:
            return True
        dtype = {p.name: p for p in self.operation.parameters}.get("dtype")
        keeps = dtype is None or "same" in dtype.choices
        return not (keeps and self.whole.dtype.kind == "f")

    def _pedestal(
        self, one: Pass, place: tuple[int, ...], source: ImageSource, context: Context
    ) -> bool:
        """Look for a pedestal once per volume and pass."""
        key = one.name, place
        if key not in self._pedestals:
            self._pedestals[key] = pedestal(one.image, place, context.engine, source.read)
        return self._pedestals[key]

    def made(self, entry: Mapping[str, Any], ranges: Ranges | None = None) -> CalibratedImage:
        """Return what is written, without its samples.

        Parameters
        ----------
        entry : mapping
            Provenance of what was done.
        ranges : mapping of int to (float, float), optional
            Smallest and largest sample of each channel.
        """
        low = min((low for low, _ in ranges.values()), default=0.0) if ranges else 0.0
        high = max((high for _, high in ranges.values()), default=0.0) if ranges else 0.0
        data = ends(self.dtype, self.result.shape, low, high)
        return replace(self.result, data=data, provenance=(*self.whole.provenance, entry))

    def finish(
        self,
        place: Place,
        entry: Mapping[str, Any],
        notes: Mapping[int, Mapping[str, Any]],
        *,
        overwrite: bool,
    ) -> None:
        """Write what makes the output look whole.

        Parameters
        ----------
        place : Path or Remote
            Of the output.
        entry : mapping
            Provenance of what was done.
        notes : mapping
            On the blocks of the first pass, by number.
        overwrite : bool
            Whether another file of that name is replaced.
        """
        target = self.target()
        if isinstance(target, TiffTarget):
            path = Path(resolved(place))
            target.finish(self.made(entry, _merged(notes.values())), path, overwrite=overwrite)
            return
        target.finish([one.name for one in self.passes], self.attributes(entry, notes.values()))

    def attributes(
        self, entry: Mapping[str, Any], notes: Iterable[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Return the attributes of the output.

        Parameters
        ----------
        entry : mapping
            Provenance of what was done.
        notes : iterable of mapping
            On the blocks of the first pass.
        """
        levels = [self.made(entry)]
        details: dict[str, Any] = {}
        if self.pyramid is not None:
            details = self.pyramid.as_dict()
            for number, level in enumerate(self.pyramid.levels[1:], start=1):
                calibration = levels[-1].calibration
                for axis in level.halved:
                    calibration = regrid(calibration, axis, 0, 2)
                data = nothing(self.dtype, self.shape_of(number))
                levels.append(replace(levels[-1], data=data, calibration=calibration))
        ranges = _merged(notes) if self.dtype.kind == "f" else None
        made = multiscale_attributes(levels, self.whole.axes, self.layout.version, details, ranges)
        shown = self.source.shown
        if shown is not None:
            made.get("ome", made)["omero"] = _shown(shown, ranges or {})
        return made


def _ranges(
    data: NDArray[Any], region: Sequence[slice], axes: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Return the smallest and the largest finite sample per channel, by the channel's number."""
    view = data.reshape([s.stop - s.start for s in region])
    channels = axes.index("c") if "c" in axes else None
    first = 0 if channels is None else region[channels].start
    found = {}
    for number, part in enumerate([view] if channels is None else np.moveaxis(view, channels, 0)):
        finite = part[np.isfinite(part)]
        if finite.size:
            found[str(first + number)] = (float(finite.min()), float(finite.max()))
    return found


def _merged(notes: Iterable[Mapping[str, Any]]) -> Ranges:
    """Return the smallest and the largest finite sample per channel of all blocks."""
    ranges: Ranges = {}
    for note in notes:
        for channel, (low, high) in note.get("ranges", {}).items():
            before = ranges.get(int(channel), (low, high))
            ranges[int(channel)] = min(low, before[0]), max(high, before[1])
    return ranges


def _shown(shown: Mapping[str, Any], ranges: Ranges) -> dict[str, Any]:
    """Return how viewers are to show the channels: as the input's, but in the range of the samples.

    The range counts where samples are floating-point: they may be of another quantity.
    """
    channels = shown.get("channels")
    if not ranges or not isinstance(channels, Sequence):
        return dict(shown)
    made: list[Any] = []
    for number, channel in enumerate(channels):
        found = ranges.get(number)
        if found is not None and isinstance(channel, Mapping):
            low, high = found
            window = {"min": low, "max": high, "start": low, "end": high}
            channel = {**channel, "window": window}
        made.append(channel)
    return {**shown, "channels": made}


def _reads_of_its_own(one: Pass, block: Block) -> tuple[slice, ...]:
    """Return a region of the image per block: those of all blocks are the image, each once."""
    return tuple(
        slice(s.begin * s.size // grid.count, s.end * s.size // grid.count)
        for s, grid in zip(block.spans, one.plan.grids, strict=True)
    )


def _result(image: CalibratedImage, parts: ByParts) -> CalibratedImage:
    """Return what an operation makes of an image, without samples."""
    shape = [parts.grid(a, n).count for a, n in zip(image.axes, image.shape, strict=True)]
    return parts.moved(image).with_data(nothing(parts.dtype, shape))


def whole_image(
    source: ImageSource, voxel_size: Any = None, unit: str | None = None
) -> CalibratedImage:
    """Return an image that says all of a source, in the axes of the store, without its samples.

    Parameters
    ----------
    source : ImageSource
    voxel_size, unit : object
        Instead of what the source says.
    """
    image = source.image
    image = image.with_data(nothing(image.data.dtype.newbyteorder("="), image.shape))
    given = {"voxel_size": voxel_size, "unit": unit}
    return to_image(image, **{name: value for name, value in given.items() if value is not None})


def kept_axes(whole: CalibratedImage, source: ImageSource) -> CalibratedImage:
    """Return an image without the axes of one plane, as reading into memory gives it."""
    shape = source.per_axis(whole.shape)
    return replace(whole, data=nothing(whole.data.dtype, shape), axes=source.axes)
