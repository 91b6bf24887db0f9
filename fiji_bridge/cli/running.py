"""Subcommands that run ImageJ's own commands and macros."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from fiji_bridge.cli import many
from fiji_bridge.cli.operations import load, start_runtime
from fiji_bridge.cli.options import INPUT, OUTPUT, image_options, runtime_options


def _table_options(function: Any) -> Any:
    csv = click.option("--csv", "table", type=OUTPUT, help="Write the Results table.")
    rois = click.option("--rois", type=OUTPUT, help="Write the ROIs: .geojson, or .zip for ImageJ.")
    overwrite = click.option("--overwrite", is_flag=True, help="Replace files that exist.")
    return csv(rois(overwrite(function)))


@click.command("run-command")
@click.argument("source", metavar="IN", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("command", metavar="COMMAND")
@click.argument("options", metavar="[KEY=VALUE]...", nargs=-1)
@click.option("--batch", is_flag=True, help="IN is a folder or pattern, OUT a folder; resumes.")
@click.option("--report", type=OUTPUT, help="With --batch: add what happened to each file, as CSV.")
@_table_options
@image_options
@runtime_options
def run_command(
    source: Path,
    out: Path,
    command: str,
    options: tuple[str, ...],
    batch: bool,
    report: Path | None,
    table: Path | None,
    rois: Path | None,
    overwrite: bool,
    voxel_size: str | None,
    reading: Mapping[str, Any],
    **runtime: Any,
) -> int:
    """Run a command of ImageJ 1.x on IN: fiji-bridge run-command IN OUT "Median..." radius=2."""
    from fiji_bridge.commands.options import recorded
    from fiji_bridge.commands.running import run_command as run

    pairs = [option.partition("=") for option in options]
    values = {key: value if equals else True for key, equals, value in pairs}
    text = recorded(values)
    if batch:
        from fiji_bridge.commands.many import CommandBatch

        if table is not None or rois is not None:
            raise click.UsageError("--csv and --rois are for one file, not with --batch.")
        jobs = CommandBatch.of_command(
            command, text, [source], out, overwrite=overwrite, voxel_size=voxel_size, **reading
        )
        return many.carry_out(jobs, report, lambda: start_runtime(runtime, needed=True))
    if report is not None:
        raise click.UsageError("--report is for several files: give --batch as well.")
    source = INPUT.convert(source, None, click.get_current_context())
    out = OUTPUT.convert(out, None, click.get_current_context())
    _check((out, table, rois), overwrite=overwrite)
    start_runtime(runtime, needed=True)
    found = run(load(source, voxel_size, reading), command, text)
    _deliver(found, out, table, rois, overwrite=overwrite)
    return 0


@click.command("run-macro")
@click.argument("file", metavar="FILE", type=INPUT)
@click.option("--input", "sources", type=INPUT, multiple=True, help="Open it; may be repeated.")
@click.option("--argument", default="", help="What getArgument() returns.")
@click.option("--output", "out", type=OUTPUT, help="Write the image that is active at the end.")
@_table_options
@image_options
@runtime_options
def run_macro(
    file: Path,
    sources: tuple[Path, ...],
    argument: str,
    out: Path | None,
    table: Path | None,
    rois: Path | None,
    overwrite: bool,
    voxel_size: str | None,
    reading: Mapping[str, Any],
    **runtime: Any,
) -> None:
    """Run the ImageJ macro in FILE; its value and what it prints go to standard output."""
    from fiji_bridge.commands.running import run_macro as run

    _check((out, table, rois), overwrite=overwrite)
    start_runtime(runtime, needed=True)
    images = [load(source, voxel_size, reading) for source in sources]
    found = run(file, images, argument)
    _deliver(found, out, table, rois, overwrite=overwrite)


def _check(paths: tuple[Path | None, ...], *, overwrite: bool) -> None:
    from fiji_bridge.ops.output import check_output

    for path in paths:
        if path is not None:
            check_output(path, overwrite=overwrite, several=False)


def _deliver(
    found: Any, out: Path | None, table: Path | None, rois: Path | None, *, overwrite: bool
) -> None:
    from fiji_bridge.errors import MacroError
    from fiji_bridge.ops.output import write

    if out is not None and found.image is None:
        raise MacroError("no image is open at the end, so there is nothing to write")
    for text in (found.log.rstrip("\n"), found.value):
        if text:
            click.echo(text)
    if out is not None:
        write(found.image, out, overwrite=overwrite)
        click.echo(str(out))
    if table is not None:
        found.results.save(table)
        click.echo(str(table))
    if rois is not None:
        if rois.suffix.lower() == ".zip":
            found.rois.save(rois)
        else:
            rois.write_text(found.rois.to_geojson(), encoding="utf-8")
        click.echo(str(rois))
