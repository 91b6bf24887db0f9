"""Subcommands that check: an engine, two files, the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from fiji_bridge.cli import render
from fiji_bridge.cli.operations import load, start_runtime
from fiji_bridge.cli.options import (
    INPUT,
    engine_options,
    image_options,
    json_option,
    parameter_options,
    runtime_options,
)
from fiji_bridge.cli.tabs import tabs_option, write
from fiji_bridge.engines.select import EngineName, in_java
from fiji_bridge.formats import READERS_IN_JAVA
from fiji_bridge.image.places import Place
from fiji_bridge.ops.registry import REGISTRY

# What SciPy has as well: no normalised convolution, and no blur that is measured first.
_CHECKED = tuple(p.name for p in REGISTRY["gaussian"].parameters if p.name != "match")


@click.command()
@click.argument("image", type=INPUT)
@parameter_options(REGISTRY["gaussian"], _CHECKED, without={"nan": ("ignore",)})
@image_options
@engine_options
@click.option("--blocks", type=click.IntRange(min=1), help="So many random blocks of an OME-Zarr.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the blocks' places.")
@json_option
@tabs_option
def crosscheck(
    image: Place,
    voxel_size: str | None,
    reading: Mapping[str, Any],
    engine: EngineName | None,
    threads: int | None,
    blocks: int | None,
    seed: int,
    as_json: bool,
    tabs: bool,
    **options: Any,
) -> int:
    """Blur IMAGE and compare the result with SciPy; exit code 1 if it differs.

    Also if the image cannot tell: where a gross fault of the blur would not be seen in it either.
    """
    from fiji_bridge.check.crosscheck import crosscheck as check

    start_runtime(options, needed=in_java(engine) or reading["reader"] in READERS_IN_JAVA)
    how: dict[str, Any] = {}
    given: Any
    if blocks is None:
        given = load(image, voxel_size, reading)
    else:
        if any(value not in (None, 0, "tifffile") for value in reading.values()):
            raise click.UsageError("--blocks is for a whole OME-Zarr, not for a part of it.")
        given, how = image, {"voxel_size": voxel_size, "blocks": blocks, "seed": seed}
    with render.progress_bar("crosscheck") as progress:
        report = check(given, engine=engine, threads=threads, progress=progress, **how, **options)
    if as_json:
        render.print_json(report.as_dict())
    elif tabs:
        verdict, *sentences = render.crosscheck_sentences(report)
        write(verdict, (report.table(), report.plan.table()), sentences)
    else:
        render.print_crosscheck(report)
    return 0 if report.passed else 1


@click.command()
@click.argument("a", metavar="A", type=INPUT)
@click.argument("b", metavar="B", type=INPUT)
@click.option("--tolerance", type=float, help="Largest accepted difference in grey levels.")
@json_option
def compare(a: Place, b: Place, tolerance: float | None, as_json: bool) -> int:
    """Compare two files: shape, type, voxel size and every sample; exit code 1 if they differ.

    Also if the tolerance is so wide that it cannot tell.
    """
    from fiji_bridge.check.compare import compare as check

    found = check(a, b, tolerance=tolerance)
    if as_json:
        render.print_json(found.as_dict())
    else:
        render.print_comparison(found)
    return 0 if found.passed else 1


@click.command()
@runtime_options
@json_option
def doctor(as_json: bool, **options: Any) -> int:
    """Look at Java, Fiji, the jars and the engines; exit code 0 only if the job can run."""
    from fiji_bridge.cli.doctor import examine, print_findings

    findings = examine(**options)
    if as_json:
        render.print_json(findings.as_dict())
    else:
        print_findings(findings)
    return 0 if findings.healthy else 1
