"""Scripts in Python, as Fiji's script editor runs them where Fiji was started from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import FIJI, OTHERS_FIND_JAVA, run_python

SCRIPT = """
import scyjava
scyjava.config.set_java_constraints(fetch="auto", version="17")
scyjava.config.endpoints.clear()
import imagej
scyjava.config.endpoints.clear()
ij = imagej.init({fiji!r}, mode="headless")
scyjava.enable_python_scripting(ij.context())
import numpy as np
given = ij.py.to_dataset(np.ones((3, 4, 5), "f4"), dim_order=["pln", "row", "col"])
code = '''#@ Dataset image
#@output Dataset blurred
#@output String runtime
import fiji_bridge
blurred = fiji_bridge.gaussian(image, sigma="1 px")
runtime = fiji_bridge.start().settings.runtime
'''
made = ij.script().run("blur.py", code, True, ij.py.jargs("image", given)).get()
samples = ij.py.from_java(made.getOutput("blurred"))
print(str(made.getOutput("runtime")), samples.dims, round(float(samples.sum()), 3))
"""


@pytest.mark.jvm
@pytest.mark.fiji
@pytest.mark.skipif(
    FIJI is None or not list((Path(FIJI) / "jars").rglob("scripting-python*.jar")),
    reason="needs a Fiji with scripting-python",
)
def test_a_script_of_the_editor_blurs_its_dataset() -> None:
    done = run_python(
        ["-c", SCRIPT.format(fiji=FIJI)], env={"FIJI_BRIDGE_FIJI": None, **OTHERS_FIND_JAVA}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "guest ('pln', 'row', 'col') 60.0"
