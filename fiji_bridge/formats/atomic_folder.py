"""Folders that appear whole or not at all, and replace others in one step."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from fiji_bridge import system
from fiji_bridge.errors import FileError
from fiji_bridge.formats.parts import PART_SUFFIX, new_part


@contextlib.contextmanager
def atomic_folder(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a folder to be filled, which takes its name when the block ends.

    It lies beside the target, in a hidden folder ``.NAME.….fiji_bridge.part``. An exception
    removes it; a kill can leave it behind until the next writing there, but never half a folder
    under the real name, nor no folder where there was one: see `recover`.

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
    try:
        with new_part(target, folder=True) as part:
            yield part / "data"
            publish(part / "data", target, overwrite=overwrite)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot write {target}: {error.strerror or error}") from error


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


def publish(made: Path, target: Path, *, overwrite: bool) -> None:
    """Give a folder the name of another one that it replaces, in one step.

    Parameters
    ----------
    made : Path
        In a folder of its own that is removed by the caller, with what was replaced.
    target : Path
    overwrite : bool
        Whether a folder that is there is replaced.
    """
    if not (overwrite and target.exists()):
        made.rename(target)
        return
    if system.exchange_names(made, target):
        # What was replaced lies where the new one was, and goes with it.
        return
    kept = _kept(target, made.parent.name.removesuffix(PART_SUFFIX)[-8:])
    target.rename(kept)
    try:
        made.rename(target)
    except OSError:
        kept.rename(target)
        raise
    shutil.rmtree(kept, ignore_errors=True)


def _kept(target: Path, unique: str) -> Path:
    return target.with_name(f".{target.name[:100]}.{unique}.replaced")
