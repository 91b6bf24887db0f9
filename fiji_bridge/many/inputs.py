"""Which files a run over many takes, and the names of what it writes."""

from __future__ import annotations

import glob
import os
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats import formats
from fiji_bridge.formats.registry import Probe
from fiji_bridge.image.places import PlaceLike, local

#: Names of outputs by default; `FIELDS` may stand in it.
NAME = "{stem}-{operation}{suffix}"
FIELDS = ("stem", "operation", "suffix", "folder")

_REPORT = ".json"
_DEFAULT = ".tif"


@dataclass(frozen=True)
class Source:
    """An input.

    Attributes
    ----------
    path : Path
    below : Path
        Its folder, relative to the folder that was given; it is made below the output folder too.
    """

    path: Path
    below: Path = Path()


def find(
    given: Iterable[PlaceLike], *, recursive: bool, mine: Callable[[Path], bool]
) -> tuple[list[Source], list[Path]]:
    """Return the files that are meant, each once, and those in folders that are no images.

    Parameters
    ----------
    given : iterable of path-like
        Files, OME-Zarrs, folders, and patterns such as ``"*.tif"`` or ``"**/*.tif"``.
    recursive : bool
        Whether folders in folders are looked into.
    mine : callable
        Whether a file in a folder is an output of an earlier run; such ones are not taken.

    Raises
    ------
    FileError
        For a name that does not exist, and a pattern that fits nothing.
    """
    found: dict[str, Source] = {}
    others: list[Path] = []
    for one in given:
        path = local(one, "what is worked on among several files")
        for source in _of(path, recursive, mine, others):
            found.setdefault(os.path.realpath(source.path), source)
    if not found:
        raise FileError("there is no image to work on in what was given")
    return list(found.values()), others


def _of(
    path: Path, recursive: bool, mine: Callable[[Path], bool], others: list[Path]
) -> Iterator[Source]:
    if not path.exists() and glob.has_magic(str(path)):
        matches = sorted(glob.glob(str(path), recursive=True))
        if not matches:
            raise FileError(f"no file fits the pattern {path}")
        for match in matches:
            # What a pattern meets beside images it was not meant for is a folder.
            if not Path(match).is_dir() or _is_image(Path(match)):
                yield Source(Path(match))
        return
    if not path.exists():
        raise FileError(
            f"cannot read {path}: it does not exist; where several IN are given, the "
            "folder for the results is --output-dir (output_dir=)"
        )
    if not path.is_dir() or _is_image(path):
        yield Source(path)
        return
    yield from _in_folder(path, Path(), recursive, mine, others)


def _in_folder(
    folder: Path, below: Path, recursive: bool, mine: Callable[[Path], bool], others: list[Path]
) -> Iterator[Source]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not _is_image(entry):
            if recursive and not entry.is_symlink():
                yield from _in_folder(entry, below / entry.name, recursive, mine, others)
        elif mine(entry):
            continue
        elif _is_image(entry):
            yield Source(entry, below)
        else:
            others.append(entry)


def _is_image(path: Path) -> bool:
    """Whether some format takes it; what is damaged is taken, and fails with its reason."""
    probe = Probe(path)
    try:
        return any(one.reads and one.recognises(probe) for one in formats())
    except FileError:
        return not path.is_dir()


def output_of(source: Source, template: str, operation: str, folder: Path, *, report: bool) -> Path:
    """Return the output that belongs to an input.

    Raises
    ------
    InputError
        For a template with another field, or one that gives no plain file name.
    FileError
        For an ending that no format has.
    """
    stem, suffix = formats().split(source.path.name) or (source.path.stem, _DEFAULT)
    values = {
        "stem": stem,
        "operation": operation.replace("_", "-"),
        "suffix": _REPORT if report else suffix,
        "folder": source.path.resolve().parent.name,
    }
    name = _filled(template, values)
    if not name or name.startswith(".") or Path(name).name != name or "\0" in name:
        raise InputError(f"the name {template!r} gives {name!r}, which is no file name")
    if report and not name.endswith(_REPORT):
        raise InputError(f"the name {template!r} gives {name!r}; a report's must end in {_REPORT}")
    if not report and not name.lower().endswith(".png"):
        formats().for_writing(name)
    return folder / source.below / name


def _filled(template: str, values: dict[str, str]) -> str:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise InputError(f"cannot read the name {template!r}: {error}") from None
    made = ""
    for text, field, spec, conversion in parts:
        made += text
        if field is None:
            continue
        if field not in FIELDS or spec or conversion:
            raise InputError(
                f"the name {template!r} has the field {{{field}}}; the fields are "
                f"{', '.join('{' + known + '}' for known in FIELDS)}"
            )
        made += values[field]
    return made


def check_outputs(pairs: Iterable[tuple[Source, Path]]) -> None:
    """Refuse outputs that would be written over each other, over an input or into one.

    Raises
    ------
    FileError
        Names both.
    """
    pairs = list(pairs)
    inputs = {key(source.path): source.path for source, _ in pairs}
    taken: dict[str, Path] = {}
    for source, target in pairs:
        check_no_input(target, inputs)
        other = taken.setdefault(key(target), source.path)
        if other is not source.path:
            raise FileError(
                f"{other} and {source.path} would both give {target}; choose other names "
                "(--name '{folder}-{stem}-{operation}{suffix}', name=)"
            )


def check_no_input(target: Path, inputs: dict[str, Path]) -> None:
    """Refuse to write over an input, or into the folder that one is."""
    place = key(target)
    for known in (place, *(str(parent) for parent in Path(place).parents)):
        if known in inputs:
            raise FileError(f"cannot write {target}: {inputs[known]} is an input")


def key(path: Path) -> str:
    """Return one text for all names of a file."""
    return os.path.normcase(os.path.realpath(path))
