"""Starting the JVM: with which options, by JPype itself or by scyjava."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fiji_bridge import system
from fiji_bridge.errors import RuntimeStartError
from fiji_bridge.jvm import cache
from fiji_bridge.jvm.heap import check_heap
from fiji_bridge.jvm.java_home import JavaHome
from fiji_bridge.jvm.quiet import quiet_start
from fiji_bridge.jvm.settings import Settings
from fiji_bridge.jvm.trial import try_options

_HEAP = re.compile(r"-Xmx(\d+[kKmMgGtT]?)\b")


def with_users_heap(settings: Settings) -> Settings:
    """Return the settings with the heap of the user's own JVM options, where there is one.

    A heap that was given to us wins over one in scyjava's options, that over
    ``JAVA_TOOL_OPTIONS``, and any over the default.

    Raises
    ------
    RuntimeStartError
        If the JVM could not start with the heap; see `check_heap`.
    """
    if settings.heap_origin == "default":
        for origin, options in (
            ("scyjava's options", " ".join(_scyjava_options())),
            ("JAVA_TOOL_OPTIONS", os.environ.get("JAVA_TOOL_OPTIONS", "")),
        ):
            if found := _HEAP.findall(options):
                settings = replace(settings, heap=found[-1].lower(), heap_origin=origin)
                break
    check_heap(settings.heap, settings.heap_origin)
    return settings


def options_for(settings: Settings, java: JavaHome) -> list[str]:
    """Return the options to start with; the user's own, set with scyjava, come last and win.

    Raises
    ------
    RuntimeStartError
        If Java refuses them, or is damaged.
    """
    options = [
        # Rows that begin on a line of the cache: the fused engine is 5 to 20 % faster.
        "-XX:ObjectAlignmentInBytes=64",
        "-Djava.awt.headless=true",
        # ImageJ's headless patcher and scyjava reach into java.lang.
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        # Names and texts of files are UTF-8 whatever the locale, as in Python.
        "-Dfile.encoding=UTF-8",
    ]
    if sys.getfilesystemencoding() == "utf-8" and os.sep == "/":
        options.append("-Dsun.jnu.encoding=UTF-8")
    if java.feature >= 17:
        options.append("--enable-native-access=ALL-UNNAMED")
    if java.vector:
        options.append("--add-modules=jdk.incubator.vector")
        # Where it is kept which of the inner loops are better left to that module here.
        options.append(f"-Dfijibridge.cache={cache.folder()}")
    options += _scyjava_options()
    options.append(f"-Xmx{settings.heap}")
    try_options(java, options)
    return options


def launch(
    options: list[str], java: JavaHome, classpath: list[Path], say: Callable[[str], None]
) -> None:
    """Start the JVM.

    Raises
    ------
    RuntimeStartError
        If it does not start.
    """
    import jpype

    # What else looks for Java while it starts must find this one.
    home = system.variable("JAVA_HOME", str(java.path))
    try:
        with quiet_start(), system.utf_8_names(), home:
            if "scyjava" in sys.modules:
                _by_scyjava(options, java, classpath)
            else:
                # Without scyjava, whose import alone takes a quarter of a second.
                jpype.startJVM(
                    str(java.library),
                    *options,
                    classpath=[str(path) for path in classpath],
                    convertStrings=False,
                    interrupt=False,
                )
    except Exception as error:
        if not jpype.isJVMStarted():
            raise RuntimeStartError(
                f"the JVM cannot start on {java}: {error}; see 'fiji-bridge doctor'"
            ) from error
        # What other packages do when a JVM starts: PyImageJ, once imported, looks for jars
        # that only a Fiji has. This session needs none of it.
        say(f"another package cannot use this JVM ({type(error).__name__}: {error})")


def _by_scyjava(options: list[str], java: JavaHome, classpath: list[Path]) -> None:
    """Start as scyjava would, for those who wait for its start, but without a download."""
    import scyjava

    scyjava.config.set_java_constraints(fetch="never")
    scyjava.config.endpoints.clear()
    scyjava.config.add_classpath(*map(str, classpath))
    # Without this the JVM ends the process on Ctrl-C before Python can tidy up.
    scyjava.config.add_kwargs(interrupt=False, jvmpath=str(java.library))
    scyjava.start_jvm(options)


def _scyjava_options() -> list[str]:
    """Return the options that others have set, less those that we set anyway."""
    module = sys.modules.get("scyjava.config")
    return [] if module is None else [str(option) for option in module.get_options()]
