"""A Fiji as it is downloaded: started without PyImageJ, which it has no jars for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from fiji_bridge.errors import RuntimeStartError

#: What PyImageJ needs beyond a Fiji download; of the group net.imglib2.
NEEDED = ("imglib2-imglyb", "imglib2-unsafe")


def missing_for_pyimagej(folder: Path) -> str | None:
    """Return in a sentence why PyImageJ cannot serve a folder, and what to do; None if it can."""
    absent = [name for name in NEEDED if not list((folder / "jars").glob(f"{name}-[0-9]*.jar"))]
    if importlib.util.find_spec("imagej") is None:
        what = "PyImageJ is not installed (pip install 'fiji-bridge[fiji]')"
    elif absent:
        jars = " and ".join(f"net.imglib2:{name}" for name in absent)
        what = (
            f"{folder} lacks {' and '.join(absent)}, as every Fiji download does (put {jars} from "
            f"SciJava's Maven repository into {folder / 'jars'}, or call imagej.init(...) with "
            "the folder before fiji_bridge: PyImageJ fetches them)"
        )
    else:
        return None
    return f"{what}: session.ij is ImageJ's Java gateway, without ij.py's conversions"


def class_path(folder: Path) -> list[Path]:
    """Return the jars of a folder in the order in which PyImageJ takes them."""
    return [jar for part in ("jars", "plugins") for jar in sorted((folder / part).rglob("*.jar"))]


def gateway() -> Any:
    """Return a new ``net.imagej.ImageJ`` of the running JVM.

    Raises
    ------
    RuntimeStartError
        If ImageJ2 does not start.
    """
    import jpype

    try:
        return jpype.JClass("net.imagej.ImageJ")()
    except Exception as error:
        raise RuntimeStartError(
            f"ImageJ2 does not start ({type(error).__name__}: {error}); "
            "start the Fiji once by itself"
        ) from error
