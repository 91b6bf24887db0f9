"""Tables and JSON for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from fiji_bridge.check.compare import Comparison
from fiji_bridge.check.crosscheck import CrosscheckReport
from fiji_bridge.check.faults import Seen
from fiji_bridge.engines.engine import Progress as ProgressCallback
from fiji_bridge.image.jsontext import indented
from fiji_bridge.image.results import Table as ReportTable

# Headings of columns of words.
_LEFT = ("axis", "against", "note", "file", "status", "outputs")
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
    print(indented(value))


def print_table(table: ReportTable) -> None:
    """Print a table of an operation, with its notes."""
    out = console()
    shown = Table(title=table.title, title_justify="left")
    for heading in table.columns:
        shown.add_column(heading, justify="left" if heading in _LEFT else "right")
    for row in table.rows:
        shown.add_row(*row)
    out.print(shown)
    for note in table.notes:
        style = "yellow" if note.startswith("warning:") else None
        out.print(note, style=style, markup=False)


def print_crosscheck(report: CrosscheckReport) -> None:
    """Print what a cross-check found."""
    out = console()
    verdict, engine, runtime, *sentences = crosscheck_sentences(report)
    print_table(report.plan.table())
    out.print(engine, markup=False)
    out.print(runtime, markup=False)
    print_table(report.table())
    for sentence in sentences:
        out.print(sentence)
    out.print(verdict, style="bold")


def crosscheck_sentences(report: CrosscheckReport) -> list[str]:
    """Return the verdict of a cross-check, engine, runtime, and what else there is to say."""
    said = [
        _VERDICTS[report.verdict],
        f"engine {report.engine.engine}: {report.engine.implementation}",
        f"runtime: {report.engine.runtime}",
    ]
    for row in report.rows:
        if row.judged is not None:
            said += row.judged.words(np.dtype(report.dtype)).splitlines()
    said += _faults(report.faults)
    if report.verdict == "cannot tell":
        said.append("this image cannot show whether the blur is right: try another one, or a float")
    return said


_VERDICTS = {"passed": "passed", "differs": "FAILED: differs", "cannot tell": "CANNOT TELL"}


def print_faults(faults: Sequence[Seen]) -> None:
    """Print which faults a check would have seen."""
    for sentence in _faults(faults):
        console().print(sentence)


def _faults(faults: Sequence[Seen]) -> list[str]:
    said = []
    for seen, words in ((True, "would have revealed"), (False, "would NOT have revealed")):
        names = [fault.fault for fault in faults if fault.visible is seen]
        if names:
            said.append(f"this check {words}: {', '.join(names)}")
    return said


def print_comparison(found: Comparison) -> None:
    """Print what differs between two files."""
    out = console()
    for line in found.structure:
        out.print(f"different {line}", markup=False)
    if found.difference is not None:
        d = found.difference
        out.print(
            f"largest difference {d.maximum:.6g} at {d.place(found.axes)}, mean {d.mean:.3g}, "
            f"RMS {d.rms:.3g}; {d.differing} of {d.samples} samples differ; "
            f"tolerance {found.tolerance.maximum:g} in at most "
            f"{100 * found.tolerance.share:.3g} % of the samples",
            markup=False,
        )
    print_faults(found.faults)
    words = {"passed": "same", "differs": "DIFFERENT", "cannot tell": "CANNOT TELL"}
    out.print(words[found.verdict], style="bold")


#: Who is told of progress instead of a terminal.
_told: ContextVar[ProgressCallback | None] = ContextVar("_told", default=None)


@contextmanager
def told_to(callback: ProgressCallback) -> Iterator[None]:
    """Let commands tell somebody else of their progress."""
    before = _told.set(callback)
    try:
        yield
    finally:
        _told.reset(before)


@contextmanager
def transfer_bar(label: str) -> Iterator[ProgressCallback | None]:
    """Show a bar with bytes per second on standard error where that is a terminal."""
    if _told.get() is not None or not sys.stderr.isatty():
        yield _told.get()
        return
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, emoji=False),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def progress_bar(label: str) -> Iterator[ProgressCallback | None]:
    """Show a bar on standard error where that is a terminal."""
    if _told.get() is not None or not sys.stderr.isatty():
        yield _told.get()
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
