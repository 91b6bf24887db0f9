"""One operation on many files: ``NAME IN… --output-dir DIR``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from fiji_bridge.cli import render
from fiji_bridge.cli.options import IMAGE, INPUT, OUTPUT, OUTPUT_IMAGE
from fiji_bridge.errors import CancelledError
from fiji_bridge.image.places import Place
from fiji_bridge.image.texts import one_line
from fiji_bridge.many.inputs import FIELDS, NAME
from fiji_bridge.ops.operation import Operation, Result

Function = TypeVar("Function", bound=Callable[..., Any])

#: Below the options of every operation.
EPILOG = (
    "One file: IN and OUT. Several, folders and patterns: IN… --output-dir DIR; what is done is "
    "skipped, so the same command goes on where it was stopped; exit code 4 if a file failed."
)


#: What only a run over many files has.
_OPTIONS = ("name", "recursive", "report", "timeout")


def many_options(function: Function) -> Function:
    """Add the folder for the results of many files, and what only such a run has."""
    folder = click.option(
        "--output-dir",
        type=IMAGE,
        metavar="DIR",
        help="Work on several IN, folders and patterns; results go here.",
    )
    return folder(options_of_many(function))


def options_of_many(function: Function) -> Function:
    """Add what a run over many files has; ``many`` takes it."""
    options = (
        click.option(
            "--name",
            metavar="TEXT",
            help=f"Names of the results; fields: {', '.join('{' + f + '}' for f in FIELDS)}. "
            f"[default: {NAME}]",
        ),
        click.option("--recursive", is_flag=True, help="Look into folders in folders."),
        click.option(
            "--report",
            type=OUTPUT,
            metavar="FILE",
            help="Write what happened to each file as CSV, behind that of earlier runs.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="What a file may take, in a process of its own.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def take(options: dict[str, Any], *, several: bool, switch: str) -> dict[str, Any]:
    """Take what `options_of_many` added out of the options; refuse it for a single file.

    Parameters
    ----------
    options : dict
    several : bool
        Whether there are many files.
    switch : str
        What says so on the command line.
    """
    many = {key: options.pop(key) for key in _OPTIONS}
    for key, value in many.items():
        if value and not several:
            raise click.UsageError(f"--{key} is for several files: give {switch} as well.")
    return many


def single(operation: Operation, paths: tuple[Place, ...]) -> tuple[Place, Place | None]:
    """Return IN and OUT of a run over one file; OUT is None where it is not given."""
    wanted = ("IN",) if operation.result is Result.REPORT else ("IN", "OUT")
    if not paths:
        raise click.UsageError("Missing argument 'IN'.")
    if len(paths) > len(wanted):
        raise click.UsageError(
            f"{len(paths)} files are given where {' and '.join(wanted)} are expected; for several "
            "IN give --output-dir DIR."
        )
    ctx = click.get_current_context()
    source = INPUT.convert(paths[0], click.Argument(["in_"], metavar="IN"), ctx)
    out = paths[1] if len(paths) == 2 else None
    if out is not None and operation.result is Result.IMAGE and not out.name.endswith(".zarr"):
        OUTPUT_IMAGE.convert(out, click.Argument(["out"], metavar="OUT"), ctx)
    return source, out


def run(
    operation: Operation,
    paths: tuple[Place, ...],
    output_dir: Place,
    many: Mapping[str, Any],
    start: Callable[[], None],
    runtime: Mapping[str, Any],
    *,
    workers: int | None,
    planning: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Do the work, tell of each file, and return the exit code."""
    from fiji_bridge.many.operations import OperationBatch

    if not paths:
        raise click.UsageError("Missing argument 'IN'.")
    batch = OperationBatch.of(
        operation.name,
        paths,
        output_dir,
        name=many["name"] or NAME,
        recursive=many["recursive"],
        **given,
    )
    if planning:
        return show(batch, as_json)
    return carry_out(batch, many, start, runtime, workers=workers, as_json=as_json)[0]


def show(batch: Any, as_json: bool) -> int:
    """Show what `fiji_bridge.many.jobs.Jobs` would do, and return the exit code."""
    planned = batch.planned()
    if as_json:
        render.print_json(planned.as_dict())
    else:
        render.print_table(planned.table())
    return 0


def carry_out(
    batch: Any,
    many: Mapping[str, Any],
    start: Callable[[], None],
    runtime: Mapping[str, Any],
    *,
    workers: int | None,
    as_json: bool,
) -> tuple[int, list[Any]]:
    """Do `fiji_bridge.many.jobs.Jobs`; tell of each file.

    Returns
    -------
    code : int
        Exit code.
    outcomes : list of Outcome
    """
    from fiji_bridge.many.report import ManyReport, Outcome, add_to_csv, check_csv
    from fiji_bridge.many.run import processes

    csv, timeout = many["report"], many["timeout"]
    if csv is not None:
        check_csv(csv)
    apart = processes(workers, timeout, batch.name)
    if apart is None and batch.planned().counts.get("to do"):
        start()
    outcomes: list[Outcome] = []
    total = len(batch.jobs) + len(batch.others)
    try:
        for outcome in batch.run(apart, timeout, runtime):
            outcomes.append(outcome)
            _tell(outcome, len(outcomes), total, quiet=as_json)
    except KeyboardInterrupt:
        done = sum(outcome.status in ("done", "skipped") for outcome in outcomes)
        raise CancelledError(
            f"interrupted; {done} of {total} files are done, and the same command does the others"
        ) from None
    finally:
        if csv is not None:
            add_to_csv(outcomes, csv)
    report = ManyReport(batch.name, tuple(outcomes))
    if as_json:
        render.print_json(report.as_dict())
    else:
        click.echo(report.words())
    return report.exit_code, outcomes


def _tell(outcome: Any, number: int, total: int, *, quiet: bool) -> None:
    for warning in outcome.warnings:
        click.echo(one_line(f"warning: {outcome.file}: {warning}"), err=True)
    line = f"[{number}/{total}] {outcome.file}: {outcome.status}"
    if outcome.status == "failed":
        click.echo(one_line(f"{line}: {outcome.message}"), err=True)
    elif not quiet:
        outputs = ", ".join(str(path) for path in outcome.outputs)
        click.echo(one_line(f"{line}{': ' if outputs else ''}{outputs}"))
