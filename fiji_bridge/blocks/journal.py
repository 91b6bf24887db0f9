"""What is done of an output: a note per finished block, beside the samples themselves.

A run that was killed is taken up by what is noted; what was begun and not noted is done again.
One note per block needs no order and no lock, whoever writes it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fiji_bridge.blocks.notes import notes_of
from fiji_bridge.errors import FileError, RemoteError
from fiji_bridge.image.places import Place

_REQUEST = "request.json"


class Journal:
    """The notes in an output.

    Parameters
    ----------
    target : Path or Remote
        The output.
    """

    def __init__(self, target: Place) -> None:
        self.target = target
        self._notes = notes_of(target)

    def request(self) -> Mapping[str, Any] | None:
        """Return what was asked for when it was begun; None where nothing was."""
        try:
            data = self._notes.load(_REQUEST)
            found: Mapping[str, Any] | None = None if data is None else json.loads(data)
        except RemoteError:
            raise
        except (OSError, ValueError) as error:
            raise FileError(
                f"cannot go on with {self.target}: its journal cannot be read ({error}); begin "
                "again (--overwrite, overwrite=True)"
            ) from error
        return found

    def begin(self, request: Mapping[str, Any]) -> None:
        """Note what is asked for."""
        self._notes.save(_REQUEST, _data(request))

    def begin_once(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Note what is asked for, where nothing is noted; return what is, by whomever."""
        self._notes.create(_REQUEST, _data(request))
        found = self.request()
        assert found is not None
        return found

    def done(self, run: str) -> dict[int, Mapping[str, Any]]:
        """Return the notes on the blocks of a pass that are done, by number."""
        found: dict[int, Mapping[str, Any]] = {}
        for name, data in self._notes.load_all("done", f"{run}-").items():
            number = name.removesuffix(".json").rpartition("-")[2]
            # A note that is cut off is none: its block is done again.
            with contextlib.suppress(ValueError):
                found[int(number)] = json.loads(data)
        return found

    def note(self, run: str, number: int, note: Mapping[str, Any]) -> None:
        """Note that a block is done."""
        self._notes.save(f"done/{run}-{number:06d}.json", _data(note))

    def remove(self) -> None:
        """Remove all notes: the output is whole."""
        self._notes.remove()

    @contextlib.contextmanager
    def locked(self, name: str = "lock") -> Iterator[None]:
        """Keep others out of the output while the block runs.

        Raises
        ------
        FileError
            If another run works on it.
        """
        with self._notes.locked(name) as mine:
            if not mine:
                raise FileError(
                    f"another run is working on {self.target}; wait for its end, or choose "
                    "another name"
                )
            yield


def _data(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode()
