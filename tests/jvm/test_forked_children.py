"""Children that a process forks after Java has started: told of it, and never left hanging."""

from __future__ import annotations

import textwrap

import pytest

from conftest import run_python

pytestmark = pytest.mark.jvm

# Java that stops its threads all the time, and objects of Java's of each kind that JPype drops in
# its own way.
BUSY = """
import gc, os, signal, sys, time
import fiji_bridge, jpype

session = fiji_bridge.start(runtime="embedded", heap="200m")

@jpype.JImplements("java.util.function.Supplier")
class Supplied:
    @jpype.JOverride
    def get(self):
        return 1

held = [session.jclass("java.util.ArrayList")(), jpype.JArray(jpype.JInt)(9),
        Supplied(), jpype.JObject(Supplied(), "java.util.function.Supplier"),
        jpype.nio.convertToDirectBuffer(bytearray(64)), jpype.JString("a"),
        memoryview(jpype.JArray(jpype.JByte)(5))]

handles = session.jclass("java.lang.invoke.MethodHandles").lookup()
collect = handles.unreflect(
    session.jclass("java.lang.System").class_.getMethod("gc")
)
runnable = session.jclass("java.lang.Runnable")
task = session.jclass("java.lang.invoke.MethodHandleProxies").asInterfaceInstance(
    runnable.class_, collect
)
pool = session.jclass("java.util.concurrent.Executors").newScheduledThreadPool(1)
pool.scheduleAtFixedRate(
    task, 0, 1, session.jclass("java.util.concurrent.TimeUnit").MILLISECONDS
)

def ended(pid, patience=20):
    for _ in range(patience * 100):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "hangs"
"""


def busy(rest: str) -> str:
    # Newer Pythons warn of every fork beside threads.
    quiet = ["-W", "ignore:This process:DeprecationWarning"]
    done = run_python([*quiet, "-c", BUSY + textwrap.dedent(rest)], timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_forked_children_end_whatever_java_was_doing() -> None:
    """Without the remedy about 19 of 20 hang; of a process that is less busy, one in many."""
    said = busy("""
        codes = []
        for number in range(12):
            time.sleep(0.003 * number % 0.02)
            if (pid := os.fork()) == 0:
                if number % 2:
                    held.clear()
                    gc.collect()
                sys.exit(7)
            codes.append(ended(pid))
            if "hangs" in codes:
                break
        print(codes)
    """)
    assert said == f"{[7] * 12}\n"


def test_what_a_child_asks_of_java_is_an_error() -> None:
    said = busy("""
        if (pid := os.fork()) == 0:
            try: fiji_bridge.start()
            except fiji_bridge.errors.ForkedProcessError as error: print(error)
            try: jpype.JClass("java.util.ArrayList")()
            except Exception as error: print(type(error).__name__)
            try: held[0].add(1)
            except Exception as error: print(type(error).__name__)
            sys.exit(0)
        print(ended(pid))
    """)
    told, *others, code = said.splitlines()
    assert "does not survive a fork" in told
    assert "spawn" in told
    assert others == ["JVMNotRunning", "JVMNotRunning"]
    assert code == "0"


def test_java_goes_on_in_the_parent() -> None:
    said = busy("""
        if (pid := os.fork()) == 0:
            sys.exit(0)
        ended(pid)
        del held[1:]
        gc.collect()
        print(session.jclass("java.util.ArrayList")([1, 2]), jpype.isJVMStarted())
    """)
    assert said == "[1, 2] True\n"


def test_a_forked_child_of_a_thread_ends() -> None:
    said = busy("""
        import threading

        def fork():
            session.jclass("java.util.ArrayList")
            if (pid := os.fork()) == 0:
                gc.collect()
                raise SystemExit(3)
            print(ended(pid))

        for _ in range(4):
            thread = threading.Thread(target=fork)
            thread.start()
            thread.join()
    """)
    # In a thread, SystemExit ends the thread alone: the child goes on to its end.
    assert said == "0\n" * 4
