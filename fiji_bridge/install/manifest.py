"""The record of what was put into a folder; written before anything is, so that it never lacks."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from fiji_bridge import system
from fiji_bridge.errors import FileError
from fiji_bridge.formats.foreign import InstallRecord, checked
from fiji_bridge.image.jsontext import read_json

#: In the folder of the Fiji or ImageJ.
NAME = "fiji_bridge.installed.json"
_REMEDY = "put back a copy of it, or remove the files of fiji_bridge and it by hand"
#: Behind the name of a file while it is being written.
PART = ".fiji_bridge-part"


@dataclass
class Manifest:
    """What may be ours in a folder.

    Attributes
    ----------
    version : str
        Of the package that wrote it.
    complete : bool
        False while an installation is under way; then a file may still be missing.
    files : dict
        Path relative to the folder → the sha256 that the file may have (two in an upgrade).
    folders : list of str
        Folders that were made, outermost first.
    """

    version: str
    complete: bool = False
    files: dict[str, list[str]] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)


def read(folder: Path) -> Manifest | None:
    """Return the manifest of a folder, or None where nothing was installed.

    Raises
    ------
    FileError
        If it cannot be read: without it nobody knows what is ours.
    """
    path = folder / NAME
    try:
        values = read_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise FileError(f"cannot read {path}: it is no JSON ({error}); {_REMEDY}") from None
    what = f"cannot read {path}, so that nobody knows what is ours; {_REMEDY}"
    if not isinstance(values, dict):
        raise FileError(f"{what}: it is no JSON object")
    record = checked(InstallRecord, values, what)
    found = Manifest(record.version, record.complete, record.files, record.folders)
    for name in (*found.files, *found.folders):
        _refuse_outside(folder, name, path)
    return found


def _refuse_outside(folder: Path, name: str, path: Path) -> None:
    """Refuse an entry that leads out of the folder: nothing of ours is there."""
    parts = PurePosixPath(name).parts
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor != ""
    odd = "\\" in name or "\0" in name
    inside = not odd and (folder / name).parent.resolve().is_relative_to(folder.resolve())
    if not parts or absolute or ".." in parts or not inside:
        raise FileError(
            f"{path} names {name!r}, which is not inside of {folder}: it is not a record that "
            "fiji-bridge install wrote; nothing was changed"
        )


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    text = json.dumps(vars(manifest), indent=2, sort_keys=True) + "\n"
    put(folder / NAME, text.encode())


def put(path: Path, data: bytes) -> None:
    """Write a file by way of a neighbour with a known name, so that a kill leaves no stranger."""
    part = path.with_name(path.name + PART)
    # Whatever stands there under this name, a link to elsewhere too, is not written through.
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
            stream.write(data)
            stream.flush()
            system.sync_file(stream.fileno())
        system.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def remove(path: Path) -> None:
    """Remove a file, and its neighbour of an interrupted `put`."""
    path.with_name(path.name + PART).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def digest(data: bytes) -> str:
    """Return the sha256 of a file's content."""
    return hashlib.sha256(data).hexdigest()
