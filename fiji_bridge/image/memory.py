"""How much memory the work needs, said before any of it is taken."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from fiji_bridge import system
from fiji_bridge.errors import MemoryLimitError

#: The value with which cgroup v1 says 'no limit' is the largest page-aligned int64.
_V1_UNLIMITED = 2**62


def available_bytes() -> int:
    """Return the memory that this process can take now without swapping.

    The least of what the machine has left, what each control group around the process has left
    (cgroup v1 and v2: containers, batch queues), and what the limit of the process's address
    space (``ulimit -v``) leaves.
    """
    import psutil

    limits = [int(psutil.virtual_memory().available), *(room for _, room in cgroup_rooms())]
    space = address_space_room()
    if space is not None:
        limits.append(space)
    return max(0, min(limits))


def address_space_room() -> int | None:
    """Return what RLIMIT_AS leaves; None where there is no such limit."""
    limit = system.address_space_limit()
    if limit is None:
        return None
    import psutil

    return limit - int(psutil.Process().memory_info().vms)


def cgroup_rooms(root: Path = Path("/")) -> Iterator[tuple[int, int]]:
    """Yield limit, and limit − use, of each control group that limits this process's memory.

    Parameters
    ----------
    root : Path
        Of the file system; for tests.
    """
    for line in _text(root / "proc/self/cgroup").splitlines():
        hierarchy, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if hierarchy == "0" and not controllers:
            yield from _rooms(
                root / "sys/fs/cgroup", group, "memory.max", "memory.current", "inactive_file"
            )
        elif "memory" in controllers.split(","):
            yield from _rooms(
                root / "sys/fs/cgroup/memory",
                group,
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file",
            )


def _rooms(mount: Path, group: str, limit: str, used: str, cache: str) -> Iterator[tuple[int, int]]:
    """Yield limit and room of a group and of those around it, up to the mount."""
    # In a container the path is the host's, and its own group is the mount itself.
    folder = mount / group.lstrip("/")
    while folder == mount or mount in folder.parents:
        most, now = _number(_text(folder / limit)), _number(_text(folder / used))
        if most is not None and most < _V1_UNLIMITED and now is not None:
            # Pages of files that were read count as used, but are given back when they are needed.
            yield most, most - now + _statistic(_text(folder / "memory.stat"), cache)
        if folder == mount:
            return
        folder = folder.parent


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None


def _statistic(text: str, name: str) -> int:
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return _number(value) or 0
    return 0


def total_bytes() -> int:
    """Return the memory that this process can have at most: the machine's, or its limit's."""
    import psutil

    own = int(psutil.Process().memory_info().rss)
    # A group does not count pages that others have read in, which `own` does.
    groups = (min(limit, room + own) for limit, room in cgroup_rooms())
    limits = [int(psutil.virtual_memory().total), *groups]
    space = system.address_space_limit()
    if space is not None:
        limits.append(space)
    return max(0, min(limits))


def readable(count: int) -> str:
    """Return a byte count as text, such as ``1.5 GiB``."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError


def check_memory(needed: int, what: str) -> None:
    """Refuse work that cannot fit.

    Raises
    ------
    MemoryLimitError
        Names the need and what is there.
    """
    available = available_bytes()
    if needed > available:
        raise MemoryLimitError(
            f"{what} needs {readable(needed)} of memory but {readable(available)} are available; "
            "work on a crop, or on fewer channels or frames at a time"
        )


def array_bytes(shape: Sequence[int], itemsize: int) -> int:
    """Return the size of an array in bytes."""
    return math.prod(shape) * itemsize
