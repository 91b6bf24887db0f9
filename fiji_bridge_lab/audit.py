"""The audit of many filters: all laws on all of them, each in a process that may die."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from fiji_bridge_lab import versions
from fiji_bridge_lab.filter_spec import FilterSpec
from fiji_bridge_lab.laws import LAWS
from fiji_bridge_lab.pool import Task, run_all
from fiji_bridge_lab.runner import runtime_of

SCHEMA = "fiji-bridge/regress-laws/1"

#: What is audited where nobody says otherwise.
STANDARD = (
    FilterSpec("fused", "fiji_bridge fused"),
    FilterSpec("fused", "fiji_bridge fused, discrete kernel", parameters={"kernel": "discrete"}),
    FilterSpec("scipy", "fiji_bridge scipy"),
    FilterSpec("imagej.GaussianBlur3D", "ImageJ Gaussian Blur 3D"),
    FilterSpec("scipy.gaussian_filter", "SciPy gaussian_filter"),
    FilterSpec("skimage.gaussian", "scikit-image gaussian"),
    FilterSpec("sitk.DiscreteGaussian", "SimpleITK DiscreteGaussian"),
    FilterSpec("sitk.SmoothingRecursiveGaussian", "SimpleITK SmoothingRecursiveGaussian"),
    FilterSpec("opencv.GaussianBlur", "OpenCV GaussianBlur, XY then Z"),
    FilterSpec("dask_image.gaussian_filter", "dask-image gaussian_filter, 8 blocks"),
    FilterSpec("diplib.Gauss", "DIPlib Gauss, FIR"),
    FilterSpec("clesperanto.gaussian_blur", "clesperanto gaussian_blur"),
)

_SIGNS = {"holds": "✓", "broken": "✗", "information": ""}


def audit_all(
    filters: Sequence[FilterSpec], *, jobs: int = 2, timeout: float = 60.0
) -> dict[str, Any]:
    """Check all laws on some filters.

    Parameters
    ----------
    filters : sequence of FilterSpec
    jobs : int
        Worker processes at a time.
    timeout : float
        Seconds that one law may take.

    Returns
    -------
    dict
        ``filters``: label → law → finding; ``laws``: name → statement and whether a sampled
        Gaussian may claim it; wheels.
    """
    work = [(spec, law) for spec in filters for law in LAWS]
    tasks = [
        Task({"work": "law", "filter": asdict(spec), "law": law}, runtime_of(spec), timeout)
        for spec, law in work
    ]
    found: dict[str, dict[str, Any]] = {spec.label: {} for spec in filters}
    for (spec, law), reply in zip(work, run_all(tasks, jobs), strict=True):
        found[spec.label][law] = reply
    laws = {
        law.name: {"statement": law.statement, "claimed": law.claimed, "tolerance": law.tolerance}
        for law in LAWS.values()
    }
    return {"schema": SCHEMA, "wheels": versions.wheels(), "laws": laws, "filters": found}


def cell(finding: Mapping[str, Any], short: bool = False) -> str:
    """Return a finding as text for a table."""
    if finding["status"] != "done":
        return "not installed" if finding["status"] == "not installed" else finding["status"]
    sign = _SIGNS[finding["verdict"]]
    value = "" if finding["value"] is None else f"{finding['value']:.1e}"
    if finding["value"] == 0:
        value = "0"
    if finding["verdict"] == "information":
        return str(finding["note"])
    note = finding["note"] if finding["verdict"] == "broken" and not short else ""
    return " ".join(part for part in (sign, value, f"({note})" if note else "") if part)


def broken_claims(audit: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (filter, law) of laws that may be claimed and are broken, or could not be checked."""
    return [
        (label, law)
        for label, findings in audit["filters"].items()
        for law, finding in findings.items()
        if finding["status"] in ("error", "crash", "timeout")
        or (finding.get("verdict") == "broken" and audit["laws"][law]["claimed"])
    ]


def docs_page(audit: Mapping[str, Any]) -> str:
    """Return the audit as a page of the documentation."""
    labels = list(audit["filters"])
    implementations = {
        label: next((f["implementation"][0] for f in fs.values() if f.get("implementation")), "")
        for label, fs in audit["filters"].items()
    }
    lines = [
        "# An audit of Gaussian blurs",
        "",
        "Made by `fiji-bridge regress laws --docs docs/audit.md`; do not edit it by hand.",
        "",
        "Each filter is asked for the same blurs, σ in pixels, border mirror-double (SciPy's "
        "`reflect`) where it can be chosen. ✓ the law holds, ✗ it is broken; the number is how far "
        "the filter is from it. Laws that a sampled Gaussian must *not* claim stand in the second "
        "table: there ✗ is what a sampled kernel gives, whoever computes it.",
        "",
    ]
    for claimed, title in ((True, "Laws to keep"), (False, "Laws that must not be claimed")):
        lines += [f"## {title}", "", "| law | " + " | ".join(labels) + " |"]
        lines.append("|---" * (len(labels) + 1) + "|")
        for law, about in audit["laws"].items():
            if about["claimed"] is claimed:
                cells = " | ".join(cell(audit["filters"][label][law]) for label in labels)
                lines.append(f"| {about['statement']} | {cells} |")
        lines.append("")
    lines += ["## What ran", ""]
    lines += [f"- {label}: {what}" for label, what in implementations.items()]
    return "\n".join([*lines, ""])
