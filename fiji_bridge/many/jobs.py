"""Work on many files, in this process or in several: failures stay their file's."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from fiji_bridge.commands.workers import Workers
from fiji_bridge.errors import (
    CancelledError,
    FijiBridgeError,
    FileError,
    RuntimeStartError,
    WorkerError,
)
from fiji_bridge.image.places import PlaceLike, Remote, local
from fiji_bridge.many import inputs
from fiji_bridge.many.inputs import Source
from fiji_bridge.many.journal import Journal
from fiji_bridge.many.report import ManyReport, Outcome

#: Keywords that say how a file is read, and their defaults.
READING: Mapping[str, Any] = {
    "reader": "tifffile", "scene": None, "level": 0, "timepoint": None, "channel": None,
    "region": None,
}  # fmt: skip

_WORK = "fiji_bridge.many.jobs:outcome_of"

Made = TypeVar("Made", bound="Jobs")


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

    #: Whether ImageJ's commands are what is run.
    runs_commands: ClassVar[bool] = False

    @classmethod
    def found(
        cls: type[Made],
        name: str,
        paths: Iterable[PlaceLike] | PlaceLike,
        output_dir: PlaceLike,
        template: str,
        word: str,
        *,
        recursive: bool,
        overwrite: bool,
        given: Mapping[str, Any],
        report: bool = False,
        **own: Any,
    ) -> Made:
        """Find the files and the names of the outputs.

        Parameters
        ----------
        name : str
            What is done.
        paths, output_dir, recursive, overwrite
            As in `fiji_bridge.run_many`.
        template, word : str
            For the names of the outputs; the word stands for what is done.
        given : mapping
        report : bool
            Whether the outputs are JSON.
        **own
            Attributes of the class.
        """
        folder = local(output_dir, "the folder for the results of several files")
        if folder.exists() and not folder.is_dir():
            raise FileError(f"cannot write into {folder}: it is no folder")
        journal = Journal.read(folder)
        several = [paths] if isinstance(paths, str | os.PathLike | Remote) else list(paths)
        sources, others = inputs.find(several, recursive=recursive, mine=journal.wrote)
        jobs = tuple(
            (source, inputs.output_of(source, template, word, folder, report=report))
            for source in sources
        )
        inputs.check_outputs(jobs)
        return cls(name, jobs, tuple(others), folder, overwrite, given, journal, **own)

    def planned(self) -> ManyReport:
        """Return what a run would do, without doing it."""
        outcomes = [_left_out(path) for path in self.others]
        for source, target in self.jobs:
            known, _ = self._known(source, target)
            outcomes.append(known or Outcome(source.path, "to do", (target,)))
        return ManyReport(self.name, tuple(outcomes))

    def run(
        self,
        workers: int | None = None,
        timeout: float | None = None,
        runtime: Mapping[str, Any] | None = None,
    ) -> Iterator[Outcome]:
        """Do the work; yield what happened to each file as it is known.

        Parameters
        ----------
        workers : int, optional
            Processes at a time; by default all is done in this one.
        timeout : float, optional
            Seconds that a file may take in its process.
        runtime : mapping, optional
            What the processes start, as `Workers` takes it.
        """
        yield from map(_left_out, self.others)
        todo = []
        for source, target in self.jobs:
            known, replaces = self._known(source, target)
            if known is not None:
                yield known
            elif workers is None:
                yield outcome_of(self, source, target, replaces)
            else:
                todo.append((source, target, replaces))
        if workers is not None and todo:
            yield from self._abreast(todo, min(workers, len(todo)), timeout, runtime or {})

    def _abreast(
        self,
        todo: list[tuple[Source, Path, bool]],
        workers: int,
        timeout: float | None,
        runtime: Mapping[str, Any],
    ) -> Iterator[Outcome]:
        alone = self._alone(workers)
        ready = {"commands": self.runs_commands, **runtime}
        with Workers(workers, timeout=timeout, **ready) as pool:
            futures: dict[Future[Outcome], Source] = {
                pool.submit(_WORK, alone, *job): job[0] for job in todo
            }
            for future in as_completed(futures):
                try:
                    yield future.result()
                except WorkerError as error:
                    why = str(error).removeprefix(f"{_WORK} failed: ")
                    path = futures[future].path
                    yield Outcome(path, "failed", (), why, finished=_now(), code=4)

    def _alone(self: Made, workers: int) -> Made:
        """Return what one of several processes needs to do one of the jobs."""
        return replace(self, jobs=(), others=(), journal=Journal(self.folder))

    def _known(self, source: Source, target: Path) -> tuple[Outcome | None, bool]:
        """Return what is known before a job is done, and whether it may replace files.

        What is known is that it was done, or cannot be.
        """
        try:
            state = self._state(source, target)
        except (FijiBridgeError, OSError) as error:
            code = _code(error)
            return Outcome(source.path, "failed", (), str(error), finished=_now(), code=code), False
        if state == "done":
            files = self.journal.files(target)
            return Outcome(source.path, "skipped", files, "done before", finished=_now()), False
        return None, self.overwrite or state == "begun"

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

    def do(self, source: Source, target: Path, *, replace: bool) -> tuple[Path, ...]:
        """Make an output, and note in the journal that it is begun and done.

        Parameters
        ----------
        source : Source
        target : Path
        replace : bool
            Whether files that exist are replaced.

        Returns
        -------
        tuple of Path
            What was written.
        """
        raise NotImplementedError


def outcome_of(jobs: Jobs, source: Source, target: Path, replaces: bool) -> Outcome:
    """Do one of the jobs; what fails is said, here only, so that it stays that file's."""
    begun = time.monotonic()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        status, outputs, message, code = _done(jobs, source, target, replaces)
    return Outcome(
        source.path,
        status,
        outputs,
        message,
        warnings=tuple(dict.fromkeys(str(w.message) for w in caught)),
        seconds=time.monotonic() - begun,
        finished=_now(),
        code=code,
    )


def _done(
    jobs: Jobs, source: Source, target: Path, replaces: bool
) -> tuple[str, tuple[Path, ...], str, int]:
    try:
        return "done", jobs.do(source, target, replace=replaces), "", 0
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


def _left_out(path: Path) -> Outcome:
    return Outcome(path, "left out", message="no image")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _code(error: Exception) -> int:
    """Return the exit code of a failure."""
    return error.exit_code if isinstance(error, FijiBridgeError) else 4
