"""A Jupyter notebook: a real kernel, which starts Java, shows images, and is interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conftest import OTHERS_FIND_JAVA

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

pytestmark = pytest.mark.jvm


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run cells in a kernel of this Python, and return what each showed."""
    for name, value in (*OTHERS_FIND_JAVA.items(), ("FIJI_BRIDGE_FIJI", None)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))

    def cells(*sources: str) -> list[list[Any]]:
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
        client = nbclient.NotebookClient(
            book, timeout=120, kernel_name="python3", allow_errors=True
        )
        client.execute()
        return [cell.outputs for cell in book.cells]

    return cells


def text(outputs: list[Any]) -> str:
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


def html(outputs: list[Any]) -> str:
    (shown,) = (o.data for o in outputs if o.output_type == "execute_result")
    return str(shown["text/html"])


def test_cells_compute_show_and_fail_in_one_java(run: Any) -> None:
    made, blurred, shown, plan, macro, failed, again = run(
        "import numpy as np, fiji_bridge\n"
        "image = np.ones((3, 4, 5), 'f4')\n"
        "how = {'voxel_size': '2 0.5 0.5 um'}",
        "blurred = fiji_bridge.gaussian(image, sigma='1 um', **how)\n"
        "print(round(float(blurred.sum()), 3), blurred.provenance[-1]['engine'])",
        "from fiji_bridge.convert.adapters import to_image\nto_image(image, **how)",
        "fiji_bridge.gaussian.plan(image, sigma='1 um', **how)",
        "print(fiji_bridge.run_macro('return \"from a macro\";').value)",
        "fiji_bridge.gaussian(image, sigma='1 um')",
        "print(round(float(fiji_bridge.gaussian(image, sigma='1 px').sum()), 3))",
    )
    assert made == []
    assert text(blurred) == "60.0 fused\n"
    assert "effective sigma (px)" in html(plan)
    assert text(macro) == "from a macro\n"
    (error,) = (one for one in failed if one.output_type == "error")
    assert error.ename == "CalibrationError"
    # What failed costs its cell.
    assert text(again) == "60.0\n"
    assert "voxel" in html(shown)


def test_a_notebook_that_has_started_java_itself(run: Any) -> None:
    started, joined = run(
        "import jpype; jpype.startJVM()",
        "import numpy as np, fiji_bridge\n"
        "print(round(float(fiji_bridge.gaussian(np.ones((3, 4, 5)), sigma='1 px').sum()), 3),\n"
        "      fiji_bridge.start().settings.runtime)",
    )
    assert started == []
    assert text(joined) == "60.0 guest\n"


def test_an_interrupted_cell_leaves_java_usable(run: Any) -> None:
    """What Jupyter's stop button does: SIGINT to the kernel while Java computes."""
    interrupted, after = run(
        "import os, signal, threading, time, numpy as np, fiji_bridge\n"
        "large = np.zeros((64, 700, 700), 'f4')\n"
        "fiji_bridge.start()\n"
        "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "began = time.monotonic()\n"
        "for _ in range(1000):\n"
        "    fiji_bridge.gaussian(large, sigma='9 px', threads=1)",
        "print(time.monotonic() - began < 60,\n"
        "      round(float(fiji_bridge.gaussian(np.ones((3, 4, 5)), sigma='1 px').sum()), 3))",
    )
    (error,) = (one for one in interrupted if one.output_type == "error")
    assert error.ename in ("KeyboardInterrupt", "CancelledError")
    assert text(after) == "True 60.0\n"
