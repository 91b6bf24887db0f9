"""What happened to each of many files: as table, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fiji_bridge.errors import FileError
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.image.results import Report, Table
from fiji_bridge.image.texts import one_line

COLUMNS = ("file", "status", "outputs", "message", "warnings", "seconds", "finished")


@dataclass(frozen=True)
class Outcome:
    """What happened to one file.

    Attributes
    ----------
    file : Path
    status : {"done", "skipped", "failed", "left out", "to do"}
        Skipped: it was done before. Left out: in a folder, and no image.
    outputs : tuple of Path
    message : str
        Why it failed, was skipped or left out.
    warnings : tuple of str
    seconds : float
    finished : str
        Time in UTC, ISO 8601.
    code : int
        Exit code of the failure: 2 where the request makes no sense for the file, 4 otherwise.
    """

    file: Path
    status: str
    outputs: tuple[Path, ...] = ()
    message: str = ""
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    finished: str = ""
    code: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "file": str(self.file),
            "status": self.status,
            "outputs": [str(path) for path in self.outputs],
            "message": self.message,
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 3),
            "finished": self.finished,
        }


@dataclass(frozen=True)
class ManyReport(Report):
    """What happened to each file.

    Attributes
    ----------
    operation : str
    outcomes : tuple of Outcome
    """

    operation: str
    outcomes: tuple[Outcome, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many files there are of each status."""
        return dict(Counter(outcome.status for outcome in self.outcomes))

    @property
    def passed(self) -> bool:
        """Whether no file failed."""
        return "failed" not in self.counts

    @property
    def exit_code(self) -> int:
        """0 if no file failed, 2 if the request made no sense for any of them, else 4."""
        if self.passed:
            return 0
        tried = [outcome for outcome in self.outcomes if outcome.status != "left out"]
        return 2 if all(outcome.code == 2 for outcome in tried) else 4

    def words(self) -> str:
        """Return the counts as text."""
        return ", ".join(f"{count} {status}" for status, count in self.counts.items())

    def table(self) -> Table:
        """Return a row for each file."""
        rows = tuple(
            (
                str(outcome.file),
                outcome.status,
                ", ".join(str(path) for path in outcome.outputs),
                "; ".join(part for part in (outcome.message, *outcome.warnings) if part),
            )
            for outcome in self.outcomes
        )
        columns = ("file", "status", "outputs", "note")
        return Table(f"{self.operation} of many files", columns, rows, (self.words(),))

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "operation": self.operation,
            "passed": self.passed,
            "counts": self.counts,
            "files": self.records(),
        }

    def records(self) -> list[dict[str, Any]]:
        """Return the outcomes as plain values."""
        return [outcome.as_dict() for outcome in self.outcomes]


def check_csv(path: Path) -> str:
    """Return what a CSV of earlier runs holds, to which rows may be added; "" for a new one.

    Raises
    ------
    FileError
        If another table is there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        text = "\0"
    if text and text.splitlines()[0] != ",".join(COLUMNS):
        raise FileError(f"{path} exists and is no table of this program; choose another name")
    return text if not text or text.endswith("\n") else text + "\n"


def add_to_csv(outcomes: Iterable[Outcome], path: Path) -> None:
    """Write outcomes as rows of a CSV, behind those of earlier runs."""
    before = check_csv(path)
    with atomic_output(path, overwrite=True) as file:
        file.write((before + csv_text(outcomes, header=not before)).encode("utf-8"))


def csv_text(outcomes: Iterable[Outcome], *, header: bool = True) -> str:
    """Return outcomes as CSV; no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(COLUMNS)
    for outcome in outcomes:
        row = outcome.as_dict()
        row["outputs"] = "; ".join(row["outputs"])
        row["warnings"] = "; ".join(row["warnings"])
        writer.writerow([_neutral(row[column]) for column in COLUMNS])
    return out.getvalue()


def _neutral(value: Any) -> Any:
    """Put an apostrophe before what a spreadsheet would compute; line breaks are escaped."""
    if not isinstance(value, str):
        return value
    text = one_line(value.encode("utf-8", "replace").decode("utf-8"))
    return "'" + text if text.lstrip()[:1] in ("=", "+", "-", "@") else text
