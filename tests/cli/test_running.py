"""run-command and run-macro on files: what exists is kept, and many files at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.cli import run

pytestmark = pytest.mark.jvm


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two stacks with a square, and one that is cut off."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    square = np.zeros((2, 20, 20), np.uint8)
    square[:, 5:15, 5:15] = 255
    for name in ("a", "b"):
        fiji_bridge.write(square, f"in/{name}.tif", voxel_size="1 1 1 um")
    (tmp_path / "in" / "cut.tif").write_bytes((tmp_path / "in" / "a.tif").read_bytes()[:600])
    return tmp_path


@pytest.mark.parametrize("option", ["--csv", "--rois"])
def test_tables_and_rois_that_exist_are_kept(folder: Path, option: str) -> None:
    kept = folder / {"--csv": "kept.csv", "--rois": "kept.zip"}[option]
    kept.write_text("mine")
    call = ["run-command", "in/a.tif", "out.tif", "Analyze Particles...",
            "size=0-Infinity", "display", "add", option, str(kept)]  # fmt: skip
    assert run(call) == 2
    assert kept.read_text() == "mine"
    assert not (folder / "out.tif").exists()
    assert run([*call, "--overwrite"]) == 0
    assert kept.read_bytes() != b"mine"


def test_many_files_are_resumed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["run-command", "in", "out", "Median...", "radius=1", "--batch", "--report", "log.csv"]
    assert run(call) == 4
    said = capsys.readouterr()
    assert "cut.tif: failed" in said.err
    expected = fiji_bridge.run_command("in/a.tif", "Median...", radius=1).image
    np.testing.assert_array_equal(fiji_bridge.read("out/a-median.tif"), expected)
    (folder / "in" / "cut.tif").unlink()
    (folder / "out" / "b-median.tif").unlink()
    assert run(call) == 0
    said = capsys.readouterr()
    assert "a.tif: skipped" in said.out
    assert "b.tif: done" in said.out
    assert len((folder / "log.csv").read_text().splitlines()) == 6
    call[4] = "radius=2"
    assert run(call) == 2, "outputs of another request are kept"


def test_a_table_for_each_of_many_files(folder: Path) -> None:
    (folder / "in" / "cut.tif").unlink()
    call = ["run-command", "in/*.tif", "out", "Analyze Particles...", "size=0-Infinity", "display"]
    assert run([*call, "--batch"]) == 0
    table = (folder / "out" / "a-analyze-particles.csv").read_text()
    assert len(table.splitlines()) == 3
