"""Trying a Java with its options in a process of its own first.

A JVM that refuses its options, or cannot be loaded, ends the process that it was started in:
without an exception, without ``finally``. So each combination of a Java and options is tried once
by the program ``java`` beside it, and remembered in the cache directory.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Sequence
from os import environ

from fiji_bridge import system
from fiji_bridge.errors import RuntimeStartError
from fiji_bridge.jvm import cache
from fiji_bridge.jvm.java_home import JavaHome

_PATIENCE_S = 120

#: What every JVM reads, whoever starts it.
_ENVIRONMENT = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS")


def try_options(java: JavaHome, options: Sequence[str]) -> None:
    """Start a Java with these options and let it end, unless that has worked before.

    Raises
    ------
    RuntimeStartError
        If it does not start; holds what Java says.
    """
    program = system.java_program(java.path)
    if not program.is_file():
        return  # A runtime without the program; only starting it can tell.
    said = [environ.get(name, "") for name in _ENVIRONMENT]
    try:
        files = [cache.fingerprint(path) for path in (program, java.library)]
    except OSError as error:
        raise RuntimeStartError(f"{java} is damaged: {error}; {_REMEDY}") from None
    key = hashlib.sha256("\n".join([*files, *options, *said]).encode()).hexdigest()
    if cache.load("tried").get(key) == "works":
        return
    try:
        done = subprocess.run(
            [program, *options, "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeStartError(f"{java} did not start within {_PATIENCE_S} s; {_REMEDY}") from None
    except OSError as error:
        raise RuntimeStartError(f"{java} cannot be run ({error}); {_REMEDY}") from None
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
        told = "; ".join(line for line in lines if line and not line.startswith("Picked up"))
        told = told[:300] or system.ending(done.returncode)
        raise RuntimeStartError(
            f"{java} does not start with the options {' '.join(options)}: {told}; {_REMEDY}"
        )
    cache.store("tried", {key: "works"})


_REMEDY = "set JAVA_HOME to another Java, or take the options back"
