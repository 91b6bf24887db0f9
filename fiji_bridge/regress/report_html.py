"""The report: one HTML file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from fiji_bridge.regress import report_parts as parts
from fiji_bridge.regress.runner import broken
from fiji_bridge.regress.store import Store

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 1400px;
  padding: 0 1rem; color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { margin: 0; display: inline; font-size: 1.05rem; } h4 { margin: 1.2rem 0 .4rem; }
table { border-collapse: collapse; } caption { text-align: left; padding: .3rem 0; }
th, td { border: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top; }
.wide { overflow-x: auto; } .numbers td { font-variant-numeric: tabular-nums; }
.numbers td.text { max-width: 60rem; }
.matrix td { padding: 0; text-align: center; } .matrix td a { display: block; padding: .3rem .4rem;
  color: inherit; text-decoration: none; min-width: 5.5rem; }
.matrix td a:focus, .matrix td a:hover { outline: 2px solid #000; }
.matrix thead th { vertical-align: bottom; font-size: .8rem; }
.causes { font-size: .75rem; line-height: 1.2; }
.badge { white-space: nowrap; padding: .05rem .45rem; border: 1px solid #777;
  border-radius: .3rem; }
.same { background: #fff; } .explained { background: #dbe9f6; }
.different, .error, .crash, .timeout { background: #8a3b00; color: #fff; font-weight: bold; }
.different b, .crash b, .error b, .timeout b { font-size: 1.15em; }
.not-installed, .cannot { background: repeating-linear-gradient(45deg, #fff 0 5px, #eee 5px 9px);
  color: #444; }
details.case { border: 1px solid #bbb; border-left-width: .5rem; margin: .8rem 0;
  padding: .5rem .8rem; }
details.case.bad { border-left-color: #8a3b00; } summary { cursor: pointer; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; max-width: 40rem; } figcaption, .small { font-size: .8rem; color: #333; }
.ortho { display: flex; gap: .5rem; flex-wrap: wrap; align-items: flex-start; }
img { image-rendering: pixelated; border: 1px solid #999; vertical-align: middle; }
.plot .frame { fill: #fff; stroke: #444; } .grid { stroke: #ccc; } .bar { fill: #333; }
.plot text { font: 11px system-ui, sans-serif; }
.plot .title { font-weight: bold; font-size: 12px; }
.mid { text-anchor: middle; } .end { text-anchor: end; }
.why { margin: .5rem 0 .5rem 1.2rem; padding: 0; } .why li { margin: .2rem 0; }
.provenance { font-size: .85rem; } .provenance td { overflow-wrap: anywhere; }
"""


def html_report(run: Mapping[str, Any], store: Store, *, folder: Path | None = None) -> str:
    """Return the report of a run.

    Parameters
    ----------
    run : mapping
        As `fiji_bridge.regress.runner.run_suite` returns it.
    store : Store
        Its arrays; what is missing there is left out of the pictures.
    folder : Path, optional
        Of the suite file, where images are read for the profiles.

    Returns
    -------
    str
        A complete document: no script, no network, no other file.
    """
    labels = [spec["label"] for spec in run["filters"]]
    ran = [x for x in labels if any(r["results"][x]["status"] == "done" for r in run["cases"])]
    styles = {label: number for number, label in enumerate(ran)}
    pairs = list(dict.fromkeys((p["a"], p["b"]) for row in run["cases"] for p in row["pairs"]))
    where = folder or Path(run["folder"] or ".")
    cases = "".join(_case(n, row, store, where, styles) for n, row in enumerate(run["cases"]))
    title = f"Regression lab: {run['suite']}"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{_summary(run)}"
        f"<h2>Are they the same?</h2>{_legend()}{_matrix(run, pairs)}{_skipped(run)}"
        f"<h2>Row by row</h2>{cases}<h2>Provenance</h2>{_provenance(run)}</body></html>\n"
    )


def _summary(run: Mapping[str, Any]) -> str:
    said = ", ".join(
        f"{count} {parts.VERDICTS[verdict][1]}"
        for verdict, count in run["counts"].items()
        if verdict in parts.VERDICTS
    )
    failed = "".join(
        f"<li>{escape(case)}: {escape(label)}: {escape(message)}</li>"
        for case, label, message in broken(run)
    )
    failed = f"<p><b>Filters that failed</b></p><ul>{failed}</ul>" if failed else ""
    return f"<p>{len(run['cases'])} rows; pairs: {said}.</p>{failed}"


def _legend() -> str:
    seen = ("same", "explained", "different", "crash", "not installed")
    return f"<p>{' '.join(parts.badge(verdict) for verdict in seen)}</p>"


def _matrix(run: Mapping[str, Any], pairs: list[tuple[str, str]]) -> str:
    missing = {}
    for key in pairs:
        found = [p for row in run["cases"] for p in row["pairs"] if (p["a"], p["b"]) == key]
        if all("maximum" not in p and p["verdict"] in ("not installed", "cannot") for p in found):
            missing[key] = found[0]["words"]
    shown = [key for key in pairs if key not in missing]
    head = "".join(f"<th scope='col'>{_label(a)}<br>↔ {_label(b)}</th>" for a, b in shown)
    rows = []
    for number, row in enumerate(run["cases"]):
        by_pair = {(p["a"], p["b"]): p for p in row["pairs"]}
        cells = "".join(_cell(by_pair[key], number) for key in shown)
        name = f'<a href="#case-{number}">{escape(row["id"])}</a>'
        rows.append(f"<tr><th scope='row'>{name}</th>{cells}</tr>")
    absent = "".join(
        f"<li>{escape(a)} ↔ {escape(b)}: {escape(why)}</li>" for (a, b), why in missing.items()
    )
    return (
        f'<div class="wide"><table class="matrix"><thead><tr><th>row</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
        "<p class='small'>In each cell: the largest difference in grey levels, and its causes.</p>"
        + (f"<p>Pairs that nothing is known about here:</p><ul>{absent}</ul>" if absent else "")
    )


def _cell(pair: Mapping[str, Any], number: int) -> str:
    sign, words = parts.VERDICTS[pair["verdict"]]
    most = f" {parts.number(pair['maximum'])}" if "maximum" in pair else ""
    causes = (
        f"<div class='causes'>{escape(', '.join(pair['causes']))}</div>" if pair["causes"] else ""
    )
    return (
        f'<td class="{pair["verdict"].replace(" ", "-")}"><a href="#case-{number}" '
        f'title="{escape(pair["words"])}"><b>{sign}</b> {words}<br>{most}{causes}</a></td>'
    )


def _label(label: str) -> str:
    """Let long names break after a point."""
    return escape(label).replace(".", ".<wbr>")


def _skipped(run: Mapping[str, Any]) -> str:
    lines = "".join(f"<li>{escape(e['case'])}: {escape(e['reason'])}</li>" for e in run["skipped"])
    return f"<p>Left out:</p><ul>{lines}</ul>" if lines else ""


def _case(
    index: int, row: Mapping[str, Any], store: Store, folder: Path, styles: Mapping[str, int]
) -> str:
    bad = any(p["verdict"] in ("different", "crash", "error", "timeout") for p in row["pairs"])
    image = parts.load_source(row, folder)
    figures = ""
    if image is not None:
        arrays = parts.views(row, image, store)
        figures = parts.profiles(row, image, arrays, styles) + parts.pictures(row, arrays)
    asked = ", ".join(f"{k} = {v}" for k, v in row["parameters"].items())
    return (
        f'<details class="case{" bad" if bad else ""}"{" open" if bad else ""}>'
        f"<summary><h3>{escape(row['id'])}</h3> <span class='small'>{escape(row['operation'])}: "
        f"{escape(asked)}</span></summary>"
        # Inside, so that a link to it opens the row.
        f'<div id="case-{index}">{_answers(row)}</div>'
        f'<div class="wide">{parts.numbers_table(row)}</div>'
        f"{parts.kernels(row, styles)}{figures}{_ran(row)}</details>"
    )


def _answers(row: Mapping[str, Any]) -> str:
    """Return the answer to 'are they the same here, and if not, why' for each pair."""
    lines, silent = [], []
    for pair in row["pairs"]:
        name = f"{escape(pair['a'])} and {escape(pair['b'])}"
        if pair["verdict"] in ("not installed", "cannot"):
            silent.append(name)
            continue
        words = escape(pair["words"])
        lines.append(f"<li>{parts.badge(pair['verdict'])} <b>{name}</b>: {words}.</li>")
    if silent:
        lines.append(f"<li>Nothing to say about {', '.join(silent)}: see What ran.</li>")
    return f"<ul class='why'>{''.join(lines)}</ul>"


def _ran(row: Mapping[str, Any]) -> str:
    lines = []
    for label, reply in row["results"].items():
        if reply["status"] != "done":
            what = f"<td colspan='4'>{escape(reply['status'])}: {escape(reply['message'])}</td>"
        else:
            cells = (
                reply["implementation"], reply["runtime"], reply["note"],
                f"sha256 {reply['sha256'][:16]}…, {reply['seconds']:.2f} s",
            )  # fmt: skip
            what = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        lines.append(f"<tr><th>{escape(label)}</th>{what}</tr>")
    return f"<h4>What ran</h4><table class='provenance'>{''.join(lines)}</table>"


def _provenance(run: Mapping[str, Any]) -> str:
    facts = {**run["machine"], **run["wheels"]}
    lines = "".join(
        f"<tr><th>{escape(str(k))}</th><td>{escape(str(v))}</td></tr>" for k, v in facts.items()
    )
    jars = "".join(
        f"<h4>{escape(runtime)}</h4><table class='provenance'>"
        + "".join(f"<tr><th>{escape(n)}</th><td>{sha}</td></tr>" for n, sha in found.items())
        + "</table>"
        for runtime, found in run["runtimes"].items()
    )
    filters = escape(json.dumps(run["filters"], indent=1))
    return (
        f"<table class='provenance'>{lines}</table>{jars}"
        f"<details><summary>Filters as they were asked for</summary><pre>{filters}</pre></details>"
    )
