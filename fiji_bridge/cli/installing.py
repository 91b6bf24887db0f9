"""Subcommands that put the ImageJ commands where ImageJ finds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fiji_bridge.install import Report

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER)
def install(folder: Path) -> None:
    """Put the commands and macros into the Fiji or ImageJ in FOLDER, or upgrade them."""
    from fiji_bridge.install import install as put

    report = put(folder)
    _tell(report)
    click.echo(f"restart the {report.kind}: Process > Filters > Gaussian Blur (Physical)...")


@click.command()
@click.argument("folder", type=FOLDER)
def uninstall(folder: Path) -> None:
    """Take out of FOLDER what install put there, and nothing else."""
    from fiji_bridge.install import uninstall as take

    _tell(take(folder))


@click.command("update-site")
@click.argument("out", type=FOLDER)
def update_site(out: Path) -> None:
    """Write a static folder that Fiji's updater accepts, or bring it up to date."""
    from fiji_bridge.install import update_site as publish

    for name in publish(out):
        click.echo(f"new: {name}")
    click.echo(f"{out} is ready; serve it as static files and add its address in Fiji")


def _tell(report: Report) -> None:
    click.echo(f"{report.folder} ({report.kind})")
    for word, names in (
        ("written", report.written),
        ("removed", report.removed),
        ("kept, because it was changed", report.kept),
    ):
        for name in names:
            click.echo(f"  {word}: {name}")
