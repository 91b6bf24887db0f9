"""Jobs: which one is next, whether it fits, and what becomes of it."""

from __future__ import annotations

import concurrent.futures
import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiji_bridge.commands.workers import Workers
from fiji_bridge.errors import CancelledError, WorkerError
from fiji_bridge_service.allowed import is_imagej
from fiji_bridge_service.errors import RefusalError, sentence, without_paths
from fiji_bridge_service.events import Events
from fiji_bridge_service.files import BLOCKS, Files
from fiji_bridge_service.settings import Settings
from fiji_bridge_service.store import OPEN, Job, Store
from fiji_bridge_service.work import Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    done, total : int
        In parts of its own; of a job by blocks in bytes, read and written.
    bytes_per_second : int
        On an average since the first piece of news; 0 before the second.
    """

    done: int = 0
    total: int = 0
    bytes_per_second: int = 0


class _Pace:
    """From what a worker tells to a `Progress`."""

    def __init__(self, image_bytes: int | None) -> None:
        self._image_bytes = image_bytes
        self._first: tuple[int, float] | None = None

    def at(self, done: int, total: int) -> Progress:
        """Return how far a job is; what an earlier attempt had done counts for no pace."""
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        then, since = self._first
        scale = 1.0 if self._image_bytes is None else self._image_bytes / max(1, total)
        rate = (done - then) * scale / max(1e-3, now - since)
        return Progress(done, total, round(max(0.0, rate)))


@dataclass
class Running:
    """A job that a worker is doing."""

    job: Job
    part: Path
    future: concurrent.futures.Future[Any]
    cancelled: bool = False
    handed_back: bool = False
    far: Progress = Progress()
    ended: threading.Event = field(default_factory=threading.Event)


class Scheduler:
    """Starts jobs in the order of their coming, users in turn, as memory, disk and workers allow.

    A job that does not fit now is waited for and not overtaken, so that a large one has its turn.

    Parameters
    ----------
    settings, store, files, events
    prepare : callable
        From a job to the `Source` of its image, and what its worker is asked.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        files: Files,
        events: Events,
        prepare: Callable[[Job], tuple[Source, dict[str, Any]]],
    ) -> None:
        self._settings = settings
        self._store = store
        self._files = files
        self._events = events
        self._prepare = prepare
        self._lock = threading.RLock()
        self._running: dict[str, Running] = {}
        self._stopping = False
        self.ended: Counter[str] = Counter()
        self._workers = Workers(
            settings.workers,
            heap=settings.heap,
            recycle=200,
            commands=settings.runs_imagej,
        )
        self._recover()

    def _recover(self) -> None:
        """Put jobs that ran when the service died where the configuration says."""
        for job in self._store.jobs.find(state="running"):
            again = self._settings.recovery == "again" and job.attempts < self._settings.attempts
            if again:
                self._store.jobs.change(job, state="queued")
            else:
                self._store.jobs.change(
                    job,
                    state="interrupted",
                    ended=time.time(),
                    error=f"the service ended while this job ran, {job.attempts} times begun",
                )
        self._files.remove_parts(self._store)

    def admit(self, job: Job) -> Job:
        """Take a job into the queue.

        Raises
        ------
        RefusalError
            For what can never fit, with the numbers; and for more than a user may queue.
        """
        budget = self._settings.memory_budget
        if job.need > budget:
            raise RefusalError(
                422,
                f"this needs {job.need} bytes of memory, and jobs have {budget} here; work on a "
                "crop, or on fewer channels or frames",
                needed_bytes=job.need,
                available_bytes=budget,
            )
        with self._lock, self._store.locked():
            waiting = len(self._store.jobs.find(owner=job.owner, state=OPEN))
            if waiting >= self._settings.limits.jobs:
                raise RefusalError(
                    429, f"{waiting} jobs wait or run already", headers={"Retry-After": "30"}
                )
            if self._store.used(job.owner) >= self._settings.quota:
                raise RefusalError(507, "the quota is used up; delete images or jobs")
            self._store.jobs.put(job)
        self.start_what_fits()
        return job

    def start_what_fits(self) -> None:
        """Start queued jobs as long as there are workers and memory for the next one."""
        with self._lock:
            while not self._stopping and len(self._running) < self._settings.workers:
                queued = self._store.jobs.find(state="queued")
                if not queued:
                    return
                busy = Counter(one.job.owner for one in self._running.values())
                job = min(queued, key=lambda one: (busy[one.owner], one.created))
                in_use = sum(one.job.need for one in self._running.values())
                if job.need + in_use > self._settings.memory_budget:
                    return
                if self._files.room() < job.need and self._running:
                    return
                self._start(job)

    def _start(self, job: Job) -> None:
        job = self._store.jobs.change(
            job, state="running", started=time.time(), attempts=job.attempts + 1
        )
        if self._files.room() < job.need:
            self._end(job, "failed", "the disk of the service is nearly full")
            return
        try:
            source, asked = self._prepare(job)
        except RefusalError as refusal:
            self._end(job, "failed", refusal.detail)
            return
        if source.is_store:
            part = self._files.blocks(job.id)
        else:
            part = self._files.part(job.id, job.attempts)

        pace = _Pace(None if source.is_store else source.bytes)

        def progress(done: int, total: int) -> None:
            found = self._running.get(job.id)
            if found is not None:
                found.far = pace.at(done, total)
                self._events.tell(job.id)

        # How much an operation takes is planned; what a macro takes is not.
        limit = f"{self._settings.memory_budget}" if is_imagej(asked) else None
        settings = self._settings
        future = self._workers.submit(
            "fiji_bridge_service.jobs:run",
            source,
            asked,
            str(part),
            timeout=settings.blocks_seconds if source.is_store else settings.job_seconds,
            memory=limit,
            progress=progress,
        )
        self._running[job.id] = Running(job, part, future)
        self._events.tell(job.id)
        future.add_done_callback(lambda _: self._finished(job.id))

    def _finished(self, number: str) -> None:
        with self._lock:
            running = self._running[number]
            job = running.job
            try:
                self._conclude(running)
            except Exception as error:
                _log.exception("job %s", job.id)
                self._end(job, "failed", sentence(error))
            finally:
                if not (running.handed_back and running.part.name.endswith(BLOCKS)):
                    shutil.rmtree(running.part, ignore_errors=True)
                del self._running[number]
                running.ended.set()
                self._events.tell(number)
        self.start_what_fits()

    def _conclude(self, running: Running) -> None:
        """Write down what became of a job."""
        job = running.job
        if running.handed_back:
            self._store.jobs.change(job, state="queued", attempts=job.attempts - 1)
            return
        known = ((running.part, ""), (self._files.folder, ""))
        try:
            result = running.future.result()
        except (CancelledError, concurrent.futures.CancelledError):
            self._end(job, "cancelled", "")
            return
        except WorkerError as error:
            words = without_paths(str(error), *known).partition(": ")[2].partition("): ")[0]
            output = without_paths(error.output, *known)
            ended = words + ")" if words.count("(") > words.count(")") else words
            self._end(job, "failed", ended or "the worker died", output)
            return
        except Exception as error:
            if not sentence(error).startswith("the service failed"):
                kind = type(error).__name__
                self._end(job, "failed", sentence(error, *known), kind=kind)
            else:
                _log.exception("job %s", job.id)
                self._end(job, "failed", sentence(error))
            return
        size = sum(file["bytes"] for file in result["files"])
        if self._store.used(job.owner) + size > self._settings.quota:
            self._end(job, "failed", f"the result has {size} bytes, more than the quota leaves")
            return
        self._files.publish(running.part, job.id)
        self._end(job, "done", "", result=result, size=size)

    def _end(self, job: Job, state: str, error: str, output: str = "", **more: Any) -> None:
        self._store.jobs.change(
            job, state=state, error=error, output=output, ended=time.time(), **more
        )
        self.ended[state] += 1
        self._events.tell(job.id)

    def cancel(self, job: Job) -> Job:
        """Give up a job; its worker is ended at once."""
        with self._lock:
            running = self._running.get(job.id)
            if running is None:
                found = self._store.jobs.one(id=job.id)
                if found is not None and found.state == "queued":
                    self._end(found, "cancelled", "")
            else:
                running.cancelled = True
        if running is not None:
            self._workers.cancel(running.future)
            running.ended.wait()
        return self._store.jobs.one(id=job.id) or job

    def progress(self, job: str) -> Progress:
        """Return how far a job is."""
        running = self._running.get(job)
        return Progress() if running is None else running.far

    @property
    def pids(self) -> list[int]:
        """The workers' processes."""
        return self._workers.pids

    @property
    def memory_in_use(self) -> int:
        """Bytes that the running jobs need by their plans."""
        with self._lock:
            return sum(one.job.need for one in self._running.values())

    def stop(self) -> None:
        """Let running jobs finish within the time of grace, and hand the others back."""
        with self._lock:
            self._stopping = True
            running = list(self._running.values())
        limit = time.monotonic() + self._settings.grace_seconds
        for one in running:
            one.ended.wait(max(0.0, limit - time.monotonic()))
        with self._lock:
            left = list(self._running.values())
            for one in left:
                one.handed_back = not one.cancelled
        for one in left:
            self._workers.cancel(one.future)
        for one in left:
            one.ended.wait()
        self._workers.close()
