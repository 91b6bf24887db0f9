"""The embedded runtime in a process that has PyImageJ imported as well."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from conftest import run_python

# Not imported here: imglyb would look for its jar in the JVM of this process too.
pytestmark = [
    pytest.mark.jvm,
    pytest.mark.skipif(find_spec("imagej") is None, reason="PyImageJ is not installed"),
]


def test_the_embedded_runtime_starts_after_import_imagej() -> None:
    # imglyb, which imagej imports, looks for its jar in every JVM that scyjava starts.
    code = """
import imagej, numpy, fiji_bridge
session = fiji_bridge.start(runtime="embedded", heap="300m", say=print)
done = fiji_bridge.gaussian(numpy.ones((3, 3, 3), "f4"), sigma="1 px")
print(done.provenance[-1]["engine"], session.ij)
"""
    done = run_python(["-c", code])
    assert done.returncode == 0, done.stderr
    assert "another package cannot use this JVM (TypeError: Class net.imglib2" in done.stdout
    assert done.stdout.endswith("fused None\n")


def test_import_imagej_after_the_embedded_runtime_says_what_to_do() -> None:
    code = """
import numpy, fiji_bridge
fiji_bridge.start(runtime="embedded", heap="300m")
try: import imagej
except ImportError as error: print(error)
print(fiji_bridge.gaussian(numpy.ones((3, 3, 3), "f4"), sigma="1 px").provenance[-1]["engine"])
"""
    done = run_python(["-c", code])
    said, engine = done.stdout.splitlines()
    assert "call imagej.init(...) before fiji_bridge" in said, done.stderr
    assert engine == "fused"
