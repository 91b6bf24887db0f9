"""How a process with a JVM in it ends: at its own wish, by a signal, and as a forked child."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading

from fiji_bridge.jvm.forking import prepare_forks
from fiji_bridge.jvm.java_home import JavaHome


def prepare_ending(java: JavaHome) -> None:
    """See to it that Python ends in good order, and at once, once a JVM runs in it.

    Parameters
    ----------
    java : JavaHome
        What the running JVM is of.
    """
    import jpype.config

    # Java threads that wait (a thread pool, AWT) must not keep Python from ending.
    jpype.config.destroy_jvm = False
    jpype.config.onexit = False
    atexit.register(_end, os.getpid())
    prepare_forks(java)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_after_fork)
    _end_on_sigterm()


def _end(pid: int) -> None:
    """Stop JPype from handing Python objects back that Java no longer needs.

    The JVM outlives the interpreter by a moment; a garbage collection in that moment would
    otherwise call into it and abort the process ("FATAL: exception not rethrown").
    """
    import jpype

    if os.getpid() == pid and jpype.isJVMStarted():
        forget_interruption()
        jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().stop()


def forget_interruption() -> None:
    """Let Java go on in the main thread after a Ctrl-C.

    Where another package has started the JVM, JPype tells both Python and Java of a Ctrl-C.
    Python answers with KeyboardInterrupt; Java remembers, and the next that waits would fail.
    """
    import jpype

    if threading.current_thread() is threading.main_thread():
        jpype.JClass("java.lang.Thread").interrupted()


def _after_fork() -> None:
    """Keep a forked child from asking the JVM to end, of which it has no more than a picture."""
    if (module := sys.modules.get("scyjava._jvm")) is not None:
        atexit.unregister(module.shutdown_jvm)
    if signal.getsignal(signal.SIGTERM) is _exit_on_sigterm:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_on_sigterm() -> None:
    """Let SIGTERM end Python in good order.

    A JVM that others have started takes the signal and hands it to Python, which crashes where no
    handler in Python is there to receive it; with one, what was begun is tidied up as after
    Ctrl-C.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit_on_sigterm)


def _exit_on_sigterm(number: int, frame: object) -> None:
    if multiprocessing.parent_process() is not None:
        # A worker whose pool ends it: it has nothing to tidy up, and must not print a traceback.
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    raise SystemExit(128 + number)
