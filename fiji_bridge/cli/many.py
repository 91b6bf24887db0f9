"""One operation on many files: ``NAME IN… --output-dir DIR``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from fiji_bridge.cli import render
from fiji_bridge.cli.options import INPUT, OUTPUT
from fiji_bridge.errors import CancelledError
from fiji_bridge.image.texts import one_line
from fiji_bridge.ops.many_inputs import FIELDS, NAME
from fiji_bridge.ops.operation import Operation, Result

Function = TypeVar("Function", bound=Callable[..., Any])

#: Below the options of every operation.
EPILOG = (
    "One file: IN and OUT. Several, folders and patterns: IN… --output-dir DIR; what is done is "
    "skipped, so the same command goes on where it was stopped; exit code 4 if a file failed."
)


def many_options(function: Function) -> Function:
    """Add what only a run over many files has, gathered as ``many``."""
    options = (
        click.option(
            "--output-dir",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Work on several IN, folders and patterns; results go here.",
        ),
        click.option(
            "--name",
            metavar="TEXT",
            help=f"Names of the results; fields: {', '.join('{' + f + '}' for f in FIELDS)}. "
            f"[default: {NAME}]",
        ),
        click.option("--recursive", is_flag=True, help="Look into folders in folders."),
        click.option(
            "--csv",
            type=OUTPUT,
            metavar="FILE",
            help="Write what happened to each file as a table, behind that of earlier runs.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def take(options: dict[str, Any]) -> dict[str, Any]:
    """Take what `many_options` added out of the options; refuse it for a single file."""
    many = {key: options.pop(key) for key in ("output_dir", "name", "recursive", "csv")}
    if many["output_dir"] is None:
        for key in ("name", "recursive", "csv"):
            if many[key]:
                raise click.UsageError(f"--{key} is for several files: give --output-dir as well.")
    return many


def single(operation: Operation, paths: tuple[Path, ...]) -> tuple[Path, Path | None]:
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
        OUTPUT.convert(out, click.Argument(["out"], metavar="OUT"), ctx)
    return source, out


def run(
    operation: Operation,
    paths: tuple[Path, ...],
    many: Mapping[str, Any],
    start: Callable[[], None],
    *,
    planning: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Do the work, tell of each file, and return the exit code."""
    from fiji_bridge.ops.many import Batch

    if not paths:
        raise click.UsageError("Missing argument 'IN'.")
    batch = Batch.of(
        operation.name,
        paths,
        many["output_dir"],
        name=many["name"] or NAME,
        recursive=many["recursive"],
        **given,
    )
    return carry_out(batch, many["csv"], start, planning=planning, as_json=as_json)


def carry_out(
    batch: Any,
    csv: Path | None,
    start: Callable[[], None],
    *,
    planning: bool = False,
    as_json: bool = False,
) -> int:
    """Do `fiji_bridge.ops.many.Jobs`, tell of each file, and return the exit code."""
    from fiji_bridge.ops.many_report import ManyReport, Outcome, add_to_csv, check_csv

    if csv is not None:
        check_csv(csv)
    planned = batch.planned()
    if planning:
        _show(planned, as_json)
        return 0
    if planned.counts.get("to do"):
        start()
    outcomes: list[Outcome] = []
    total = len(batch.jobs) + len(batch.others)
    try:
        for outcome in batch.run():
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
    return report.exit_code


def _show(report: Any, as_json: bool) -> None:
    if as_json:
        render.print_json(report.as_dict())
    else:
        render.print_table(report.table())


def _tell(outcome: Any, number: int, total: int, *, quiet: bool) -> None:
    for warning in outcome.warnings:
        click.echo(one_line(f"warning: {outcome.file}: {warning}"), err=True)
    line = f"[{number}/{total}] {outcome.file}: {outcome.status}"
    if outcome.status == "failed":
        click.echo(one_line(f"{line}: {outcome.message}"), err=True)
    elif not quiet:
        outputs = ", ".join(str(path) for path in outcome.outputs)
        click.echo(one_line(f"{line}{': ' if outputs else ''}{outputs}"))
