"""What goes into a folder, and which kind of folder it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from fiji_bridge.errors import FileError
from fiji_bridge.install import macrogen
from fiji_bridge.jvm.jars import verified

Kind = Literal["Fiji", "ImageJ"]

#: Where macros go; `runMacro("fiji_bridge/gaussian.ijm", …)` finds them there.
MACROS = "macros/fiji_bridge"
_OWN = "fiji_bridge-"
_IMGLIB2 = re.compile(r"imglib2-\d[^/]*\.jar")


def recognise(folder: Path) -> Kind:
    """Say whether a folder is a Fiji (or ImageJ2) or a plain ImageJ.

    Raises
    ------
    FileError
        If it is neither.
    """
    if not folder.is_dir():
        raise FileError(f"{folder} is not a folder; give the folder of a Fiji or an ImageJ")
    plugins = (folder / "plugins").is_dir()
    if plugins and _has(folder / "jars", r"(imagej|imagej-legacy)-\d.*\.jar"):
        return "Fiji"
    if plugins and _has(folder, r"ij(-\d.*)?\.jar"):
        return "ImageJ"
    hint = ""
    for below in sorted(folder.iterdir()):
        if (below / "plugins").is_dir():
            hint = f"; did you mean {below}?"
            break
    raise FileError(
        f"{folder} is neither a Fiji (plugins/ and jars/imagej-….jar) nor an ImageJ "
        f"(plugins/ and ij.jar){hint}"
    )


def payload(folder: Path, kind: Kind, known: set[str]) -> dict[str, bytes]:
    """Return the files by path relative to the folder, with `/` whatever the system.

    Parameters
    ----------
    folder : Path
    kind : {"Fiji", "ImageJ"}
    known : set of str
        What an earlier installation put there.

    Raises
    ------
    JarError
        If a bundled jar is not the one that was built.
    FileError
        If a Fiji lacks ImgLib2, which it brings itself.
    """
    own, *libraries = verified()
    files = {f"plugins/{own.path.name}": own.path.read_bytes()}
    there = folder / ("jars" if kind == "Fiji" else "plugins")
    found = (p.relative_to(folder).as_posix() for p in there.rglob("*.jar"))
    imglib2 = [name for name in found if _IMGLIB2.fullmatch(Path(name).name) and name not in known]
    if kind == "Fiji" and not imglib2:
        raise FileError(f"{folder} has no jars/imglib2-….jar; update that Fiji first")
    if not imglib2:
        library = next(jar.path for jar in libraries if _IMGLIB2.fullmatch(jar.path.name))
        files[f"plugins/jars/{library.name}"] = library.read_bytes()
    for name, text in macrogen.generate().items():
        files[f"{MACROS}/{name}"] = text.encode()
    return files


def other_versions(folder: Path, known: set[str]) -> list[str]:
    """Return jars of this package in the folder that `known` does not list."""
    found = (path.relative_to(folder).as_posix() for path in (folder / "plugins").rglob("*.jar"))
    return sorted(name for name in found if Path(name).name.startswith(_OWN) and name not in known)


def _has(folder: Path, pattern: str) -> bool:
    return folder.is_dir() and any(re.fullmatch(pattern, path.name) for path in folder.iterdir())
