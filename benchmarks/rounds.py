"""Interleaved rounds over several processes.

A process has one JVM, so each Java gets a process of its own, and the peers that are pure
Python another. Only one of them computes at a time; each round goes through all of them.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.cases import Case
from benchmarks.contestants import CONTESTANTS, Contestant, NotInstalledError

#: Contestants that run in a JVM, by position in `CONTESTANTS`.
_JAVA = tuple(i for i, c in enumerate(CONTESTANTS) if c.ours or "same JVM" in c.name)


#: A JVM keeps compiling for so long until loops are as fast as they get.
_COMPILED_S = 3.0

#: A turn of a round is so long: what takes milliseconds is called several times.
_TURN_S = 0.3


@dataclass
class Timing:
    """The times of one contestant on one case, in seconds; or why there are none.

    A time is the median of the calls in one round's turn.
    """

    case: str
    contestant: Contestant
    place: str
    threads: int
    times: list[float]
    absent: str | None = None

    @property
    def median(self) -> float | None:
        return median(self.times) if self.times else None

    def as_json(self) -> dict[str, Any]:
        return {
            "case": self.case,
            "contestant": self.contestant.name,
            "kind": self.contestant.kind,
            "place": self.place,
            "threads": self.threads,
            "median_ms": None if self.median is None else round(self.median * 1e3, 2),
            "times_ms": [round(t * 1e3, 2) for t in self.times],
            "absent": self.absent,
        }


class Worker:
    """A process that times contestants on request."""

    def __init__(self, place: str, java: Path | None) -> None:
        self.place = place
        context = mp.get_context("spawn")
        self._pipe, child = context.Pipe()
        self._process = context.Process(target=_serve, args=(child, java), daemon=True)
        self._process.start()

    def ask(self, *request: Any) -> Any:
        self._pipe.send(request)
        return self._pipe.recv()

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join()


def _serve(pipe: Connection, java: Path | None) -> None:
    if java is not None:
        os.environ["JAVA_HOME"] = str(java)
    prepared: dict[Any, Callable[[], Any]] = {}
    volume = None
    while (request := pipe.recv()) is not None:
        action, case_name, index, threads = request
        key = (case_name, index, threads)
        if action == "prepare":
            case = Case(case_name)
            if volume is None or not any(k[0] == case_name for k in prepared):
                prepared.clear()
                volume = case.volume()
            try:
                prepared[key] = CONTESTANTS[index].prepare(volume, case, threads)
                warm_up(prepared[key], _COMPILED_S if java is not None else 0)
                pipe.send(None)
            except NotInstalledError as error:
                pipe.send(str(error))
        else:
            _touch(volume)
            pipe.send(turn(prepared[key]))
    # Ends without the tidying up of libraries, some of which wait for each other.
    os._exit(0)


def _touch(volume: Any) -> None:
    """Take, write and give back as much memory as a result needs.

    Virtual machines hand memory that was idle for seconds back to their host; getting it again
    costs more than the filter, and would hit whoever comes first after a pause.
    """
    np.empty_like(volume).fill(0)


def warm_up(contestant: Callable[[], Any], seconds: float) -> None:
    """Compile what is compiled on the way; first calls are timed by `benchmarks.single`."""
    end = time.perf_counter() + seconds
    contestant()
    while time.perf_counter() < end:
        contestant()


def turn(contestant: Callable[[], Any]) -> float:
    """Return the median time of as many calls as fit into a turn, at least one."""
    times: list[float] = []
    while sum(times) < _TURN_S:
        start = time.perf_counter()
        result = contestant()
        times.append(time.perf_counter() - start)
        del result
    return median(times)


def run(
    case: str, workers: Iterable[Worker], rounds: int, threads: int, say: Callable[[str], None]
) -> list[Timing]:
    """Time every contestant on a case."""
    entries: list[tuple[Timing, Worker, int]] = []
    for worker in workers:
        java = worker.place != "Python"
        for index, contestant in enumerate(CONTESTANTS):
            if (index in _JAVA) != java:
                continue
            counts = (threads, 1) if contestant.ours and contestant.kind == "gauss3" else (threads,)
            for count in counts:
                absent = worker.ask("prepare", case, index, count)
                timing = Timing(case, contestant, worker.place, count, [], absent)
                entries.append((timing, worker, index))
    for number in range(rounds):
        for timing, worker, index in entries:
            if timing.absent is None:
                timing.times.append(worker.ask("time", case, index, timing.threads))
        say(f"{case}: round {number + 1} of {rounds}")
    return [timing for timing, _, _ in entries]
