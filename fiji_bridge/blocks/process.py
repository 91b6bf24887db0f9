"""From an image file to another one, block by block: any size, at a memory that one sets."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import threading
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fiji_bridge import system
from fiji_bridge.blocks.cluster import Cluster, Spec
from fiji_bridge.blocks.executors import in_threads
from fiji_bridge.blocks.job import Job, Pass, Request, kept_axes, whole_image
from fiji_bridge.blocks.journal import Journal
from fiji_bridge.blocks.matching import match_on_sample
from fiji_bridge.blocks.plan import Block
from fiji_bridge.blocks.report import ProcessPlan, ProcessReport
from fiji_bridge.engines.engine import Progress
from fiji_bridge.engines.select import get_engine
from fiji_bridge.errors import (
    ArgumentError,
    CancelledError,
    FijiBridgeError,
    FileError,
    InputError,
    RemoteError,
)
from fiji_bridge.formats import formats, open_regions, regions_of, warn_not_kept
from fiji_bridge.formats.atomic import check_target
from fiji_bridge.formats.atomic_folder import publish
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.ome_zarr import check_writable, check_zarr_target
from fiji_bridge.formats.registry import Probe
from fiji_bridge.formats.selection import Selection
from fiji_bridge.formats.stores import clear
from fiji_bridge.formats.tiff_target import GRIDS, check_begun
from fiji_bridge.image.memory import array_bytes, available_bytes
from fiji_bridge.image.places import (
    Place,
    PlaceLike,
    Remote,
    absolute,
    relation,
    resolved,
    to_place,
)
from fiji_bridge.ops.operation import UNDERSTOOD, Operation, Result
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context


def process(
    source: PlaceLike,
    target: PlaceLike,
    operation: str = "gaussian",
    *,
    memory: int | str | None = None,
    workers: int | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    client: Any = None,
    part: str | None = None,
    finish: bool = False,
    progress: Progress | None = None,
    **given: Any,
) -> ProcessReport:
    """Run an operation from one image file to another, block by block, at a memory that is set.

    The result has the bits of the in-memory call, whatever the blocks. What is done is noted in
    the output folder, or in one beside a TIFF: the same call goes on where one was stopped or
    killed. What makes the output look whole is written last; coarser levels of an OME-Zarr are made
    anew from the finest.

    Parameters
    ----------
    source : path-like
        OME-Zarr (a folder, or an address such as ``"s3://bucket/name.ome.zarr"`` or
        ``"https://…"``), or an ImageJ TIFF or OME-TIFF of one sample per pixel in one file.
    target : path-like
        A name that ends in .ome.tif or .ome.tiff gives a tiled OME-TIFF (BigTIFF), .tif or .tiff
        one for ImageJ (in its large-file form above 4 GB), any other an OME-Zarr, which may be at
        ``s3://…``. That is written in NGFF's version, chunks, shards and codecs of an OME-Zarr that
        is read, unless told otherwise.
    operation : str
        One that gives an image of which every sample depends on those around it: ``"gaussian"``,
        ``"derivative"``, ``"median"`` … Others are refused.
    memory : int or str, optional
        What one worker may take, in bytes or as ``"4GB"``; by default an equal share of half of
        what is available.
    workers : int, optional
        Blocks that are worked on at a time, by threads of this process.
    threads : int, optional
        Of the engine, for each worker; by default an equal share of all processors.
    overwrite : bool
        Whether an output that is there is replaced, and a run that was stopped begun anew. What is
        replaced stays until the new output is whole, beside which it lies until then; there, too,
        the same call goes on where one was stopped. In a remote store, where nothing can be
        renamed, what is replaced is deleted first.
    client : distributed.Client or str, optional
        Or the address of a dask scheduler: its workers do the blocks, each in its own JVM, at their
        own paths of the same files. `workers` is the number of their threads then, `threads` 1, and
        `memory` half of what a worker may take for each of its threads, unless told otherwise. The
        blocks of a worker that dies are done by others.
    part : str, optional
        ``"3/16"`` does the third of sixteen equal parts of the finest level, and is no whole output
        yet: for array jobs without a scheduler, whose parts run side by side. `memory` has to be
        given, as the blocks of all parts follow from it.
    finish : bool
        Whether all parts are to be done already; the call then makes the coarser levels, and the
        output whole. Refused where a part is not.
    progress : callable, optional
        Called with (done, total) in bytes; an exception that it raises ends the work.
    **given
        Parameters of the operation; ``engine``; ``voxel_size``, ``unit``; ``level``, ``scene``,
        ``timepoint``, ``channel``, ``region``, as `read` takes them; ``ngff``
        (``"0.4"``, ``"0.5"``), ``chunks``, ``shards`` (samples along each axis), ``codec``.
        With ``match`` the blur is measured on a ``sample`` of the image, a region as `read` takes
        it, by default the middle; the provenance says which.

    Returns
    -------
    ProcessReport

    Raises
    ------
    InputError
        Before any work: parameters that make no sense, an output that must not be written, an
        operation that does not go by blocks, a chunk or shard that does not fit into the memory.
    FileError
        For a damaged chunk, which is named, and a full disk.
    RemoteError
        For a remote store that cannot be reached, refuses, or stops answering; what is done stays
        done.
    NotFiniteError
        For the first block with samples that are NaN or infinite, with the place.
    CancelledError
        After Ctrl-C; what is done stays done.
    WorkerError
        If a block ended several workers of a cluster, or the scheduler is gone.

    Examples
    --------
    >>> image = fiji_bridge.read("stack.tif")
    >>> fiji_bridge.write(image, "stack.ome.zarr")
    >>> report = fiji_bridge.process("stack.ome.zarr", "blurred.ome.zarr", sigma="1 um")
    >>> fiji_bridge.read("blurred.ome.zarr").shape
    (25, 81, 81)
    """
    run = Run.of(
        source, target, operation, memory=memory, workers=workers, threads=threads,
        overwrite=overwrite, client=client, part=part, finish=finish, **given,
    )  # fmt: skip
    return run.run(progress)


def plan_process(
    source: PlaceLike,
    target: PlaceLike,
    operation: str = "gaussian",
    **given: Any,
) -> ProcessPlan:
    """Return what `process` would do: the blocks of each level, bytes, memory.

    Java is started where the engine needs it, as it knows how far its sums reach; no sample is
    read, and nothing is written.

    Parameters
    ----------
    source, target, operation, **given
        As `process` takes them.

    Returns
    -------
    ProcessPlan
        ``print(plan.table())`` shows it.

    Raises
    ------
    InputError
        As `process` would.

    Examples
    --------
    >>> fiji_bridge.write(fiji_bridge.read("stack.tif"), "stack.ome.zarr")
    >>> plan = fiji_bridge.plan_process(
    ...     "stack.ome.zarr", "blurred.ome.zarr", sigma="1 um", memory="1GB"
    ... )
    >>> first = plan.passes["0"]
    >>> first.shape, first.blocks, first.reach["z"]
    ((25, 81, 81), 1, (2, 2))
    """
    return Run.of(source, target, operation, **given).plan


@dataclass
class Run:
    """A run that was found to make sense; nothing is written yet.

    Attributes
    ----------
    job : Job
    journal : Journal
    request : mapping
        What the output follows from.
    workers : int
    threads : int
        Of the engine, for each worker.
    target : Path or Remote
        The output; it is written elsewhere where it replaces another.
    fresh : bool
        Whether what lies where it is written is removed first.
    overwrite : bool
        Whether an output that is there is replaced.
    cluster : Cluster or None
        Who does the blocks, instead of threads of this process.
    part : tuple of int or None
        Which of how many parts is done, from 1 on.
    finish : bool
        Whether all parts have to be done already.
    """

    job: Job
    journal: Journal
    request: Mapping[str, Any]
    workers: int
    threads: int
    target: Place
    fresh: bool
    overwrite: bool = False
    cluster: Cluster | None = None
    part: tuple[int, int] | None = None
    finish: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _repeats: int = 0

    @classmethod
    def of(
        cls,
        source: PlaceLike,
        target: PlaceLike,
        operation: str = "gaussian",
        *,
        memory: int | str | None = None,
        workers: int | None = None,
        threads: int | None = None,
        overwrite: bool = False,
        client: Any = None,
        part: str | None = None,
        finish: bool = False,
        **given: Any,
    ) -> Run:
        """Plan a run; see `process`."""
        paths = to_place(source, "the image to read"), to_place(target, "the image to write")
        one_of = None if part is None else _part(part)
        if one_of is not None:
            _check_part(memory, overwrite=overwrite, finish=finish)
        cluster = None if client is None else Cluster(client)
        _check_apart(*paths)
        own, matched = _measured(paths[0], operation, _sorted_out(operation, given), given)
        engine = given.get("engine")
        form = _form(paths[1])
        written: Place
        if isinstance(paths[1], Path) and form in GRIDS:
            written = _beside(check_target(paths[1], overwrite=overwrite))
        else:
            written = _written(paths[1], overwrite=overwrite)
        request = Request(
            source=str(paths[0] if cluster is None else absolute(paths[0])),
            target=str(written if cluster is None else absolute(written)),
            operation=operation,
            parameters=own,
            # Of the levels as well, whatever computes the first.
            engine=get_engine(engine).name,
            level=int(given.get("level") or 0),
            chosen={key: given[key] for key in CHOSEN if given.get(key) is not None},
            voxel_size=given.get("voxel_size"),
            unit=given.get("unit"),
            ngff=given.get("ngff"),
            chunks=_sizes(given.get("chunks")),
            shards=_sizes(given.get("shards")),
            codec=given.get("codec"),
            form=form,
            matched=matched,
        )
        if workers is not None and workers < 1:
            raise InputError(f"workers must be at least 1; got {workers}")
        if threads is not None and threads < 1:
            raise InputError(f"threads must be at least 1; got {threads}")
        journal = Journal(written)
        fingerprint = request.fingerprint(open_regions(paths[0], request.selection))
        asked = None if memory is None else read_memory(memory)
        begun = None
        try:
            if not overwrite or written != paths[1]:
                begun = journal.request()
            if begun is None and not overwrite and form not in GRIDS:
                check_zarr_target(paths[1], overwrite=False)
            if begun is not None:
                if isinstance(written, Path) and form in GRIDS:
                    check_begun(written, journal.done("0"))
                _check_same(fingerprint, begun["request"], paths[1])
                asked = _same_memory(asked, begun, paths[1])
                workers = workers or int(begun["workers"])
        except FileError:
            if not overwrite:
                raise
            begun = None
        if finish and begun is None:
            raise FileError(
                f"nothing of {paths[1]} is done yet; do its parts first (--part, part=)"
            )
        if cluster is None:
            workers = workers or min(2, system.processors())
            share, asked = workers, asked or available_bytes() // (2 * workers)
            threads = threads or max(1, system.processors() // workers)
        else:
            workers, share = cluster.workers, cluster.share
            asked, threads = asked or cluster.memory, threads or 1
        job = Job(
            request,
            asked,
            workers,
            share=share,
            blocks=None if begun is None else begun["blocks"],
        )
        return cls(
            job, journal, fingerprint, workers, threads, paths[1],
            fresh=overwrite and begun is None, overwrite=overwrite, cluster=cluster, part=one_of,
            finish=finish,
        )  # fmt: skip

    @property
    def plan(self) -> ProcessPlan:
        """What will be done."""
        passes = {one.name: one.plan for one in self.job.passes}
        needed = max(plan.needed_bytes for plan in passes.values())
        return ProcessPlan(self.job.operation_plan, passes, needed)

    def run(self, progress: Progress | None = None) -> ProcessReport:
        """Do the work; see `process`."""
        written = to_place(self.job.request.target, "the image to write")
        if self.fresh and (isinstance(written, Remote) or written.exists()):
            with self.journal.locked():
                pass
            clear(written)
        with _in_words(self):
            if isinstance(written, Path):
                written.mkdir(exist_ok=True)
            with self.journal.locked(self._lock_name):
                return self._work(progress)

    @property
    def _lock_name(self) -> str:
        return "lock" if self.part is None else "lock-{}-of-{}".format(*self.part)

    def _work(self, progress: Progress | None) -> ProcessReport:
        self._begin()
        job = self.job
        if self.finish:
            self._check_parts_done()
        begun = time.monotonic()
        total = sum(one.plan.read_bytes + one.plan.written_bytes for one in job.passes)
        told = before = read = written = 0
        for one in job.passes if self.part is None else job.passes[:1]:
            done = self.journal.done(one.name)
            before += len(done)
            todo = [
                block for block in one.plan if block.number not in done and self._has(block.number)
            ]
            told += _bytes(one, len(done))
            for block, note in self._done(one, todo):
                self._repeats += note.pop("repeats")
                self.journal.note(one.name, block.number, note)
                told += _bytes(one, 1)
                if progress is not None:
                    progress(min(told, total), total)
            share = len(todo) / one.plan.blocks
            read += round(share * one.plan.read_bytes)
            written += round(share * one.plan.written_bytes)
        seconds = time.monotonic() - begun
        if self.part is not None:
            return self._report(seconds, before, read, written, complete=False)
        return self._finish(seconds, before, read, written)

    def _begin(self) -> None:
        """Note what is asked for; of parts that begin at once, all go by the plan of the first."""
        job = self.job
        own = job.passes[0].plan.memory
        asked = {
            "request": self.request,
            "memory": own,
            "workers": self.workers,
            "blocks": {one.name: list(one.plan.block) for one in job.passes},
        }
        if self.part is None:
            self.journal.begin(asked)
            return
        begun = self.journal.begin_once(asked)
        _check_same(self.request, begun["request"], self.target)
        memory = _same_memory(own, begun, self.target)
        if begun["blocks"] != asked["blocks"]:
            self.job = Job(job.request, memory, self.workers, job.share, begun["blocks"])

    def _has(self, number: int) -> bool:
        """Whether a block belongs to the part; parts are runs of neighbours."""
        if self.part is None:
            return True
        which, parts = self.part
        return number * parts // self.job.passes[0].plan.blocks == which - 1

    def _check_parts_done(self) -> None:
        """Refuse to finish an output of which a part is not done."""
        blocks = self.job.passes[0].plan.blocks
        missing = blocks - len(self.journal.done("0"))
        if missing:
            raise FileError(
                f"{missing} of {blocks} blocks of {self.target} are not done; do the parts that "
                "failed again, or call without finish (--finish), which does them"
            )

    def _done(self, one: Pass, todo: Iterable[Block]) -> Iterator[tuple[Block, Any]]:
        """Yield blocks and the notes on them, as they are done."""
        if self.cluster is not None:
            return self.cluster.work(self._spec, one.name, todo)
        work = partial(self.job.run, one, context=self._context())
        return in_threads(work, todo, self.workers, self._stop)

    @functools.cached_property
    def _spec(self) -> Spec:
        job = self.job
        blocks = {one.name: one.plan.block for one in job.passes}
        first = job.passes[0].plan
        return Spec(job.request, first.memory, self.workers, job.share, blocks, self.threads)

    def _context(self) -> Context:
        def told(done: int, total: int) -> None:
            if self._stop.is_set():
                raise CancelledError("another block failed")

        return Context(self.job.request.engine, self.threads, told)

    def _finish(self, seconds: float, before: int, read: int, written: int) -> ProcessReport:
        """Make the output whole, and say what was done."""
        job = self.job
        notes = self.journal.done("0")
        entry = {**notes[0]["entry"], **job.request.matched}
        job.finish(self.target, entry, notes, overwrite=self.overwrite)
        self.journal.remove()
        self._replace()
        warn_not_kept(job.made(entry), self.target, formats().named(job.request.form))
        missing = sum(int(note["missing"]) for note in notes.values())
        if missing:
            warnings.warn(job.source.missing_message(missing), MetadataWarning, stacklevel=4)
        return self._report(
            seconds, before, read, written, complete=True, missing=missing, entry=entry
        )

    def _report(
        self,
        seconds: float,
        before: int,
        read: int,
        written: int,
        *,
        complete: bool,
        missing: int = 0,
        entry: Mapping[str, Any] = MappingProxyType({}),
    ) -> ProcessReport:
        job, cluster = self.job, self.cluster
        return ProcessReport(
            output=self.target,
            complete=complete,
            blocks=sum(one.plan.blocks for one in job.passes),
            before=before,
            seconds=seconds,
            read_bytes=read,
            written_bytes=written,
            peak_bytes=system.peak_memory() if cluster is None else cluster.peak_bytes,
            retries=0 if cluster is None else cluster.retries,
            missing=missing,
            repeats=self._repeats,
            entry=entry,
        )

    def _replace(self) -> None:
        """Give the output its name, where another one had it until now."""
        written = to_place(self.job.request.target, "the image to write")
        if isinstance(written, Remote) or written == self.target:
            return
        if self.job.grid is not None:
            shutil.rmtree(written, ignore_errors=True)
            return
        publish(written, Path(resolved(self.target)), overwrite=True)
        # What was replaced, where names can be exchanged.
        shutil.rmtree(written, ignore_errors=True)

    def count(self) -> tuple[int, int]:
        """Return how many blocks are done, and how many there are."""
        done = sum(len(self.journal.done(one.name)) for one in self.job.passes)
        return done, sum(one.plan.blocks for one in self.job.passes)


#: Which part of the input is read.
CHOSEN = ("scene", "timepoint", "channel", "region")
#: Of `process`, what is no parameter of an operation.
_READING = ("level", *CHOSEN, *(name for name in UNDERSTOOD if name != "axes"))
_STORING = ("ngff", "chunks", "shards", "codec")
_SAMPLE = "sample"
#: No operation takes so many times the image.
_SMALL = 32
_SUFFIXES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def read_memory(given: int | str) -> int:
    """Return a number of bytes that is given as such, or as text: ``"4GB"``, ``"1.5g"``.

    As in Java's options and most schedulers, a kilobyte is 1024 bytes.

    Raises
    ------
    InputError
    """
    if isinstance(given, str):
        text = given.strip().lower().removesuffix("ib").removesuffix("b").strip()
        number = text.rstrip("kmgt")
        try:
            found = float(number) * _SUFFIXES[text[len(number) :].strip()]
        except (ValueError, KeyError):
            raise InputError(f"memory must be bytes, or such as '4GB'; got {given!r}") from None
    else:
        found = float(given)
    if not 0 < found < float("inf"):
        raise InputError(f"memory must be above 0 bytes; got {given!r}")
    return int(found)


def by_blocks(
    operation: Operation,
    source: Place,
    target: Place,
    selection: Selection,
    voxel_size: Any,
    parameters: Mapping[str, Any],
) -> bool:
    """Whether an operation with these parameters goes by blocks unasked.

    Into an OME-Zarr where it can, and where the parameters make no sense: such a run refuses them
    by the same words as any other. Into a TIFF, and with the levels of one, where the memory that
    there is would not do.
    """
    measuring = operation.measures(parameters)
    if measuring is not None:
        # Whole where it fits: a sample gives other numbers.
        parameters = {name: value for name, value in parameters.items() if name != measuring}
    levels = operation.result is not Result.IMAGE and Probe(source).is_tiff
    sparing = levels or _form(target) in GRIDS or measuring is not None
    if sparing and _SMALL * _size(source) < available_bytes():
        return False
    try:
        found = regions_of(source, selection)
        if found is None:
            return False
        image = kept_axes(whole_image(found, voxel_size), found)
        prepared = operation.prepared(image, **parameters)
    except InputError:
        return not sparing
    needed = array_bytes(image.shape, image.dtype.itemsize) + prepared.plan.needed_bytes
    return prepared.by_parts is not None and not (sparing and needed < available_bytes())


def _size(source: Place) -> int:
    """Return about how many bytes an image has in memory; of an OME-Zarr that is not looked at."""
    probe = Probe(source)
    if not probe.is_tiff:
        return available_bytes()
    structure = probe.structure
    return max(structure.size, sum(page.plane_bytes for page in structure.directories))


def _sorted_out(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the operation; refuse what nobody takes."""
    found = REGISTRY.find(operation)
    names = [parameter.name for parameter in found.parameters]
    own = ["engine"] if found.uses_engine else []
    own += [] if found.measures(given) is None else [_SAMPLE]
    found.refuse_unknown(given, dict.fromkeys([*names, *own, *_READING, *_STORING]))
    return {name: given[name] for name in names if name in given}


def _measured(
    source: Place, operation: str, parameters: dict[str, Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return the parameters with what a sample of the image says, and what it has said."""
    declared = REGISTRY.find(operation)
    measuring = declared.measures(parameters)
    if measuring is None:
        return parameters, {}
    takes = {parameter.name: parameter for parameter in declared.parameters}
    how = takes[measuring].checked(parameters[measuring])
    chosen = {key: given[key] for key in CHOSEN if given.get(key) is not None}
    opened = open_regions(source, Selection(int(given.get("level") or 0), **chosen))
    image = kept_axes(whole_image(opened, given.get("voxel_size"), given.get("unit")), opened)
    rest = {name: value for name, value in parameters.items() if name != measuring}
    found = match_on_sample(opened, image, how, rest, given.get(_SAMPLE))
    return {**rest, "sigma": found.sigma}, found.details


def _part(given: str) -> tuple[int, int]:
    """Read ``"3/16"``."""
    which, slash, parts = str(given).partition("/")
    try:
        found = int(which), int(parts)
    except ValueError:
        found = 0, 0
    if not slash or not 1 <= found[0] <= found[1]:
        raise InputError(f"part must be such as 3/16, the third of sixteen; got {given!r}")
    return found


def _check_part(memory: int | str | None, *, overwrite: bool, finish: bool) -> None:
    """Refuse what makes no sense for one of several parts that run side by side."""
    if finish:
        raise ArgumentError("part and finish exclude each other: finish once all parts are done")
    if overwrite:
        raise ArgumentError(
            "a part cannot replace an output that others write as well; delete it first, or choose "
            "another name"
        )
    if memory is None:
        raise ArgumentError(
            "give the memory of a worker (--memory, memory=), which the blocks of all parts follow "
            "from"
        )


def _sizes(given: Sequence[int] | str | None) -> tuple[int, ...] | None:
    """Return sizes that are given as numbers, or as text: ``"1,64,256,256"``."""
    if given is None:
        return None
    parts: Iterable[Any] = given
    if isinstance(given, str):
        parts = given.replace("x", ",").replace(" ", ",").split(",")
    try:
        return tuple(int(part) for part in parts if part != "")
    except (TypeError, ValueError):
        raise InputError(
            f"sizes must be whole numbers, such as 64,256,256; got {given!r}"
        ) from None


def _written(target: Place, *, overwrite: bool) -> Place:
    """Return where an output is written: beside one that is whole, which it replaces at the end.

    In a remote store it is written where it belongs: there is no renaming.
    """
    check_writable(target)
    if isinstance(target, Remote):
        if overwrite and Journal(target).request() is None:
            check_zarr_target(target, overwrite=True)
        return target
    try:
        whole = target.exists() and Journal(target).request() is None
    except FileError:
        if not overwrite:
            raise
        whole = False
    if not (overwrite and whole):
        return target
    check_zarr_target(target, overwrite=True)
    return _beside(Path(resolved(target)))


def _form(target: Place) -> str:
    """Return the name of the format in which an output is written: a TIFF's by its ending."""
    known = formats().split(target.name) is not None
    return formats().for_writing(target).name if known else Request.form


def _beside(target: Path) -> Path:
    """Return the folder in which an output is written until it is whole."""
    return target.with_name(f".{target.name[:100]}.fiji_bridge.new")


def _check_apart(source: Place, target: Place) -> None:
    """Refuse an output that is the input, or in it, or around it."""
    found = relation(source, target)
    if found == "same":
        raise FileError(f"the output {target} is the input; choose another name")
    if found is not None:
        raise FileError(
            f"the output {target} lies {found} the input {source}; choose another place"
        )


def _same_memory(asked: int | None, begun: Mapping[str, Any], target: Place) -> int:
    """Return the memory of the run that is taken up again; its blocks follow from it."""
    if asked is not None and asked != begun["memory"]:
        raise FileError(
            f"{target} was begun with a memory of {begun['memory']} bytes per worker, which its "
            "blocks follow from; give that or none, or begin again (--overwrite, overwrite=True)"
        )
    return int(begun["memory"])


def _check_same(now: Mapping[str, Any], begun: Mapping[str, Any], target: Place) -> None:
    """Refuse to go on with what another request began."""
    for key, value in now.items():
        if begun.get(key) != value:
            what = "another input" if key == "input" else f"another {key}"
            raise FileError(
                f"{target} was begun with {what}; give the same, or choose another name, or begin "
                "again (--overwrite, overwrite=True)"
            )


def _bytes(one: Pass, blocks: int) -> int:
    """Return what so many blocks of a pass read and write."""
    return round(blocks * (one.plan.read_bytes + one.plan.written_bytes) / one.plan.blocks)


@contextlib.contextmanager
def _in_words(run: Run) -> Iterator[None]:
    """Say how far a run has come that ends early."""
    try:
        yield
    except RemoteError as error:
        # What is away may be where the notes are.
        raise RemoteError(f"{error}; what is done stays, and the same command goes on") from error
    except (FijiBridgeError, MemoryError):
        raise
    except (KeyboardInterrupt, OSError) as error:
        done, count = run.count()
        so_far = f"{done} of {count} blocks are done, and the same command goes on"
        if isinstance(error, KeyboardInterrupt):
            raise CancelledError(f"interrupted; {so_far}") from None
        why = os.strerror(error.errno) if error.errno else str(error)
        where = run.target
        raise FileError(f"cannot write {where}: {why.lower()}; {so_far}") from error
