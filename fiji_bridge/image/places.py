"""Where an image is: a file or folder of this machine, or a folder in a remote store."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from fiji_bridge.errors import FileError
from fiji_bridge.image.paths import to_path

#: What remote stores are called by; files of this machine may be called by file:// as well.
SCHEMES = ("s3", "https", "http")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True)
class Remote:
    """A folder in a remote store.

    Attributes
    ----------
    url : str
        Without a slash at its end.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> Remote:
        return Remote(f"{self.url}/{name}")

    @property
    def scheme(self) -> str:
        """One of `SCHEMES`."""
        return self.url.partition("://")[0]

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rpartition("/")[2]

    @property
    def parts(self) -> tuple[str, ...]:
        """Host or bucket, and the folders below it."""
        return tuple(self.url.partition("://")[2].split("/"))

    @property
    def is_writable(self) -> bool:
        """Whether the store takes what is written, if it lets one in."""
        return self.scheme == "s3"


#: Where an image is.
Place = Path | Remote
PlaceLike = str | os.PathLike[str] | Remote


def to_place(given: PlaceLike, what: str) -> Place:
    """Return where an image is, from a path or an address such as ``s3://bucket/a.ome.zarr``.

    Parameters
    ----------
    given : path-like or Remote
        ``file://`` is a path.
    what : str
        What is there, for the message: ``"the file to read"``.

    Raises
    ------
    ArgumentError
        For what is no path.
    FileError
        For an address that cannot be one of an image.
    """
    if isinstance(given, Remote):
        return given
    found = _SCHEME.match(given) if isinstance(given, str) else None
    if found is None:
        path = to_path(given, what)
        # pathlib makes one slash of two.
        if path.parts and path.parts[0].rstrip(":") in SCHEMES and path.parts[0].endswith(":"):
            raise FileError(f"{what} is at an address: give {path} as text with two slashes")
        return path
    url, scheme = str(given), found[1].lower()
    if scheme == "file":
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise FileError(f"{what} is on another machine, {parts.netloc}: {url}")
        return Path(url2pathname(parts.path))
    if scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in (*SCHEMES, "file"))
        raise FileError(f"{what} is at {url}; addresses begin with one of {known}")
    rest = url[found.end() :].rstrip("/")
    host = rest.partition("/")[0]
    if not host:
        missing = "bucket" if scheme == "s3" else "host"
        raise FileError(f"{what} is at {url}, which names no {missing}")
    if "@" in host:
        # It would stand in provenance and messages.
        raise FileError(f"{what} is at an address with a user or a password; neither belongs there")
    if scheme != "s3" and ("?" in rest or "#" in rest):
        raise FileError(f"{what} is at {url}; a folder has no ? and no # in its address")
    return Remote(f"{scheme}://{rest}")


def local(given: PlaceLike, what: str) -> Path:
    """Return a path of this machine, or refuse an address of another.

    Raises
    ------
    ArgumentError, FileError
    """
    place = to_place(given, what)
    if isinstance(place, Remote):
        raise FileError(f"{what} must be on this machine; got {place}")
    return place


def absolute(place: Place) -> Place:
    """Return a place that means the same wherever it is asked for."""
    return place if isinstance(place, Remote) else place.absolute()


def resolved(place: Place) -> str:
    """Return one text for all names of a place; links are followed."""
    return place.url if isinstance(place, Remote) else os.path.realpath(place)


def relation(a: Place, b: Place) -> str | None:
    """Return how `b` lies to `a`: ``"same"``, ``"inside"``, ``"around"``, or None."""
    if isinstance(a, Remote) != isinstance(b, Remote):
        return None
    first, second = _steps(a), _steps(b)
    shared = min(len(first), len(second))
    if first[:shared] != second[:shared]:
        return None
    if len(first) == len(second):
        return "same"
    return "inside" if len(first) < len(second) else "around"


def _steps(place: Place) -> tuple[str, ...]:
    if isinstance(place, Remote):
        return (place.scheme, *place.parts)
    return Path(os.path.realpath(place)).parts
