"""The menu's batch over a folder, by its recorded line."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.errors import MacroError
from fiji_bridge.formats import read
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session

pytestmark = pytest.mark.jvm


def rows(table: Path) -> list[tuple[str, str]]:
    with table.open(newline="", encoding="utf-8") as stream:
        return [(row["file"], row["status"]) for row in csv.DictReader(stream)]


def test_a_recorded_line_does_a_folder_and_goes_on(
    session: Session, bead: Path, tmp_path: Path
) -> None:
    images, out = tmp_path / "my images", tmp_path / "out"
    images.mkdir()
    shutil.copy(bead, images / "a.tif")
    (images / "notes.txt").write_text("no image")
    line = (
        f"operation=laplacian input=[{images}] output=[{out}] sigma=0.3 unit=um per=um "
        "nan=propagate"
    )
    macro = f'run("Batch over a Folder...", "{line}");'
    run_macro(session, macro)
    expected = fiji_bridge.laplacian(
        read(bead), sigma="0.3 um", per="um", engine=session.default_engine
    )
    np.testing.assert_array_equal(read(out / "a.tif").data, expected.data)
    shutil.copy(bead, images / "b.tif")
    run_macro(session, macro)
    left_out = ("notes.txt", "left out")
    assert rows(out / "laplacian.csv") == [
        ("a.tif", "done"), left_out, ("a.tif", "skipped"), ("b.tif", "done"), left_out,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", "would open a dialog, and there is no screen"),
        ("input=[/a] output=[/b] sigma=1", "needs operation="),
        ("operation=blur input=[/a] output=[/b]", "there is no operation 'blur'; there are"),
        ("operation=gaussian input=[/no/such] output=[/b] sigma=1", "there is no folder /no/such"),
        ("operation=gaussian input=[/a] output=[/b] sigma=1 radius=2", "unknown key 'radius'"),
    ],
)
def test_what_is_missing_is_said(session: Session, options: str, said: str) -> None:
    with pytest.raises(MacroError, match=said):
        run_macro(session, f'run("Batch over a Folder...", "{options}");')
