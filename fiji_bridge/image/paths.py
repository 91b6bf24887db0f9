"""What is given as a path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fiji_bridge.errors import ArgumentError


def to_path(given: str | os.PathLike[str], what: str) -> Path:
    """Return a path, or refuse what is none, such as an image where two were exchanged.

    Parameters
    ----------
    given : path-like
    what : str
        What it is the path of, for the message: ``"the file to read"``.

    Raises
    ------
    ArgumentError
    """
    try:
        return Path(given)
    except TypeError:
        raise ArgumentError(f"{what} is given by its path; got {kind(given)}") from None


def kind(given: Any) -> str:
    """Say of which kind a value is, for messages: short values whole, others by their type."""
    if given is None or isinstance(given, (str, int, float, tuple)):
        text = repr(given)
        if len(text) <= 60:
            return text
    return f"a {type(given).__name__}"
