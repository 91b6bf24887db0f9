"""Worker processes: a crash or a time-out costs one task, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Seconds that starting Python and a JVM may take.
START_TIMEOUT = 180.0
#: How much of a dead worker's output is quoted.
_TAIL = 600

Reply = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Attributes
    ----------
    payload : mapping
        For `fiji_bridge.regress.worker`.
    runtime : tuple of (str, str or None) or None
        Settings of the JVM that the worker must have; None where it needs none.
    timeout : float
        Seconds.
    """

    payload: Mapping[str, Any]
    runtime: tuple[tuple[str, str | None], ...] | None
    timeout: float


class DeathError(Exception):
    """The worker ended, or was ended; the message says how."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


class Worker:
    """A process that answers one task at a time."""

    def __init__(self, heap: str | None) -> None:
        ours, theirs = os.pipe()
        # A core each: libraries that start threads of their own would get in each other's way.
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
        }
        if heap is not None:
            environment.setdefault("FIJI_BRIDGE_HEAP", heap)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fiji_bridge.regress.worker", str(theirs)],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            pass_fds=(theirs,),
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self._replies = ours
        self._buffer = b""

    def ask(self, payload: Mapping[str, Any], timeout: float) -> Reply:
        """Send a task and wait for the reply.

        Raises
        ------
        DeathError
            With the status ``"crash"`` or ``"timeout"``; the worker is of no use any more.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(payload).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._crashed() from None
        limit = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._replies], [], [], max(0, limit - time.monotonic()))
            if not ready:
                raise DeathError(
                    "timeout", f"no answer within {timeout:g} s; the process was ended"
                )
            chunk = os.read(self._replies, 1 << 16)
            if not chunk:
                raise self._crashed()
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        reply: Reply = json.loads(line)
        return reply

    def kill(self) -> None:
        """End the process, whatever it is doing; `ask` then says that it died."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the process and let go of all that belongs to it."""
        self.kill()
        self._process.wait()
        os.close(self._replies)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # What was not sent is not needed any more.
                self._process.stdin.close()
        self._output.close()

    def _crashed(self) -> DeathError:
        code = self._process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - _TAIL))
        tail = self._output.read().decode("utf-8", "replace").strip()
        return DeathError("crash", f"the process died ({how})" + (f": {tail}" if tail else ""))


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
                        worker = Worker(heap_share(jobs))
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


def heap_share(jobs: int) -> str:
    """Return the heap of one of several JVMs: together they have 75 % of the memory."""
    import psutil

    return f"{int(psutil.virtual_memory().total * 0.75 / jobs) // 2**20}m"
