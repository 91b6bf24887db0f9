"""Unfinished files and folders: made so that a later writer can tell the dead from the living.

Each is locked while its writer lives; the system gives the lock back however the writer ends. The
next writing in the same folder removes what nobody holds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fiji_bridge import system

#: How their names end; no other program's do.
PART_SUFFIX = ".fiji_bridge.part"


@contextlib.contextmanager
def new_part(target: Path, *, folder: bool = False) -> Iterator[Path]:
    """Make an empty file or folder beside a target, under a name that nobody can foresee.

    It is never a link: the system refuses a name that is there. It is removed at the end, unless
    it has got another name by then.

    Raises
    ------
    OSError
    """
    sweep(target.parent)
    part, descriptor = _make_locked(target, folder)
    try:
        yield part
    finally:
        if folder:
            shutil.rmtree(part, ignore_errors=True)
        else:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
        if descriptor is not None:
            os.close(descriptor)


def _make_locked(target: Path, folder: bool) -> tuple[Path, int | None]:
    while True:
        part = _make(target, folder)
        # Another writer's sweep may come between the making and the lock.
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            descriptor = system.lock(part)
            if descriptor is None or system.is_open_as(descriptor, part):
                return part, descriptor
            os.close(descriptor)


def _make(target: Path, folder: bool) -> Path:
    # Names of 255 bytes are the most that file systems hold.
    prefix = os.fsdecode(b"." + os.fsencode(target.name)[:100] + b".")
    if folder:
        return Path(tempfile.mkdtemp(prefix=prefix, suffix=PART_SUFFIX, dir=target.parent))
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=PART_SUFFIX, dir=target.parent)
    os.close(handle)
    return Path(name)


def sweep(folder: Path) -> None:
    """Remove what killed writers have left in a folder.

    Never an error: what cannot be removed stays, and where there are no locks everything does.
    """
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if not (entry.name.startswith(".") and entry.name.endswith(PART_SUFFIX)):
                continue
            with contextlib.suppress(OSError):
                _sweep_one(entry)


def _sweep_one(entry: os.DirEntry[str]) -> None:
    if entry.is_symlink():
        return
    path = Path(entry.path)
    descriptor = system.lock(path)
    if descriptor is None:
        return
    try:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    finally:
        os.close(descriptor)
