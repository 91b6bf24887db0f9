"""What operations give back that is not one image: tables, and several images by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fiji_bridge.image import CalibratedImage


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
