"""Processes with a JVM each, that may crash or be ended without harm to anything else."""

from __future__ import annotations

import concurrent.futures
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from fiji_bridge.commands.process import DeathError, Process
from fiji_bridge.commands.results import CommandResult
from fiji_bridge.commands.transfer import make_folder, receive, remove_folder, send
from fiji_bridge.convert.adapters import like, to_image
from fiji_bridge.errors import ArgumentError, CancelledError, InputError, WorkerError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.paths import to_path
from fiji_bridge.jvm.heap import default_heap, heap_bytes

#: Seconds that starting Python and a JVM may take.
START_TIMEOUT = 180.0
_COMMANDS = ("run_command", "run_macro")


class Workers:
    """Worker processes: ``with Workers(2) as workers: workers.map("gaussian", images, sigma=…)``.

    Each has a Python and a JVM of its own, started at once in the background. Arrays go there and
    back through shared memory. A call that crashes its process, or does not end in time, fails with
    a `WorkerError`; another process takes the place of that one, and the other calls go on.
    Nothing is left behind, even where this process is killed.

    Parameters
    ----------
    n : int
        Processes.
    runtime, fiji, maven : optional
        As `fiji_bridge.start` takes them.
    heap : str, optional
        Largest Java heap of each; by default an n-th of 75 % of the memory that this
        process leaves.
    timeout : float, optional
        Seconds that a call may take, the start of its worker aside; by default any time.
    recycle : int, optional
        After how many calls a process is replaced by a new one; by default never.
    memory : str, optional
        What a process may have in memory during a call, such as ``"4g"``, its heap and the arrays
        included; by default any.
    reserve : int
        Further processes that stand started, and take the place of those that are replaced.
    commands : bool
        Whether ImageJ's commands and macros are made ready at the start too, which takes some
        seconds; otherwise the first of them in a process takes those.
    """

    def __init__(
        self,
        n: int = 1,
        *,
        runtime: str | None = None,
        fiji: str | os.PathLike[str] | None = None,
        maven: str | None = None,
        heap: str | None = None,
        timeout: float | None = None,
        recycle: int | None = None,
        memory: str | None = None,
        reserve: int = 0,
        commands: bool = False,
    ) -> None:
        for name, value in (("n", n), ("timeout", timeout), ("recycle", recycle)):
            if value is not None and not value > 0:
                raise InputError(f"{name} must be more than 0; got {value!r}")
        if reserve < 0:
            raise InputError(f"reserve must be 0 or more; got {reserve!r}")
        self._memory = None if memory is None else _bytes(memory)
        self._settings = {
            "runtime": runtime,
            "fiji": None if fiji is None else str(to_path(fiji, "the Fiji folder")),
            "maven": maven,
            "heap": heap or default_heap(n + reserve, _own_bytes()),
            "commands": commands,
        }
        self._timeout = timeout
        self._recycle = recycle
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._workers = [_Worker(self._settings) for _ in range(n)]
        self._reserve = [_Worker(self._settings) for _ in range(reserve)]
        self._threads = [
            threading.Thread(target=self._serve, args=(number,), daemon=True) for number in range(n)
        ]
        self._closed = False
        self._doing: dict[int, _Call] = {}
        self._lock = threading.Lock()
        for thread in self._threads:
            thread.start()

    def submit(
        self,
        operation: str,
        *arguments: Any,
        timeout: float | None = None,
        memory: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        **keywords: Any,
    ) -> concurrent.futures.Future[Any]:
        """Have a call done as soon as a worker is free.

        Parameters
        ----------
        operation : str
            Name of an operation, ``"run_command"`` or ``"run_macro"``; or any function that can be
            imported, ``"module:function"``, whose arguments and result are pickled as they are.
        *arguments, **keywords
            What the function of that name takes. Images come back in the kind that was given.
        timeout : float, optional
            Instead of that of the workers.
        memory : str, optional
            Instead of that of the workers.
        progress : callable, optional
            Called with (done, total) in a thread of this process, where the function tells it.

        Returns
        -------
        concurrent.futures.Future
            Its ``result()`` raises `WorkerError` for a call that crashed or took too long or too
            much memory, and what the function itself raises.

        Raises
        ------
        ArgumentError
            For a function that does not exist, and after `close`.
        """
        from fiji_bridge.ops.registry import REGISTRY

        if operation not in _COMMANDS and ":" not in operation:
            REGISTRY.find(operation)
        if self._closed:
            raise ArgumentError("these workers are closed; make new ones")
        limit = self._memory if memory is None else _bytes(memory)
        call = _Call(operation, arguments, keywords, timeout or self._timeout, limit, progress)
        self._calls.put(call)
        return call.future

    def cancel(self, future: concurrent.futures.Future[Any]) -> bool:
        """Give up a call, whatever it is doing: its process is ended, another takes its place.

        Parameters
        ----------
        future : concurrent.futures.Future
            Of `submit`; its ``result()`` then raises `CancelledError`.

        Returns
        -------
        bool
            False where the call had ended already.
        """
        if future.cancel():
            return True
        with self._lock:
            for number, call in self._doing.items():
                if call.future is future:
                    call.cancelled = True
                    self._workers[number].kill()
                    return True
        return False

    def map(
        self, operation: str, images: Iterable[Any], *arguments: Any, **keywords: Any
    ) -> Iterator[Any]:
        """Do the same with many images; yields the results in their order."""
        futures = [self.submit(operation, image, *arguments, **keywords) for image in images]
        return (future.result() for future in futures)

    def run_command(self, image: Any, *arguments: Any, **keywords: Any) -> CommandResult:
        """Do `fiji_bridge.run_command` in a worker, and wait for it."""
        result: CommandResult = self.submit("run_command", image, *arguments, **keywords).result()
        return result

    def run_macro(self, macro: Any, *arguments: Any, **keywords: Any) -> CommandResult:
        """Do `fiji_bridge.run_macro` in a worker, and wait for it."""
        result: CommandResult = self.submit("run_macro", macro, *arguments, **keywords).result()
        return result

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes."""
        return [worker.pid for worker in self._workers]

    def close(self) -> None:
        """End all processes, once what has been submitted is done."""
        if not self._closed:
            self._closed = True
            for _ in self._threads:
                self._calls.put(None)
        for thread in self._threads:
            thread.join()
        while self._reserve:
            self._reserve.pop().stop()

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._abandon()
        self.close()

    def _abandon(self) -> None:
        """Give up what is being done and what waits."""
        while True:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                break
            if call is not None:
                call.future.cancel()
        self._closed = True
        for _ in self._threads:
            self._calls.put(None)
        for worker in self._workers:
            worker.kill()

    def _next(self) -> _Worker:
        """Return a worker to take the place of one: the first in reserve, or a new one."""
        with self._lock:
            self._reserve.append(_Worker(self._settings))
            return self._reserve.pop(0)

    def _serve(self, number: int) -> None:
        """Do calls with one worker after the other."""
        try:
            while (call := self._calls.get()) is not None:
                if not call.future.set_running_or_notify_cancel():
                    continue
                worker = self._workers[number]
                with self._lock:
                    self._doing[number] = call
                result: Any = None
                failure: BaseException | None = None
                try:
                    result = worker.do(call)
                except DeathError as death:
                    failure = WorkerError(f"{call.operation} failed: {death}", output=death.output)
                    worker.spent = True
                except BaseException as error:
                    failure = error
                with self._lock:
                    del self._doing[number]
                if call.cancelled:
                    # Also where it had come to its end: the process is being ended.
                    failure = CancelledError(f"{call.operation} was cancelled")
                    worker.spent = True
                # First, so that who learns of a death finds the next worker in place.
                if worker.spent or worker.calls == self._recycle:
                    worker.stop()
                    if not self._closed:
                        self._workers[number] = self._next()
                if failure is None:
                    call.future.set_result(result)
                else:
                    call.future.set_exception(failure)
        finally:
            self._workers[number].stop()


class _Call:
    def __init__(
        self,
        operation: str,
        arguments: tuple[Any, ...],
        keywords: Any,
        timeout: float | None,
        memory: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.memory = memory
        self.operation = operation
        self.arguments = arguments
        self.keywords = keywords
        self.timeout = timeout
        self.progress = progress
        self.cancelled = False
        self.future: concurrent.futures.Future[Any] = concurrent.futures.Future()


class _Worker:
    """One process, which starts its JVM while nobody waits for it yet."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.calls = 0
        self.spent = False
        self._settings = settings
        self._started = False
        self._stopped = False
        self._folder: Path = make_folder()
        # Its first line waits in the pipe until Python has started there.
        self._process = Process(
            "fiji_bridge.commands.worker",
            str(self._folder),
        )
        self._pending = threading.Thread(target=self._start, daemon=True)
        self._failure: BaseException | None = None
        self._pending.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, call: _Call) -> Any:
        """Do one call; images in it are sent calibrated, and come back in their own kind."""
        self._pending.join()
        if self._failure is not None:
            self.spent = True
            raise self._failure
        self.calls += 1
        if ":" in call.operation:
            return self._ask(call.operation, call.arguments, call.keywords, call)
        arguments, kind = _portable(call)
        return _in_kind(self._ask(call.operation, arguments, call.keywords, call), kind)

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._process.kill()
            self._pending.join()
            self._process.stop()
            remove_folder(self._folder)

    def _start(self) -> None:
        try:
            self._ask("start", (), self._settings, _Call("start", (), {}, START_TIMEOUT))
        except BaseException as error:
            self._failure = error

    def _ask(self, name: str, arguments: Any, keywords: Any, call: _Call) -> Any:
        def news(line: bytes) -> None:
            if call.progress is not None:
                done, total = line.split()
                call.progress(int(done), int(total))

        line = send((name, arguments, keywords, call.progress is not None), self._folder / "in")
        reply = self._process.ask(line, call.timeout, news, call.memory)
        well, value = receive(reply, self._folder / "out")
        if not well:
            raise value if isinstance(value, BaseException) else WorkerError(str(value))
        return value


def _portable(call: _Call) -> tuple[tuple[Any, ...], Any]:
    """Return the arguments with calibrated images, and the object whose kind results have."""
    keywords = call.keywords
    reading = {key: keywords.pop(key) for key in ("voxel_size", "unit", "axes") if key in keywords}
    if call.operation != "run_macro":
        if not call.arguments:
            raise ArgumentError(f"{call.operation} needs an image")
        first, *others = call.arguments
        return (to_image(first, **reading), *others), first
    macro, *others = call.arguments
    images = keywords.pop("images", others[0] if others else ())
    listed = images if isinstance(images, dict | list | tuple) else [images]
    entries: Any = listed.values() if isinstance(listed, dict) else listed
    kind = next(iter(entries), None)
    sent = (
        {title: to_image(image) for title, image in listed.items()}
        if isinstance(listed, dict)
        else [to_image(image) for image in listed]
    )
    return (macro, sent, *others[1:]), kind


def _in_kind(result: Any, kind: Any) -> Any:
    from dataclasses import replace

    if kind is None:
        return result
    if isinstance(result, CalibratedImage):
        return like(kind, result)
    if isinstance(result, CommandResult):
        images = tuple(like(kind, image) for image in result.images)
        active = next((i for i, image in enumerate(result.images) if image is result.image), None)
        return replace(result, images=images, image=None if active is None else images[active])
    return result


def _own_bytes() -> int:
    """Return what this process has in memory, beside the workers."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def _bytes(memory: str) -> int:
    found = heap_bytes(memory)
    if not found:
        raise InputError(f"cannot read the memory {memory!r}; write for example 8g or 6000m")
    return found
