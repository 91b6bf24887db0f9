"""A process whose JVM has Bio-Formats on its class path, and which reads files with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fiji_bridge
from fiji_bridge.image.calibrated import CalibratedImage


def enter(jar: str) -> None:
    """Start a JVM as another program might have, for fiji_bridge to join."""
    import jpype

    from fiji_bridge.jvm.java_home import find_java

    jpype.startJVM(str(find_java().library), "-Xmx512m", classpath=[jar])
    fiji_bridge.start()


def read(path: Path, given: dict[str, Any]) -> CalibratedImage:
    """Read a file there."""
    return fiji_bridge.read(path, reader="bioformats", **given)
