"""The report as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fiji_bridge.regress.baseline import count_words
from fiji_bridge.regress.report_parts import VERDICTS, number
from fiji_bridge.regress.runner import broken

#: Rows of a comparison that need no line of their own.
_QUIET = ("identical", "within")


def markdown_report(run: Mapping[str, Any]) -> str:
    """Return a matrix of verdicts, and the reasons for all that is not the same."""
    pairs = [
        key
        for key in dict.fromkeys((p["a"], p["b"]) for row in run["cases"] for p in row["pairs"])
        if any("maximum" in _pair(row, key) for row in run["cases"])
    ]
    lines = [f"## Regression lab: {run['suite']}", "", f"{count_words(dict(run))}", ""]
    lines += ["| | " + " | ".join(f"{a} ↔ {b}" for a, b in pairs) + " |"]
    lines += ["|---" * (len(pairs) + 1) + "|"]
    for row in run["cases"]:
        cells = []
        for key in pairs:
            pair = _pair(row, key)
            sign, words = VERDICTS[pair["verdict"]]
            most = f" {number(pair['maximum'])}" if "maximum" in pair else ""
            bold = "**" if pair["verdict"] == "different" else ""
            cells.append(f"{bold}{sign} {words}{bold}{most}")
        lines.append(f"| {_cell(row['id'])} | " + " | ".join(cells) + " |")
    lines.append("")
    for title, wanted in (
        ("Different", ("different", "crash", "timeout", "error")),
        ("Different as expected", ("explained",)),
    ):
        said = [
            f"- {_cell(row['id'])}: **{pair['a']} ↔ {pair['b']}**: {_cell(pair['words'])}"
            for row in run["cases"]
            for pair in row["pairs"]
            if pair["verdict"] in wanted
        ]
        if said:
            lines += [f"<details><summary>{title}: {len(said)}</summary>", "", *said]
            lines += ["", "</details>", ""]
    failed = [f"- {case}: {label}: {_cell(why)}" for case, label, why in broken(run)]
    if failed:
        lines += ["### Filters that failed", "", *failed, ""]
    return "\n".join(lines)


def markdown_comparison(comparison: Mapping[str, Any]) -> str:
    """Return what moved between two runs, and which versions changed."""
    verdict = "nothing moved" if comparison["passed"] else "**something moved**"
    counts = ", ".join(f"{n} {name}" for name, n in comparison["counts"].items())
    lines = ["## Regression lab: two runs", "", f"{verdict} ({counts})", ""]
    told = [entry for entry in comparison["results"] if entry["verdict"] not in _QUIET]
    if told:
        lines += ["| case | filter | verdict | what |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(e['case'])} | {e['filter']} | {e['verdict']} | {_cell(e['words'])} |"
            for e in told
        ]
        lines.append("")
    if comparison["versions"]:
        lines += [
            "Versions that changed:",
            "",
            "| part | name | before | after |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {c['part']} | {c['name']} | {_short(c['a'])} | {_short(c['b'])} |"
            for c in comparison["versions"]
        ]
        lines.append("")
    return "\n".join(lines)


def _pair(row: Mapping[str, Any], key: tuple[str, str]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(p for p in row["pairs"] if (p["a"], p["b"]) == key)
    return found


def _cell(text: str) -> str:
    """Keep a text within its table cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def _short(value: object) -> str:
    """Shorten digests to what a person compares."""
    text = "absent" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == 64 else text
