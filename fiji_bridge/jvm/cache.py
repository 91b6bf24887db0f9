"""What one start has found out for the next, in the user's cache directory.

Nothing here is needed: a file that is missing, damaged or cannot be written is made again, or
gone without.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge.image.jsontext import read_json

#: A record with more entries than this begins anew.
_MOST_ENTRIES = 500


def folder() -> Path:
    """Return the cache directory (``FIJI_BRIDGE_CACHE`` overrides it); it may not be there."""
    if found := os.environ.get("FIJI_BRIDGE_CACHE"):
        return Path(found)
    import platformdirs

    return platformdirs.user_cache_path("fiji_bridge", appauthor=False)


def fingerprint(path: Path) -> str:
    """Return what changes when a file does: its path, size and time of modification.

    Raises
    ------
    OSError
        If it is not there.
    """
    status = path.stat()
    return f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"


def load(name: str) -> dict[str, str]:
    """Return the record of a name; an empty one where there is none that can be read."""
    try:
        values: Any = read_json((folder() / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if isinstance(value, str)}


def store(name: str, entries: dict[str, str]) -> None:
    """Add entries to the record of a name, where the directory can be written."""
    known = load(name)
    if all(known.get(key) == value for key, value in entries.items()):
        return
    if len(known) > _MOST_ENTRIES:
        known = {}
    part = None
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder())
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({**known, **entries}, file, indent=1)
        system.replace(Path(part), folder() / f"{name}.json")
        part = None
    if part is not None:
        with contextlib.suppress(OSError):
            os.unlink(part)
