"""Worker processes: a crash or a time-out costs one task, and nothing else.

The pool is pebble's: it ends a task in time, and replaces a process that died. Its processes are
started as loky starts them, which a script without a main guard survives. A process has the JVM of
one runtime at most, so that each runtime has a pool of its own, one after another.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loky.backend import get_context  # type: ignore[import-untyped]
from pebble import ProcessExpired, ProcessPool

from fiji_bridge.commands.process import TAIL, died, ended_late
from fiji_bridge.jvm.heap import default_heap

#: Seconds that starting a JVM may take.
START_TIMEOUT = 180.0

Reply = dict[str, Any]
Runtime = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Attributes
    ----------
    payload : mapping
        For `fiji_bridge_lab.worker`.
    runtime : tuple of (str, str or None) or None
        Settings of the JVM that the worker must have; None where it needs none.
    timeout : float
        Seconds.
    """

    payload: Mapping[str, Any]
    runtime: Runtime | None
    timeout: float


def run_all(
    tasks: Sequence[Task],
    jobs: int,
    done: Callable[[int, Reply], None] = lambda number, reply: None,
    started: Callable[[Reply], None] = lambda reply: None,
) -> list[Reply]:
    """Do all tasks in worker processes.

    Parameters
    ----------
    tasks : sequence of Task
    jobs : int
        Processes at a time. Each has the JVM of one runtime at most.
    done : callable
        Told the number and the reply of each task when it is finished.
    started : callable
        Told what each JVM that was started is.

    Returns
    -------
    list of dict
        In the order of the tasks. ``status`` is ``"done"``, ``"cannot"``,
        ``"not installed"``, ``"error"``, ``"crash"`` or ``"timeout"``.
    """
    replies: list[Reply] = [{} for _ in tasks]
    for runtime in dict.fromkeys(task.runtime for task in tasks):
        numbers = [number for number, task in enumerate(tasks) if task.runtime == runtime]
        with tempfile.TemporaryDirectory(prefix="fiji-bridge-") as output:
            pool = ProcessPool(
                max(1, min(jobs, len(numbers))),
                initializer=_enter,
                initargs=(runtime, default_heap(jobs), output),
                context=get_context("loky"),
            )
            try:
                futures: dict[Future[Reply], int] = {
                    pool.schedule(_answer, (tasks[n].payload,), timeout=tasks[n].timeout): n
                    for n in numbers
                }
                for future in as_completed(futures):
                    number = futures[future]
                    reply = _reply(future, tasks[number].timeout, Path(output))
                    if "session" in reply:
                        started(reply.pop("session"))
                    replies[number] = reply
                    done(number, reply)
            finally:
                # Of work that was done nothing is left; after Ctrl-C it ends what is being done.
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()
    return replies


def _reply(future: Future[Reply], timeout: float, output: Path) -> Reply:
    try:
        return future.result()
    except TimeoutError:
        return {"status": "timeout", "message": ended_late(timeout)}
    except ProcessExpired as death:
        message = died(death.exitcode, _tail(output / str(death.pid)))
        return {"status": "crash", "message": message}
    except BrokenProcessPool:
        tail = "".join(_tail(path) for path in sorted(output.iterdir())[-1:])
        message = "the process died before it could work" + (f": {tail}" if tail else "")
        return {"status": "crash", "message": message}


def _tail(path: Path) -> str:
    if not path.exists():
        return ""
    return path.read_bytes()[-TAIL:].decode("utf-8", "replace").strip()


def _enter(runtime: Runtime | None, heap: str, output: str) -> None:
    """Begin a worker: what libraries print goes to a file, and the JVM starts if there is one."""
    printed = os.open(Path(output) / str(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(printed, stream.fileno())
    # A core each: libraries that start threads of their own would get in each other's way.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
        os.environ[name] = "1"
    os.environ.setdefault("FIJI_BRIDGE_HEAP", heap)
    if runtime is not None:
        from fiji_bridge_lab import worker

        faulthandler.dump_traceback_later(START_TIMEOUT, exit=True)
        worker.start_jvm(runtime)
        faulthandler.cancel_dump_traceback_later()


def _answer(payload: Mapping[str, Any]) -> Reply:
    from fiji_bridge_lab import worker

    return worker.answer(payload)
