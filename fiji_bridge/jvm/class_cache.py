"""Classes kept ready for the next start: half the time until a JVM runs.

Java 25 keeps classes, loaded and linked, in an ahead-of-time cache (JEP 483, JEP 514); the file
lies in the user's cache directory and is bound to the Java, the jars and the options that it was
made with. It is made once, by a process of its own with low priority, when the first Python that
could have used it ends. Without it everything works as well.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from fiji_bridge import system
from fiji_bridge.jvm import cache
from fiji_bridge.jvm.jars import Jar
from fiji_bridge.jvm.java_home import JavaHome

#: The first Java whose cache is made in one run and holds profiles.
FIRST = 25

#: Names the file that a process with this variable makes; see `fiji_bridge.jvm.class_training`.
TRAINING = "FIJI_BRIDGE_CLASS_CACHE_OUTPUT"

#: Changes with what `class_training` uses.
_CONTENT = "engine"

#: How many caches are kept.
_MOST = 4

#: A process that makes a cache gives up after this many seconds.
PATIENCE_S = 600

#: Whoever began to make one so long ago was killed.
ABANDONED_S = 2 * PATIENCE_S

#: Set to ``0`` to have no cache made.
SWITCH = "FIJI_BRIDGE_CLASS_CACHE"


def cache_file(java: JavaHome, jars: Sequence[Jar], options: Sequence[str]) -> Path | None:
    """Return where the cache for this combination is, or would be; None where there can be none."""
    # With scyjava come options of the user's, which the process that makes the cache lacks.
    if java.feature < FIRST or os.environ.get(SWITCH) == "0" or "scyjava" in sys.modules:
        return None
    try:
        library = cache.fingerprint(java.library)
    except OSError:
        return None
    # The heap's size matters by whether references fit into 32 bits, which Java checks itself.
    decisive = [option for option in options if not option.startswith("-Xmx")]
    parts = [_CONTENT, library, *(f"{jar.path}|{jar.sha256}" for jar in jars), *decisive]
    key = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return cache.folder() / f"classes-{key}.aot"


def cache_options(file: Path | None) -> list[str]:
    """Return the options with which a JVM uses the cache, or makes it; often none."""
    if file is None:
        return []
    if made := os.environ.get(TRAINING):
        # Another Java or other jars than were asked for would leave theirs under a false name.
        asked = Path(made) == part_of(file)
        return [f"-XX:AOTCacheOutput={made}", "-Xlog:aot=off"] if asked else []
    if not file.is_file():
        atexit.register(_make, file, os.getpid())
        return []
    # A cache that does not fit is not used, and nobody needs to hear of it.
    return [f"-XX:AOTCache={file}", "-Xlog:aot=off", "-Xlog:cds=off"]


def part_of(file: Path) -> Path:
    """Return where a cache lies until it is complete."""
    return file.with_suffix(".part")


def _make(file: Path, pid: int) -> None:
    """Have a process of its own make the cache; nobody waits for it."""
    if os.getpid() != pid:
        return
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        # Of jars or a Java that were replaced; one that is needed yet is made again.
        caches = sorted(file.parent.glob("classes-*.aot"), key=lambda path: path.stat().st_mtime)
        for older in caches[: -_MOST + 1]:
            older.unlink()
        mark = file.with_suffix(".making")
        with contextlib.suppress(FileNotFoundError):
            if time.time() - mark.stat().st_mtime > ABANDONED_S:
                mark.unlink()
        # Made once: whoever comes second leaves it to the first, whether that succeeds or not.
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # This package, wherever this process found it.
        own = str(Path(__file__).resolve().parents[2])
        others = [path] if (path := os.environ.get("PYTHONPATH")) else []
        subprocess.Popen(
            [sys.executable, "-m", "fiji_bridge.jvm.class_training", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([own, *others])},
            cwd=file.parent,
            **system.in_own_group(),
        )
