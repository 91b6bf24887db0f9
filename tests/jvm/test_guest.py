"""Joining a JVM that others have started: each way in is tried in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import FIJI, OTHERS_FIND_JAVA, run_python
from fiji_bridge.errors import RuntimeStartError
from fiji_bridge.jvm import guest, jars

EMBEDDED = {
    "FIJI_BRIDGE_FIJI": None, "FIJI_BRIDGE_CONFIG": "/nonexistent/config.toml", **OTHERS_FIND_JAVA,
}  # fmt: skip

#: Blurs, and tells what the session is; the sum of a constant image shows that it was computed.
BLUR = """
import json, sys
import numpy as np
import fiji_bridge
said = []
session = fiji_bridge.start(say=said.append)
blurred = fiji_bridge.gaussian(np.ones((3, 4, 5), "f4"), sigma="1 px")
print(json.dumps({
    "sum": round(float(blurred.sum()), 3), "runtime": session.settings.runtime,
    "heap": session.settings.heap, "said": said, "what": session.describe(),
    "engine": blurred.provenance[-1]["engine"],
}))
"""

#: The order of a Java that scyjava finds without downloading any.
NO_DOWNLOAD = "import scyjava; scyjava.config.set_java_constraints(fetch='never')\n"


def run(code: str, env: dict[str, str | None] | None = None) -> subprocess.CompletedProcess[str]:
    return run_python(["-c", code], env={**EMBEDDED, **(env or {})})


def told(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_bundled_jar_has_a_class_that_tells_of_it() -> None:
    """A library without one would be added a second time."""
    import zipfile

    for jar in jars.bundled():
        resource = guest.TELLING[jar.coordinate.split(":")[1]]
        with zipfile.ZipFile(jar.path) as archive:
            assert resource in archive.namelist(), jar.coordinate


@pytest.mark.parametrize(
    ("url", "version"),
    [
        ("jar:file:/fiji/jars/imglib2-7.1.5.jar!/net/imglib2/A.class", "7.1.5"),
        ("jar:file:/C:/Fiji%20App/jars/ij-1.54p.jar!/ij/ImageJ.class", "1.54p"),
        ("jar:file:/lib/scijava-common-2.100.1-SNAPSHOT.jar!/A.class", "2.100.1-SNAPSHOT"),
        ("jar:file:/lib/ij.jar!/ij/ImageJ.class", None),
        ("file:/classes-1.0/ij/ImageJ.class", None),
    ],
)
def test_versions_are_read_from_the_names_of_jars(url: str, version: str | None) -> None:
    assert guest.version_of(url) == version


@pytest.mark.parametrize(
    ("artifact", "jar", "message"),
    [
        ("ij", "ij-1.49v", "has ImageJ 1.49v, and fiji_bridge needs 1.53 or newer"),
        ("imglib2", "imglib2-4.9.1", "has ImgLib2 4.9.1, and fiji_bridge needs 5.0 or newer"),
        ("fiji-bridge", "fiji_bridge-0.0.1", "the Java part of fiji_bridge 0.0.1, and this is"),
    ],
)
def test_what_is_too_old_is_refused_by_name(artifact: str, jar: str, message: str) -> None:
    with pytest.raises(RuntimeStartError, match=message):
        guest.check_versions({artifact: f"jar:file:/x/{jar}.jar!/A.class"})
    guest.check_versions({"ij": "jar:file:/x/ij-1.54p.jar!/A.class", "imglib2": "file:/classes/"})


@pytest.mark.jvm
def test_a_plain_jpype_is_joined() -> None:
    found = told(run(f"import jpype; jpype.startJVM('-Xmx300m')\n{BLUR}"))
    assert (found["sum"], found["runtime"], found["engine"]) == (60.0, "guest", "fused")
    said = " ".join(map(str, found["said"]))  # type: ignore[call-overload]
    for jar in jars.bundled():
        assert jar.path.name in said
    for lack in ("Vector API", "cannot be patched", "not aligned"):
        assert lack in said
    assert "guest in a running JVM (ImageJ 1.54p" in str(found["what"])


@pytest.mark.jvm
def test_libraries_that_are_there_are_not_added_again() -> None:
    (imglib2,) = (jar.path for jar in jars.bundled() if jar.path.name.startswith("imglib2-"))
    start = f"import jpype; jpype.startJVM('-Xmx300m', classpath=[{str(imglib2)!r}])\n"
    found = told(run(start + BLUR))
    (line,) = (line for line in found["said"] if "added" in line)  # type: ignore[attr-defined]
    assert "ij-1.54p.jar" in line
    assert "imglib2" not in line


@pytest.mark.jvm
def test_a_jvm_of_scyjava_with_options_of_its_own_is_joined() -> None:
    start = f"{NO_DOWNLOAD}scyjava.config.add_option('-Xmx300m'); scyjava.start_jvm()\n"
    found = told(run(start + BLUR))
    assert (found["sum"], found["runtime"]) == (60.0, "guest")
    assert 200 <= int(str(found["heap"]).rstrip("m")) <= 304


@pytest.mark.jvm
def test_macros_run_in_a_jvm_that_can_be_patched() -> None:
    done = run(
        "import jpype\n"
        "jpype.startJVM('--add-opens=java.base/java.lang=ALL-UNNAMED',"
        " '-Djava.awt.headless=true')\n"
        "import fiji_bridge\n"
        "from fiji_bridge.jvm.macros import run_macro\n"
        "print(run_macro(fiji_bridge.start(), 'return \"done\";'))\n"
        'filtered = \'newImage("a", "8-bit ramp", 9, 9, 1); run("Median...");\'\n'
        "try: run_macro(fiji_bridge.start(), filtered)\n"
        "except fiji_bridge.errors.MacroError as e: print(e)"
    )
    assert done.stdout.startswith("done\n"), done.stderr
    assert "Median... would open a dialog, and there is no screen" in done.stdout, done.stderr


@pytest.mark.jvm
def test_macros_are_refused_where_the_jvm_cannot_be_patched() -> None:
    done = run(
        "import jpype; jpype.startJVM('-Djava.awt.headless=true')\n"
        "import fiji_bridge\n"
        "from fiji_bridge.jvm.macros import run_macro\n"
        "try: run_macro(fiji_bridge.start(), 'return \"done\";')\n"
        "except fiji_bridge.errors.MacroError as e: print(e)\n" + BLUR
    )
    assert "--add-opens=java.base/java.lang=ALL-UNNAMED" in done.stdout, done.stderr
    assert told(done)["sum"] == 60.0


@pytest.mark.jvm
def test_a_guest_cannot_choose_the_runtime() -> None:
    done = run(
        "import jpype, fiji_bridge\n"
        "jpype.startJVM()\n"
        "try: fiji_bridge.start(runtime='embedded')\n"
        "except fiji_bridge.errors.SessionConflictError as e: print(e)"
    )
    assert "runtime='embedded' cannot be had" in done.stdout, done.stderr


@pytest.mark.jvm
def test_threads_that_come_and_go() -> None:
    done = run(
        "import threading, jpype, numpy as np, fiji_bridge\n"
        "jpype.startJVM()\n"
        "sums = []\n"
        "def work():\n"
        "    sums.append(round(float(fiji_bridge.gaussian(np.ones((3, 4, 5), 'f4'),"
        " sigma='1 px').sum()), 3))\n"
        "    jpype.JClass('java.lang.Thread').detach()\n"
        "for _ in range(5):\n"
        "    thread = threading.Thread(target=work); thread.start(); thread.join()\n"
        "print(sums)"
    )
    assert done.stdout == f"{[60.0] * 5}\n", done.stderr


WORK = """
import numpy as np, fiji_bridge
def work(value):
    image = np.full((3, 4, 5), value, "f4")
    return round(float(fiji_bridge.gaussian(image, sigma="1 px").mean()), 3)
"""


@pytest.mark.jvm
@pytest.mark.parametrize("pool", ["multiprocessing", "loky", "joblib", "dask", "distributed"])
def test_workers_of_a_pool(pool: str, tmp_path: Path) -> None:
    """Each worker has a JVM of its own; they end without a word."""
    if pool != "multiprocessing":
        pytest.importorskip(pool, reason=f"{pool} is not installed")
    (tmp_path / "work.py").write_text(WORK)
    (tmp_path / "main.py").write_text(
        "from work import work\n"
        "if __name__ == '__main__':\n"
        "    work(0)\n"
        + {
            "multiprocessing": "    import multiprocessing\n"
            "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
            "        print(pool.map(work, [1, 2, 3]))\n",
            "loky": "    import loky\n"
            "    print(list(loky.get_reusable_executor(2).map(work, [1, 2, 3])))\n",
            "joblib": "    import joblib\n"
            "    print(joblib.Parallel(2)(joblib.delayed(work)(n) for n in [1, 2, 3]))\n",
            "dask": "    import dask\n"
            "    tasks = [dask.delayed(work)(n) for n in [1, 2, 3]]\n"
            "    print(list(dask.compute(*tasks, scheduler='processes', num_workers=2)))\n",
            "distributed": "    import distributed\n"
            "    options = {'n_workers': 2, 'threads_per_worker': 1, 'dashboard_address': None}\n"
            "    with distributed.Client(**options) as client:\n"
            "        print(client.gather(client.map(work, [1, 2, 3])))\n",
        }[pool]
    )
    done = run_python([str(tmp_path / "main.py")], env={**EMBEDDED, "FIJI_BRIDGE_HEAP": "300m"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1.0, 2.0, 3.0]\n", "")


@pytest.mark.jvm
def test_pytest_xdist(tmp_path: Path) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    (tmp_path / "test_work.py").write_text(
        f"{WORK}\nimport pytest\n"
        "@pytest.mark.parametrize('value', [1, 2, 3])\n"
        "def test_it(value): assert work(value) == value\n"
    )
    done = run_python(
        ["-m", "pytest", "-q", "-n", "2", "-p", "no:faulthandler", str(tmp_path)],
        env={**EMBEDDED, "FIJI_BRIDGE_HEAP": "300m"},
    )
    assert "3 passed" in done.stdout, done.stdout


@pytest.mark.jvm
@pytest.mark.fiji
def test_imagej_init_after_our_start() -> None:
    """PyImageJ makes a second ImageJ2, without ImageJ 1.x, in the same JVM; both go on."""
    done = run(
        f"import fiji_bridge, numpy as np; session = fiji_bridge.start(fiji={FIJI!r})\n"
        "import scyjava, imagej; scyjava.config.endpoints.clear()\n"
        f"ij = imagej.init({FIJI!r}, mode='headless')\n"
        "print(ij.getVersion(), session.ij.getVersion())\n"
        "print(float(ij.py.from_java(ij.py.to_java(np.ones((3, 4)))).sum()))\n"
        "print(round(float(fiji_bridge.gaussian(np.ones((3, 4, 5), 'f4'), sigma='1 px').sum())))\n"
        "print(fiji_bridge.run_macro('return \"m\";').value)"
    )
    assert done.returncode == 0, done.stderr
    versions, *rest = [line for line in done.stdout.splitlines() if line]
    assert versions.split()[0].endswith("/Inactive")
    assert not versions.split()[1].endswith("/Inactive")
    assert [float(rest[0]), *rest[1:]] == [12.0, "60", "m"]


@pytest.mark.jvm
def test_interactive_ipython(tmp_path: Path) -> None:
    pytest.importorskip("IPython", reason="IPython is not installed")
    script = "import jpype; jpype.startJVM()\n" + BLUR
    done = run_python(
        ["-m", "IPython", "--no-banner", "--colors=NoColor", "--profile-dir", str(tmp_path), "-c",
         script],
        env=EMBEDDED,
    )  # fmt: skip
    assert told(done)["runtime"] == "guest"


@pytest.fixture
def screen() -> Iterator[str]:
    """A display for what wants one."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing)], pass_fds=[writing], stderr=subprocess.DEVNULL
    ) as server:
        os.close(writing)
        with os.fdopen(reading) as stream:
            yield f":{stream.readline().strip()}"
        server.terminate()


@pytest.mark.jvm
def test_macros_are_refused_where_there_is_a_screen(screen: str) -> None:
    done = run(
        "import jpype; jpype.startJVM('--add-opens=java.base/java.lang=ALL-UNNAMED')\n"
        "import fiji_bridge\n"
        "try: fiji_bridge.run_macro('return \"done\";')\n"
        "except fiji_bridge.errors.MacroError as e: print(e)\n"
        "print(fiji_bridge.run_macro('return \"apart\";', isolated=True).value)\n" + BLUR,
        env={"DISPLAY": screen},
    )
    first, second, *_ = done.stdout.splitlines()
    assert first.startswith("macros cannot run in a JVM that has a screen"), done.stderr
    assert second == "apart"
    assert told(done)["sum"] == 60.0


@pytest.mark.jvm
@pytest.mark.fiji
@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("mode", ["headless", "interactive"])
def test_after_any_imagej_init(mode: str, legacy: bool, screen: str) -> None:
    start = (
        "import scyjava; scyjava.config.set_java_constraints(fetch='auto', version='17')\n"
        "scyjava.config.endpoints.clear()\n"
        "import imagej\n"
        "scyjava.config.endpoints.clear()\n"
        f"ij = imagej.init({FIJI!r}, mode={mode!r}, add_legacy={legacy})\n"
    )
    end = (
        "import os\n"
        "print(bool(session.ij.context() == ij.context()), bool(ij.ui().isHeadless()))\n"
        "sys.stdout.flush()\n"
        # Windows that are open keep Java from ending.
        "os._exit(0)\n"
    )
    done = run(start + BLUR + end, env={"DISPLAY": screen})
    *_, found, last = done.stdout.splitlines()
    assert last == f"True {mode == 'headless'}", done.stderr
    assert (json.loads(found)["engine"], json.loads(found)["sum"]) == ("gauss3", 60.0)


@pytest.mark.jvm
@pytest.mark.fiji
def test_after_imagej_init() -> None:
    start = (
        "import scyjava; scyjava.config.set_java_constraints(fetch='auto', version='17')\n"
        "scyjava.config.endpoints.clear()\n"
        "import imagej\n"
        "scyjava.config.endpoints.clear()\n"
        f"ij = imagej.init({FIJI!r}, mode='headless')\n"
    )
    end = (
        "from fiji_bridge.jvm.macros import run_macro\n"
        "print(bool(session.ij.context() == ij.context()), run_macro(session, 'return \"m\";'))\n"
    )
    done = run(start + BLUR + end)
    assert done.returncode == 0, done.stderr
    *_, found, last = done.stdout.splitlines()
    assert last == "True m"
    assert (json.loads(found)["engine"], json.loads(found)["runtime"]) == ("gauss3", "guest")
