"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from fiji_bridge.errors import FileError

#: File systems that know no hard links answer with one of these.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK)

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

    The data go to a temporary file in the same folder (``.NAME.….part``), which
    is flushed to the disk and renamed when the block ends. An exception removes
    it; a kill can leave it behind, but never half a file under the real name.

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
        handle, name = tempfile.mkstemp(
            prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent
        )
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from error
    os.close(handle)
    part = Path(name)
    try:
        with part.open("w+b") as file:
            _set_mode(file.fileno(), target)
            yield file
            file.flush()
            os.fsync(file.fileno())
        _publish(part, target, path, overwrite=overwrite)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        reason = _reason(error, target.parent)
        raise FileError(f"cannot write {path}: {reason}; nothing was written") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
    _sync_folder(target.parent)


def _reason(error: OSError, folder: Path) -> str:
    """Say in words what went wrong; NumPy reports a full disk as a count of items only."""
    if error.errno is None and shutil.disk_usage(folder).free < _ONE_BLOCK:
        return os.strerror(errno.ENOSPC)
    return error.strerror or str(error)


def _exists(path: str | os.PathLike[str]) -> FileError:
    return FileError(
        f"{path} exists; choose another name or allow it (--overwrite, overwrite=True)"
    )


def _set_mode(descriptor: int, target: Path) -> None:
    """Give the file the rights of the one it replaces, or those of any new file."""
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        mode = 0o666 & ~umask
    os.fchmod(descriptor, mode)


def _publish(part: Path, target: Path, path: str | os.PathLike[str], *, overwrite: bool) -> None:
    if overwrite:
        part.replace(target)
        return
    # A link, unlike a rename, fails where a file of that name has appeared meanwhile.
    try:
        os.link(part, target)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            raise _exists(path) from None
        part.replace(target)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where the file system allows that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
