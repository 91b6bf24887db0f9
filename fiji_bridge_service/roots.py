"""Files that may be used where they are: below configured folders, links followed, and unchanged.

A path is judged when it is named and again right before it is read, by the process that reads.
"""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fiji_bridge.errors import FileError, InputError

#: Entries of one folder that are listed.
LISTED = 1000


def resolve(root: Path, path: str) -> Path:
    """Return the file that a path below a root means.

    Parameters
    ----------
    root : Path
        As `Settings` resolved it.
    path : str
        Relative, with ``/`` between its parts.

    Raises
    ------
    InputError
        For what is not below the root, links followed; it says nothing of what is there.
    """
    refusal = InputError(f"{path!r} is no file or folder below this root")
    if "\0" in path or "\\" in path or path.startswith("/"):
        raise refusal
    try:
        found = Path(os.path.realpath(root / path, strict=True))
    except (OSError, ValueError):
        raise refusal from None
    if found != root and root not in found.parents:
        raise refusal
    return found


def listed(root: Path, path: str) -> list[dict[str, Any]]:
    """Return folders and TIFF files in a folder below a root, names sorted; hidden ones not."""
    folder = resolve(root, path)
    if not folder.is_dir():
        raise InputError(f"{path!r} is no folder")
    found = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.name.startswith(".") or not _is_text(entry.name):
                continue
            try:
                real = resolve(root, os.path.relpath(entry.path, root))
                state = real.stat()
            except (OSError, InputError):
                continue
            is_folder = modes.S_ISDIR(state.st_mode)
            if is_folder or (
                modes.S_ISREG(state.st_mode) and entry.name.lower().endswith((".tif", ".tiff"))
            ):
                found.append({"name": entry.name, "folder": is_folder, "bytes": state.st_size})
            if len(found) == LISTED:
                break
    return found


def stamp(path: Path) -> dict[str, int]:
    """Return by what a file is known again: where it lies on the disk, its size and its time.

    Raises
    ------
    InputError
        For what is no ordinary file.
    """
    found = path.stat()
    if not modes.S_ISREG(found.st_mode):
        raise InputError("only ordinary files are used by reference")
    return {
        "device": found.st_dev,
        "inode": found.st_ino,
        "size": found.st_size,
        "changed": found.st_mtime_ns,
    }


def check(path: str, root: str, known: Mapping[str, int]) -> None:
    """Refuse a file that lies outside of its root by now, or is not what it was.

    Raises
    ------
    FileError
    """
    if not root:
        return
    real = Path(os.path.realpath(path))
    if str(real) != path or Path(root) not in real.parents or stamp(real) != dict(known):
        raise FileError(f"{path} has changed since it was named: name it again")


def check_neighbours(path: str, root: str) -> None:
    """Refuse links beside a file that lead out of its root: an OME-TIFF may name any of them.

    Raises
    ------
    FileError
    """
    with os.scandir(Path(path).parent) as entries:
        for entry in entries:
            if not entry.is_symlink():
                continue
            real = Path(os.path.realpath(entry.path))
            if Path(root) not in real.parents:
                raise FileError(
                    f"cannot read {path}: beside it is a link that leads out of the root, which "
                    "the parts of an OME-TIFF could lead through"
                )


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
