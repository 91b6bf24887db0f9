"""Threads whose stack is too small for Java, which would end the process without a word."""

from __future__ import annotations

import pytest

from conftest import run_python

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("limit", [256, 128])
def test_a_limit_too_small_for_java_is_refused(limit: int) -> None:
    """The limit that a process starts with is that of its main thread."""
    resource = pytest.importorskip("resource", reason="limits of the stack are POSIX's")
    before = resource.getrlimit(resource.RLIMIT_STACK)
    code = (
        "import atexit, fiji_bridge\n"
        "atexit.register(lambda: print('atexit'))\n"
        "try: fiji_bridge.start()\n"
        "except fiji_bridge.errors.RuntimeStartError as e: print(e.exit_code, e)\n"
    )
    limited = (
        "import os, resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_STACK, ({limit * 1024}, {before[1]}))\n"
        f"os.execv(sys.executable, [sys.executable, '-c', {code!r}])\n"
    )
    done = run_python(["-c", limited])
    said, *rest = done.stdout.splitlines()
    assert said.startswith("3 this thread has a stack of "), done.stderr
    assert "320 KiB are needed to start Java" in said
    assert rest == ["atexit"]


@pytest.mark.parametrize(("started", "verb"), [(False, "start"), (True, "call")])
def test_a_thread_too_small_for_java_is_refused(started: bool, verb: str) -> None:
    code = f"""
import threading
import numpy as np
import fiji_bridge
if {started}:
    fiji_bridge.start()
def blur():
    try:
        fiji_bridge.gaussian(np.zeros((9, 9)), sigma="1 px")
    except fiji_bridge.errors.RuntimeStartError as error:
        print(error)
fiji_bridge.gaussian  # Loaded by the main thread: Python needs a stack for that as well.
threading.stack_size(128 * 1024)
small = threading.Thread(target=blur)
small.start()
small.join()
threading.stack_size(0)
large = threading.Thread(target=lambda: print(fiji_bridge.start().has_gauss3() in (True, False)))
large.start()
large.join()
"""
    done = run_python(["-c", code])
    said, *rest = done.stdout.splitlines()
    assert f"needed to {verb} Java" in said, done.stderr
    assert rest == ["True"]
