"""What is done of an output: a file per finished block, beside the samples themselves.

A run that was killed is taken up by what is noted; what was begun and not noted is done again.
One file per block needs no order and no lock, whoever writes it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge.errors import FileError

#: Folder in an output that is not whole yet.
NAME = ".fiji_bridge"


class Journal:
    """The notes in an output folder.

    Parameters
    ----------
    target : Path
        The output.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.folder = target / NAME
        self._done = self.folder / "done"

    def request(self) -> Mapping[str, Any] | None:
        """Return what was asked for when it was begun; None where nothing was."""
        try:
            text = (self.folder / "request.json").read_text(encoding="utf-8")
            found: Mapping[str, Any] = json.loads(text)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise FileError(
                f"cannot go on with {self.target}: its journal cannot be read ({error}); begin "
                "again (--overwrite, overwrite=True)"
            ) from error
        return found

    def begin(self, request: Mapping[str, Any]) -> None:
        """Note what is asked for."""
        self._done.mkdir(parents=True, exist_ok=True)
        _put(self.folder / "request.json", request)

    def begin_once(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Note what is asked for, where nothing is noted; return what is, by whomever."""
        self._done.mkdir(parents=True, exist_ok=True)
        mine = self.folder / f"request-{uuid.uuid4().hex}.part"
        mine.write_text(json.dumps(request), encoding="utf-8")
        # A whole file takes the name: nobody ever sees half of it, and one alone succeeds.
        with contextlib.suppress(FileExistsError):
            system.take_name(mine, self.folder / "request.json")
        mine.unlink(missing_ok=True)
        found = self.request()
        assert found is not None
        return found

    def done(self, run: str) -> dict[int, Mapping[str, Any]]:
        """Return the notes on the blocks of a pass that are done, by number."""
        found: dict[int, Mapping[str, Any]] = {}
        for file in self._done.glob(f"{run}-*.json"):
            number = file.stem.rpartition("-")[2]
            # A note that is cut off is none: its block is done again.
            with contextlib.suppress(ValueError):
                found[int(number)] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def note(self, run: str, number: int, note: Mapping[str, Any]) -> None:
        """Note that a block is done."""
        _put(self._done / f"{run}-{number:06d}.json", note)

    def remove(self) -> None:
        """Remove all notes: the output is whole."""
        shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def locked(self, name: str = "lock") -> Iterator[None]:
        """Keep others out of the output while the block runs.

        Raises
        ------
        FileError
            If another run works on it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / name
        file.touch()
        try:
            descriptor = system.lock(file)
        except BlockingIOError:
            raise FileError(
                f"another run is working on {self.target}; wait for its end, or choose another name"
            ) from None
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)


def _put(path: Path, value: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value), encoding="utf-8")
    part.replace(path)
