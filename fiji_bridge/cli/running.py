"""Subcommands that run ImageJ's own commands and macros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fiji_bridge.cli import many
from fiji_bridge.cli.operations import load, start_runtime
from fiji_bridge.cli.options import (
    IMAGE,
    INPUT,
    OUTPUT,
    OUTPUT_IMAGE,
    image_options,
    json_option,
    runtime_options,
)
from fiji_bridge.image.places import Place
from fiji_bridge.many.inputs import NAME


def _table_options(function: Any) -> Any:
    csv = click.option("--csv", "table", type=OUTPUT, help="Write the Results table.")
    rois = click.option("--rois", type=OUTPUT, help="Write the ROIs: .geojson, or .zip for ImageJ.")
    overwrite = click.option("--overwrite", is_flag=True, help="Replace files that exist.")
    return csv(rois(overwrite(function)))


def _batch_options(function: Any) -> Any:
    options = (
        click.option("--batch", is_flag=True, help="Many files: patterns and folders; resumes."),
        click.option("--no-image", is_flag=True, help="With --batch: tables and ROIs only."),
        click.option(
            "--workers", type=click.IntRange(min=1), help="With --batch: files at a time."
        ),
        click.option(
            "--plan",
            "--dry-run",
            "planning",
            is_flag=True,
            help="With --batch: do nothing, show it.",
        ),
        json_option,
    )
    for option in reversed(options):
        function = option(function)
    return many.options_of_many(function)


@click.command("run-command")
@click.argument("source", metavar="IN", type=IMAGE)
@click.argument("out", metavar="OUT", type=IMAGE)
@click.argument("command", metavar="COMMAND")
@click.argument("options", metavar="[KEY=VALUE]...", nargs=-1)
@_batch_options
@_table_options
@image_options
@runtime_options
def run_command(
    source: Place,
    out: Place,
    command: str,
    options: tuple[str, ...],
    table: Path | None,
    rois: Path | None,
    overwrite: bool,
    voxel_size: str | None,
    reading: Mapping[str, Any],
    **how: Any,
) -> int:
    """Run a command of ImageJ 1.x on IN: fiji-bridge run-command IN OUT "Median..." radius=2.

    With --batch IN is a folder or a pattern and OUT a folder. Results tables and ROIs go beside
    each result; --csv is one table of all files, --rois the ending: .zip or .geojson.
    """
    from fiji_bridge.commands.options import recorded
    from fiji_bridge.commands.running import run_command as run

    pairs = [option.partition("=") for option in options]
    values = {key: value if equals else True for key, equals, value in pairs}
    text = recorded(values)
    batch = _batch(how)
    if batch is not None:
        from fiji_bridge.many.commands import CommandBatch

        keywords = batch.keywords(rois, overwrite, voxel_size, reading)
        return batch.run(CommandBatch.of_command(command, text, [source], out, **keywords), table)
    source = INPUT.convert(source, None, click.get_current_context())
    out = OUTPUT_IMAGE.convert(out, None, click.get_current_context())
    _check((out, table, rois), overwrite=overwrite)
    start_runtime(how, needed=True)
    found = run(load(source, voxel_size, reading), command, text)
    _deliver(found, out, table, rois, overwrite=overwrite)
    return 0


@click.command("run-macro")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--input",
    "sources",
    metavar="IN",
    type=IMAGE,
    multiple=True,
    help="Open it; may be repeated.",
)
@click.option("--argument", default="", help="What getArgument() returns.")
@click.option(
    "--output",
    "out",
    metavar="OUT",
    type=IMAGE,
    help="Write the image that is active at the end.",
)
@_batch_options
@_table_options
@image_options
@runtime_options
def run_macro(
    file: Path,
    sources: tuple[Place, ...],
    argument: str,
    out: Place | None,
    table: Path | None,
    rois: Path | None,
    overwrite: bool,
    voxel_size: str | None,
    reading: Mapping[str, Any],
    **how: Any,
) -> int:
    """Run the ImageJ macro in FILE; its value and what it prints go to standard output.

    With --batch it runs once for each file: IN are files, folders and patterns, OUT is a folder.
    Results tables, ROIs and what is printed go beside each result; --csv is one table of all
    files, --rois the ending: .zip or .geojson.
    """
    from fiji_bridge.commands.running import run_macro as run

    batch = _batch(how)
    if batch is not None:
        from fiji_bridge.many.commands import CommandBatch

        for name, value in (("--input IN", sources), ("--output DIR", out)):
            if not value:
                raise click.UsageError(f"--batch needs {name} as well.")
        assert out is not None
        keywords = batch.keywords(rois, overwrite, voxel_size, reading)
        return batch.run(CommandBatch.of_macro(file, argument, sources, out, **keywords), table)
    context = click.get_current_context()
    sources = tuple(INPUT.convert(source, None, context) for source in sources)
    if out is not None:
        out = OUTPUT_IMAGE.convert(out, None, context)
    _check((out, table, rois), overwrite=overwrite)
    start_runtime(how, needed=True)
    images = [load(source, voxel_size, reading) for source in sources]
    found = run(file, images, argument)
    _deliver(found, out, table, rois, overwrite=overwrite)
    return 0


@dataclass(frozen=True)
class _Batch:
    """What was asked of a run over many files."""

    many: Mapping[str, Any]
    runtime: Mapping[str, Any]
    workers: int | None
    image: bool
    planning: bool
    as_json: bool

    def keywords(
        self, rois: Path | None, overwrite: bool, voxel_size: str | None, reading: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return those of `CommandBatch`."""
        ending = {} if rois is None else {"rois": rois.suffix or rois.name}
        return {
            "template": self.many["name"] or NAME,
            "recursive": self.many["recursive"],
            "overwrite": overwrite,
            "image": self.image,
            "voxel_size": voxel_size,
            **ending,
            **reading,
        }

    def run(self, jobs: Any, table: Path | None) -> int:
        """Do it, and return the exit code."""
        from fiji_bridge.formats.atomic import atomic_output
        from fiji_bridge.many.commands import results_of

        if self.planning:
            return many.show(jobs, self.as_json)
        if table is not None:
            _check((table,), overwrite=jobs.overwrite)
        code, outcomes = many.carry_out(
            jobs, self.many, lambda: None, self.runtime, workers=self.workers, as_json=self.as_json
        )
        if table is not None:
            with atomic_output(table, overwrite=jobs.overwrite) as file:
                file.write(results_of(outcomes, jobs).encode())
        return code


def _batch(how: dict[str, Any]) -> _Batch | None:
    """Take what a run over many files has out of the options; None for a single one."""
    batch = how.pop("batch")
    found = many.take(how, several=batch, switch="--batch")
    flags = {key: how.pop(key) for key in ("no_image", "workers", "planning", "as_json")}
    for key, value in flags.items():
        if value and not batch:
            option = {"no_image": "no-image", "planning": "plan", "as_json": "json"}.get(key, key)
            raise click.UsageError(f"--{option} is for several files: give --batch as well.")
    if not batch:
        return None
    return _Batch(
        found, how, flags["workers"], not flags["no_image"], flags["planning"], flags["as_json"]
    )


def _check(paths: tuple[Place | None, ...], *, overwrite: bool) -> None:
    from fiji_bridge.ops.output import check_output

    for path in paths:
        if path is not None:
            check_output(path, overwrite=overwrite, several=False)


def _deliver(
    found: Any, out: Place | None, table: Path | None, rois: Path | None, *, overwrite: bool
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
        found.rois.save(rois)
        click.echo(str(rois))
