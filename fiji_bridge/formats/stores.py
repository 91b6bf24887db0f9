"""The Zarr store that lies at a place, and whether one lies there; remote ones by fsspec."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fiji_bridge.errors import FileError, RemoteError
from fiji_bridge.formats.atomic_folder import atomic_folder
from fiji_bridge.image.places import Place, Remote

if TYPE_CHECKING:
    from fiji_bridge.formats.remote_store import RemoteStore

#: Beside these files lies a Zarr; so do none but these say what it is.
MARKS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")


def import_zarr() -> Any:
    """Return the package zarr.

    Raises
    ------
    FileError
        Says how it is installed.
    """
    try:
        import zarr
    except ImportError:
        raise FileError(
            "OME-Zarr needs the package zarr: pip install 'fiji-bridge[zarr]'"
        ) from None
    return zarr


def remote_store(place: Remote, *, writing: bool = False) -> RemoteStore:
    """Return the store at an address; nothing is asked of it yet.

    Raises
    ------
    FileError
        Says what has to be installed.
    RemoteError
        If the configuration of fsspec or AWS makes no sense.
    """
    import_zarr()
    try:
        from fiji_bridge.formats.remote_store import RemoteStore

        return RemoteStore.at(place, read_only=not writing)
    except ImportError:
        raise FileError(
            f"{place} lies in a remote store, which needs packages that are not installed: "
            'pip install "fiji-bridge[remote]"'
        ) from None


def open_store(place: Place, *, writing: bool = False) -> Any:
    """Return the store at a place; see `remote_store`."""
    if isinstance(place, Remote):
        return remote_store(place, writing=writing)
    import_zarr()
    from zarr.storage import LocalStore

    return LocalStore(place, read_only=not writing)


def is_zarr(place: Place) -> bool:
    """Whether a Zarr lies at a place.

    Raises
    ------
    RemoteError
        If the store cannot be reached, or does not let one look.
    """
    if isinstance(place, Remote):
        return remote_store(place).is_zarr()
    return place.is_dir() and any((place / mark).is_file() for mark in MARKS)


def repeats(store: Any) -> int:
    """Return how many requests a remote store needed again since this was asked last."""
    take = getattr(store, "take_repeats", None)
    return 0 if take is None else int(take())


def clear(place: Place) -> None:
    """Delete all that is at a place."""
    if isinstance(place, Remote):
        remote_store(place, writing=True).clear_all()
    else:
        shutil.rmtree(place)


def held(store: Any) -> Any:
    """Return a `HeldMetadata` on a store."""
    from fiji_bridge.formats.held_store import HeldMetadata

    return HeldMetadata(store)


@contextlib.contextmanager
def whole_store(target: Place, *, overwrite: bool) -> Iterator[Any]:
    """Give an empty store to be filled, that looks whole only when the block has ended.

    Parameters
    ----------
    target : Path or Remote
    overwrite : bool
        Whether what is there is replaced: a folder in one step, in a remote store, which has none,
        before the new one is written.
    """
    if isinstance(target, Path):
        with atomic_folder(target, overwrite=overwrite) as folder:
            yield open_store(folder, writing=True)
        return
    store = remote_store(target, writing=True)
    if overwrite:
        store.clear_all()
    filled = held(store)
    try:
        yield filled
        filled.release()
    except BaseException:
        # Where the store is what is gone, that is what has to be told.
        with contextlib.suppress(RemoteError):
            store.clear_all()
        raise
