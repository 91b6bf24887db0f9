"""Options of ImageJ 1.x commands as text, the way the macro recorder writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fiji_bridge.errors import InputError

#: In a value, these would end it and begin another one.
_UNSAFE = re.compile("[][\x00-\x1f\x7f]")
_KEY = re.compile(r"[A-Za-z0-9_.+/&-]+")


def recorded(options: Mapping[str, Any]) -> str:
    """Write values as the recorder does: ``rolling=50 light title=[two words]``.

    Parameters
    ----------
    options : mapping
        Keys are the first words of a dialog's labels, in small letters. True is the bare key,
        False and None are nothing; numbers are written with a point.

    Raises
    ------
    InputError
        For a key or a value that ImageJ would read as something else.
    """
    # ImageJ finds a key also at the end of a longer one (sigma= in x_sigma=), and takes the first.
    keys = sorted(
        options, key=lambda key: sum(other.endswith(key) for other in options), reverse=True
    )
    written = (_one(key, options[key]) for key in keys)
    return " ".join(text for text in written if text)


def quoted(text: str) -> str:
    """Write a text as a literal of ImageJ's macro language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def _one(key: str, value: Any) -> str:
    if not _KEY.fullmatch(key):
        raise InputError(f"ImageJ knows no option {key!r}: one word, as its recorder writes it")
    if value is None or value is False:
        return ""
    if value is True:
        return key
    text = repr(value) if type(value) is float else str(value)
    if _UNSAFE.search(text):
        raise InputError(
            f"the option {key}={text!r} holds brackets or control characters, which ImageJ would "
            "read as the end of the value"
        )
    return f"{key}=[{text}]" if not text or re.search(r"[\s'\"=]", text) else f"{key}={text}"
