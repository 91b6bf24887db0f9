"""Where the notes on an output that is not whole yet are kept: in its folder, or in its store."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from fiji_bridge import system
from fiji_bridge.errors import RemoteError
from fiji_bridge.formats.stores import remote_store
from fiji_bridge.image.places import Place, Remote

#: Folder in an output that is not whole yet.
NAME = ".fiji_bridge"

#: Seconds between two signs of life of a run on a remote store, which knows of no locks, and
#: without one after which it is dead.
BEAT = 5.0
PATIENCE = 20.0


class Notes(Protocol):
    """Small files with names, of which each appears whole or not at all."""

    def load(self, name: str) -> bytes | None:
        """Return a file; None where there is none."""

    def save(self, name: str, data: bytes) -> None:
        """Write a file."""

    def create(self, name: str, data: bytes) -> None:
        """Write a file where there is none; of several who do, one succeeds."""

    def load_all(self, folder: str, start: str) -> dict[str, bytes]:
        """Return the files in a folder whose names begin so, by their names."""

    def remove(self) -> None:
        """Remove all of them."""

    def locked(self, name: str) -> contextlib.AbstractContextManager[bool]:
        """Keep a lock while the block runs; gives whether it was to be had."""


def notes_of(target: Place) -> Notes:
    """Return the notes on an output."""
    return ObjectNotes(target) if isinstance(target, Remote) else FileNotes(target / NAME)


class FileNotes:
    """Files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str) -> bytes | None:
        """Return a file."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def save(self, name: str, data: bytes) -> None:
        """Write a file."""
        part = self._part(name, data)
        part.replace(self._folder / name)

    def create(self, name: str, data: bytes) -> None:
        """Write a file where there is none."""
        part = self._part(name, data)
        with contextlib.suppress(FileExistsError):
            system.take_name(part, self._folder / name)
        part.unlink(missing_ok=True)

    def _part(self, name: str, data: bytes) -> Path:
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}-{uuid.uuid4().hex}.part")
        part.write_bytes(data)
        return part

    def load_all(self, folder: str, start: str) -> dict[str, bytes]:
        """Return files in a folder."""
        files = (self._folder / folder).glob(f"{start}*.json")
        return {file.name: file.read_bytes() for file in files}

    def remove(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self._folder)

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[bool]:
        """Keep a lock, which the system gives back however the process ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / name
        file.touch()
        try:
            descriptor = system.lock(file)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            if descriptor is not None:
                os.close(descriptor)


class ObjectNotes:
    """Objects in a remote store."""

    def __init__(self, target: Remote) -> None:
        self._store = remote_store(target, writing=True)

    def load(self, name: str) -> bytes | None:
        """Return an object."""
        return self._store.load(f"{NAME}/{name}")

    def save(self, name: str, data: bytes) -> None:
        """Write an object."""
        self._store.save(f"{NAME}/{name}", data)

    def create(self, name: str, data: bytes) -> None:
        """Write an object where there is none."""
        self._store.create(f"{NAME}/{name}", data)

    def load_all(self, folder: str, start: str) -> dict[str, bytes]:
        """Return objects below a name."""
        below = f"{NAME}/{folder}"
        keys = [key for key in self._store.keys(below) if key.startswith(f"{below}/{start}")]
        found = self._store.load_all(keys)
        return {key.rpartition("/")[2]: data for key, data in found.items()}

    def remove(self) -> None:
        """Remove all of them."""
        self._store.clear_all(NAME)

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[bool]:
        """Keep a lock by signs of life: one that has got none for a while belongs to a dead run."""
        key, mine = f"{NAME}/{name}", uuid.uuid4().hex
        if not self._take(key, mine.encode()):
            yield False
            return
        ended = threading.Event()

        def live() -> None:
            beats = 0
            while not ended.wait(BEAT):
                beats += 1
                # The run itself meets what is wrong with the store.
                with contextlib.suppress(RemoteError):
                    self._store.save(key, f"{mine} {beats}".encode())

        alive = threading.Thread(target=live, name="fiji-bridge-lock", daemon=True)
        alive.start()
        try:
            yield True
        finally:
            ended.set()
            alive.join()
            with contextlib.suppress(RemoteError):
                self._store.remove(key)

    def _take(self, key: str, mine: bytes) -> bool:
        while not self._store.create(key, mine):
            before = self._store.load(key)
            if before is None:
                continue
            time.sleep(PATIENCE)
            if self._store.load(key) not in (before, None):
                return False
            self._store.remove(key)
        return True
