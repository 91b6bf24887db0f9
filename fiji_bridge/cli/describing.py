"""The subcommand that describes the operations to workflow systems."""

from __future__ import annotations

from pathlib import Path

import click

from fiji_bridge.describe.formats import FORMATS, write
from fiji_bridge.describe.formats import check as out_of_step


@click.command()
@click.option(
    "--format",
    "name",
    type=click.Choice(list(FORMATS)),
    help="Only this format.  [default: all]",
)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("descriptors"),
    show_default=True,
    help="Folder with a folder per format.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file is out of step.")
def describe(name: str | None, folder: Path, check: bool) -> int:
    """Write descriptors of the operations for workflow systems."""
    formats = [name] if name else list(FORMATS)
    if not check:
        for path in write(folder, formats):
            click.echo(path)
        return 0
    problems = out_of_step(folder, formats)
    for problem in problems:
        click.echo(problem)
    if not problems:
        click.echo(f"{folder} is in step")
    return 1 if problems else 0
