"""Guest in a JVM that runs already: what it has is used, only what is missing is added."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fiji_bridge._version import __version__
from fiji_bridge.errors import RuntimeStartError
from fiji_bridge.jvm.jars import Jar
from fiji_bridge.jvm.java_home import JavaHome, feature_release
from fiji_bridge.jvm.settings import Settings

#: Artifact of each bundled jar → a class that tells whether the running JVM has it.
TELLING = {
    "fiji-bridge": "org/fijibridge/bridge/ArrayEngine.class",
    "ij": "ij/ImageJ.class",
    "imglib2": "net/imglib2/img/array/ArrayImg.class",
    "ij1-patcher": "net/imagej/patcher/LegacyInjector.class",
    "javassist": "javassist/ClassPool.class",
    "scijava-common": "org/scijava/Context.class",
    "parsington": "org/scijava/parsington/Tokens.class",
    "classgraph": "io/github/classgraph/ClassGraph.class",
}

#: What our jar can work with at least; see `tests/test_old_installations.py` for ImageJ.
OLDEST = {"ij": (1, 53), "imglib2": (5, 0)}
_NAMES = {"ij": "ImageJ", "imglib2": "ImgLib2"}


def join(own_and_libraries: list[Jar], say: Callable[[str], None]) -> tuple[Settings, JavaHome]:
    """Add to the running JVM what it lacks, and tell what it is.

    Parameters
    ----------
    own_and_libraries : list of Jar
        The bundled jars.
    say : callable
        Told, line by line, what was added and what this JVM cannot do.

    Raises
    ------
    RuntimeStartError
        If a library that it has is too old, or is another version of fiji_bridge.
    """
    import jpype

    java = _java()
    if java.feature < 8:
        raise RuntimeStartError(f"the JVM in this process is {java.version}; 8 is needed")
    present = {name: located(resource) for name, resource in TELLING.items()}
    check_versions({name: found for name, found in present.items() if found})
    added = []
    for jar in own_and_libraries:
        name = jar.coordinate.split(":")[1]
        if not present.get(name):
            jpype.addClassPath(jar.path)
            added.append(jar.path.name)
    say(
        "joining the JVM that runs in this process"
        + (f"; added to its class path: {', '.join(added)}" if added else "")
    )
    for line in _lacking(java):
        say(line)
    heap = int(jpype.JClass("java.lang.Runtime").getRuntime().maxMemory()) // 2**20
    return Settings("guest", None, None, f"{heap}m", "running JVM", "running JVM"), java


def located(resource: str) -> str | None:
    """Return the URL of a class file on the running class path, or None; loads no class."""
    found = loader().getResource(resource)
    return None if found is None else str(found)


def loader() -> Any:
    """Return the class loader that sees everything, jars added later included."""
    import jpype

    return jpype.JClass("org.jpype.JPypeContext").getInstance().getClassLoader()


def version_of(url: str) -> str | None:
    """Return the version in the name of the jar that a URL leads into, or None."""
    found = re.search(r"-(\d[^/!]*)\.jar!", url)
    return found[1] if found else None


def check_versions(present: dict[str, str]) -> None:
    """Refuse libraries that are too old, by their names.

    Parameters
    ----------
    present : dict
        Artifact → URL of its telling class.
    """
    for name, oldest in OLDEST.items():
        version = version_of(present.get(name, ""))
        numbers = tuple(int(n) for n in re.findall(r"\d+", version or "")[:2])
        if numbers and numbers < oldest:
            raise RuntimeStartError(
                f"the JVM in this process has {_NAMES[name]} {version}, and fiji_bridge needs "
                f"{'.'.join(map(str, oldest))} or newer; update it, or call fiji_bridge in a "
                "process of its own"
            )
    own = version_of(present.get("fiji-bridge", ""))
    if own is not None and own != __version__:
        raise RuntimeStartError(
            f"the JVM in this process has the Java part of fiji_bridge {own}, and this is "
            f"{__version__}; bring both to one version (fiji-bridge install --fiji DIR)"
        )


def callers_gateway() -> Any:
    """Return PyImageJ's gateway over the context that the caller made, or None.

    PyImageJ keeps no record of the gateways it makes; ImageJ's legacy layer knows the context,
    and a gateway is no more than a view of it.
    """
    import jpype

    if "imagej" not in sys.modules or not located("net/imagej/legacy/LegacyService.class"):
        return None
    with contextlib.suppress(Exception):
        context = jpype.JClass("ij.IJ").runPlugIn("org.scijava.Context", "")
        if context is not None:
            return jpype.JClass("net.imagej.ImageJ")(context)
    return None


def _java() -> JavaHome:
    import jpype

    system = jpype.JClass("java.lang.System")
    version = str(system.getProperty("java.version"))
    home = Path(str(system.getProperty("java.home")))
    vector = False
    if feature_release(version) >= 17:
        layer = jpype.JClass("java.lang.ModuleLayer").boot()
        vector = bool(layer.findModule("jdk.incubator.vector").isPresent())
    return JavaHome(home, version, "running JVM", vector=vector, agents=False)


def _lacking(java: JavaHome) -> list[str]:
    """Return in a sentence each what this JVM does less well than one that we start."""
    import jpype

    lines = []
    if not java.vector and java.feature >= 17:
        lines.append("it was started without the Vector API: plain loops serve")
    if not jpype.JClass("java.awt.GraphicsEnvironment").isHeadless():
        lines.append("it has a screen: macros are not run in it (-Djava.awt.headless=true)")
    arguments = jpype.JClass("java.lang.management.ManagementFactory").getRuntimeMXBean()
    options = [str(option) for option in arguments.getInputArguments()]
    if java.feature >= 17 and not any("java.base/java.lang=" in option for option in options):
        lines.append(
            "it cannot be patched for macros without a screen "
            "(--add-opens=java.base/java.lang=ALL-UNNAMED)"
        )
    if not any("ObjectAlignmentInBytes" in option for option in options):
        lines.append("its objects are not aligned to lines of the cache: 5 to 20 % slower")
    if "FIJI_BRIDGE_HEAP" in os.environ:
        lines.append("its heap is what it is: FIJI_BRIDGE_HEAP is not used")
    return lines
