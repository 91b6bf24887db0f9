"""Reports as ImageJ's commands read them: tables with tabs between cells, sentences round them.

The first line is the verdict. A line ``table N TITLE`` comes before each table, whose heading and
`N` rows follow; every other line is a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from fiji_bridge.errors import FijiBridgeError
from fiji_bridge.image.results import Report, Table

tabs_option: Callable[..., Any] = click.option(
    "--tabs", is_flag=True, hidden=True, help="Write tables with tabs, for the commands in ImageJ."
)


def write(verdict: str, tables: Sequence[Table], sentences: Sequence[str]) -> None:
    """Write a report to standard output."""
    lines = [verdict]
    for table in tables:
        lines.append(f"table {len(table.rows)} {table.title}")
        lines += ["\t".join(row) for row in (table.columns, *table.rows)]
    lines += sentences
    for line in lines:
        # One line each, whatever a name holds.
        click.echo(" ".join(line.splitlines()))


def write_report(report: Report, figure: Path | None, draw: Callable[[Path], None]) -> None:
    """Write what an operation found, and its figure; where there can be none, say why.

    Parameters
    ----------
    report : Report
    figure : path or None
        Where the figure goes.
    draw : callable
        Writes it there.
    """
    table = report.table()
    sentences = list(table.notes)
    if figure is not None:
        try:
            draw(figure)
        except FijiBridgeError as error:
            sentences.append(f"no figure: {error}")
    write(table.title, [Table("found", table.columns, table.rows)], sentences)
