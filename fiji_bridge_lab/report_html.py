"""The report: one HTML file that needs nothing else, after ``templates/report.html.j2``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fiji_bridge.errors import EngineUnavailableError
from fiji_bridge_lab import report_parts as parts
from fiji_bridge_lab.runner import FAILING, absent, broken_lines
from fiji_bridge_lab.store import Store
from fiji_bridge_lab.verdicts import SILENT, VERDICTS


def html_report(run: Mapping[str, Any], store: Store, *, folder: Path | None = None) -> str:
    """Return the report of a run.

    Parameters
    ----------
    run : mapping
        As `fiji_bridge_lab.runner.run_suite` returns it.
    store : Store
        Its arrays; what is missing there is left out of the pictures.
    folder : Path, optional
        Of the suite file, where images are read for the profiles.

    Returns
    -------
    str
        A complete document: no script, no network, no other file.

    Raises
    ------
    EngineUnavailableError
        Without Jinja.
    """
    labels = [spec["label"] for spec in run["filters"]]
    ran = [x for x in labels if any(r["results"][x]["status"] == "done" for r in run["cases"])]
    styles = {label: number for number, label in enumerate(ran)}
    pairs = list(dict.fromkeys((p["a"], p["b"]) for row in run["cases"] for p in row["pairs"]))
    missing = _missing(run, pairs)
    where = folder or Path(run["folder"] or ".")
    page: str = _template().render(
        run=run,
        verdicts=VERDICTS,
        said=", ".join(
            f"{count} {VERDICTS[verdict][1]}"
            for verdict, count in run["counts"].items()
            if verdict in VERDICTS
        ),
        failed=broken_lines(run),
        absent=absent(run),
        missing=missing,
        shown=[key for key in pairs if key not in missing],
        cases=[_case(row, store, where, styles) for row in run["cases"]],
        filters=json.dumps(run["filters"], indent=1),
    )
    return page


def _template() -> Any:
    try:
        import jinja2
    except ImportError:
        raise EngineUnavailableError(
            "the report of the regression lab needs Jinja: pip install 'fiji-bridge[lab]'"
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fiji_bridge_lab"),
        # A run may be somebody else's: every text in it is a text, never markup.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = parts.number
    return environment.get_template("report.html.j2")


def _missing(run: Mapping[str, Any], pairs: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return why for pairs that no row knows anything about."""
    missing = {}
    for key in pairs:
        found = [p for row in run["cases"] for p in row["pairs"] if (p["a"], p["b"]) == key]
        if all("maximum" not in p and p["verdict"] in SILENT for p in found):
            missing[key] = found[0]["words"]
    return missing


def _case(
    row: Mapping[str, Any], store: Store, folder: Path, styles: Mapping[str, int]
) -> dict[str, Any]:
    """Return what the template says about a row."""
    image = parts.load_source(row, folder)
    arrays = {} if image is None else parts.views(row, image, store)
    return {
        "row": row,
        "bad": any(p["verdict"] in FAILING for p in row["pairs"]),
        "pairs": {(p["a"], p["b"]): p for p in row["pairs"]},
        "told": [p for p in row["pairs"] if p["verdict"] not in SILENT],
        "silent": [p for p in row["pairs"] if p["verdict"] in SILENT],
        "numbers": parts.numbers(row),
        "kernels": parts.kernels(row, styles),
        "profiles": None if image is None else parts.profiles(row, image, arrays, styles),
        "pictures": parts.pictures(row, arrays),
    }
