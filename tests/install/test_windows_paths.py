"""Names as Windows writes them go through macros, arguments and the program as they are.

Here they are names of files, which a colon and a backslash may be part of: what takes one for a
scheme, an escape or a separator does not find them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.commands.options import quoted, recorded
from fiji_bridge.install import macrogen
from fiji_bridge.jvm.macros import run_macro

NAMES = (r"C:\new\table one.tif", r"\\server\share\n.tif", r"D:x.tif")


@pytest.mark.parametrize("name", NAMES)
def test_program_and_functions(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program_here: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    image = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    fiji_bridge.write(image, name, voxel_size="1 1 1 um")
    done = program_here("gaussian", name, "out " + name, "--sigma", "1 px", "--engine", "scipy")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {name, "out " + name}
    assert fiji_bridge.read("out " + name).shape == (3, 4, 5)


@pytest.mark.jvm
@pytest.mark.parametrize("name", NAMES)
def test_a_macro_gets_them_back(session: fiji_bridge.Session, name: str) -> None:
    java = session.jclass("ij.Macro")
    assert str(java.getValue(recorded({"open": name}) + " ", "open", "")) == name
    own = session.jclass("org.fijibridge.command.Arguments").own
    assert str(own(f"input=[{name}] sigma=1", "input")) == name
    assert str(fiji_bridge.run_macro(f"return {quoted(name)};").value) == name


@pytest.mark.jvm
def test_a_batch_over_such_folders(session: fiji_bridge.Session, tmp_path: Path) -> None:
    inside, out = tmp_path / r"C:\in new", tmp_path / r"\\server\out"
    inside.mkdir()
    fiji_bridge.write(np.ones((3, 4, 5), np.uint8), inside / NAMES[0], voxel_size="1 1 1 um")
    text = macrogen.generate()["gaussian_batch.ijm"]
    run_macro(session, text, f"input=[{inside}] output=[{out}] sigma=1 unit=um")
    assert (out / "gaussian.csv").is_file()
    assert [path.name for path in out.glob("*.tif")] == [NAMES[0]]
