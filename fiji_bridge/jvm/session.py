"""The one JVM of this process: starting it, and what is reachable through it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge.errors import (
    ForkedProcessError,
    SessionConflictError,
)
from fiji_bridge.jvm import dialogs, ending, guest, jars, watching
from fiji_bridge.jvm.beside_pyimagej import refuse_imglyb
from fiji_bridge.jvm.class_cache import cache_file, cache_options
from fiji_bridge.jvm.java_home import JavaHome, find_java
from fiji_bridge.jvm.launch import launch, options_for, with_users_heap
from fiji_bridge.jvm.settings import Settings, resolve
from fiji_bridge.jvm.stack import check_stack_to_call, check_stack_to_start

_lock = threading.RLock()
_session: Session | None = None
_attached = threading.local()


@dataclass(eq=False)
class Session:
    """A running JVM with ImageJ on its class path.

    Attributes
    ----------
    settings : Settings
        What it was started with.
    java : JavaHome
    ij : object or None
        PyImageJ's gateway, in the runtimes ``"fiji"`` and ``"maven"``.
    unpatched : str or None
        Why ImageJ 1.x could not be made fit for macros without a screen; a guest only.
    pid : int
        The process that started it; a forked child cannot use it.
    """

    settings: Settings
    java: JavaHome
    ij: Any = None
    pid: int = field(default_factory=os.getpid)
    unpatched: str | None = None
    _patched: bool = False

    def jclass(self, name: str) -> Any:
        """Return a Java class by its full name.

        Classes of ImageJ 1.x (``ij.*``) are made fit for headless use first,
        which has to happen before the first of them is loaded.
        """
        import jpype

        self.check()
        self.attach()
        if name.startswith("ij."):
            self.prepare_imagej()
        return jpype.JClass(name)

    def attach(self) -> None:
        """Let the calling thread find classes as every other does.

        JPype attaches a thread when it first calls Java, without a context class loader; ImageJ
        looks for its classes through that, and remembers for all threads what it did not find.
        """
        if getattr(_attached, "pid", None) != self.pid:
            import jpype

            check_stack_to_call()
            thread = jpype.JClass("java.lang.Thread").currentThread()
            if self.ij is None or thread.getContextClassLoader() is None:
                thread.setContextClassLoader(guest.loader())
            _attached.pid = self.pid
        if self.settings.runtime == "guest":
            ending.forget_interruption()

    def prepare_imagej(self) -> None:
        """Patch ImageJ 1.x for headless use, once; PyImageJ has done so where it serves."""
        import jpype

        with _lock:
            if not self._patched and self.ij is None:
                self.attach()
                if self.settings.runtime == "embedded":
                    watching.install()
                    dialogs.install()
                try:
                    jpype.JClass("net.imagej.patcher.LegacyInjector").preinit()
                except Exception as error:
                    # A guest may come too late for it, or may not reach into java.lang; what
                    # needs no dialog works nevertheless.
                    if self.settings.runtime != "guest":
                        raise
                    self.unpatched = str(error).partition("\n")[0]
            self._patched = True

    def check(self) -> None:
        """Refuse to work in a forked child."""
        if os.getpid() != self.pid:
            raise ForkedProcessError(
                f"the JVM was started in process {self.pid} and does not survive a fork into "
                f"process {os.getpid()}; use multiprocessing's start method 'spawn', or start "
                "fiji_bridge in the child only"
            )

    def describe(self) -> str:
        """Return one line: the runtime, ImageJ's, ImgLib2's and Java's version."""
        where = {
            "embedded": "embedded",
            "fiji": f"fiji {self.settings.fiji}",
            "maven": f"maven {self.settings.maven}",
            "guest": "guest in a running JVM",
        }[self.settings.runtime]
        return (
            f"{where} (ImageJ {self.library_version('ij/ImageJ.class')}, "
            f"ImgLib2 {self.library_version('net/imglib2/img/array/ArrayImg.class')}, "
            f"Java {self.java_version()})"
        )

    def library_version(self, resource: str) -> str:
        """Return the version in the name of the jar that holds a class file; loads nothing."""
        self.check()
        found = guest.located(resource)
        if found is None:
            return "none"
        return guest.version_of(found) or "unknown"

    def java_version(self) -> str:
        """Return the version of the running Java."""
        import jpype

        return str(jpype.JClass("java.lang.System").getProperty("java.version"))

    def has_gauss3(self) -> bool:
        """Whether the real Gauss3 is on the class path."""
        self.check()
        return has_class("net.imglib2.algorithm.gauss3.Gauss3")

    @property
    def default_engine(self) -> str:
        """``"gauss3"`` where the runtime has it, else ``"fused"``."""
        return "gauss3" if self.has_gauss3() else "fused"


def start(
    *,
    runtime: str | None = None,
    fiji: str | os.PathLike[str] | None = None,
    maven: str | None = None,
    heap: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Session:
    """Start the JVM, or return the session of the one that runs.

    Where another package has started the JVM, fiji_bridge becomes its guest: it adds what is
    missing to the class path, and ``session.settings.runtime`` is ``"guest"``.

    Parameters
    ----------
    runtime : {"embedded", "fiji", "maven"}, optional
    fiji : path, optional
        Folder of a Fiji or ImageJ2.
    maven : str, optional
        Coordinate such as ``"sc.fiji:fiji:2.16.0"``.
    heap : str, optional
        Largest Java heap, such as ``"8g"``; by default that of the user's own JVM options
        (``scyjava.config``, ``JAVA_TOOL_OPTIONS``), else 75 % of the memory.
    say : callable, optional
        Told what happens; by default the lines go to standard error if that is a terminal.

    Returns
    -------
    Session
        The same object again when called twice with the same settings, or without any.

    Raises
    ------
    SessionConflictError
        If a JVM with other settings runs already: there is one per process.
    RuntimeStartError
        If what was asked for cannot start; there is no fall-back to another runtime.

    Examples
    --------
    >>> session = fiji_bridge.start()
    >>> print(session.describe())
    embedded (ImageJ 1.54p, ...
    >>> session is fiji_bridge.start()
    True
    """
    global _session
    with _lock:
        asked = any(value is not None for value in (runtime, fiji, maven, heap))
        if _session is not None:
            _session.check()
            if not asked:
                return _session
            wanted = resolve(runtime=runtime, fiji=fiji, maven=maven, heap=heap)
            if wanted.same_runtime(_session.settings):
                return _session
            raise SessionConflictError(
                f"this process already runs {_spell(_session.settings)}, so {_spell(wanted)} "
                "cannot start: there is one JVM per process; use another process"
            )
        if _runs():
            wanted_keys = {"runtime": runtime, "fiji": fiji, "maven": maven, "heap": heap}
            _session = _join(wanted_keys, say or _say)
        else:
            settings = resolve(runtime=runtime, fiji=fiji, maven=maven, heap=heap)
            check_stack_to_start()
            with system.own_signals():
                _session = _start(settings, say or _say)
            ending.prepare_ending(_session.java)
        return _session


def current() -> Session | None:
    """Return the running session, or None; starts nothing."""
    return _session


def _runs() -> bool:
    """Whether a JVM runs in this process; without importing JPype for it."""
    module = sys.modules.get("jpype")
    return module is not None and bool(module.isJVMStarted())


def has_class(name: str) -> bool:
    """Whether a class can be loaded; ImageJ 1.x's own classes are not to be asked for here."""
    import jpype

    try:
        jpype.JClass(name)
    except TypeError:
        return False
    return True


def _start(settings: Settings, say: Callable[[str], None]) -> Session:
    java = find_java()
    bundled = jars.verified()
    settings = with_users_heap(settings)
    say(f"starting {_spell(settings)} on {java}")
    options = options_for(settings, java)
    if settings.runtime == "embedded":
        ready = cache_options(cache_file(java, bundled, options))
        # Java uses no cache of linked classes beside an agent.
        agent = [] if ready else _agent(java, bundled[0].path)
        launch([*options, *ready, *agent], java, [jar.path for jar in bundled], say)
        session = Session(settings, java)
    else:
        from fiji_bridge.jvm.gateway import start_gateway

        session = Session(
            settings, java, ij=start_gateway(settings, java, bundled[0], options, say)
        )
        agent = []
    if not agent:
        # Compiles the inner loops while the caller goes on; delays neither this return nor the end.
        session.jclass("org.fijibridge.engine.WarmUp").start()
    refuse_imglyb()
    return session


def _join(asked: dict[str, Any], say: Callable[[str], None]) -> Session:
    """Become the guest of a JVM that others have started."""
    named = [f"{key}={value!r}" for key, value in asked.items() if value is not None]
    if named:
        raise SessionConflictError(
            f"a JVM that fiji_bridge did not start runs in this process, so {', '.join(named)} "
            "cannot be had: call start() without it to be its guest, or use another process"
        )
    settings, java = guest.join(jars.verified(), say)
    session = Session(settings, java, ij=guest.callers_gateway())
    session.jclass("org.fijibridge.engine.WarmUp").start()
    ending.prepare_ending(java)
    refuse_imglyb()
    say(session.describe())
    return session


def _agent(java: JavaHome, jar: Path) -> list[str]:
    """Return the option that has the JVM compile the inner loops while it starts, if it can.

    Not for a Fiji: the class path may hold another version of our jar there.
    """
    # The option has no way to write a path with an equals sign.
    possible = java.agents and "=" not in str(jar)
    return [f"-javaagent:{jar}"] if possible else []


def _spell(settings: Settings) -> str:
    which = settings.fiji or settings.maven
    name = f"the runtime {settings.runtime!r}" + (f" ({which})" if which else "")
    return f"{name} with a heap of {settings.heap}"


def _say(line: str) -> None:
    if sys.stderr.isatty():
        print(f"fiji-bridge: {line}", file=sys.stderr)
