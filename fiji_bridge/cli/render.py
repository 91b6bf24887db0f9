"""Tables and JSON for the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from fiji_bridge.check.compare import Comparison
from fiji_bridge.check.crosscheck import CrosscheckReport
from fiji_bridge.check.difference import Difference
from fiji_bridge.engines.base import Progress as ProgressCallback
from fiji_bridge.plan import BlurPlan
from fiji_bridge.results import Table as ReportTable

# Piped output must not be cut to the width of a terminal that is not there.
_WIDE = 160


def console() -> Console:
    """Return the console of standard output.

    File names and coordinates stay as they are: rich would take ``[a]`` for markup and
    ``sc.fiji:fiji:2.16.0`` for an emoji.
    """
    width = None if sys.stdout.isatty() else _WIDE
    return Console(highlight=False, markup=False, emoji=False, width=width)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON document; NaN and infinities become null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def plan_table(plan: BlurPlan) -> Table:
    """Return the plan, a row per axis."""
    cval = f" (value {plan.cval:g})" if plan.border == "constant" else ""
    table = Table(title=f"kernel {plan.kernel}, border {plan.border}{cval}", title_justify="left")
    for heading in (
        "axis", "samples", "sigma asked for", "voxel size", "sigma (px)", "radius (px)",
        "effective sigma (px)", "effective sigma", "note",
    ):  # fmt: skip
        table.add_column(heading, justify="left" if heading in ("axis", "note") else "right")
    for axis in plan.axes:
        unit = f" {axis.unit}" if axis.unit else ""
        table.add_row(
            axis.axis,
            str(axis.size),
            f"{axis.requested:.6g}{unit}",
            "unknown" if axis.voxel_size is None else f"{axis.voxel_size:.6g}{unit}",
            f"{axis.sigma_px:.6g}",
            str(axis.radius),
            f"{axis.effective_sigma_px:.6g}",
            "unknown" if axis.effective_sigma is None else f"{axis.effective_sigma:.6g}{unit}",
            axis.note,
        )
    return table


def print_plan(plan: BlurPlan) -> None:
    """Print a plan and its warnings."""
    out = console()
    out.print(plan_table(plan))
    for warning in plan.warnings:
        out.print(f"warning: {warning}", style="yellow", markup=False)


def print_table(table: ReportTable) -> None:
    """Print a table of an operation, with its notes."""
    out = console()
    shown = Table(title=table.title, title_justify="left")
    for heading in table.columns:
        shown.add_column(heading, justify="right")
    for row in table.rows:
        shown.add_row(*row)
    out.print(shown)
    for note in table.notes:
        out.print(note, markup=False)


def print_crosscheck(report: CrosscheckReport) -> None:
    """Print what a cross-check found."""
    out = console()
    print_plan(report.plan)
    out.print(f"engine {report.engine.engine}: {report.engine.implementation}", markup=False)
    out.print(f"runtime: {report.engine.runtime}", markup=False)
    table = Table(
        title=f"{report.image}: result ({report.dtype}) against …, in grey levels "
        f"(data range {report.data_range:g})",
        title_justify="left",
    )
    table.add_column("against")
    for heading in ("largest", "at", "mean", "RMS", "tolerance", "verdict"):
        table.add_column(heading, justify="right")
    for row in report.rows:
        verdict = "information" if row.tolerance is None else "same" if row.passed else "DIFFERENT"
        table.add_row(
            row.against,
            f"{row.difference.maximum:.3g}",
            place(row.difference, report.axes),
            f"{row.difference.mean:.3g}",
            f"{row.difference.rms:.3g}",
            "" if row.tolerance is None else f"{row.tolerance:.3g}",
            verdict,
        )
    out.print(table)
    out.print("passed" if report.passed else "FAILED", style="bold")


def print_comparison(found: Comparison) -> None:
    """Print what differs between two files."""
    out = console()
    for line in found.structure:
        out.print(f"different {line}", markup=False)
    if found.difference is not None:
        d = found.difference
        out.print(
            f"largest difference {d.maximum:.6g} at {place(d, found.axes)}, mean {d.mean:.3g}, "
            f"RMS {d.rms:.3g}; {d.differing} of {d.samples} samples differ; "
            f"tolerance {found.tolerance:g}",
            markup=False,
        )
    out.print("same" if found.passed else "DIFFERENT", style="bold")


def place(found: Difference, axes: tuple[str, ...]) -> str:
    """Return where the largest difference is, by axis name."""
    if found.maximum == 0:
        return "-"
    return " ".join(f"{axis}={i}" for axis, i in zip(axes, found.where, strict=True))


@contextmanager
def progress_bar(label: str) -> Iterator[ProgressCallback | None]:
    """Show a bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, emoji=False),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
