"""A process that answers one request at a time, and may die doing it."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping

from fiji_bridge import system
from fiji_bridge.image.memory import readable

#: How much of a dead process's output is quoted.
TAIL = 2000
#: Seconds between two looks at a process whose memory is limited.
_PAUSE = 0.05
#: Begins a line that is no answer yet, but news of the work; answers are hexadecimal.
NEWS = b"~"


class DeathError(Exception):
    """The process ended, or has to be ended.

    Attributes
    ----------
    status : {"crash", "timeout", "memory"}
    output : str
        The last lines that it had printed.
    """

    def __init__(self, status: str, message: str, output: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.output = output


def ended_late(timeout: float) -> str:
    """Return what is said of a process that had its time, in seconds."""
    return f"no answer within {timeout:g} s; the process was ended"


def died(code: int, output: str) -> str:
    """Return what is said of a process that ended by itself, and what it printed last."""
    how = system.ending(code)
    if how == "signal SIGKILL":
        how += ", as a system ends one where memory runs out"
    return f"the process died ({how})" + (f": {output}" if output else "")


class Process:
    """A Python module that reads lines from standard input and answers on a pipe of its own.

    What it prints goes to a file without a name, so that nothing a library prints gets between.

    Parameters
    ----------
    module : str
        Run as ``python -m MODULE DESCRIPTOR …``; it ends when its standard input does.
    arguments : sequence of str
    environment : mapping
        Added to that of this process.
    """

    def __init__(
        self, module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        ours, theirs = os.pipe()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `stop`)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs), *arguments],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            pass_fds=(theirs,),
            env={**os.environ, **(environment or {})},
            **system.in_own_group(),
        )
        os.close(theirs)
        self._replies = ours
        self._buffer = b""

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def ask(
        self,
        line: bytes,
        timeout: float | None,
        news: Callable[[bytes], None] | None = None,
        memory: int | None = None,
    ) -> bytes:
        """Send a line and wait for that which answers it.

        Parameters
        ----------
        line : bytes
            Without a line feed.
        timeout : float or None
            Seconds.
        news : callable, optional
            Called with each line of news that comes before the answer.
        memory : int, optional
            Bytes that the process may have in memory until then.

        Raises
        ------
        DeathError
            The process is of no use any more; `stop` it.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._crashed() from None
        limit = None if timeout is None else time.monotonic() + timeout
        while True:
            while b"\n" in self._buffer:
                answer, _, self._buffer = self._buffer.partition(b"\n")
                if not answer.startswith(NEWS):
                    return answer
                if news is not None:
                    news(answer.removeprefix(NEWS))
            left = None if limit is None else max(0, limit - time.monotonic())
            watched = memory is not None and (left is None or left > _PAUSE)
            ready, _, _ = select.select([self._replies], [], [], _PAUSE if watched else left)
            if memory is not None and (taken := self._memory()) > memory:
                raise DeathError(
                    "memory",
                    f"the process had {readable(taken)} in memory, and {readable(memory)} were "
                    "allowed; it was ended",
                    self._tail(),
                )
            if not ready and watched:
                continue
            if not ready:
                assert timeout is not None
                raise DeathError("timeout", ended_late(timeout), self._tail())
            chunk = os.read(self._replies, 1 << 16)
            if not chunk:
                raise self._crashed()
            self._buffer += chunk

    def kill(self) -> None:
        """End the process, whatever it is doing; `ask` then says that it died."""
        if self._process.poll() is None:
            system.end_group(self._process)

    def stop(self) -> None:
        """End the process and let go of all that belongs to it."""
        self.kill()
        self._process.wait()
        os.close(self._replies)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # What was not sent is not needed any more.
                self._process.stdin.close()
        self._output.close()

    def _memory(self) -> int:
        """Return the bytes that the process has in memory, those that it shares included."""
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return 0

    def _crashed(self) -> DeathError:
        code = self._process.wait()
        tail = self._tail()
        return DeathError("crash", died(code, tail), tail)

    def _tail(self) -> str:
        size = self._output.seek(0, os.SEEK_END)
        self._output.seek(max(0, size - TAIL))
        return self._output.read().decode("utf-8", "replace").strip()
