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
#: Files and folders of one OME-Zarr: all of them are looked at before it is read.
STORED = 1_000_000
#: One of these lies in the folder of an OME-Zarr, by its Zarr version.
_MARKS = ("zarr.json", ".zattrs")


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
    """Return folders, TIFF files and OME-Zarr in a folder below a root; hidden ones not.

    Names are sorted. An OME-Zarr is no folder here: nobody looks into it.
    """
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
            is_store = is_folder and is_zarr(real)
            if is_folder or (
                modes.S_ISREG(state.st_mode) and entry.name.lower().endswith((".tif", ".tiff"))
            ):
                found.append(
                    {
                        "name": entry.name,
                        "folder": is_folder and not is_store,
                        "bytes": state.st_size,
                    }
                )
            if len(found) == LISTED:
                break
    return found


def is_zarr(path: Path) -> bool:
    """Whether a folder is an OME-Zarr, by what lies in it."""
    return any((path / mark).is_file() for mark in _MARKS)


def stamp(path: Path) -> dict[str, int]:
    """Return by what a file is known again: where it lies on the disk, its size and its time.

    An OME-Zarr is known by its folder, its metadata and the sum of its files.

    Raises
    ------
    InputError
        For what is no ordinary file and no OME-Zarr; for one that holds links.
    """
    found = path.stat()
    if modes.S_ISDIR(found.st_mode) and is_zarr(path):
        mark = next(path / name for name in _MARKS if (path / name).is_file())
        files, size = _counted(path)
        changed = mark.stat().st_mtime_ns
    elif modes.S_ISREG(found.st_mode):
        files, size, changed = 0, found.st_size, found.st_mtime_ns
    else:
        raise InputError("only ordinary files and OME-Zarr are used by reference")
    return {
        "device": found.st_dev,
        "inode": found.st_ino,
        "size": size,
        "changed": changed,
        "files": files,
    }


def _counted(store: Path) -> tuple[int, int]:
    """Count files and bytes; a chunk that is a link could be any file of the machine."""
    files = size = 0
    folders = [os.fspath(store)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                files += 1
                state = entry.stat(follow_symlinks=False)
                if modes.S_ISDIR(state.st_mode):
                    folders.append(entry.path)
                elif modes.S_ISREG(state.st_mode):
                    size += state.st_size
                else:
                    raise InputError("an OME-Zarr with links or special files in it is not read")
                if files > STORED:
                    raise InputError(
                        f"this OME-Zarr has more than {STORED} files; write it with shards"
                    )
    return files, size


def check(path: str, root: str, known: Mapping[str, int]) -> None:
    """Refuse a file that lies outside of its root by now, or is not what it was.

    Raises
    ------
    FileError
    """
    if not root:
        return
    real = Path(os.path.realpath(path))
    outside = str(real) != path or Path(root) not in real.parents
    try:
        changed = outside or stamp(real) != dict(known)
    except (InputError, OSError):
        changed = True
    if changed:
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
