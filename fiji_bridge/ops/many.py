"""One operation on many files, in one process and one JVM."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fiji_bridge._version import __version__
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import (
    CancelledError,
    FijiBridgeError,
    FileError,
    RuntimeStartError,
)
from fiji_bridge.formats import read
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.formats.many import file_names
from fiji_bridge.image.jsontext import indented
from fiji_bridge.image.results import Images, Report
from fiji_bridge.ops import many_inputs
from fiji_bridge.ops.many_inputs import Source
from fiji_bridge.ops.many_journal import Journal, identity
from fiji_bridge.ops.many_report import ManyReport, Outcome
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.output import check_output, write, write_images
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

#: Keywords that say how a file is read, and their defaults.
READING: Mapping[str, Any] = {
    "reader": "tifffile", "level": 0, "timepoint": None, "channel": None, "region": None,
}  # fmt: skip
_UNDERSTOOD = ("voxel_size", "unit")
_HOW = ("engine", "threads")


def run_many(
    operation: str,
    paths: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    *,
    name: str = many_inputs.NAME,
    recursive: bool = False,
    overwrite: bool = False,
    on_outcome: Callable[[Outcome], object] | None = None,
    **given: Any,
) -> ManyReport:
    """Run one operation on many files, each on its own.

    A file that fails leaves the others alone. What is done is noted in the output folder: the
    same call goes on where it was stopped, and skips what is done.

    Parameters
    ----------
    operation : str
        Such as ``"gaussian"``.
    paths : path-like or iterable of path-like
        Files, OME-Zarrs, folders, and patterns such as ``"data/*.tif"``.
    output_dir : path-like
        It is made where it is missing, and so are folders in it, as they are below a folder that
        was given.
    name : str
        Of the outputs; the fields are {stem}, {operation}, {suffix} and {folder}. Operations
        that give a report write it as JSON.
    recursive : bool
        Whether folders in folders are looked into.
    overwrite : bool
        Whether all is done again and outputs are replaced. Without it an output that another
        request made, or that is not known, is a failure.
    on_outcome : callable, optional
        Called with each `Outcome` as it comes.
    **given
        Parameters of the operation; ``voxel_size``, ``unit``; ``engine``, ``threads``;
        ``reader``, ``level``, ``timepoint``, ``channel`` and ``region`` as in `read`.

    Returns
    -------
    ManyReport

    Raises
    ------
    InputError
        Before any work: for unknown parameters, a name that makes no sense, paths that do not
        exist, outputs that would be written over each other or over an input.
    RuntimeStartError
        If Java cannot start, which concerns every file.

    Examples
    --------
    >>> report = fiji_bridge.run_many("gaussian", ["stack.tif"], "blurred", sigma="1 um")
    >>> report.counts
    {'done': 1}
    >>> fiji_bridge.run_many("gaussian", ["stack.tif"], "blurred", sigma="1 um").counts
    {'skipped': 1}
    """
    batch = Batch.of(
        operation, paths, output_dir, name=name, recursive=recursive, overwrite=overwrite, **given
    )
    outcomes = []
    for outcome in batch.run():
        outcomes.append(outcome)
        if on_outcome is not None:
            on_outcome(outcome)
    return ManyReport(operation, tuple(outcomes))


@dataclass(frozen=True)
class Jobs:
    """A run over many files that was found to make sense; nothing is written yet.

    Attributes
    ----------
    name : str
        What is done.
    jobs : tuple of (Source, Path)
        Input and output.
    others : tuple of Path
        Files in folders that are no images.
    folder : Path
        That of the outputs.
    overwrite : bool
    given : mapping
    """

    name: str
    jobs: tuple[tuple[Source, Path], ...]
    others: tuple[Path, ...]
    folder: Path
    overwrite: bool
    given: Mapping[str, Any]
    journal: Journal = field(repr=False)

    def planned(self) -> ManyReport:
        """Return what a run would do, without doing it."""
        outcomes = [Outcome(path, "left out", message="no image") for path in self.others]
        for source, target in self.jobs:
            try:
                state = self._state(source, target)
            except (FijiBridgeError, OSError) as error:
                outcomes.append(
                    Outcome(source.path, "failed", (target,), str(error), code=_code(error))
                )
            else:
                done = state == "done"
                outcomes.append(Outcome(source.path, "skipped" if done else "to do", (target,)))
        return ManyReport(self.name, tuple(outcomes))

    def run(self) -> Iterator[Outcome]:
        """Do the work; yield what happened to each file as it is known."""
        for path in self.others:
            yield Outcome(path, "left out", message="no image")
        for source, target in self.jobs:
            begun = time.monotonic()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                status, outputs, message, code = self._outcome(source, target)
            said = tuple(dict.fromkeys(str(w.message) for w in caught))
            yield Outcome(
                source.path,
                status,
                outputs,
                message,
                warnings=said,
                seconds=time.monotonic() - begun,
                finished=datetime.now(UTC).isoformat(timespec="seconds"),
                code=code,
            )

    def _outcome(self, source: Source, target: Path) -> tuple[str, tuple[Path, ...], str, int]:
        """Return status, outputs, message and exit code: a failure stays its file's, here only."""
        try:
            state = self._state(source, target)
            if state == "done":
                return "skipped", self.journal.files(target), "done before", 0
            return "done", self._do(source, target, replace=state == "begun"), "", 0
        except (RuntimeStartError, CancelledError):
            raise
        except FijiBridgeError as error:
            return "failed", (), str(error), _code(error)
        except MemoryError as error:
            return "failed", (), f"out of memory ({error}); work on a part of it", 4
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            return "failed", (), f"{where}{error.strerror or error}", 4
        except Exception as error:
            return "failed", (), f"a fault of this program ({type(error).__name__}: {error})", 4

    def _state(self, source: Source, target: Path) -> str:
        """Return "done", "begun" or "new"; refuse an output that is not this request's."""
        if self.overwrite:
            return "new"
        state = self.journal.state(target, self._request(source))
        if state in ("done", "begun"):
            return state
        if target.exists() or target.is_symlink():
            why = (
                "was made by another request or of another input" if state == "other"
                else f"exists{self.journal.damage}"
            )  # fmt: skip
            raise FileError(
                f"{target} {why}; choose another folder or allow it (--overwrite, overwrite=True)"
            )
        return "new"

    def _request(self, source: Source) -> dict[str, Any]:
        """Return all that the output follows from."""
        raise NotImplementedError

    def _do(self, source: Source, target: Path, *, replace: bool) -> tuple[Path, ...]:
        """Make an output, and note in the journal that it is begun and done."""
        raise NotImplementedError


def _code(error: Exception) -> int:
    """Return the exit code of a failure."""
    return error.exit_code if isinstance(error, FijiBridgeError) else 4


@dataclass(frozen=True)
class Batch(Jobs):
    """A run of one operation over many files; see `Jobs`.

    Attributes
    ----------
    operation : Operation
    """

    operation: Operation

    @classmethod
    def of(
        cls,
        operation: str,
        paths: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
        output_dir: str | os.PathLike[str],
        *,
        name: str = many_inputs.NAME,
        recursive: bool = False,
        overwrite: bool = False,
        **given: Any,
    ) -> Batch:
        """Find the files and the names; see `run_many`."""
        found = REGISTRY.find(operation)
        takes = [p.name for p in found.parameters]
        context = [*_UNDERSTOOD, *(_HOW if found.uses_engine else ())]
        found.refuse_unknown(given, dict.fromkeys([*takes, *context, *READING]))
        folder = Path(output_dir)
        if folder.exists() and not folder.is_dir():
            raise FileError(f"cannot write into {folder}: it is no folder")
        journal = Journal(folder)
        several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        sources, others = many_inputs.find(several, recursive=recursive, mine=journal.wrote)
        report = found.result is Result.REPORT
        jobs = tuple(
            (source, many_inputs.output_of(source, name, operation, folder, report=report))
            for source in sources
        )
        many_inputs.check_outputs(jobs)
        return cls(
            found.name, jobs, tuple(others), folder, overwrite, given, journal, operation=found
        )

    def _request(self, source: Source) -> dict[str, Any]:
        """Return all that the output follows from."""
        defaults = {p.name: p.default for p in self.operation.parameters} | dict(READING)
        given = {k: v for k, v in self.given.items() if v is not None and v != defaults.get(k)}
        given.pop("threads", None)
        return {
            "operation": self.name,
            "given": {k: v if isinstance(v, str | int | float) else repr(v)
                      for k, v in sorted(given.items())},
            "version": __version__,
            "source": identity(source.path),
        }  # fmt: skip

    def _do(self, source: Source, target: Path, *, replace: bool) -> tuple[Path, ...]:
        request = self._request(source)
        overwrite = self.overwrite or replace
        pick = {name: self.given[name] for name in _UNDERSTOOD if name in self.given}
        reading = {name: self.given.get(name, default) for name, default in READING.items()}
        image = to_image(read(source.path, **reading), **pick)
        own = [p.name for p in self.operation.parameters]
        prepared = self.operation.prepared(
            image, **{name: self.given[name] for name in own if name in self.given}
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        several = self.operation.result is Result.IMAGES
        check_output(target, overwrite=overwrite, several=several)
        self.journal.begin(target, request)
        context = Context(**{name: self.given.get(name) for name in _HOW})
        result = self.operation.carry_out(image, prepared, context)
        files = self._write(result, target, overwrite)
        self.journal.end(target, request, files)
        return tuple(files)

    def _write(self, result: Any, target: Path, overwrite: bool) -> list[Path]:
        if isinstance(result, Images):
            if not target.name.lower().endswith((".zarr", ".png")):
                self._check_no_job(file_names(target, result.images).values())
            return write_images(result, target, overwrite=overwrite)
        if isinstance(result, Report):
            with atomic_output(target, overwrite=overwrite) as file:
                file.write(indented(result.as_dict()).encode("utf-8") + b"\n")
        else:
            write(result, target, overwrite=overwrite)
        return [target]

    def _check_no_job(self, files: Iterable[Path]) -> None:
        """Refuse files, whose names only the result knows, that are inputs."""
        inputs = {many_inputs.key(source.path): source.path for source, _ in self.jobs}
        for file in files:
            many_inputs.check_no_input(file, inputs)
