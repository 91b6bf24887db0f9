"""An engine is one file and its line in the table; a border is a line in its table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click
import numpy as np
import pytest

import fiji_bridge
from conftest import run_python
from fiji_bridge.cli.operations import operation_command
from fiji_bridge.engines.select import ENGINES, EngineName, Known, get_engine, in_java
from fiji_bridge.kernels import borders
from fiji_bridge.kernels.borders import BORDERS, Border, BorderName
from fiji_bridge.ops.registry import REGISTRY

NUMPY = '''"""Convolution by numpy.convolve: slow, and for the border "constant" alone."""

import numpy as np

from fiji_bridge.engines.engine import EngineInfo
from fiji_bridge.engines.one_by_one import OneByOne
from fiji_bridge.image.dtypes import round_to


class NumpyEngine(OneByOne):
    name = "numpy"

    @classmethod
    def open(cls):
        return cls()

    def info(self):
        return EngineInfo("numpy", "numpy.convolve", "Python")

    def filter(self, volume, kernels, out, *, border, cval, threads=None, progress=None):
        work = np.asarray(volume, np.float64)
        for axis, kernel in enumerate(kernels):
            if not kernel.is_identity:
                same = lambda line: np.convolve(line, kernel.taps)[kernel.centre:][:len(line)]
                work = np.apply_along_axis(same, axis, work)
        out[...] = round_to(work, out.dtype)

    def extra_bytes(self, shape, dtype):
        return 8 * int(np.prod(shape))
'''


def test_the_names_for_type_checkers_are_those_of_the_tables() -> None:
    assert get_args(EngineName) == tuple(ENGINES)
    assert get_args(BorderName) == tuple(BORDERS)


def test_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy_engine.py").write_text(NUMPY)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(ENGINES, "numpy", Known("numpy_engine:NumpyEngine", java=False))
    data = np.random.default_rng(0).random((6, 9, 30))
    options: dict[str, Any] = {"sigma": "1 px", "border": "constant"}
    made = fiji_bridge.run("gaussian", data, engine="numpy", **options)
    assert made.provenance[-1]["engine"] == "numpy"
    expected = fiji_bridge.run("gaussian", data, engine="scipy", **options)
    # Sums of the same products in another order.
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-14)
    assert not in_java("numpy")
    command = operation_command(REGISTRY["gaussian"])
    (engine,) = (p for p in command.params if p.name == "engine")
    assert isinstance(engine.type, click.Choice)
    assert "numpy" in engine.type.choices


def test_unknown_engines_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(fiji_bridge.InputError, match="use one of gauss3, fused, scipy"):
        get_engine("numpy")


def test_a_border(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines of SciPy's and NumPy's names take it; ours in Java need it in Border.java as well."""
    name: Any = "mirror-again"
    mirrored = Border(name, "d c b | a b c d | c b a", "mirror", "reflect", "extendMirrorSingle")
    monkeypatch.setitem(BORDERS, name, mirrored)
    monkeypatch.setattr(borders, "_MEANINGS", borders._meanings())
    data = np.random.default_rng(0).random((9, 9))
    found = fiji_bridge.run("gaussian", data, sigma="1 px", border=name, engine="scipy")
    expected = fiji_bridge.gaussian(data, sigma="1 px", border="mirror-single", engine="scipy")
    np.testing.assert_array_equal(found, expected)
    (border,) = (p for p in operation_command(REGISTRY["gaussian"]).params if p.name == "border")
    assert isinstance(border.type, click.Choice)
    assert name in border.type.choices


def test_no_engine_is_loaded_before_it_is_chosen() -> None:
    code = (
        "import sys, fiji_bridge.engines.select as s; s.get_engine('scipy');"
        "print([m for m in sys.modules if m.startswith('fiji_bridge.engines.')])"
    )
    done = run_python(["-c", code])
    assert "scipy_reference" in done.stdout, done.stderr
    assert "gauss3" not in done.stdout
    assert "fused" not in done.stdout
