"""Leaving Python while the JVM still runs."""

from __future__ import annotations

import pytest

from conftest import run_python

pytestmark = pytest.mark.jvm

# Java garbage that holds Python objects: its collector gives them back when Python may be gone.
GARBAGE = """
import jpype
from fiji_bridge.jvm.session import start
session = start(runtime="embedded", heap="200m")
held = session.jclass("java.util.ArrayList")()
for _ in range(3000):
    held.add(jpype.nio.convertToDirectBuffer(bytearray(64)))
held.clear()
session.jclass("java.lang.System").gc()
"""


def test_java_garbage_does_not_abort_the_exit() -> None:
    # Without the remedy about every second exit was an abort (134): four are enough to see it.
    for _ in range(4):
        done = run_python(["-c", GARBAGE], timeout=120)
        assert done.returncode == 0, done.stderr


def test_a_waiting_java_thread_does_not_keep_python() -> None:
    code = """
from fiji_bridge.jvm.session import start
session = start(runtime="embedded", heap="200m")
pool = session.jclass("java.util.concurrent.Executors").newFixedThreadPool(2)
print(pool.prestartAllCoreThreads())
"""
    done = run_python(["-c", code], timeout=120)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr
