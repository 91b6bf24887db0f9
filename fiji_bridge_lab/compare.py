"""What moved between two runs: two releases, two Fiji versions, two machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fiji_bridge.errors import FijiBridgeError
from fiji_bridge_lab.judge import judge, look
from fiji_bridge_lab.runner import arrays_of, read_run
from fiji_bridge_lab.store import Store, rms_between
from fiji_bridge_lab.suite import Accepted, ImageSpec

SCHEMA = "fiji-bridge/regress-compare/1"

#: Verdicts that make a comparison fail.
FAILING = ("moved", "gone", "broke")


def compare_runs(a: Path, b: Path, *, exact: bool = False) -> dict[str, Any]:
    """Compare two runs (or baselines), result by result.

    Parameters
    ----------
    a, b : Path
        Folders; `a` is the older one, or the baseline.
    exact : bool
        Whether a difference within the tolerance of the type counts as moved.

    Returns
    -------
    dict
        With ``versions`` (what is not the same on both sides), ``results`` (a verdict for
        each case and filter), ``counts`` and ``passed``.

    Notes
    -----
    Where a baseline has no array the size of a change is estimated from its sketch, and its cause
    is what the newer result looks like.
    """
    before, after = read_run(a), read_run(b)
    rows_a = {row["id"]: row for row in before["cases"]}
    rows_b = {row["id"]: row for row in after["cases"]}
    skipped = {
        entry["case"]: entry["reason"] for run in (before, after) for entry in run["skipped"]
    }
    folder = after["folder"] or before["folder"] or "."
    results = []
    for id in list(dict.fromkeys([*rows_a, *rows_b])):
        left, right = rows_a.get(id), rows_b.get(id)
        known = [*(left or {"results": {}})["results"], *(right or {"results": {}})["results"]]
        for label in dict.fromkeys(known):
            entry = {"case": id, "filter": label}
            if (left is None or right is None) and id in skipped:
                found = {"verdict": "skipped", "words": skipped[id]}
            else:
                found = _result(left, right, label, (arrays_of(a), arrays_of(b)), folder, exact)
            results.append({**entry, **found})
    counts: dict[str, int] = {}
    for entry in results:
        counts[entry["verdict"]] = counts.get(entry["verdict"], 0) + 1
    return {
        "schema": SCHEMA,
        "a": str(a),
        "b": str(b),
        "versions": version_changes(before, after),
        "results": results,
        "counts": counts,
        "passed": not any(counts.get(verdict, 0) for verdict in FAILING),
    }


def version_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what differs in machine, wheels and jars."""
    changes = []
    for part in ("machine", "wheels"):
        for name in dict.fromkeys([*before[part], *after[part]]):
            old, new = before[part].get(name), after[part].get(name)
            if old != new:
                changes.append({"part": part, "name": name, "a": old, "b": new})
    jars = []
    for run in (before, after):
        jars.append({n: sha for found in run["runtimes"].values() for n, sha in found.items()})
    for name in sorted({*jars[0], *jars[1]}):
        old, new = (found.get(name) for found in jars)
        if old != new:
            changes.append({"part": "jars", "name": name, "a": old, "b": new})
    return changes


def _result(
    left: Mapping[str, Any] | None,
    right: Mapping[str, Any] | None,
    label: str,
    stores: tuple[Store, Store],
    folder: str,
    exact: bool,
) -> dict[str, Any]:
    old = (left or {"results": {}})["results"].get(label)
    new = (right or {"results": {}})["results"].get(label)
    if old is None or new is None:
        return {
            "verdict": "gone" if new is None else "appeared",
            "words": "it is not in the newer run" if new is None else "it is in the newer run only",
        }
    statuses = (old["status"], new["status"])
    if statuses != ("done", "done"):
        return _statuses(old, new)
    assert left is not None
    assert right is not None
    if old["sha256"] == new["sha256"]:
        return {"verdict": "identical", "words": "the same in every bit", "maximum": 0.0}
    if (old["dtype"], old["shape"]) != (new["dtype"], new["shape"]):
        return {
            "verdict": "moved",
            "words": f"{old['dtype']} {old['shape']} became {new['dtype']} {new['shape']}",
        }
    if left["parameters"] != right["parameters"]:
        request = f"the request changed from {left['parameters']} to {right['parameters']}; "
    else:
        request = "the image itself is another one; " if left["source"] != right["source"] else ""
    if stores[0].has(old["sha256"]) and stores[1].has(new["sha256"]):
        found = _from_arrays(right, old, new, stores, folder, exact)
    else:
        found = _from_sketches(old, new)
        if stores[1].has(new["sha256"]):
            found["words"] += _cause(right, new, stores[1], folder)
    return {**found, "words": request + found["words"]}


def _statuses(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    if old["status"] == new["status"]:
        return {"verdict": "identical", "words": f"{new['status']} in both: {new['message']}"}
    if new["status"] == "done":
        return {"verdict": "appeared", "words": f"it runs now; it was: {old['message']}"}
    if old["status"] == "done":
        absent = new["status"] == "not installed"
        return {"verdict": "gone" if absent else "broke", "words": new["message"]}
    return {
        "verdict": "broke" if new["status"] in ("crash", "timeout", "error") else "identical",
        "words": f"was {old['status']}, is {new['status']}: {new['message']}",
    }


def _from_arrays(
    row: Mapping[str, Any],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    stores: tuple[Store, Store],
    folder: str,
    exact: bool,
) -> dict[str, Any]:
    accepted = asdict(Accepted())
    merged = _Both(stores)
    task = {
        "operation": row["operation"],
        "parameters": row["parameters"],
        "results": {"before": old, "after": new},
        "pairs": [{"a": "before", "b": "after", "accepted": accepted}],
    }
    try:
        image = ImageSpec.from_dict(row["image"]).load(row["dtype"], Path(folder))
        pair = judge(image, task, merged)["pairs"][0]
    except FijiBridgeError as error:
        return {"verdict": "moved", "words": f"it moved; why cannot be found out: {error}"}
    within = pair["verdict"] == "same" and not exact
    numbers = {k: pair[k] for k in ("maximum", "mean", "rms", "where", "differing", "samples")}
    if pair["verdict"] == "same":
        words = f"moved within the tolerance: {pair['words'].removeprefix('the same: ')}"
    else:
        words = f"largest difference {pair['maximum']:.3g}; {pair['words']}"
    return {"verdict": "within" if within else "moved", "words": words, **numbers}


def _cause(row: Mapping[str, Any], new: Mapping[str, Any], store: Store, folder: str) -> str:
    """Return what the newer result looks like, where the older one is not kept."""
    task = {
        "operation": row["operation"],
        "parameters": row["parameters"],
        "results": {"after": new},
        "pairs": [],
    }
    try:
        image = ImageSpec.from_dict(row["image"]).load(row["dtype"], Path(folder))
        return f"; after {said}" if (said := look(image, task, store)) else ""
    except (FijiBridgeError, TypeError, ValueError) as error:
        return f"; why cannot be found out: {error}"


class _Both:
    """Two stores as one."""

    def __init__(self, stores: tuple[Store, Store]) -> None:
        self._stores = stores

    def get(self, sha256: str) -> Any:
        return next(s for s in self._stores if s.has(sha256)).get(sha256)


def _from_sketches(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    before, after = old["summary"], new["summary"]
    rms = rms_between(before["sketch"], after["sketch"])
    shift = float(np.subtract(after["mean"], before["mean"]))
    words = (
        f"it moved by about {rms:.2g} (RMS, estimated: the array is too large for a baseline), "
        f"the mean by {shift:+.2g}"
    )
    return {"verdict": "moved", "words": words, "rms": rms}
