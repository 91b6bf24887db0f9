"""Commands for which ImageJ asks the installed program: its results are opened, all the same."""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fiji_bridge import run, run_command
from fiji_bridge.errors import MacroError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.results import Images
from fiji_bridge.install import macrogen
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session
from fiji_bridge.ops.output import write_images
from fiji_bridge.ops.registry import REGISTRY

pytestmark = pytest.mark.jvm


@pytest.fixture
def program(session: Session, tmp_path: Path) -> Iterator[Path]:
    """The program as ImageJ's preferences name it, also where the package runs from sources."""
    path = tmp_path / "fiji bridge"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fiji_bridge "$@"\n')
    path.chmod(0o755)
    preferences = session.jclass("ij.Prefs")
    preferences.set("fiji_bridge.program", str(path))
    yield path
    preferences.set("fiji_bridge.program", "fiji-bridge")


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    calibration = Calibration(
        AxisCalibration(1.0, "µm"), AxisCalibration(0.25, "µm"), AxisCalibration(0.25, "µm")
    )
    data = rng.integers(0, 2**16, (8, 24, 20), dtype=np.uint16)
    path = tmp_path / "stack.tif"
    write(CalibratedImage(data, ("z", "y", "x"), calibration, name="stack"), path)
    return path


def titles_and_files(session: Session, stack: Path, title: str, options: str) -> dict[str, Path]:
    """Run a command by its recorded line; save every image that it opened."""
    macro = (
        f'open("{stack}"); run("{title}...", "{options}"); names = "";'
        'for (i = 2; i <= nImages; i++) { selectImage(i); names = names + getTitle() + "\\n";'
        f'saveAs("Tiff", "{stack.parent}/opened-" + i + ".tif"); }} return names;'
    )
    names = run_macro(session, macro).split("\n")[:-1]
    return {name: stack.parent / f"opened-{i}.tif" for i, name in enumerate(names, 2)}


#: Recorded options beside the same call in Python.
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("rescale", "to=[0.5 um]", {"to": "0.5 um"}),
    ("median", "radius=[0.5 um] border=nearest", {"radius": "0.5 um", "border": "nearest"}),
    ("convolve", "kernel=laplace", {"kernel": "laplace"}),
    ("views", "method=mean", {"method": "mean"}),
    ("pyramid", "levels=3", {"levels": 3}),
    ("bilateral", "radius=[0.5 um] contrast=9000", {"radius": "0.5 um", "contrast": 9000.0}),
    ("structure_tensor", "sigma=[z=2 y=1 x=1] unit=um", {"sigma": "z=2 um, y=1 um, x=1 um"}),
]


@pytest.mark.parametrize(("name", "options", "arguments"), CASES, ids=lambda value: str(value)[:20])
def test_opens_what_the_python_call_gives(
    session: Session,
    program: Path,
    stack: Path,
    name: str,
    options: str,
    arguments: dict[str, Any],
) -> None:
    operation = REGISTRY[name]
    found = titles_and_files(session, stack, operation.title, options)
    expected = run(name, read(stack), **arguments)
    images = dict(getattr(expected, "images", {"": expected}))
    assert len(found) == len(images)
    for part, image in images.items():
        title = f"stack-{name}-{part}.tif" if part else f"stack-{name}.tif"
        opened = read(found[title])
        squeezed = np.squeeze(opened.data)
        np.testing.assert_array_equal(squeezed, np.squeeze(image.data).astype(squeezed.dtype))


def test_another_quantity_opens_at_the_slice_and_with_its_own_contrast(
    session: Session, program: Path, stack: Path
) -> None:
    noise = np.random.default_rng(7).integers(0, 60000, (6, 20, 20)).astype(np.uint16)
    path = stack.with_name("one channel.tif")
    write(CalibratedImage(noise, ("z", "y", "x"), read(stack).calibration, name="one"), path)
    macro = (
        f"open('{path}'); setSlice(4); setMinAndMax(100, 60000);"
        f"run('{REGISTRY['structure_tensor'].title}...', 'sigma=1 unit=pixel'); all = '';"
        "for (i = 2; i <= nImages; i++) { selectImage(i); getMinAndMax(low, high);"
        "if (bitDepth() == 32) { Stack.getStatistics(n, mean, min, max);"
        " all += getTitle() + ',' + low + ',' + high + ','"
        " + min + ',' + max + ',' + getSliceNumber() + ',' + nSlices + '\\n'; } } return all;"
    )
    rows = [line.split(",") for line in run_macro(session, macro).splitlines() if line]
    assert "6" in [planes for *_, planes in rows]
    for title, low, high, least, most, at, planes in rows:
        assert (float(low), float(high)) == pytest.approx((float(least), float(most)), abs=1e-3), (
            title
        )
        assert at == "4" or planes != "6", title


def test_suggest_is_tables_with_the_verdict_and_a_figure(
    session: Session, program: Path, bead: Path
) -> None:
    result = run_command(bead, "Suggest Sigma...", target="2 um")
    expected = run("suggest", read(bead), target="2 um").table()
    title = f"Suggest Sigma of {bead.name}"
    verdict = result.tables[f"{title}: verdict"]["Verdict"]
    assert verdict[0] == expected.title
    # The blur's dialog has it, by its label.
    assert any("('Match: isotropic' does it)" in sentence for sentence in verdict)
    found = result.tables[title]
    assert list(found.columns) == list(expected.columns)
    for heading, column in zip(expected.columns, zip(*expected.rows, strict=True), strict=True):
        assert [str(value) for value in found[heading]] == [
            value if heading == "axis" or " to " in value else str(float(value)) for value in column
        ]
    assert [image.name for image in result.images if "figure" in image.name]


def test_an_image_that_cannot_tell_is_a_verdict_without_a_figure(
    session: Session, program: Path, stack: Path
) -> None:
    flat = stack.with_name("flat.tif")
    write(CalibratedImage(np.zeros((20, 20), np.uint8), ("y", "x"), read(stack).calibration), flat)
    result = run_command(flat, "Suggest Sigma...", channel=0)
    verdict = result.tables["Suggest Sigma of flat.tif: verdict"]["Verdict"]
    assert verdict[0].startswith("cannot tell")
    assert any(sentence.startswith("no figure: ") for sentence in verdict)
    assert not [image for image in result.images if "figure" in image.name]


def test_cross_check_is_tables_with_the_verdict_first(
    session: Session, program: Path, stack: Path
) -> None:
    result = run_command(stack, "Cross-check with SciPy...", sigma="0.5 um")
    title = "Cross-check with SciPy: stack.tif"
    assert result.tables[f"{title}: verdict"]["Verdict"][0] == "passed"
    assert result.tables[title]["verdict"][0] == "right"
    assert list(result.tables[f"{title}: plan"]["axis"]) == ["z", "y", "x"]


def test_match_in_the_blurs_command_is_what_python_gives(
    session: Session,
    program: Path,
    bead: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    options = "match=isotropic result=[new window]"
    copy = Path(shutil.copy(bead, tmp_path))
    (made,) = titles_and_files(session, copy, REGISTRY["gaussian"].title, options).values()
    # Its points are no Gaussians, which the program warns of.
    assert "warning: match: the blur of the result is not the same" in capfd.readouterr().out
    with pytest.warns(UserWarning, match="not the same in every direction"):
        expected = run("gaussian", read(bead), match="isotropic")
    found = read(made)
    np.testing.assert_array_equal(found.data, expected.data)
    assert found.provenance[-1]["match"] == "isotropic"
    assert found.provenance[-1]["measured"]["structure"] == "beads"


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_a_dialog_without_a_screen_is_refused_with_what_it_lacks(
    session: Session, stack: Path, name: str
) -> None:
    """Nothing is computed with values that nobody chose."""
    operation = REGISTRY[name]
    with pytest.raises(MacroError, match="would open a dialog, and there is no screen") as refused:
        run_macro(session, f'open("{stack}"); run("{operation.title}...");')
    for field in macrogen.fields(operation):
        shown = macrogen.first_shown(operation, field)
        if shown and field.kind != "flag":
            assert f"{field.name}=" in str(refused.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [("to=[0.5 furlong]", "unknown length unit"), ("nonsense=1", "unknown key 'nonsense'")],
)
def test_a_refusal_of_the_program_is_an_error(
    session: Session, program: Path, stack: Path, options: str, said: str
) -> None:
    with pytest.raises(MacroError, match=re.escape(said)):
        titles_and_files(session, stack, REGISTRY["rescale"].title, options)


def test_names_an_image_without_a_voxel_size(
    session: Session, program: Path, tmp_path: Path
) -> None:
    path = tmp_path / "plain.tif"
    write(CalibratedImage(np.zeros((9, 9), np.uint8), ("y", "x"), name="plain"), path)
    with pytest.raises(MacroError, match=r"image 'plain\.tif': axis y is not calibrated"):
        titles_and_files(session, path, REGISTRY["median"].title, "radius=[1 um]")


def test_says_how_to_install_the_program(session: Session, program: Path, stack: Path) -> None:
    program.unlink()
    with pytest.raises(MacroError, match="pip install fiji-bridge"):
        titles_and_files(session, stack, REGISTRY["rescale"].title, "to=[0.5 um]")


def test_every_operation_is_tried() -> None:
    by_program = {name for name, operation in REGISTRY.items() if operation.java_class is None}
    assert {name for name, _, _ in CASES} | {"suggest"} == by_program


def written_by_python(result: Any, path: Path) -> list[Path]:
    """Write what a Python call gave; return the files."""
    path.parent.mkdir()
    if isinstance(result, Images):
        return write_images(result, path)
    write(result, path)
    return [path]


@pytest.mark.parametrize("batch", [False, True], ids=["one", "batch"])
@pytest.mark.parametrize(("name", "options", "arguments"), CASES, ids=lambda value: str(value)[:20])
def test_the_generated_macro_writes_what_the_python_call_gives(
    session: Session,
    program: Path,
    stack: Path,
    tmp_path: Path,
    name: str,
    options: str,
    arguments: dict[str, Any],
    batch: bool,
) -> None:
    out = tmp_path / "out"
    if batch:
        folder = tmp_path / "in"
        folder.mkdir()
        given = stack.rename(folder / "stack.tif")
        (folder / "bad.tif").write_bytes(b"no image")
        with pytest.raises(MacroError, match="1 of 2 files failed"):
            run_macro(
                session,
                macrogen.generate()[f"{name}_batch.ijm"],
                f"input=[{folder}] output=[{out}] {options}",
            )
        with (out / f"{name}.csv").open(newline="", encoding="utf-8") as stream:
            rows = {row["file"]: row["status"] for row in csv.DictReader(stream)}
        assert rows == {"stack.tif": "done", "bad.tif": "failed"}
        (out / f"{name}.csv").unlink()
    else:
        given = stack
        run_macro(
            session,
            macrogen.generate()[f"{name}.ijm"],
            f"input=[{given}] output=[{out}/stack.tif] {options}",
        )
    python = written_by_python(run(name, read(given), **arguments), tmp_path / "py" / "stack.tif")
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in python)
    for path in python:
        found, expected = read(out / path.name), read(path)
        assert found.data.dtype == expected.data.dtype
        assert (found.axes, found.calibration) == (expected.axes, expected.calibration)
        np.testing.assert_array_equal(found.data, expected.data)


def test_the_macro_writes_views_as_the_same_picture(
    session: Session, program: Path, stack: Path, tmp_path: Path
) -> None:
    made, expected = tmp_path / "made.png", tmp_path / "expected.png"
    run_macro(session, macrogen.generate()["views.ijm"], f"input=[{stack}] output=[{made}]")
    views = run("views", read(stack))
    assert write_images(views, expected) == [expected]
    assert made.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("batch", [False, True], ids=["one", "batch"])
def test_the_macro_writes_the_report(
    session: Session, program: Path, bead: Path, tmp_path: Path, batch: bool
) -> None:
    (tmp_path / "in").mkdir()
    given = tmp_path / "in" / "bead.tif"
    given.write_bytes(bead.read_bytes())
    out = tmp_path / "out" / "bead.txt"
    name = "suggest_batch.ijm" if batch else "suggest.ijm"
    ends = (given.parent, out.parent) if batch else (given, out)
    run_macro(session, macrogen.generate()[name], f"input=[{ends[0]}] output=[{ends[1]}] channel=0")
    said = out.read_text(encoding="utf-8")
    table = run("suggest", read(given), channel=0).table()
    for row in table.rows:
        assert re.search(r"\s+\S?\s*".join(map(re.escape, row)), said), (row, said)


@pytest.mark.parametrize("name", ["median", "suggest"])
def test_the_macro_replaces_nothing_unasked(
    session: Session, program: Path, bead: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / ("out.txt" if name == "suggest" else "out.tif")
    out.write_bytes(b"mine")
    options = "channel=0" if name == "suggest" else "radius=[1 px]"
    argument = f"input=[{bead}] output=[{out}] {options}"
    with pytest.raises(MacroError, match="exists"):
        run_macro(session, macrogen.generate()[f"{name}.ijm"], argument)
    assert out.read_bytes() == b"mine"
    run_macro(session, macrogen.generate()[f"{name}.ijm"], f"{argument} overwrite")
    assert out.stat().st_size > 100
