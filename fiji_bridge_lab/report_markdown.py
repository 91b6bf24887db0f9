"""The report as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from fiji_bridge_lab.baseline import count_words
from fiji_bridge_lab.report_parts import number
from fiji_bridge_lab.runner import FAILING, absent, broken_lines
from fiji_bridge_lab.verdicts import MOVED, MOVES, SILENT, VERDICTS, move_counts

#: Rows of a comparison that need no line of their own.
_QUIET = ("identical", "within")


def markdown_report(run: Mapping[str, Any]) -> str:
    """Return a matrix of verdicts, and the reasons for all that is not the same."""
    pairs = [
        key
        for key in dict.fromkeys((p["a"], p["b"]) for row in run["cases"] for p in row["pairs"])
        if any(_pair(row, key)["verdict"] not in SILENT for row in run["cases"])
    ]
    lines = [f"## Regression lab: {_cell(run['suite'])}", "", f"{count_words(dict(run))}", ""]
    lines += ["| | " + " | ".join(f"{_cell(a)} ↔ {_cell(b)}" for a, b in pairs) + " |"]
    lines += ["|---" * (len(pairs) + 1) + "|"]
    for row in run["cases"]:
        cells = []
        for key in pairs:
            pair = _pair(row, key)
            sign, words = VERDICTS[pair["verdict"]]
            most = f" {number(pair['maximum'])}" if "maximum" in pair else ""
            bold = "**" if pair["verdict"] in FAILING else ""
            cells.append(f"{bold}{sign} {words}{bold}{most}")
        lines.append(f"| {_cell(row['id'])} | " + " | ".join(cells) + " |")
    lines.append("")
    for title, wanted in (
        ("Not as expected", FAILING),
        (VERDICTS["explained"][1].capitalize(), ("explained",)),
    ):
        said = [
            f"- {_cell(row['id'])}: **{_cell(pair['a'])} ↔ {_cell(pair['b'])}**: "
            f"{_cell(pair['words'])}"
            for row in run["cases"]
            for pair in row["pairs"]
            if pair["verdict"] in wanted
        ]
        if said:
            lines += [f"<details><summary>{title}: {len(said)}</summary>", "", *said]
            lines += ["", "</details>", ""]
    failed = [
        f"- {_cell(where)}: {_cell(label)}: {_cell(why)}" for where, label, why in broken_lines(run)
    ]
    missing = [f"- {_cell(label)}: {_cell(why)}" for label, why in absent(run)]
    if failed:
        lines += ["### Filters that failed", "", *failed, ""]
    if missing:
        lines += ["### Filters that are not there", "", *missing, ""]
    return "\n".join(lines)


def markdown_comparison(comparison: Mapping[str, Any]) -> str:
    """Return what moved between two runs, and which versions changed."""
    bold = "" if comparison["passed"] else "**"
    verdict = f"{bold}{MOVED[comparison['passed']]}{bold}"
    lines = ["## Regression lab: two runs", "", f"{verdict}: {move_counts(comparison['counts'])}"]
    lines.append("")
    told = [entry for entry in comparison["results"] if entry["verdict"] not in _QUIET]
    if told:
        lines += ["| case | filter | verdict | what |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(e['case'])} | {_cell(e['filter'])} | {MOVES[e['verdict']]} "
            f"| {_cell(e['words'])} |"
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
            f"| {c['part']} | {_cell(c['name'])} | {_short(c['a'])} | {_short(c['b'])} |"
            for c in comparison["versions"]
        ]
        lines.append("")
    return "\n".join(lines)


def _pair(row: Mapping[str, Any], key: tuple[str, str]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(p for p in row["pairs"] if (p["a"], p["b"]) == key)
    return found


def _cell(text: str) -> str:
    """Keep a text within its table cell, and no markup of a foreign run in it."""
    return escape(text, quote=False).replace("|", "\\|").replace("\n", " ")


def _short(value: object) -> str:
    """Shorten digests to what a person compares."""
    text = "absent" if value is None else str(value)
    return f"{text[:12]}…" if len(text) == 64 else _cell(text)
