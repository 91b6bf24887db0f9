"""Faulty blurs of made images: each is caught, or the report says that it could not be."""

from __future__ import annotations

import pytest

from conftest import ROOT
from fiji_bridge_lab import crosscheck_page, faults_caught


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, str]]:
    return faults_caught.table()


def test_no_fault_is_missed(table: dict[str, dict[str, str]]) -> None:
    assert len(table) - 1 >= 14
    assert len(next(iter(table.values()))) == 17
    missed = [(f, i) for f, row in table.items() for i, c in row.items() if c == "MISSED"]
    assert missed == []


@pytest.mark.parametrize(
    ("fault", "image"),
    [
        ("all zeros", "mask 0/1, uint8"),
        ("not blurred", "mask 0/1, uint8"),
        ("sigma of z and x swapped", "mask 0/1, uint8"),
        ("shifted by one along x", "mask 0/1, uint8"),
        ("sigma +10 %", "blob 100-110, uint16"),
        ("border nearest", "blob 100-110, uint16"),
        ("z not blurred", "blob 100-110, uint16"),
        ("truncated instead of rounded", "blob 0-255, uint8"),
        ("too high everywhere", "blob 0-255, uint8"),
        ("not blurred", "blob 1e5 + 0-1, float32"),
        ("channels exchanged", "two channels, uint8"),
    ],
)
def test_what_once_passed_is_caught(
    table: dict[str, dict[str, str]], fault: str, image: str
) -> None:
    assert table[fault][image] == faults_caught.CAUGHT


def test_right_results_pass_where_the_image_can_tell(table: dict[str, dict[str, str]]) -> None:
    doubtful = {image for image, cell in table["none"].items() if cell != faults_caught.PASSED}
    assert doubtful == {
        "constant 100, uint8", "stripes along x, float32", "blob 1e5 + 0-1, float32",
    }  # fmt: skip
    assert {table["none"][image] for image in doubtful} == {faults_caught.CANNOT_TELL}


def test_the_page_is_in_step(
    table: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults_caught, "table", lambda: table)
    written = (ROOT / "docs" / "crosscheck.md").read_text(encoding="utf-8")
    assert crosscheck_page.page() == written
