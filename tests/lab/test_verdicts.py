"""The words for verdicts are the same wherever they are said."""

from __future__ import annotations

import pytest

from conftest import ROOT
from fiji_bridge_lab.report_markdown import markdown_comparison, markdown_report
from fiji_bridge_lab.verdicts import MOVED, MOVES, VERDICTS


def test_the_documentation_has_every_word() -> None:
    text = (ROOT / "docs" / "regress.md").read_text(encoding="utf-8")
    words = [word for _, word in VERDICTS.values()] + [*MOVES.values(), *MOVED.values()]
    assert [word for word in words if f"*{word}*" not in text] == []


@pytest.mark.parametrize("verdict", sorted(MOVES))
def test_a_comparison_says_its_verdict_by_its_word(verdict: str) -> None:
    entry = {"case": "beads", "filter": "fused", "verdict": verdict, "words": "as told"}
    found = {"passed": False, "counts": {verdict: 1}, "results": [entry], "versions": []}
    text = markdown_comparison(found)
    assert f"**SOMETHING MOVED**: 1 {MOVES[verdict]}\n" in text
    assert (f"| {MOVES[verdict]} | as told |" in text) == (verdict not in ("identical", "within"))


def test_a_filter_that_fails_on_every_image_has_a_column() -> None:
    pair = {"a": "scipy", "b": "mine", "verdict": "error", "words": "mine: ValueError: no"}
    results = {"scipy": {"status": "done"}, "mine": {"status": "error", "message": "no"}}
    case = {"id": "beads", "name": "beads", "pairs": [pair], "results": results}
    filters = [{"label": label, "optional": False} for label in results]
    run = {"suite": "mine", "cases": [case], "counts": {"error": 1}, "filters": filters}
    text = markdown_report(run)
    assert "| | scipy ↔ mine |\n|---|---|\n| beads | **✗ ERROR** |" in text
    assert "Not as expected: 1" in text
