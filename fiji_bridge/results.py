"""What operations give back that is not one image: tables, and several images by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from fiji_bridge.image import CalibratedImage
from fiji_bridge.memory import readable


@dataclass(frozen=True)
class Table:
    """A table for a person to read.

    Attributes
    ----------
    title : str
    columns : tuple of str
        Headings, with the unit where there is one.
    rows : tuple of tuple of str
        As many cells in each as there are columns.
    notes : tuple of str
        Sentences below the table: assumptions, warnings.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        widths = [
            max(len(cell) for cell in column)
            for column in zip(self.columns, *self.rows, strict=True)
        ]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            for row in (self.columns, *self.rows)
        ]
        return "\n".join([self.title, *lines, *self.notes])


class Report(Protocol):
    """Findings, or a plan: a table for people and plain values for JSON."""

    def table(self) -> Table:
        """Return the table."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        ...


class Plan(Report, Protocol):
    """What an operation will do, worked out without samples."""

    @property
    def needed_bytes(self) -> int:
        """Memory that is taken beyond the image itself; an engine may need a little more."""
        ...


@dataclass(frozen=True)
class TablePlan:
    """A `Plan` that is no more than its table.

    Attributes
    ----------
    shown : Table
    values : mapping
        The same as plain values for JSON.
    needed_bytes : int
    """

    shown: Table
    values: Mapping[str, Any]
    needed_bytes: int

    def table(self) -> Table:
        """Return the table, with the memory below it."""
        memory = f"memory needed: {readable(self.needed_bytes)}"
        return replace(self.shown, notes=(*self.shown.notes, memory))

    def as_dict(self) -> dict[str, Any]:
        """Return the values and the memory."""
        return {**self.values, "needed_bytes": self.needed_bytes}


@dataclass(frozen=True)
class Images:
    """Several images that one operation made.

    Attributes
    ----------
    images : mapping of str to CalibratedImage
        By name, in order; the name becomes part of a file's name.
    report : Report or None
        What there is to read about them.
    """

    images: Mapping[str, CalibratedImage]
    report: Report | None = None

    def __getitem__(self, name: str) -> CalibratedImage:
        return self.images[name]
