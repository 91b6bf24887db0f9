"""One operation on many files: names, collisions, failures, going on, and what is said of each."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge import read, run_many, write
from fiji_bridge.errors import ArgumentError, FileError, InputError
from fiji_bridge.many.journal import NAME
from fiji_bridge.many.report import ManyReport, Outcome, add_to_csv, csv_text
from fiji_bridge.ops.registry import REGISTRY
from file_cases import stack

BLUR: dict[str, Any] = {"sigma": "1 um", "engine": "scipy"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images, one in a folder below, one cut off, and a text."""
    made = tmp_path / "in"
    (made / "sub").mkdir(parents=True)
    for name in ("a.tif", "b.ome.tif", "sub/c.tif"):
        write(stack(), made / name)
    raw = (made / "a.tif").read_bytes()
    (made / "cut.tif").write_bytes(raw[: len(raw) // 2])
    (made / "notes.txt").write_text("no image")
    return made


def statuses(report: ManyReport) -> dict[str, str]:
    return {outcome.file.name: outcome.status for outcome in report.outcomes}


def test_a_folder_and_what_fails_in_it(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    seen: list[Outcome] = []
    report = run_many("gaussian", folder, out, recursive=True, on_outcome=seen.append, **BLUR)
    assert statuses(report) == {
        "notes.txt": "left out", "a.tif": "done", "b.ome.tif": "done", "cut.tif": "failed",
        "c.tif": "done",
    }  # fmt: skip
    assert tuple(seen) == report.outcomes
    assert not report.passed
    expected = fiji_bridge.gaussian(stack(), **BLUR)
    for name in ("a-gaussian.tif", "b-gaussian.ome.tif", "sub/c-gaussian.tif"):
        assert np.array_equal(read(out / name).data, expected.data)
    (failed,) = (outcome for outcome in report.outcomes if outcome.status == "failed")
    assert "cut off" in failed.message
    assert not (out / "cut-gaussian.tif").exists()
    assert "sub" not in {p.parent.name for o in run_many("gaussian", folder, tmp_path / "flat",
                         **BLUR).outcomes for p in o.outputs}  # fmt: skip


def test_the_same_call_goes_on(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_many("gaussian", folder, out, **BLUR)
    before = (out / "a-gaussian.tif").stat().st_mtime_ns
    (out / "b-gaussian.ome.tif").unlink()
    # What was cut off is whole now.
    write(stack(), folder / "cut.tif", overwrite=True)
    again = run_many("gaussian", folder, out, **BLUR)
    assert statuses(again) == {
        "notes.txt": "left out", "a.tif": "skipped", "b.ome.tif": "done", "cut.tif": "done"
    }  # fmt: skip
    assert (out / "a-gaussian.tif").stat().st_mtime_ns == before
    assert again.outcomes[1].outputs == (out / "a-gaussian.tif",)
    # Defaults that are said are the same request.
    said = run_many("gaussian", folder, out, dtype="same", threads=1, **BLUR)
    assert set(statuses(said).values()) == {"left out", "skipped"}


@pytest.mark.skipif(sys.platform == "darwin", reason="file names are UTF-8 there")
def test_names_that_are_no_utf_8_are_known_again(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in (b"\xff.tif", b"\xfe.tif"):
        write(stack(), folder / os.fsdecode(name))
    assert run_many("gaussian", folder, out, **BLUR).counts == {"done": 2}
    assert run_many("gaussian", folder, out, **BLUR).counts == {"skipped": 2}


def test_what_another_request_made_is_not_taken_for_done(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_many("gaussian", folder / "a.tif", out, **BLUR)
    other = {**BLUR, "sigma": "2 um"}
    (failed,) = run_many("gaussian", folder / "a.tif", out, **other).outcomes
    assert failed.status == "failed"
    assert "was made by another request" in failed.message
    write(stack(4), folder / "a.tif", overwrite=True)
    (failed,) = run_many("gaussian", folder / "a.tif", out, **BLUR).outcomes
    assert "or of another input" in failed.message
    (done,) = run_many("gaussian", folder / "a.tif", out, overwrite=True, **other).outcomes
    assert done.status == "done"
    assert read(out / "a-gaussian.tif").shape == (4, 20, 30)


def test_a_file_that_nobody_knows_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a-gaussian.tif").write_bytes(b"precious")
    (failed,) = run_many("gaussian", folder / "a.tif", out, **BLUR).outcomes
    assert "exists; choose another folder" in failed.message
    assert (out / "a-gaussian.tif").read_bytes() == b"precious"


def test_a_kill_between_the_output_and_the_note(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_many("gaussian", folder / "a.tif", out, **BLUR)
    journal = out / NAME
    begun, done = journal.read_text().splitlines()
    assert (json.loads(begun)["state"], json.loads(done)["state"]) == ("begun", "done")
    # Also a line that is half there.
    journal.write_text(begun + "\n" + done[:40])
    (again,) = run_many("gaussian", folder / "a.tif", out, **BLUR).outcomes
    assert again.status == "done"
    (again,) = run_many("gaussian", folder / "a.tif", out, **BLUR).outcomes
    assert again.status == "skipped"


@pytest.mark.parametrize("fault", [KeyboardInterrupt, RuntimeError])
def test_ctrl_c_and_a_fault_of_the_program(
    fault: type[BaseException], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    paths = [folder / "a.tif", folder / "b.ome.tif", folder / "sub" / "c.tif"]
    made = type(REGISTRY["gaussian"])
    real, calls = made.carry_out, []

    def failing(self: Any, *args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise fault("in the middle")
        return real(self, *args)

    monkeypatch.setattr(made, "carry_out", failing)
    if fault is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            run_many("gaussian", paths, out, **BLUR)
        expected = ["skipped", "done", "done"]
    else:
        report = run_many("gaussian", paths, out, **BLUR)
        assert [outcome.status for outcome in report.outcomes] == ["done", "failed", "done"]
        assert "a fault of this program (RuntimeError: in the middle)" in report.outcomes[1].message
        expected = ["skipped", "done", "skipped"]
    assert not (out / "b-gaussian.ome.tif").exists()
    report = run_many("gaussian", paths, out, **BLUR)
    assert [outcome.status for outcome in report.outcomes] == expected


def test_patterns_and_names(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    name = "{folder}_{stem}_{operation}.ome.tif"
    report = run_many("median", str(folder / "**/[ac].tif"), out, radius="1 um", name=name)
    assert [o.outputs[0].name for o in report.outcomes] == [
        "in_a_median.ome.tif", "sub_c_median.ome.tif"
    ]  # fmt: skip
    # Each file once, however often it is meant.
    report = run_many("median", [folder / "a.tif", str(folder / "a*")], tmp_path, radius="1 um")
    assert [o.status for o in report.outcomes] == ["done"]


REFUSED: list[tuple[Callable[[Path], Any], dict[str, Any], str]] = [
    (lambda f: [f / "a.tif", f / "sub" / "a.tif"], {}, "would both give"),
    (lambda f: [f / "a.tif"], {"name": "{stem}{suffix}", "into": "in"}, "is an input"),
    (lambda f: [f / "z.ome.zarr"], {"into": "in/z.ome.zarr/0"}, "is an input"),
    (lambda f: [f / "a.tif"], {"name": "{stem.__class__}.tif"}, "has the field {stem.__class__}"),
    (lambda f: [f / "a.tif"], {"name": "{sigma}.tif"}, "the fields are {stem}, {operation}"),
    (lambda f: [f / "a.tif"], {"name": "../{stem}.tif"}, "which is no file name"),
    (lambda f: [f / "a.tif"], {"name": "{stem"}, "cannot read the name"),
    (lambda f: [f / "a.tif"], {"name": "{stem}.jpg"}, "the name must end in"),
    (lambda f: [f / "none.tif"], {}, "none.tif: it does not exist"),
    (lambda f: [f / "none*.tif"], {}, "no file fits the pattern"),
    (lambda f: [f / "sub" / "empty"], {}, "there is no image"),
    (lambda f: [f / "a.tif"], {"into": "in/notes.txt"}, "it is no folder"),
    (lambda f: [f / "a.tif"], {"sigmas": "1 um"}, "did you mean 'sigma'"),
]


@pytest.mark.parametrize(("paths", "how", "says"), REFUSED, ids=[says for *_, says in REFUSED])
def test_refused_before_any_work(
    paths: Callable[[Path], Any], how: dict[str, Any], says: str, folder: Path, tmp_path: Path
) -> None:
    write(stack(), folder / "sub" / "a.tif")
    write(stack(), folder / "z.ome.zarr")
    (folder / "sub" / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    how = dict(how)
    out = tmp_path / how.pop("into", "out")
    with pytest.raises(InputError) as refused:
        run_many("gaussian", paths(folder), out, **BLUR, **how)
    assert says in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_unknown_keywords_and_operations(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="takes no 'engines'"):
        run_many("gaussian", folder, tmp_path / "out", engines="scipy")
    with pytest.raises(InputError, match="gausian"):
        run_many("gausian", folder, tmp_path / "out")


def test_results_beside_the_inputs_are_no_inputs_later(folder: Path) -> None:
    first = run_many("gaussian", folder, folder, **BLUR)
    again = run_many("gaussian", folder, folder, **BLUR)
    assert first.counts == {"left out": 1, "done": 2, "failed": 1}
    assert again.counts == {"left out": 1, "skipped": 2, "failed": 1}


def test_several_images_and_reports(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (one,) = run_many("pyramid", folder / "a.tif", out, levels=2, engine="scipy").outcomes
    assert one.outputs == (out / "a-pyramid-level0.tif", out / "a-pyramid-level1.tif")
    (one,) = run_many("pyramid", folder / "a.tif", out, levels=2, engine="scipy").outcomes
    assert (one.status, len(one.outputs)) == ("skipped", 2)
    (one,) = run_many("suggest", folder / "a.tif", out).outcomes
    assert one.status == "done"
    assert "reached" in json.loads((out / "a-suggest.json").read_text())


def test_nothing_that_only_the_result_names_replaces_an_input(folder: Path) -> None:
    write(stack(), folder / "a-pyramid-level0.tif")
    before = (folder / "a-pyramid-level0.tif").read_bytes()
    paths = [folder / "a.tif", folder / "a-pyramid-level0.tif"]
    report = run_many("pyramid", paths, folder, levels=2, engine="scipy", overwrite=True)
    assert "is an input" in report.outcomes[0].message
    assert (folder / "a-pyramid-level0.tif").read_bytes() == before


def test_a_part_of_each(folder: Path, tmp_path: Path) -> None:
    report = run_many("gaussian", folder / "a.tif", tmp_path, region="z=0:4px", **BLUR)
    assert read(report.outcomes[0].outputs[0]).shape == (4, 20, 30)


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    names = ["=1+1.tif", "+a.tif", "-a.tif", "@a.tif", " =a.tif", "\t=a.tif", "a.tif", "a\nb.tif"]
    rows = list(csv.DictReader(io.StringIO(csv_text(Outcome(Path(n), "done") for n in names))))
    cells = [row["file"] for row in rows]
    assert cells[:5] == ["'" + name for name in names[:5]]
    # What begins with an escaped tab is no formula any more.
    assert cells[5:] == [r"\t=a.tif", "a.tif", "a\\nb.tif"]
    add_to_csv([Outcome(Path("a"), "done")], tmp_path / "t.csv")
    add_to_csv([Outcome(Path("b"), "skipped")], tmp_path / "t.csv")
    found = list(csv.DictReader((tmp_path / "t.csv").open()))
    assert [row["file"] for row in found] == ["a", "b"]
    (tmp_path / "u.csv").write_text("precious\n")
    with pytest.raises(FileError, match="no table of this program"):
        add_to_csv([], tmp_path / "u.csv")


def test_the_report(folder: Path, tmp_path: Path) -> None:
    report = run_many("gaussian", folder, tmp_path / "out", **BLUR)
    assert report.as_dict()["counts"] == {"left out": 1, "done": 2, "failed": 1}
    assert len(report.to_dataframe()) == len(report.table().rows) == 4
    assert json.dumps(report.as_dict())


def test_a_damaged_note_of_what_is_done_is_told(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_many("gaussian", folder, out, **BLUR)
    journal = out / NAME
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(b"\0 damaged\n" for _ in lines[:2]) + b"".join(lines[2:]))
    found = run_many("gaussian", folder, out, **BLUR)
    messages = [o.message for o in found.outcomes if o.status == "failed"]
    told = [m for m in messages if "2 lines of" in m and "cannot be read" in m]
    assert len(told) == 1, messages
    assert "--overwrite" in told[0]
