"""Many files at the command line: grammar, exit codes, what is printed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from fiji_bridge import read, write
from fiji_bridge.cli import run
from fiji_bridge.ops.operation import Operation
from file_cases import stack

BLUR = ("--sigma", "1 um", "--engine", "scipy")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.tif", "b.tif", "c.ome.zarr"):
        write(stack(), tmp_path / name)
    return tmp_path


def test_many_files_then_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["gaussian", "a.tif", "?.ome.zarr", "b.tif", "--output-dir", "out", *BLUR]
    assert run([*command, "--report", "t.csv"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "[1/3] a.tif: done: out/a-gaussian.tif",
        "[2/3] c.ome.zarr: done: out/c-gaussian.ome.zarr",
        "[3/3] b.tif: done: out/b-gaussian.tif",
        "3 done",
    ]
    assert run([*command, "--report", "t.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["counts"], found["passed"]) == ({"skipped": 3}, True)
    rows = list(csv.DictReader((folder / "t.csv").open()))
    assert [row["status"] for row in rows] == ["done"] * 3 + ["skipped"] * 3
    assert run([*command, "--plan"]) == 0
    assert "3 skipped" in capsys.readouterr().out
    assert run([*command, "--overwrite"]) == 0
    assert "3 done" in capsys.readouterr().out


def test_a_failure_is_code_4_and_the_others_are_done(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.tif").write_bytes((folder / "a.tif").read_bytes()[:3000])
    assert run(["gaussian", "a.tif", "b.tif", "--output-dir", "out", *BLUR]) == 4
    said = capsys.readouterr()
    assert "[1/2] a.tif: failed: cannot read a.tif" in said.err
    assert said.out.splitlines()[-1] == "1 failed, 1 done"
    assert (folder / "out" / "b-gaussian.tif").exists()


def test_ctrl_c_leaves_what_can_be_resumed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Operation.carry_out

    def interrupted(self: Operation, image: object, *args: object) -> object:
        if (folder / "out" / "a-gaussian.tif").exists():
            raise KeyboardInterrupt
        return real(self, image, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Operation, "carry_out", interrupted)
    command = ["gaussian", "a.tif", "b.tif", "--output-dir", "out", "--report", "t.csv", *BLUR]
    assert run(command) == 130
    said = "interrupted; 1 of 2 files are done, and the same command does the others"
    assert said in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert run(command) == 0
    assert "1 skipped, 1 done" in capsys.readouterr().out
    rows = list(csv.DictReader((folder / "t.csv").open()))
    assert [row["status"] for row in rows] == ["done", "skipped", "done"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["a.tif", "b.tif", "c.ome.zarr"], "3 files are given where IN and OUT are expected"),
        (["a.tif", "o.tif", "--recursive"], "--recursive is for several files"),
        (["a.tif", "o.tif", "--name", "x.tif"], "--name is for several files"),
        (["a.tif", "o.tif", "--report", "t.csv"], "--report is for several files"),
        (["a.tif", "o.tif", "--output-dir", "out"], "o.tif: it does not exist; where several IN"),
        (["--output-dir", "out"], "missing argument 'IN'"),
        ([], "missing argument 'IN'"),
        (["none.tif", "o.tif"], "'none.tif' does not exist"),
        (["a.tif", "o.tif", "--level", "1"], "a.tif has no level 1: ImageJ TIFF has one only"),
        (["a.tif", "o.tif", "--region", "z=0:3"], "say px or a length unit"),
    ],
)
def test_mixtures_are_refused(
    arguments: list[str], says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["gaussian", *arguments, *BLUR]) == 2
    assert says in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["a.tif", "b.tif", "c.ome.zarr"]


def test_an_ome_zarr_in_and_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["gaussian", "c.ome.zarr", "d.ome.zarr", "--region", "z=0:8um", *BLUR]
    assert run(command) == 0
    assert read(folder / "d.ome.zarr").shape == (4, 20, 30)
    assert run(command) == 2
    assert "d.ome.zarr exists" in capsys.readouterr().err
    assert run([*command, "--overwrite"]) == 0
    assert run(["compare", "a.tif", "c.ome.zarr"]) in (0, 1)
    assert np.array_equal(read("a.tif").data, read("c.ome.zarr").data)


def test_a_request_that_makes_no_sense_for_any_file_is_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["gaussian", "a.tif", "b.tif", "--output-dir", "out"]
    assert run([*command, "--sigma", "-1 um"]) == 2
    assert run([*command, "--sigma", "1 parsec um"]) == 2
    said = capsys.readouterr()
    assert said.err.count("failed: ") == 4
    assert not list((folder / "out").glob("*.tif"))
