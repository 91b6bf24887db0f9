"""The registry of file formats: what a format has to say, and how others add theirs.

A format is one file with a `Format` in it and one line in `formats/catalogue.py`, or an entry
point of the group ``fiji_bridge.formats`` in another package that gives a `Format`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats.regions import ImageSource
from fiji_bridge.formats.selection import Selection
from fiji_bridge.formats.tiff_directories import Structure, read_structure
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.places import Place, PlaceLike, Remote, local, to_place
from fiji_bridge.image.plugins import loaded

#: Entry points of other packages.
GROUP = "fiji_bridge.formats"

_HEAD = 64


class Probe:
    """A file or folder that wants a reader; looks no further into it than it is asked.

    Attributes
    ----------
    place : Path or Remote
    """

    def __init__(self, place: PlaceLike) -> None:
        self.place: Place = to_place(place, "the file to read")

    @property
    def path(self) -> Path:
        """The place, of formats that are read on this machine only."""
        return local(self.place, "the file to read")

    @cached_property
    def head(self) -> bytes:
        """The first 64 bytes; nothing for a folder, of which those in remote stores are."""
        if isinstance(self.place, Remote) or self.path.is_dir():
            return b""
        try:
            with self.path.open("rb") as file:
                return file.read(_HEAD)
        except OSError as error:
            raise FileError(f"cannot read {self.path}: {error.strerror or error}") from error

    @property
    def is_tiff(self) -> bool:
        """Whether it begins like a TIFF, classic or big."""
        return self.head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

    @cached_property
    def structure(self) -> Structure:
        """The directories of a TIFF."""
        return read_structure(self.path)

    @property
    def description(self) -> bytes:
        """The ImageDescription of a TIFF's first page; nothing where there is none."""
        return self.structure.directories[0].description.rstrip(b"\0")


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes
    ----------
    name : str
        As people call it; unique.
    recognises : callable
        Whether a `Probe` is such a file. The first format in the registry that says so reads it.
    read : callable or None
        Takes the `Probe`, gives a `CalibratedImage`.
    read_part : callable or None
        Takes the `Probe` and a `Selection`, and reads no more than that; instead of `read`, for
        formats that have resolution levels, or are too large to be read whole.
    regions : callable or None
        Takes the `Probe` and a `Selection` of scene and level, and opens the image to be read by
        regions; gives None for one that cannot be.
    endings : tuple of str
        In lower case, of the names under which it is written; each belongs to one format, and of
        two that fit the longer counts. Empty where it is only read.
    check : callable or None
        Refuses an image that it cannot hold, before any work is done.
    write : callable or None
        Takes image, path and whether to overwrite; writes the whole file or nothing.
    not_kept : callable or None
        Names what the image has and the file will not have, for one line to the user.
    imagej_opens : bool
        Whether ImageJ alone, without Bio-Formats or SCIFIO, reads all of it.
    remote : bool
        Whether it is read from and written to remote stores; it takes a `Remote` then.
    """

    name: str
    recognises: Callable[[Probe], bool]
    read: Callable[[Probe], CalibratedImage] | None = None
    read_part: Callable[[Probe, Selection], CalibratedImage] | None = None
    regions: Callable[[Probe, Selection], ImageSource | None] | None = None
    endings: tuple[str, ...] = ()
    check: Callable[[CalibratedImage], None] | None = None
    write: Callable[[CalibratedImage, Any, bool], None] | None = None
    not_kept: Callable[[CalibratedImage], tuple[str, ...]] | None = None
    imagej_opens: bool = False
    remote: bool = False

    @property
    def reads(self) -> bool:
        """Whether it can be read."""
        return self.read is not None or self.read_part is not None


class Registry:
    """Formats by name, in the order in which they are asked.

    Parameters
    ----------
    formats : iterable of Format

    Raises
    ------
    InputError
        For a name or an ending that is taken.
    """

    def __init__(self, formats: Iterable[Format]) -> None:
        self._formats: dict[str, Format] = {}
        for one in formats:
            self.add(one)

    def add(self, new: Format) -> None:
        """Add a format behind the others."""
        if new.name in self._formats:
            raise InputError(f"the file format {new.name!r} is registered twice")
        if (new.write is None) != (not new.endings):
            raise InputError(f"the file format {new.name!r} needs endings to be written, or none")
        for ending in new.endings:
            if not ending.startswith(".") or ending != ending.lower():
                raise InputError(f"the ending {ending!r} of {new.name} must be like '.tif'")
            for other in self._formats.values():
                if ending in other.endings:
                    raise InputError(f"the ending {ending} of {new.name} belongs to {other.name}")
        self._formats[new.name] = new

    def add_entry_points(self, found: Iterable[EntryPoint] | None = None) -> None:
        """Add the formats of other packages.

        Raises
        ------
        InputError
            Names the package whose entry point fails or gives no `Format`.
        """
        for new in loaded(GROUP, Format, "{}, not a Format", found):
            self.add(new)

    def __iter__(self) -> Iterator[Format]:
        return iter(self._formats.values())

    def __len__(self) -> int:
        return len(self._formats)

    def named(self, name: str) -> Format:
        """Return a format that is there."""
        return self._formats[name]

    def endings(self) -> tuple[str, ...]:
        """Return every ending that can be written, longest first."""
        return tuple(sorted((e for one in self for e in one.endings), key=lambda e: (-len(e), e)))

    def split(self, name: str) -> tuple[str, str] | None:
        """Return stem and ending of a file's name; None where no format has such an ending."""
        for ending in self.endings():
            if name.lower().endswith(ending):
                return name[: -len(ending)], name[-len(ending) :]
        return None

    def for_writing(self, path: PlaceLike) -> Format:
        """Return the format that a name asks for.

        Raises
        ------
        FileError
            Lists the endings.
        """
        place = to_place(path, "the file to write")
        away = isinstance(place, Remote)
        endings = [e for e in self.endings()[::-1] if not away or self._of(e).remote]
        parts = self.split(place.name)
        if parts is None or parts[1].lower() not in endings:
            *others, last = endings
            where = " in a remote store" if away else ""
            raise FileError(
                f"cannot write {path}: the name{where} must end in {', '.join(others)} or {last}"
            )
        return self._of(parts[1].lower())

    def _of(self, ending: str) -> Format:
        return next(one for one in self if ending in one.endings)

    def for_reading(self, probe: Probe) -> Format:
        """Return the first format that recognises a file.

        Raises
        ------
        FileError
            Lists the formats.
        """
        away = isinstance(probe.place, Remote)
        readers = [one for one in self if one.reads and (one.remote or not away)]
        for one in readers:
            if one.recognises(probe):
                return one
        names = ", ".join(one.name for one in readers)
        if away:
            raise FileError(
                f"cannot read {probe.place}: nothing is there, or none of the formats that are "
                f"read from remote stores: {names}"
            )
        what = "is a folder, none" if probe.path.is_dir() else "is none"
        raise FileError(f"cannot read {probe.path}: it {what} of the formats {names}")
