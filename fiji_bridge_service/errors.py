"""What the service answers where it does not do what was asked; and what it never says."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import fiji_bridge
from fiji_bridge.errors import FijiBridgeError

#: A folder and what follows it: ``/usr/lib/`` of ``/usr/lib/x.so``; not a part of an address.
_FOLDERS = re.compile(r"(?<![\w./:])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"<>|:;,()]+[/\\])+")
#: The longest text of an error, and of the last lines of a process that died.
_LONGEST = 4000


class RefusalError(Exception):
    """An answer that is no success; becomes ``application/problem+json`` (RFC 9457).

    Parameters
    ----------
    status : int
    detail : str
        One sentence.
    headers : mapping of str to str, optional
    **more
        Further members of the problem document, such as the numbers behind a refusal.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more


def without_paths(text: str, *known: tuple[str | Path, str]) -> str:
    """Return a text that says nothing of where files lie on the machine.

    Parameters
    ----------
    text : str
    *known : (path, str)
        What stands instead of a path, the longest first; other folders are left out.
    """
    own = Path(fiji_bridge.__file__).parent.parent
    others = [(sys.prefix, ""), (own, ""), (tempfile.gettempdir(), ""), (Path.home(), "")]
    for path, name in (*known, *((place, new) for place, new in others if str(place) != "/")):
        text = text.replace(str(path), name)
    return _FOLDERS.sub("", text)[-_LONGEST:]


def sentence(error: BaseException, *known: tuple[str | Path, str]) -> str:
    """Return what a user is told of an exception: nothing of its inside where it is a fault."""
    if isinstance(error, FijiBridgeError):
        return without_paths(str(error), *known)
    if isinstance(error, MemoryError):
        return "out of memory; work on a crop, or on fewer channels or frames"
    return f"the service failed ({type(error).__name__}); its log says more"
