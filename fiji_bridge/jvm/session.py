"""The one JVM of this process: starting it, and what is reachable through it."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiji_bridge.errors import (
    ForkedProcessError,
    RuntimeStartError,
    SessionConflictError,
)
from fiji_bridge.jvm import jars
from fiji_bridge.jvm.java_home import JavaHome, find_java
from fiji_bridge.jvm.quiet import quiet_start
from fiji_bridge.jvm.settings import Settings, resolve

_lock = threading.RLock()
_session: Session | None = None


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
    pid : int
        The process that started it; a forked child cannot use it.
    """

    settings: Settings
    java: JavaHome
    ij: Any = None
    pid: int = field(default_factory=os.getpid)
    _patched: bool = False

    def jclass(self, name: str) -> Any:
        """Return a Java class by its full name.

        Classes of ImageJ 1.x (``ij.*``) are made fit for headless use first,
        which has to happen before the first of them is loaded.
        """
        import jpype

        self.check()
        if name.startswith("ij."):
            self.prepare_imagej()
        return jpype.JClass(name)

    def prepare_imagej(self) -> None:
        """Patch ImageJ 1.x for headless use, once; PyImageJ has done so where it serves."""
        import jpype

        with _lock:
            if not self._patched and self.ij is None:
                jpype.JClass("net.imagej.patcher.LegacyInjector").preinit()
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
        }[self.settings.runtime]
        return (
            f"{where} (ImageJ {self.library_version('ij/ImageJ.class')}, "
            f"ImgLib2 {self.library_version('net/imglib2/img/array/ArrayImg.class')}, "
            f"Java {self.java_version()})"
        )

    def library_version(self, resource: str) -> str:
        """Return the version in the name of the jar that holds a class file; loads nothing."""
        import jpype

        self.check()
        thread = jpype.JClass("java.lang.Thread").currentThread()
        loader = (
            thread.getContextClassLoader()
            or jpype.JClass("java.lang.ClassLoader").getSystemClassLoader()
        )
        found = loader.getResource(resource)
        if found is None:
            return "none"
        jar = re.search(r"([^/]+)\.jar!", str(found))
        version = re.search(r"-(\d.*)", jar[1]) if jar else None
        return version[1] if version else "unknown"

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
    """Start the JVM, or return the one that runs.

    Parameters
    ----------
    runtime : {"embedded", "fiji", "maven"}, optional
    fiji : path, optional
        Folder of a Fiji or ImageJ2.
    maven : str, optional
        Coordinate such as ``"sc.fiji:fiji:2.16.0"``.
    heap : str, optional
        Largest Java heap, such as ``"8g"``; 75 % of the machine's memory by default.
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
        settings = resolve(runtime=runtime, fiji=fiji, maven=maven, heap=heap)
        _session = _start(settings, say or _say)
        return _session


def current() -> Session | None:
    """Return the running session, or None; starts nothing."""
    return _session


def has_class(name: str) -> bool:
    """Whether a class can be loaded; ImageJ 1.x's own classes are not to be asked for here."""
    import jpype

    try:
        jpype.JClass(name)
    except TypeError:
        return False
    return True


def _start(settings: Settings, say: Callable[[str], None]) -> Session:
    import jpype
    import scyjava

    if jpype.isJVMStarted():
        raise SessionConflictError(
            "a JVM that fiji_bridge did not start runs in this process; start fiji_bridge first "
            "and go on with its gateway: ij = fiji_bridge.start(fiji='/path/to/Fiji').ij"
        )
    java = find_java()
    bundled = jars.verified()
    say(f"starting {_spell(settings)} on {java}")
    # scyjava looks for Java in the environment; the choice made here must be the one it finds.
    os.environ["JAVA_HOME"] = str(java.path)
    scyjava.config.add_options(_options(settings, java))
    # Without this the JVM ends the process on Ctrl-C before Python can tidy up.
    scyjava.config.add_kwargs(interrupt=False)
    if settings.runtime == "embedded":
        scyjava.config.set_java_constraints(fetch="never")
        scyjava.config.endpoints.clear()
        scyjava.config.add_classpath(*(str(jar.path) for jar in bundled))
        agent = _agent(java, bundled[0].path)
        scyjava.config.add_options(agent)
        try:
            with quiet_start():
                scyjava.start_jvm()
        except Exception as error:
            if not jpype.isJVMStarted():
                raise RuntimeStartError(
                    f"the embedded ImageJ cannot start on {java}: {error}; see 'fiji-bridge doctor'"
                ) from error
            # What other packages do when a JVM starts: PyImageJ, once imported, looks for jars
            # that only a Fiji has. This session needs none of it.
            say(f"another package cannot use this JVM ({type(error).__name__}: {error})")
        session = Session(settings, java)
    else:
        from fiji_bridge.jvm.gateway import start_gateway

        session = Session(settings, java, ij=start_gateway(settings, java, bundled[0], say))
        agent = []
    if not agent:
        # Compiles the inner loops while the caller goes on; delays neither this return nor the end.
        session.jclass("org.fijibridge.engine.WarmUp").start()
    # Java threads that wait (a thread pool, AWT) must not keep Python from ending.
    jpype.config.destroy_jvm = False
    scyjava.when_jvm_stops(_keep_references)
    _end_on_sigterm()
    return session


def _end_on_sigterm() -> None:
    """Let SIGTERM end Python in good order.

    The JVM takes the signal and hands it to Python, which crashes where no handler in Python is
    there to receive it; with one, what was begun is tidied up as after Ctrl-C.
    """

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, end)


def _keep_references() -> None:
    """Stop JPype from handing Python objects back that Java no longer needs.

    The JVM outlives the interpreter by a moment; a garbage collection in that moment would
    otherwise call into it and abort the process ("FATAL: exception not rethrown").
    """
    import jpype

    jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().stop()


def _options(settings: Settings, java: JavaHome) -> list[str]:
    options = [
        f"-Xmx{settings.heap}",
        # Rows that begin on a line of the cache: the fused engine is 5 to 20 % faster.
        "-XX:ObjectAlignmentInBytes=64",
        "-Djava.awt.headless=true",
        # ImageJ's headless patcher and scyjava reach into java.lang.
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
    ]
    if java.feature >= 17:
        options.append("--enable-native-access=ALL-UNNAMED")
    if java.vector:
        options.append("--add-modules=jdk.incubator.vector")
    return options


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
