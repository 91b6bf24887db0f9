"""Every public function shows how it is called, and what it shows is true."""

from __future__ import annotations

import inspect
import io
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, DocTestFinder, DocTestRunner
from pathlib import Path

import pytest

import fiji_bridge
from conftest import FIJI
from docs.test_pages import make_stack
from fiji_bridge.ops.registry import REGISTRY

#: A service has to run; tests/service calls it.
ELSEWHERE = {"connect"}
#: Those of ImageJ2.
IN_FIJI = {"run_script"}
#: Those of operations are run with the pages.
PUBLIC = sorted(
    name
    for name in dir(fiji_bridge)
    if inspect.isfunction(getattr(fiji_bridge, name)) and name not in {*REGISTRY, *ELSEWHERE}
)


def test_there_are_such_functions() -> None:
    assert {"read", "write", "process", "crosscheck", "run_macro", "start"} <= set(PUBLIC)


@pytest.mark.jvm
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.fiji) if n in IN_FIJI else n for n in PUBLIC],
)
def test_its_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "start" and FIJI:
        pytest.skip("its example starts the embedded ImageJ")
    monkeypatch.chdir(tmp_path)
    make_stack()
    given = {"fiji_bridge": fiji_bridge}
    (found,) = DocTestFinder(recurse=False).find(getattr(fiji_bridge, name), name, globs=given)
    assert any(f"fiji_bridge.{name}(" in example.source for example in found.examples)
    said = io.StringIO()
    runner = DocTestRunner(verbose=False, optionflags=ELLIPSIS | NORMALIZE_WHITESPACE)
    if name in IN_FIJI:
        fiji_bridge.start(fiji=FIJI)
    assert runner.run(found, out=said.write).failed == 0, said.getvalue()
