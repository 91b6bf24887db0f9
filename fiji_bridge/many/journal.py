"""What is done in a folder of results, so that the same command goes on where it was stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiji_bridge.image.jsontext import json_text, parse_json

#: Beside the results; a line for each output that was begun or done.
NAME = ".fiji-bridge-many.jsonl"

# Before a name in bytes that are no UTF-8, in hexadecimal; no relative path begins with it.
_BYTES = "/"


def identity(path: Path) -> dict[str, Any]:
    """Return what changes when an input does: size and time, of all files in an OME-Zarr."""
    files = [path]
    if path.is_dir():
        files = [Path(top) / name for top, _, names in os.walk(path) for name in names]
    found = [file.stat() for file in files]
    return {
        "path": str(path.resolve()),
        "files": len(found),
        "bytes": sum(each.st_size for each in found),
        "modified": max((each.st_mtime_ns for each in found), default=0),
    }


@dataclass
class Journal:
    """The journal of one folder; `read` gives one that knows what is done.

    Attributes
    ----------
    folder : Path
        That of the results; it need not exist yet.
    damaged : int
        Lines that cannot be read; the last one does not count, which a kill may have cut off.
    """

    folder: Path
    damaged: int = 0
    _last: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Journal:
        """Return the journal of a folder, with what it holds."""
        journal = cls(folder)
        try:
            lines = (folder / NAME).read_bytes().splitlines()
        except FileNotFoundError:
            return journal
        for number, line in enumerate(lines, start=1):
            found = parse_json(line)
            if isinstance(found, dict) and isinstance(found.get("output"), str):
                journal._last[found["output"]] = found
            elif line.strip() and number < len(lines):
                journal.damaged += 1
        return journal

    @property
    def damage(self) -> str:
        """What to say of an output that is not known, where it may have been; or ""."""
        if not self.damaged:
            return ""
        lines = "a line" if self.damaged == 1 else f"{self.damaged} lines"
        return f", and {lines} of {self.folder / NAME}, which says what is done, cannot be read"

    def wrote(self, path: Path) -> bool:
        """Whether a file is an output, or one of several that belong to one."""
        name = self._name(path)
        return name in self._last or any(
            name in entry.get("files", ()) for entry in self._last.values()
        )

    def state(self, target: Path, request: Mapping[str, Any]) -> str:
        """Return ``"done"``, ``"begun"``, ``"other"`` (of another request) or ``"unknown"``."""
        entry = self._last.get(self._name(target))
        if entry is None:
            return "unknown"
        if entry.get("request") != parse_json(json_text(request)):
            return "other"
        files = entry.get("files", ())
        there = bool(files) and all(self._path(name).exists() for name in files)
        return "done" if entry.get("state") == "done" and there else "begun"

    def files(self, target: Path) -> tuple[Path, ...]:
        """Return the files that belong to an output that is done."""
        entry = self._last.get(self._name(target), {})
        return tuple(self._path(name) for name in entry.get("files", ()))

    def begin(self, target: Path, request: Mapping[str, Any]) -> None:
        """Note that an output is being made."""
        self._add({"output": self._name(target), "state": "begun", "request": request})

    def end(self, target: Path, request: Mapping[str, Any], files: Sequence[Path]) -> None:
        """Note that it is done."""
        names = [self._name(file) for file in files]
        self._add(
            {"output": self._name(target), "state": "done", "request": request, "files": names}
        )

    def _name(self, path: Path) -> str:
        name = os.fsencode(os.path.relpath(os.path.realpath(path), os.path.realpath(self.folder)))
        try:
            return name.decode("utf-8")
        except UnicodeDecodeError:
            return _BYTES + name.hex()

    def _path(self, name: object) -> Path:
        text = str(name)
        if not text.startswith(_BYTES):
            return self.folder / text
        return self.folder / os.fsdecode(bytes.fromhex(text.removeprefix(_BYTES)))

    def _add(self, entry: Mapping[str, Any]) -> None:
        text = json_text(entry)
        self._last[str(entry["output"])] = json.loads(text)
        with (self.folder / NAME).open("ab") as file:
            # A line that was cut off ends here.
            start = b"\n" if file.tell() and not self._ends_in_newline() else b""
            file.write(start + text.encode() + b"\n")

    def _ends_in_newline(self) -> bool:
        with (self.folder / NAME).open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
