"""One subcommand per operation; its options are those that the operation uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from fiji_bridge.cli import blocks, many, render
from fiji_bridge.cli.options import (
    IMAGE,
    INPUT,
    OUTPUT,
    engine_options,
    image_options,
    image_options_beside,
    json_option,
    parameter_options,
    runtime_options,
)
from fiji_bridge.cli.tabs import tabs_option, write_report
from fiji_bridge.engines.select import in_java
from fiji_bridge.errors import InputError
from fiji_bridge.formats import READERS_IN_JAVA, check_for_imagej
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.memory import available_bytes, readable
from fiji_bridge.image.places import Place, PlaceLike
from fiji_bridge.image.results import Images, Plan, Report
from fiji_bridge.ops.operation import Operation, Prepared, Result
from fiji_bridge.ops.registry import REGISTRY

_RUNTIME = ("runtime", "fiji", "maven", "heap")


def load(path: PlaceLike, voxel_size: str | None, reading: Mapping[str, Any]) -> CalibratedImage:
    """Read an image, or a part of it; the voxel size that is given replaces the file's."""
    from fiji_bridge.convert.adapters import to_image
    from fiji_bridge.formats import read

    return to_image(read(path, **reading), voxel_size=voxel_size)


def start_runtime(options: dict[str, Any], *, needed: bool) -> None:
    """Take the runtime options out of `options` and start that runtime where it is needed."""
    from fiji_bridge.jvm.session import start

    chosen = {key: options.pop(key) for key in _RUNTIME}
    if needed:
        start(**chosen)


def operation_command(operation: Operation) -> click.Command:
    """Make the subcommand of an operation: ``NAME IN OUT``, or ``NAME IN`` for a report."""
    name = operation.name.replace("_", "-")

    @click.command(name, help=operation.summary, epilog=many.EPILOG)
    @click.argument("paths", metavar=_shown(operation), nargs=-1, type=IMAGE)
    @parameter_options(operation)
    @image_options_beside([parameter.name for parameter in operation.parameters])
    @engine_options if operation.uses_engine else runtime_options
    @blocks.block_options(operation)
    @many.many_options
    @click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Files, or blocks of an image, worked on at a time.",
    )
    @json_option
    @click.option("--overwrite", is_flag=True, help="Replace the output if it exists.")
    @click.option(
        "--plan",
        "--dry-run",
        "planning",
        is_flag=True,
        help="Show what would be done, and do nothing.",
    )
    def command(
        paths: tuple[Place, ...],
        voxel_size: str | None,
        reading: Mapping[str, Any],
        as_json: bool,
        planning: bool,
        overwrite: bool,
        output_dir: Place | None,
        workers: int | None,
        engine: str | None = None,
        threads: int | None = None,
        figure: Path | None = None,
        tabs: bool = False,
        **options: Any,
    ) -> int:
        from fiji_bridge.ops.separable import Context

        runtime = {key: options.pop(key) for key in _RUNTIME}
        for_many = many.take(options, several=output_dir is not None, switch="--output-dir")
        for_blocks = blocks.take(operation, options)
        computes = operation.uses_engine and not planning and in_java(engine)
        how = {"engine": engine, "threads": threads} if operation.uses_engine else {}
        if output_dir is not None:
            if figure is not None:
                raise click.UsageError("--figure is for one file, not with --output-dir.")
            if for_blocks:
                raise click.UsageError(f"--{next(iter(for_blocks))} is not for several files.")
            needed = computes or reading["reader"] in READERS_IN_JAVA
            return many.run(
                operation,
                paths,
                output_dir,
                for_many,
                lambda: start_runtime(runtime, needed=needed),
                runtime,
                workers=workers,
                planning=planning,
                as_json=as_json,
                overwrite=overwrite,
                voxel_size=voxel_size,
                **reading,
                **how,
                **options,
            )
        if workers is not None:
            for_blocks["workers"] = workers
        source, out = many.single(operation, paths)
        if blocks.goes_by_blocks(operation, source, out, reading, voxel_size, options, for_blocks):
            assert out is not None
            return blocks.run(
                operation,
                source,
                out,
                for_blocks,
                # How far kernels reach is asked of the engine, for the plan as well.
                lambda: start_runtime(runtime, needed=in_java(engine)),
                planning=planning,
                as_json=as_json,
                overwrite=overwrite,
                voxel_size=voxel_size,
                **{key: value for key, value in reading.items() if key != "reader"},
                **how,
                **options,
            )
        if not planning:
            _check(operation, out, figure, overwrite=overwrite)
        found: tuple[CalibratedImage, Prepared[Plan, Any]] | None = None
        # What makes no sense is refused before Java is started.
        if reading["reader"] == "imagej":
            check_for_imagej(source)
        elif reading["reader"] not in READERS_IN_JAVA:
            found = _prepared(operation, source, voxel_size, reading, options)
        remark = _time_remark(engine, runtime) if operation.uses_engine else ""
        start_runtime(runtime, needed=computes or reading["reader"] in READERS_IN_JAVA)
        found = found or _prepared(operation, source, voxel_size, reading, options)
        if planning:
            more = _memory_remark(engine, found[0]) if operation.uses_engine else ""
            _show(found[1].plan, as_json, remark, more)
            return 0
        if remark:
            click.echo(f"note: {remark}", err=True)
        with render.progress_bar(name) as progress:
            context = Context(engine=engine, threads=threads, progress=progress)
            result = operation.carry_out(*found, context)
        if tabs:
            write_report(
                result,
                figure,
                lambda path: _write_figure(result.figure(), path, overwrite=overwrite),
            )
            return 0
        if figure is not None:
            _write_figure(result.figure(), figure, overwrite=overwrite)
        _deliver(result, out, overwrite, as_json)
        return 0

    if operation.result is Result.REPORT:
        tabs_option(command)
        click.option(
            "--figure",
            type=OUTPUT,
            help="Write a PNG of what was measured, the fit, and what the proposal does to it.",
        )(command)
    return command


def _shown(operation: Operation) -> str:
    return "IN" if operation.result is Result.REPORT else "IN [OUT]"


@click.command()
@click.argument("image", type=INPUT)
@parameter_options(REGISTRY["gaussian"])
@image_options
@json_option
def plan(
    image: Place, voxel_size: str | None, reading: Mapping[str, Any], as_json: bool, **options: Any
) -> None:
    """Show what gaussian would do, per axis, without doing it.

    The same as ``gaussian --plan``; every other operation has ``--plan`` too.
    """
    _, prepared = _prepared(REGISTRY["gaussian"], image, voxel_size, reading, options)
    _show(prepared.plan, as_json, _time_remark(None, {}))


def _prepared(
    operation: Operation,
    source: Place,
    voxel_size: str | None,
    reading: Mapping[str, Any],
    options: dict[str, Any],
) -> tuple[CalibratedImage, Prepared[Plan, Any]]:
    image = load(source, voxel_size, reading)
    return image, operation.prepared(image, **options)


def _check(
    operation: Operation, target: Place | None, figure: Path | None, *, overwrite: bool
) -> None:
    """Refuse an output that must not be written before any work is done."""
    if operation.result is Result.REPORT:
        if figure is not None:
            from fiji_bridge.formats.atomic import check_target

            check_target(figure, overwrite=overwrite)
        return
    if target is None:
        raise click.UsageError("Missing argument 'OUT'; without it, give --plan.")
    from fiji_bridge.ops.output import check_output

    check_output(target, overwrite=overwrite, several=operation.result is Result.IMAGES)


def _time_remark(engine: str | None, runtime: Mapping[str, Any]) -> str:
    """Return what to say of the time that the engine takes, or ""; starts nothing."""
    from fiji_bridge.engines.select import time_remark
    from fiji_bridge.jvm.settings import resolve

    if not in_java(engine):
        return ""
    try:
        return time_remark(engine, fiji=resolve(**runtime).runtime != "embedded")
    except InputError:  # Said by the start, where there is one.
        return ""


def _memory_remark(engine: str | None, image: CalibratedImage) -> str:
    from fiji_bridge.engines.select import memory_remark

    shape = [image.size(axis) for axis in SPATIAL_AXES]
    return memory_remark(engine, shape, image.data.dtype)


def _show(plan: Plan, as_json: bool, *remarks: str) -> None:
    if as_json:
        render.print_json(plan.as_dict())
        return
    render.print_table(plan.table())
    click.echo(f"memory available: {readable(available_bytes())}")
    for remark in filter(None, remarks):
        click.echo(f"note: {remark}")


def _write_figure(drawn: bytes, target: Path, *, overwrite: bool) -> None:
    from fiji_bridge.formats.atomic import atomic_output

    with atomic_output(target, overwrite=overwrite) as file:
        file.write(drawn)


def _deliver(result: Any, target: Place | None, overwrite: bool, as_json: bool) -> None:
    """Write the images of a result, and say what was done."""
    if target is None:
        _tell_report(result, as_json)
    elif isinstance(result, Images):
        from fiji_bridge.ops.output import write_images

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
        from fiji_bridge.formats import write

        write(result, target, overwrite=overwrite)
        _tell(result, target, as_json)


def _tell_report(report: Report, as_json: bool) -> None:
    if as_json:
        render.print_json(report.as_dict())
    else:
        render.print_table(report.table())


def _tell(result: CalibratedImage, target: Place, as_json: bool) -> None:
    done = result.provenance[-1]
    if as_json:
        render.print_json({"output": str(target), **done})
        return
    for warning in done.get("plan", {}).get("warnings", ()):
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{target} ({done['engine']}: {done['implementation']}; {done['runtime']})")
