"""Folders that appear whole or not at all, and replace others in one step."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fiji_bridge.errors import FileError

#: What kernels and file systems answer that cannot exchange two names.
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)

# Of linux/fs.h and fcntl.h.
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


@contextlib.contextmanager
def atomic_folder(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a folder to be filled, which takes its name when the block ends.

    It lies beside the target, in a hidden folder ``.NAME.….part``. An exception removes it; a
    kill can leave it behind, but never half a folder under the real name, nor no folder where
    there was one: see `recover`.

    Parameters
    ----------
    target : Path
    overwrite : bool
        Whether a folder that is there is replaced.

    Yields
    ------
    Path
        Of a folder that does not exist yet.

    Raises
    ------
    FileError
        For a full disk and whatever else the system refuses.
    """
    part: Path | None = None
    try:
        part = Path(
            tempfile.mkdtemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        )
        yield part / "data"
        _publish(part / "data", target, overwrite=overwrite)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


def recover(target: Path) -> None:
    """Give a folder its name back that a writer was killed with in its hands.

    Only where names cannot be exchanged is there a moment, between two renames, in which the old
    folder is called ``.NAME.….replaced`` and the new one has not got its name yet.
    """
    if target.exists():
        return
    start, end = _kept(target, "*").name.rsplit("*", 1)
    for entry in target.parent.iterdir():
        if entry.name.startswith(start) and entry.name.endswith(end):
            entry.rename(target)
            return


def _publish(made: Path, target: Path, *, overwrite: bool) -> None:
    if not (overwrite and target.exists()):
        made.rename(target)
        return
    if _exchange(made, target):
        # What was replaced lies where the new one was, and goes with it.
        return
    kept = _kept(target, made.parent.name[-13:-5])
    target.rename(kept)
    try:
        made.rename(target)
    except OSError:
        kept.rename(target)
        raise
    shutil.rmtree(kept, ignore_errors=True)


def _kept(target: Path, unique: str) -> Path:
    return target.with_name(f".{target.name[:100]}.{unique}.replaced")


def _exchange(a: Path, b: Path) -> bool:
    """Let two folders swap their names in one step; False where the system cannot do that."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return False
    if function(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), os.fspath(b))
