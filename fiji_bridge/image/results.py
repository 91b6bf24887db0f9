"""What operations give back that is not one image: tables, and several images by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import readable

if TYPE_CHECKING:
    import pandas


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

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        head, *body = (
            "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row)
            for tag, row in (("th", self.columns), *(("td", row) for row in self.rows))
        )
        lines = "".join(f"<tr>{row}</tr>" for row in body)
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return (
            f"<p>{escape(self.title)}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{lines}</tbody></table>" + (f"<ul>{notes}</ul>" if notes else "")
        )


class Report:
    """Findings, or a plan: a table for people, plain values for JSON, a frame for statistics."""

    def table(self) -> Table:
        """Return the table."""
        raise NotImplementedError

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the table."""
        return self.table()._repr_html_()

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as plain values; by default as the table shows them."""
        shown = self.table()
        return [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]

    def to_dataframe(self) -> pandas.DataFrame:
        """Return the rows as a frame of pandas.

        Raises
        ------
        InputError
            Where pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise InputError("a data frame needs pandas: pip install pandas") from None
        return pandas.DataFrame.from_records(self.records())


class Plan(Report):
    """What an operation will do, worked out without samples.

    Attributes
    ----------
    needed_bytes : int
        Memory that is taken beyond the image itself; an engine may need a little more.
    """

    needed_bytes: int


@dataclass(frozen=True)
class TablePlan(Plan):
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
