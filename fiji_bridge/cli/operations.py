"""One subcommand per operation of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fiji_bridge.cli import render
from fiji_bridge.cli.options import (
    INPUT,
    OUTPUT,
    engine_options,
    image_options,
    json_option,
    parameter_options,
)
from fiji_bridge.image import CalibratedImage
from fiji_bridge.ops.registry import Operation, Result
from fiji_bridge.plan import BlurPlan
from fiji_bridge.results import Images, Report

_RUNTIME = ("runtime", "fiji", "maven", "heap")


def load(path: Path, voxel_size: str | None, reader: str) -> CalibratedImage:
    """Read an image; the voxel size that is given replaces the file's."""
    from fiji_bridge.adapters import to_image
    from fiji_bridge.io import read

    return to_image(read(path, reader=reader), voxel_size=voxel_size)


def start_runtime(options: dict[str, Any], *, needed: bool) -> None:
    """Take the runtime options out of `options` and start that runtime where it is needed."""
    from fiji_bridge.jvm.session import start

    chosen = {key: options.pop(key) for key in _RUNTIME}
    if needed:
        start(**chosen)


def operation_command(operation: Operation) -> click.Command:
    """Make the subcommand of an operation: ``NAME IN OUT``, or ``NAME IN`` for a report."""
    name = operation.name.replace("_", "-")

    @click.command(name, help=operation.summary)
    @click.argument("source", metavar="IN", type=INPUT)
    @parameter_options(operation)
    @image_options
    @engine_options
    @json_option
    def command(
        source: Path,
        voxel_size: str | None,
        reader: str,
        engine: str | None,
        threads: int | None,
        as_json: bool,
        out: Path | None = None,
        overwrite: bool = False,
        planning: bool = False,
        **options: Any,
    ) -> None:
        from fiji_bridge.ops.separable import Context

        if out is not None and not planning:
            _check(operation, out, overwrite=overwrite)
        needs_java = operation.uses_engine and engine != "scipy" and not planning
        given: CalibratedImage | None = None
        if reader != "imagej":
            # A request that makes no sense is refused before Java is started.
            given = load(source, voxel_size, reader)
            made = operation.plan(given, **{k: v for k, v in options.items() if k not in _RUNTIME})
            if planning:
                _show_plan(operation, given, made, options, as_json)
                return
        start_runtime(options, needed=needs_java or reader == "imagej")
        given = load(source, voxel_size, reader) if given is None else given
        if planning:
            _show_plan(operation, given, operation.plan(given, **options), options, as_json)
            return
        with render.progress_bar(name) as progress:
            context = Context(engine=engine, threads=threads, progress=progress)
            result = operation.apply(given, context=context, **options)
        _deliver(result, out, overwrite, as_json)

    if operation.result is not Result.REPORT:
        # An OME-Zarr is a folder.
        kind = OUTPUT if operation.result is Result.IMAGE else click.Path(path_type=Path)
        click.argument("out", metavar="OUT", type=kind)(command)
        command.params.insert(1, command.params.pop())
        click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")(command)
    click.option(
        "--plan", "planning", is_flag=True, help="Show what would be done, and do nothing."
    )(command)
    return command


def _check(operation: Operation, target: Path, *, overwrite: bool) -> None:
    """Refuse an output that must not be written before any work is done."""
    if operation.result is Result.IMAGES:
        from fiji_bridge.output import check_output

        check_output(target, overwrite=overwrite)
    else:
        from fiji_bridge.io.atomic import check_target

        check_target(target, overwrite=overwrite)


def _show_plan(
    operation: Operation,
    given: CalibratedImage,
    plan: Any,
    options: dict[str, Any],
    as_json: bool,
) -> None:
    from fiji_bridge.memory import available_bytes, readable

    needed = None if operation.memory is None else operation.memory(given, **options)
    if as_json:
        said = {} if needed is None else {"needed_bytes": needed}
        render.print_json({**plan.as_dict(), **said})
        return
    if isinstance(plan, BlurPlan):
        render.print_plan(plan)
    else:
        render.print_table(plan.table())
    if needed is not None:
        click.echo(
            f"{readable(needed)} are needed besides the image; "
            f"{readable(available_bytes())} are available"
        )


def _deliver(result: Any, target: Path | None, overwrite: bool, as_json: bool) -> None:
    """Write the images of a result, and say what was done."""
    if target is None:
        _tell_report(result, as_json)
    elif isinstance(result, Images):
        from fiji_bridge.output import write_images

        files = write_images(result, target, overwrite=overwrite)
        if as_json:
            done = dict(next(iter(result.images.values())).provenance[-1])
            report = {} if result.report is None else {"report": result.report.as_dict()}
            render.print_json({"outputs": [str(file) for file in files], **done, **report})
            return
        if result.report is not None:
            render.print_table(result.report.table())
        for file in files:
            click.echo(file)
    else:
        from fiji_bridge.io import write

        write(result, target, overwrite=overwrite)
        _tell(result, target, as_json)


def _tell_report(report: Report, as_json: bool) -> None:
    if as_json:
        render.print_json(report.as_dict())
    else:
        render.print_table(report.table())


def _tell(result: CalibratedImage, target: Path, as_json: bool) -> None:
    done = result.provenance[-1]
    if as_json:
        render.print_json({"output": str(target), **done})
        return
    for warning in done.get("plan", {}).get("warnings", ()):
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{target} ({done['engine']}: {done['implementation']}; {done['runtime']})")
