"""From file to file, block by block: ``NAME IN OUT``, either an OME-Zarr or a large TIFF."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from fiji_bridge.cli import render
from fiji_bridge.image.places import Place
from fiji_bridge.ops.operation import Operation, Result

Function = TypeVar("Function", bound=Callable[..., Any])

#: What only a run over blocks has.
_OPTIONS = (
    "memory", "scheduler", "part", "finish", "chunks", "shards", "codec", "ngff", "sample",
)  # fmt: skip


def block_options(operation: Operation) -> Callable[[Function], Function]:
    """Return what adds the options of a run over blocks, where an operation gives one store."""
    if not _gives_one_store(operation):
        return lambda function: function
    return functools.partial(_add, operation)


def _gives_one_store(operation: Operation) -> bool:
    """Whether all that comes out is one image, or the levels of one."""
    return operation.result is Result.IMAGE or _has_version(operation)


def _has_version(operation: Operation) -> bool:
    """Whether the version of an OME-Zarr is a parameter of the operation."""
    return any(parameter.name == "ngff" for parameter in operation.parameters)


def _names(operation: Operation) -> tuple[str, ...]:
    own = ["ngff"] if _has_version(operation) else []
    # Of an operation that can measure the image before it begins.
    measures = any(parameter.name == "match" for parameter in operation.parameters)
    own += [] if measures else ["sample"]
    return tuple(name for name in _OPTIONS if name not in own)


def _add(operation: Operation, function: Function) -> Function:
    sizes = "'1,64,256,256'"
    options = (
        click.option(
            "--memory",
            metavar="SIZE",
            help="OME-Zarr, ImageJ TIFF or OME-TIFF to one of them, by blocks: what one worker may "
            "take, such as 4GB. [default: a share of half of what is available]",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="… : a dask scheduler, such as tcp://host:8786, whose workers do it. [default: "
            "FIJI_BRIDGE_SCHEDULER of the environment]",
        ),
        click.option(
            "--part", metavar="K/N", help="… : the K-th of N parts, which run side by side."
        ),
        click.option("--finish", is_flag=True, help="… : make the output of all parts whole."),
        click.option(
            "--chunks", metavar=sizes, help="… : chunks of an OME-Zarr OUT. [default: as IN]"
        ),
        click.option("--shards", metavar=sizes, help="… : shards of OUT, 0 for none."),
        click.option(
            "--codec",
            metavar="NAME",
            help="… : same, none, zstd, blosc-zstd, blosc-lz4 or gzip. [default: same]",
        ),
        click.option("--ngff", type=click.Choice(["0.4", "0.5"]), help="… : version of OUT."),
        click.option(
            "--sample",
            metavar="'z=0:20um y=…'",
            help="… : where --match measures. [default: in the middle]",
        ),
    )
    for name, option in reversed(list(zip(_OPTIONS, options, strict=True))):
        if name in _names(operation):
            function = option(function)
    return function


def take(operation: Operation, options: dict[str, Any]) -> dict[str, Any]:
    """Take what `block_options` added out of the options; only what was given."""
    if not _gives_one_store(operation):
        return {}
    found = {name: options.pop(name) for name in _names(operation)}
    return {name: value for name, value in found.items() if value not in (None, False)}


def goes_by_blocks(
    operation: Operation,
    source: Place,
    out: Place | None,
    reading: Mapping[str, Any],
    voxel_size: str | None,
    options: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> bool:
    """Whether a run goes by blocks.

    From an OME-Zarr or TIFF into an OME-Zarr by an operation that can; into a TIFF where that is
    asked for, or the image does not fit into the memory.

    Raises
    ------
    UsageError
        If options are given that only such a run has.
    """
    from fiji_bridge.blocks.process import by_blocks
    from fiji_bridge.formats.ome_zarr_read import recognises
    from fiji_bridge.formats.registry import Probe
    from fiji_bridge.formats.selection import Selection

    probe, name = Probe(source), "" if out is None else out.name.lower()
    zarr, file = recognises(probe), isinstance(source, Path) and source.is_file()
    into = (".zarr",) if _has_version(operation) else (".zarr", ".tif", ".tiff")
    files = (
        (zarr or (file and probe.is_tiff))
        and name.endswith(into)
        and _gives_one_store(operation)
        and reading["reader"] == "tifffile"
    )
    chosen = Selection(**{key: value for key, value in reading.items() if key != "reader"})
    if (
        out is not None
        and files
        and (asked or by_blocks(operation, source, out, chosen, voxel_size, options))
    ):
        return True
    if asked:
        option = next(iter(asked))
        several = ", or for several files (--output-dir)" if option == "workers" else ""
        raise click.UsageError(
            f"--{option} is for an OME-Zarr, ImageJ TIFF or OME-TIFF, written as one of "
            f"them{several}."
        )
    if files and zarr and name.endswith(".zarr"):
        click.echo(f"{operation.name} does not go by blocks: the image is held in memory", err=True)
    return False


def run(
    operation: Operation,
    source: Place,
    out: Place,
    asked: Mapping[str, Any],
    start: Callable[[], None],
    *,
    planning: bool,
    as_json: bool,
    overwrite: bool,
    **given: Any,
) -> int:
    """Do the work, or show what would be done, and return the exit code."""
    from fiji_bridge.blocks.process import Run

    start()
    how = dict(asked)
    client = how.pop("scheduler", None) or os.environ.get("FIJI_BRIDGE_SCHEDULER") or None
    found = Run.of(source, out, operation.name, overwrite=overwrite, client=client, **how, **given)
    if sample := found.job.request.matched.get("sample"):
        where = ", ".join(f"{axis} {start} to {stop}" for axis, (start, stop) in sample.items())
        click.echo(f"note: the blur that is there was measured in {where}", err=True)
    if planning:
        if as_json:
            render.print_json(found.plan.as_dict())
        else:
            render.print_table(found.plan.operation.table())
            render.print_table(found.plan.table())
        return 0
    with render.transfer_bar(operation.name) as progress:
        report = found.run(progress)
    if as_json:
        render.print_json(report.as_dict())
        return 0
    if not report.complete:
        render.print_table(report.table())
        return 0
    done = report.entry
    for warning in done.get("plan", {}).get("warnings", ()):
        click.echo(f"warning: {warning}", err=True)
    render.print_table(report.table())
    click.echo(f"{out} ({done['engine']}: {done['implementation']}; {done['runtime']})")
    return 0
