"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fiji_bridge import system
from fiji_bridge.errors import FileError
from fiji_bridge.formats.parts import new_part

_ONE_BLOCK = 4096


def check_target(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return the file that will be written, links followed, or refuse before any work is done.

    Raises
    ------
    FileError
        If the folder is missing, the file exists and `overwrite` is false, or
        the name belongs to something that is no file.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileError(f"cannot write {path}: the folder {target.parent} does not exist")
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    if not stat.S_ISREG(mode):
        raise FileError(f"cannot write {path}: it exists and is no ordinary file")
    if not overwrite:
        raise _exists(path)
    return target


@contextlib.contextmanager
def atomic_output(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Open a file that takes its name only when it is complete and on the disk.

    The data go to a temporary file in the same folder (``.NAME.….fiji_bridge.part``),
    which is flushed to the disk and renamed when the block ends. An exception removes it; a kill
    can leave it behind until the next writing there, but never half a file under the real name.

    Parameters
    ----------
    path : path-like
    overwrite : bool
        Without it a file that exists is refused, even one that appears while
        the block runs.

    Yields
    ------
    binary file, open for writing and seeking

    Raises
    ------
    FileError
        For an existing file, a full disk and whatever else the system refuses.
    """
    target = check_target(path, overwrite=overwrite)
    try:
        with new_part(target) as part, _in_words(path, target.parent):
            with part.open("w+b") as file:
                system.copy_mode(file.fileno(), target)
                yield file
                file.flush()
                system.sync_file(file.fileno())
            publish_file(part, target, path, overwrite=overwrite)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}") from error
    system.sync_folder(target.parent)


@contextlib.contextmanager
def _in_words(path: str | os.PathLike[str], folder: Path) -> Iterator[None]:
    """Turn the system's errors into a sentence, while what fills the disk is still there."""
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        reason = _reason(error, folder)
        raise FileError(f"cannot write {path}: {reason}; nothing was written") from error


def _reason(error: OSError, folder: Path) -> str:
    """Say in words what went wrong; NumPy reports a full disk as a count of items only."""
    if error.errno is None and shutil.disk_usage(folder).free < _ONE_BLOCK:
        return os.strerror(errno.ENOSPC)
    return error.strerror or str(error)


def _exists(path: str | os.PathLike[str]) -> FileError:
    return FileError(
        f"{path} exists; choose another name or allow it (--overwrite, overwrite=True)"
    )


def publish_file(
    part: Path, target: Path, path: str | os.PathLike[str], *, overwrite: bool
) -> None:
    """Give a finished file its name; without `overwrite` none that another has got meanwhile.

    Parameters
    ----------
    part : Path
        Where it is, in the file system of the target; the name may stay as a second one.
    target : Path
    path : path-like
        As the user calls the target.
    overwrite : bool

    Raises
    ------
    FileError
    """
    if overwrite:
        system.replace(part, target)
        return
    try:
        system.take_name(part, target)
    except FileExistsError:
        raise _exists(path) from None
