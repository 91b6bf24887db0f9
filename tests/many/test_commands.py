"""ImageJ commands and macros on many files, each in a process that it may crash."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import read, run_many, write
from fiji_bridge.cli import run as program
from fiji_bridge.errors import ArgumentError, FileError, InputError
from fiji_bridge.many.report import ManyReport

pytestmark = pytest.mark.jvm

#: What one of the images does to the program that works on it.
MACRO = """
title = getTitle();
if (startsWith(title, "exits")) call("java.lang.System.exit", "7");
if (startsWith(title, "dies")) exec("sh", "-c", "kill -9 $PPID");
if (startsWith(title, "hangs")) while (true) wait(100);
if (startsWith(title, "fails")) exit("no spots");
run("Set Measurements...", "area mean redirect=None decimal=6");
setThreshold(100, 255);
run("Analyze Particles...", "size=0-Infinity display clear add");
print("seen " + title);
"""


#: Names that begin so are those of the images that do.
BAD = ("exits", "dies", "hangs", "fails")


def spots(count: int, unit: str = "um") -> Any:
    data = np.zeros((30, 40), np.uint8)
    for number in range(count):
        data[4:9, 3 + 8 * number : 8 + 8 * number] = 200
    return fiji_bridge.convert.adapters.to_image(data, voxel_size=f"0.5 0.5 {unit}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Images whose names differ behind a point only, and one in a folder below."""
    monkeypatch.chdir(tmp_path)
    Path("in/sub").mkdir(parents=True)
    write(spots(1), "in/x.1.tif")
    write(spots(2), "in/x.2.tif")
    write(spots(3, "nm"), "in/sub/y.tif")
    Path("spots.ijm").write_text(MACRO)
    return tmp_path


def statuses(report: ManyReport) -> dict[str, str]:
    return {outcome.file.name: outcome.status for outcome in report.outcomes}


def test_a_macro_on_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["run-macro", "spots.ijm", "--input", "in", "--output", "out", "--batch", "--recursive",
            "--csv", "all.csv", "--workers", "2"]  # fmt: skip
    assert program([*call, "--plan"]) == 0
    assert not Path("out").exists()
    assert program(call) == 0, capsys.readouterr().err
    made = sorted(str(p.relative_to("out")) for p in Path("out").rglob("*") if p.name[0] != ".")
    assert made == ["sub", *(
        f"{stem}-spots.{ending}"
        for stem in ("sub/y", "x.1", "x.2") for ending in ("csv", "tif", "txt", "zip")
    )]  # fmt: skip
    assert Path("out/x.2-spots.txt").read_text().endswith("seen x.2.tif\n")
    assert len(fiji_bridge.Rois.load("out/x.2-spots.zip")) == 2
    with Path("all.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["file"] for row in rows] == (
        ["in/sub/y.tif"] * 3 + ["in/x.1.tif"] + ["in/x.2.tif"] * 2
    )
    # Five by five samples of 0.5; a column for each unit.
    assert {row["Area (µm²)"] for row in rows[3:]} == {"6.25"}
    assert {row["Area (nm²)"] for row in rows[:3]} == {"6.25"}
    assert {row["Area (nm²)"] for row in rows[3:]} == {""}
    capsys.readouterr()
    assert program([*call, "--overwrite", "--json", "--no-image", "--rois", ".geojson"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"done": 3}
    text = Path("out/x.1-spots.geojson").read_text()
    assert len(json.loads(text)["features"]) == 1


def test_what_is_done_is_in_the_table_of_the_next_run(folder: Path) -> None:
    call = ["run-macro", "spots.ijm", "--input", "in/*.tif", "--output", "out", "--batch"]
    assert program(call) == 0
    (folder / "out" / "x.2-spots.csv").unlink()
    assert program([*call, "--csv", "all.csv"]) == 0
    assert len(Path("all.csv").read_text().splitlines()) == 4
    assert program([*call, "--csv", "all.csv"]) == 2, "a table that exists is kept"


def test_a_macro_that_ends_the_program_costs_its_file(folder: Path) -> None:
    for name in BAD:
        write(spots(1), f"in/{name}.tif")
    report = run_many("run_macro", "in", "out", macro="spots.ijm", workers=2, timeout=12)
    assert statuses(report) == {
        "x.1.tif": "done", "x.2.tif": "done",
        **{f"{name}.tif": "failed" for name in BAD},
    }  # fmt: skip
    said = {outcome.file.stem: outcome.message for outcome in report.outcomes}
    assert "System.exit" in said["exits"]
    assert said["dies"].startswith("the process died (signal SIGKILL")
    assert said["hangs"].startswith("no answer within 12 s")
    assert "no spots" in said["fails"]
    assert not [path for path in Path("out").iterdir() if path.name.startswith(BAD)]
    for name in BAD:
        Path(f"in/{name}.tif").unlink()
    again = run_many("run_macro", "in", "out", macro="spots.ijm")
    assert statuses(again) == {"x.1.tif": "skipped", "x.2.tif": "skipped"}


def test_a_command_makes_what_it_makes_in_this_process(folder: Path) -> None:
    report = run_many(
        "run_command",
        "in/*.tif",
        "out",
        command="Median...",
        options={"radius": 2},
        name="{stem}.tif",
    )
    assert report.passed
    for name in ("x.1.tif", "x.2.tif"):
        expected = fiji_bridge.run_command(read(f"in/{name}"), "Median...", radius=2).image
        found = read(f"out/{name}")
        np.testing.assert_array_equal(found.data, expected.data)
        assert found.calibration.x == expected.calibration.x


def test_no_file_of_another_is_replaced(folder: Path) -> None:
    Path("out").mkdir()
    Path("out/x.1-spots.csv").write_text("mine")
    report = run_many("run_macro", "in/x.1.tif", "out", macro=Path("spots.ijm"))
    assert "x.1-spots.csv exists" in report.outcomes[0].message
    assert Path("out/x.1-spots.csv").read_text() == "mine"
    assert not Path("out/x.1-spots.tif").exists()


def test_another_macro_is_another_request(folder: Path) -> None:
    assert run_many("run_macro", "in/x.1.tif", "out", macro="spots.ijm").passed
    Path("spots.ijm").write_text(MACRO + "\nrun('Invert');")
    (outcome,) = run_many("run_macro", "in/x.1.tif", "out", macro="spots.ijm").outcomes
    assert "was made by another request" in outcome.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "needs macro="),
        ({"macro": "a", "sigma": 1}, "takes no 'sigma'"),
        ({"macro": "a", "argumnt": ""}, "did you mean 'argument'"),
        ({"macro": "none.ijm"}, "cannot read the macro none.ijm"),
        ({"macro": "a", "rois": ".roi"}, r"ROIs are written as .zip or .geojson; got '.roi'"),
    ],
)
def test_refused_before_any_work(folder: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises((ArgumentError, FileError, InputError), match=said):
        run_many("run_macro", "in", "out", **given)
    assert not Path("out").exists()


def test_operations_in_processes_give_the_same_files(folder: Path) -> None:
    blur: dict[str, Any] = {"sigma": "1 um"}
    write(spots(3), "in/sub/y.tif", overwrite=True)
    assert run_many("gaussian", "in", "one", recursive=True, **blur).passed
    report = run_many("gaussian", "in", "two", recursive=True, workers=2, timeout=120, **blur)
    assert report.counts == {"done": 3}
    for name in ("x.1-gaussian.tif", "x.2-gaussian.tif", "sub/y-gaussian.tif"):
        np.testing.assert_array_equal(read(f"one/{name}").data, read(f"two/{name}").data)
    assert run_many("gaussian", "in", "two", recursive=True, workers=2, **blur).counts == {
        "skipped": 3
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--recursive"], "--recursive is for several files: give --batch as well"),
        (["--workers", "2"], "--workers is for several files: give --batch as well"),
        (["--plan"], "--plan is for several files: give --batch as well"),
        (["--batch"], "--batch needs --output DIR as well"),
    ],
)
def test_options_that_make_no_sense(
    folder: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program(["run-macro", "spots.ijm", "--input", "in/x.1.tif", *more]) == 2
    assert said in capsys.readouterr().err
