"""Every operation on the real bead: ImageJ's command and the macro do what Python does."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.image.results import Images
from fiji_bridge.install import macrogen
from fiji_bridge.install.examples import macro_options
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY
from ways import VOXEL_SIZE

pytestmark = pytest.mark.jvm

IN_IMAGEJ = [name for name, operation in REGISTRY.items() if operation.java_class]
BY_PROGRAM = [name for name, operation in REGISTRY.items() if not operation.java_class]


@pytest.fixture
def stack(bead: Path, tmp_path: Path) -> Path:
    """A copy of the bead, made larger, whose name is its title."""
    copy = tmp_path / "bead.tif"
    fiji_bridge.write(fiji_bridge.read(bead), copy, voxel_size=VOXEL_SIZE)
    return copy


@pytest.fixture
def installed(session: Session, tmp_path: Path) -> Iterator[None]:
    """The program that ImageJ asks, also where the package runs from sources."""
    program = tmp_path / "fiji-bridge"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fiji_bridge "$@"\n')
    program.chmod(0o755)
    preferences = session.jclass("ij.Prefs")
    before = preferences.get("fiji_bridge.program", "fiji-bridge")
    preferences.set("fiji_bridge.program", str(program))
    yield
    preferences.set("fiji_bridge.program", before)


def by_command(session: Session, stack: Path, name: str, options: str) -> dict[str, Path]:
    """Run the command on the opened stack, and save each image that it opens under its title."""
    macro = (
        f'open("{stack}"); run("{REGISTRY[name].title}...", "{options}"); names = "";'
        'for (i = 2; i <= nImages; i++) { selectImage(i); names = names + getTitle() + "\\n";'
        f'saveAs("Tiff", "{stack.parent}/opened-" + i + ".tif"); }} return names;'
    )
    titles = run_macro(session, macro).split("\n")[:-1]
    return {title: stack.parent / f"opened-{i}.tif" for i, title in enumerate(titles, 2)}


def by_macro(session: Session, stack: Path, name: str, options: str) -> Path:
    output = stack.parent / "made" / "out.tif"
    output.parent.mkdir()
    argument = f"input=[{stack}] output=[{output}] {options}"
    run_macro(session, macrogen.generate()[f"{name}.ijm"], argument)
    return output


def same(path: Path, expected: fiji_bridge.CalibratedImage) -> None:
    found = np.squeeze(fiji_bridge.read(path).data)
    # ImageJ has no 64-bit images and no axis of length one.
    np.testing.assert_array_equal(found, np.squeeze(expected.data).astype(found.dtype))
    assert found.dtype == expected.data.dtype


@pytest.mark.parametrize("engine", ["fused", pytest.param("gauss3", marks=pytest.mark.fiji)])
@pytest.mark.parametrize("name", IN_IMAGEJ)
def test_computed_in_imagej(session: Session, stack: Path, name: str, engine: str) -> None:
    expected = fiji_bridge.run(
        name, fiji_bridge.read(stack), engine=engine, **REGISTRY[name].example
    )
    options = f"{macro_options(REGISTRY[name])} engine={engine}"
    (opened,) = by_command(session, stack, name, options).values()
    same(opened, expected)
    same(by_macro(session, stack, name, options), expected)


@pytest.mark.parametrize("name", [n for n in BY_PROGRAM if REGISTRY[n].result is not Result.REPORT])
def test_computed_by_the_program(session: Session, installed: None, stack: Path, name: str) -> None:
    if name == "bilateral":
        pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    result: Any = fiji_bridge.run(name, fiji_bridge.read(stack), **REGISTRY[name].example)
    images = dict(result.images) if isinstance(result, Images) else {"": result}
    opened = by_command(session, stack, name, macro_options(REGISTRY[name]))
    written = by_macro(session, stack, name, macro_options(REGISTRY[name]))
    assert len(opened) == len(images) == len(list(written.parent.iterdir()))
    for part, expected in images.items():
        end = f"-{part}" if part else ""
        same(opened[f"bead-{name}{end}.tif"], expected)
        same(written.with_name(f"out{end}.tif"), expected)


@pytest.mark.parametrize("name", [n for n in BY_PROGRAM if REGISTRY[n].result is Result.REPORT])
def test_reports(
    session: Session,
    installed: None,
    stack: Path,
    name: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    expected = fiji_bridge.run(name, fiji_bridge.read(stack), **REGISTRY[name].example).table()
    opened = by_command(session, stack, name, macro_options(REGISTRY[name]))
    assert [title.rpartition(": ")[2] for title in opened] == ["figure"] * len(opened)
    said = [capfd.readouterr().out]
    output = stack.parent / "made" / "out.txt"
    argument = f"input=[{stack}] output=[{output}] {macro_options(REGISTRY[name])}"
    run_macro(session, macrogen.generate()[f"{name}.ijm"], argument)
    said.append(output.read_text(encoding="utf-8"))
    for text in said:
        for row in expected.rows:
            # A column of ImageJ's has the decimals of its longest number.
            cells = (re.escape(cell) + r"\.?0*" for cell in row)
            assert re.search(r"\s+\S?\s*".join(cells), text), (row, text)
