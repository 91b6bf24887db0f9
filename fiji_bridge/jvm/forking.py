"""A forked child: it has a picture of the JVM without its threads, so nothing in it may call Java.

A call into that picture waits for ever where the JVM had just stopped its threads (a garbage
collection, newly compiled code), for no thread is there to let it go on. JPype makes such calls
where nobody asked for them: after Python's garbage collections, and whenever a Python object that
stands for one of Java's is dropped, at the latest when the child ends. So JPype is told in the
child that the JVM is gone, and what it drops nevertheless is dropped in Python alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from pathlib import Path

from fiji_bridge.jvm.java_home import JavaHome

#: Places in the tables of functions, from the specification of the Java Native Interface.
_GET_ENV = 6
_DELETIONS = (22, 23, 227)  # DeleteGlobalRef, DeleteLocalRef, DeleteWeakGlobalRef
#: The length of the table that the oldest JVM has, and its version.
_FUNCTIONS = 233
_VERSION = 0x00010006

_Table = ctypes.POINTER(ctypes.c_void_p)


def prepare_forks(java: JavaHome) -> None:
    """See to it that a child forked from now on never calls into the JVM.

    Parameters
    ----------
    java : JavaHome
        What the running JVM is of.
    """
    if not hasattr(os, "register_at_fork"):
        return
    # All that has to be looked up is looked up here: in a child other threads may hold the lock
    # of the loader of libraries for ever.
    # Another build of JPype, or a JVM elsewhere than its home says, is left as it is.
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.register_at_fork(after_in_child=_jpype_without_jvm())
    with contextlib.suppress(OSError, AttributeError, ValueError):
        os.register_at_fork(after_in_child=_references_without_jvm(java.library))


def _jpype_without_jvm() -> Callable[[], None]:
    """Return what tells JPype that the JVM has shut down, as the JVM itself would."""
    import _jpype

    native = ctypes.CDLL(_jpype.__file__)
    context = ctypes.c_longlong.in_dll(native, "JPContext_global")
    shut_down = native.Java_org_jpype_JPypeContext_onShutdown
    return lambda: shut_down(None, None, context)


def _references_without_jvm(library: Path) -> Callable[[], None]:
    """Return what makes the deletion of references to Java's objects do nothing in this thread."""
    # The library is loaded already: this is no second one.
    created = ctypes.CDLL(str(library)).JNI_GetCreatedJavaVMs
    machine, count = ctypes.POINTER(_Table)(), ctypes.c_int()
    created(ctypes.byref(machine), 1, ctypes.byref(count))
    if count.value != 1:
        return lambda: None
    # Of all functions of the JVM, this one asks for nothing but the calling thread.
    get_env = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
        machine[0][_GET_ENV]
    )
    # A function that takes a number and changes nothing.
    idle = ctypes.cast(ctypes.CDLL(None).labs, ctypes.c_void_p).value

    def cut_off() -> None:
        environment = ctypes.POINTER(_Table)()
        if get_env(machine, ctypes.byref(environment), _VERSION) != 0:
            return  # Java does not know this thread.
        table = (ctypes.c_void_p * _FUNCTIONS)(*environment[0][:_FUNCTIONS])
        for place in _DELETIONS:
            table[place] = idle
        # It must outlive the interpreter, which drops Java's objects to the very end.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(table))
        environment[0] = ctypes.cast(table, _Table)

    return cut_off
