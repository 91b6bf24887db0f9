"""Worker processes: a crash or a time-out costs one task, and nothing else.

The processes are those of `fiji_bridge.Workers`. Pools of others (pebble, loky) end a task in time
too, but give any task to any process: here a process has one JVM of one runtime at most, so that a
task waits for one of its kind, and two Fijis stand side by side in one run.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fiji_bridge.commands.process import DeathError, Process
from fiji_bridge.jvm.heap import default_heap

#: Seconds that starting Python and a JVM may take.
START_TIMEOUT = 180.0

Reply = dict[str, Any]


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
    runtime: tuple[tuple[str, str | None], ...] | None
    timeout: float


class Worker:
    """A process that answers one task at a time."""

    def __init__(self, heap: str | None) -> None:
        # A core each: libraries that start threads of their own would get in each other's way.
        environment = {
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
        }
        if heap is not None and "FIJI_BRIDGE_HEAP" not in os.environ:
            environment["FIJI_BRIDGE_HEAP"] = heap
        self._process = Process("fiji_bridge_lab.worker", environment=environment)

    def ask(self, payload: Mapping[str, Any], timeout: float) -> Reply:
        """Send a task and wait for the reply.

        Raises
        ------
        DeathError
            The worker is of no use any more.
        """
        reply: Reply = json.loads(self._process.ask(json.dumps(payload).encode(), timeout))
        return reply

    def kill(self) -> None:
        """End the process, whatever it is doing; `ask` then says that it died."""
        self._process.kill()

    def stop(self) -> None:
        """End the process and let go of all that belongs to it."""
        self._process.stop()


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
        Told the reply of each start of a JVM.

    Returns
    -------
    list of dict
        In the order of the tasks. ``status`` is ``"done"``, ``"cannot"``,
        ``"not installed"``, ``"error"``, ``"crash"`` or ``"timeout"``.
    """
    replies: list[Reply] = [{} for _ in tasks]
    waiting = list(range(len(tasks)))
    lock = threading.Lock()
    unstartable: dict[Any, Reply] = {}
    failures: list[BaseException] = []
    alive: set[Worker] = set()
    ended = threading.Semaphore(0)

    def take(runtime: Any) -> int | None:
        with lock:
            same = (n for n in waiting if tasks[n].runtime == runtime)
            number = next(same, waiting[0] if waiting else None)
            if number is not None:
                waiting.remove(number)
            return number

    def work() -> None:
        worker, runtime = None, None
        try:
            while (number := take(runtime)) is not None:
                task = tasks[number]
                if worker is not None and task.runtime != runtime:
                    alive.discard(worker)
                    worker.stop()
                    worker = None
                runtime = task.runtime
                reply = unstartable.get(runtime, {})
                try:
                    if not reply and worker is None:
                        worker = Worker(default_heap(jobs))
                        alive.add(worker)
                        reply = _start(worker, runtime, started)
                        if reply:
                            unstartable[runtime] = reply
                    if not reply:
                        assert worker is not None
                        reply = worker.ask(task.payload, task.timeout)
                except DeathError as death:
                    assert worker is not None
                    alive.discard(worker)
                    worker.stop()
                    worker = None
                    reply = {"status": death.status, "message": str(death)}
                replies[number] = reply
                with lock:
                    done(number, reply)
        except BaseException as error:
            failures.append(error)
            with lock:
                waiting.clear()
        finally:
            if worker is not None:
                alive.discard(worker)
                worker.stop()
            ended.release()

    threads = [
        threading.Thread(target=work, name=f"regress-{n}", daemon=True)
        for n in range(max(1, min(jobs, len(tasks))))
    ]
    for thread in threads:
        thread.start()
    # Not Thread.join: interrupted by Ctrl-C, Python 3.11 takes a running thread for a dead one.
    running = len(threads)
    try:
        while running:
            running -= ended.acquire(timeout=0.2)
    except BaseException:
        # No new task, and an end to what is being done.
        with lock:
            waiting.clear()
        for worker in list(alive):
            worker.kill()
        for _ in range(running):
            ended.acquire(timeout=10)
        raise
    if failures:
        raise failures[0]
    return replies


def _start(worker: Worker, runtime: Any, started: Callable[[Reply], None]) -> Reply:
    """Start the JVM of a new worker; return a reply for its tasks if that fails."""
    if runtime is None:
        return {}
    reply = worker.ask({"work": "start", "runtime": dict(runtime)}, START_TIMEOUT)
    if reply["status"] != "done":
        return reply
    started(reply)
    return {}
