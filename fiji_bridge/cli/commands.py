"""The subcommands; those of operations are made from the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fiji_bridge._version import __version__
from fiji_bridge.cli import render
from fiji_bridge.cli.answering import answer_plans
from fiji_bridge.cli.installing import install, uninstall, update_site
from fiji_bridge.cli.operations import load, operation_command, start_runtime
from fiji_bridge.cli.options import (
    INPUT,
    engine_options,
    image_options,
    json_option,
    parameter_options,
    runtime_options,
)
from fiji_bridge.cli.regress import regress
from fiji_bridge.ops.catalogue import REGISTRY


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="fiji-bridge %(version)s")
def program() -> None:
    """One physical sigma in, the same blur in every direction out.

    Exit codes: 0 done, 1 a check found a difference or the doctor a problem, 2 the request makes
    no sense, 3 Java or Fiji cannot start, 4 another failure, 130 interrupted.
    """


for _operation in REGISTRY.values():
    program.add_command(operation_command(_operation))

_PLANNED = ("sigma", "border", "cval", "kernel")
_CHECKED = (*_PLANNED, "dtype", "nan")


@program.command()
@click.argument("image", type=INPUT)
@parameter_options(REGISTRY["gaussian"], _PLANNED)
@image_options
@json_option
def plan(image: Path, voxel_size: str | None, reader: str, as_json: bool, **options: Any) -> None:
    """Show what a Gaussian blur would do to IMAGE, per axis, without doing it."""
    from fiji_bridge.memory import array_bytes, available_bytes, readable
    from fiji_bridge.ops.gaussian import plan as gaussian_plan

    given = load(image, voxel_size, reader)
    made = gaussian_plan(given, **options)
    needed = array_bytes(given.data.shape, given.data.dtype.itemsize)
    if as_json:
        render.print_json({"image": str(image), **made.as_dict(), "result_bytes": needed})
        return
    render.print_plan(made)
    click.echo(f"the result takes {readable(needed)}; {readable(available_bytes())} are available")


@program.command()
@click.argument("image", type=INPUT)
@parameter_options(REGISTRY["gaussian"], _CHECKED)
@image_options
@engine_options
@json_option
def crosscheck(
    image: Path,
    voxel_size: str | None,
    reader: str,
    engine: str | None,
    threads: int | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Blur IMAGE and compare the result with SciPy; exit code 1 if it differs."""
    from fiji_bridge.check.crosscheck import crosscheck as check

    start_runtime(options, needed=engine != "scipy" or reader == "imagej")
    given = load(image, voxel_size, reader)
    with render.progress_bar("crosscheck") as progress:
        report = check(given, engine=engine, threads=threads, progress=progress, **options)
    if as_json:
        render.print_json(report.as_dict())
    else:
        render.print_crosscheck(report)
    return 0 if report.passed else 1


@program.command()
@click.argument("a", metavar="A", type=INPUT)
@click.argument("b", metavar="B", type=INPUT)
@click.option("--tolerance", type=float, help="Largest accepted difference in grey levels.")
@json_option
def compare(a: Path, b: Path, tolerance: float | None, as_json: bool) -> int:
    """Compare two files: shape, type, voxel size and every sample; exit code 1 if they differ."""
    from fiji_bridge.check.compare import compare as check
    from fiji_bridge.io import read

    found = check(read(a), read(b), tolerance=tolerance)
    if as_json:
        render.print_json(found.as_dict())
    else:
        render.print_comparison(found)
    return 0 if found.passed else 1


@program.command()
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
    from fiji_bridge import macrogen

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


@program.command()
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


@program.command()
@click.argument("image", type=INPUT, required=False)
@click.option(
    "--sigma", help="Default: 1 um for the made image, two voxels of IMAGE's coarsest axis."
)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("fiji-bridge-demo"),
    show_default=True,
    help="Folder of the files that are written.",
)
@runtime_options
def demo(image: Path | None, sigma: str | None, folder: Path, **options: Any) -> int:
    """Do the main job on IMAGE, or on one that is made: plan, blur, cross-check, picture."""
    from fiji_bridge.cli.demo import run_demo

    start_runtime(options, needed=True)
    return run_demo(image, sigma, folder)


for _command in (install, uninstall, update_site, answer_plans):
    program.add_command(_command)


@program.command()
@click.argument("topic", required=False)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write questions.md and its pictures into this folder.",
)
def explain(topic: str | None, folder: Path | None) -> None:
    """Answer what people ask round a physical blur, with numbers; TOPIC picks one question."""
    from fiji_bridge.explain import ANSWERS, page, write_page
    from fiji_bridge.explain.page import section

    if topic is not None and topic not in ANSWERS:
        raise click.BadParameter(f"{topic!r}; topics are {', '.join(ANSWERS)}", param_hint="TOPIC")
    if folder is not None:
        for path in write_page(folder):
            click.echo(path)
    elif topic is not None:
        click.echo(section(ANSWERS[topic]))
    else:
        click.echo(page())


program.add_command(regress)
