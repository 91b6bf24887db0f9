"""Subcommands that put the ImageJ commands and macros where ImageJ finds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fiji_bridge.install.folder import Report

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--downgrade", is_flag=True, help="Replace a newer version that is there.")
def install(folder: Path, downgrade: bool) -> None:
    """Put the commands and macros into the Fiji or ImageJ in FOLDER, or upgrade them."""
    from fiji_bridge.install.folder import install as put

    report = put(folder, downgrade=downgrade)
    _tell(report)
    click.echo(f"restart the {report.kind}: Process > Filters > Gaussian Blur (Physical)...")


@click.command()
@click.argument("folder", type=FOLDER)
def uninstall(folder: Path) -> None:
    """Take out of FOLDER what install put there, and nothing else."""
    from fiji_bridge.install.folder import uninstall as take

    _tell(take(folder))


@click.command("update-site")
@click.argument("out", type=FOLDER)
def update_site(out: Path) -> None:
    """Write a static folder that Fiji's updater accepts, or bring it up to date."""
    from fiji_bridge.install.updatesite import update_site as publish

    for name in publish(out):
        click.echo(f"new: {name}")
    click.echo(f"{out} is ready; serve it as static files and add its address in Fiji")


@click.command()
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("macros"),
    show_default=True,
    help="Folder of the macros.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file is out of step.")
def macros(folder: Path, check: bool) -> int:
    """Write the ImageJ macros that are generated from the operations."""
    from fiji_bridge.install import macrogen

    if not check:
        for path in macrogen.write(folder):
            click.echo(path)
        return 0
    problems = macrogen.check(folder)
    for problem in problems:
        click.echo(problem)
    if not problems:
        click.echo(f"{folder} is in step")
    return 1 if problems else 0


def _tell(report: Report) -> None:
    click.echo(f"{report.folder} ({report.kind})")
    for word, names in (
        ("written", report.written),
        ("removed", report.removed),
        ("kept, because it was changed", report.kept),
    ):
        for name in names:
            click.echo(f"  {word}: {name}")
