"""Running a command in a memory that is set: a control group of Linux, which root can make.

What a group counts is resident memory and the page cache of its own; the kernel drops the cache
before it ends a process, so the limit holds for what programs need.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_ROOTS = (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup"))


class Group:
    """A control group with a limit.

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        first = folder.parent.name == "memory"  # version 1 of control groups
        (folder / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
        if first:
            # Neither into the swap.
            with contextlib.suppress(OSError):
                (folder / "memory.memsw.limit_in_bytes").write_text(str(limit))
        else:
            with contextlib.suppress(OSError):
                (folder / "memory.swap.max").write_text("0")

    def start(self, arguments: list[str]) -> subprocess.Popen[str]:
        """Start this Python with arguments, inside of the group from its first instruction."""
        enter = f'echo $$ > "{self.folder}/cgroup.procs" && exec "$@"'
        return subprocess.Popen(
            ["sh", "-c", enter, "sh", sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def killed(self) -> int:
        """Return how many of its processes the kernel has ended for want of memory."""
        for name in ("memory.oom_control", "memory.events"):
            if (self.folder / name).exists():
                lines = (self.folder / name).read_text().split("\n")
                found = dict(line.split() for line in lines if line)
                return int(found.get("oom_kill", 0))
        return 0


@contextlib.contextmanager
def group(limit: int) -> Iterator[Group]:
    """Make a group, and remove it."""
    for root in _ROOTS:
        folder = root / f"fiji_bridge-{os.getpid()}"
        try:
            folder.mkdir()
            made = Group(folder, limit)
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            continue
        try:
            yield made
        finally:
            for _ in range(50):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.1)
        return
    raise SystemExit("no control group can be made here (Linux, as root)")


def resident(pid: int, key: str = "VmRSS") -> int:
    """Return the bytes that a process has in memory, without the page cache; 0 if it is gone.

    Parameters
    ----------
    pid : int
    key : {"VmRSS", "VmHWM"}
        Now, or the most until now.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    return 0
