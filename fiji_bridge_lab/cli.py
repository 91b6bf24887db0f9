"""``fiji-bridge regress``: the regression lab."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from fiji_bridge.cli import render

FOLDER = click.Path(file_okay=False, path_type=Path)
_OUTPUT = "regress-run"


@click.group()
def regress() -> None:
    """Know whether the numbers moved: between engines, releases, Fiji versions, machines.

    Exit codes: 0 all as expected, 1 a difference that nobody expects, 2 the request makes no
    sense, 4 a filter crashed, timed out or failed.
    """


@regress.command()
@click.argument("suite", type=click.Path(dir_okay=False, path_type=Path), default="regress.toml")
@click.option("--images", type=FOLDER, metavar="DIR", help="Name the images in this folder too.")
@click.option("--overwrite", is_flag=True, help="Replace SUITE if it exists.")
def init(suite: Path, images: Path | None, overwrite: bool) -> None:
    """Write a suite to start from."""
    from fiji_bridge.formats.atomic import atomic_output
    from fiji_bridge_lab.template import suite_text
    from fiji_bridge_lab.template_images import listed

    found = [] if images is None else listed(images, suite)
    for one in found:
        click.echo(f"{one.path}: {one.problem or f'blurred by {one.sigma}'}")
    with atomic_output(suite, overwrite=overwrite) as file:
        file.write(suite_text(suite.name, found).encode())
    click.echo(f"{suite}: look it over, then run: fiji-bridge regress run {suite}")


@regress.command()
@click.argument("suite", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", "folder", type=FOLDER, default=Path(_OUTPUT), show_default=True)
@click.option("--baseline", type=FOLDER, help="Compare with this accepted run as well.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: all processors.")
@click.option("--exact", is_flag=True, help="Every changed bit counts against the baseline.")
def run(suite: Path, folder: Path, baseline: Path | None, jobs: int | None, exact: bool) -> int:
    """Run SUITE; write run.json, report.html, report.md and junit.xml."""
    from fiji_bridge_lab import runner, suite_file

    loaded = suite_file.load(suite)
    if baseline is not None:
        # Said before the work, not after it.
        runner.read_run(baseline)
    made = runner.run_suite(loaded, folder, jobs=jobs, say=_say)
    _write_reports(made, folder)
    _tell(made)
    click.echo(f"report: {folder / 'report.html'}")
    code = runner.exit_code(made)
    if baseline is not None:
        code = max(code, _compare(baseline, folder, folder, exact))
    return code


def _say(done: int, total: int, what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\033[K[{done}/{total}] {what[:100]}", nl=done == total, err=True)


def _write_reports(made: dict[str, Any], folder: Path) -> None:
    from fiji_bridge_lab import junit
    from fiji_bridge_lab.report_html import html_report
    from fiji_bridge_lab.report_markdown import markdown_report
    from fiji_bridge_lab.runner import arrays_of

    _write(folder / "report.html", html_report(made, arrays_of(folder)).encode())
    _write(folder / "report.md", markdown_report(made).encode())
    _write(folder / "junit.xml", junit.of_run(made))


def _write(path: Path, content: bytes) -> None:
    from fiji_bridge.formats.atomic import atomic_output

    with atomic_output(path, overwrite=True) as file:
        file.write(content)


def _tell(made: dict[str, Any]) -> None:
    from fiji_bridge_lab.baseline import count_words
    from fiji_bridge_lab.runner import FAILING, absent, broken_lines

    for row in made["cases"]:
        for pair in row["pairs"]:
            if pair["verdict"] in FAILING:
                click.echo(f"{row['id']}: {pair['a']} and {pair['b']}: {pair['words']}")
    for where, label, message in broken_lines(made):
        click.echo(f"{where}: {label}: {message}")
    for label, message in absent(made):
        click.echo(f"{label}: {message}")
    for entry in made["skipped"]:
        click.echo(f"skipped {entry['case']}: {entry['reason']}")
    click.echo(f"{len(made['cases'])} rows: {count_words(made)}")


@regress.command()
@click.argument("folder", metavar="RUN", type=FOLDER)
@click.argument("baseline", type=FOLDER)
@click.option("--anyway", is_flag=True, help="Also a run that is not clean.")
def accept(folder: Path, baseline: Path, anyway: bool) -> None:
    """Keep RUN as BASELINE, a folder small enough to be checked in."""
    from fiji_bridge_lab.baseline import accept as keep

    keep(folder, baseline, anyway=anyway)
    size = sum(path.stat().st_size for path in baseline.rglob("*") if path.is_file())
    click.echo(f"{baseline}: {size / 2**20:.1f} MiB")


@regress.command()
@click.argument("a", type=click.Path(exists=True, path_type=Path))
@click.argument("b", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--output", "folder", type=FOLDER, help="Write compare.md and compare-junit.xml here."
)
@click.option("--exact", is_flag=True, help="Every changed bit counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def compare(a: Path, b: Path, folder: Path | None, exact: bool, as_json: bool) -> int:
    """Say what moved from run (or baseline) A to run B, and by how much."""
    if as_json:
        from fiji_bridge_lab.compare import compare_runs

        found = compare_runs(a, b, exact=exact)
        render.print_json(found)
        return 0 if found["passed"] else 1
    return _compare(a, b, folder, exact)


def _compare(a: Path, b: Path, folder: Path | None, exact: bool) -> int:
    from fiji_bridge_lab import junit
    from fiji_bridge_lab.compare import compare_runs
    from fiji_bridge_lab.report_markdown import markdown_comparison
    from fiji_bridge_lab.verdicts import MOVED, MOVES, move_counts

    found = compare_runs(a, b, exact=exact)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "compare.md", markdown_comparison(found).encode())
        _write(folder / "compare-junit.xml", junit.of_comparison(found))
    for entry in found["results"]:
        if entry["verdict"] not in ("identical", "skipped"):
            click.echo(
                f"{entry['case']}: {entry['filter']} {MOVES[entry['verdict']]}: {entry['words']}"
            )
    for change in found["versions"]:
        before, after = change["a"] or "absent", change["b"] or "absent"
        click.echo(f"{change['part']}: {change['name']} {before} -> {after}")
    click.echo(f"{MOVED[found['passed']]}: {move_counts(found['counts'])}")
    return 0 if found["passed"] else 1


@regress.command()
@click.argument("folder", metavar="RUN", type=FOLDER, default=_OUTPUT)
def report(folder: Path) -> None:
    """Write the reports of RUN again."""
    from fiji_bridge_lab.runner import read_run

    _write_reports(read_run(folder), folder)
    click.echo(folder / "report.html")


@regress.command()
@click.option(
    "--filter",
    "names",
    multiple=True,
    help="fused, scipy, gauss3, a name of a suite, python:MODULE:FUNCTION (called with a volume "
    "and the sigmas in pixels, z y x), or 'imagej:COMMAND|x={x} y={y} z={z}'. Default: all of "
    "the documentation's.",
)
@click.option("--docs", type=click.Path(dir_okay=False, path_type=Path), help="Write a page.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def laws(names: tuple[str, ...], docs: Path | None, jobs: int, as_json: bool) -> int:
    """Check the laws of a Gaussian blur on any filter; exit code 1 if one is broken.

    Where the documentation page is written, broken laws are its subject, and no failure.
    """
    from fiji_bridge_lab import audit
    from fiji_bridge_lab.filter_spec import FilterSpec
    from fiji_bridge_lab.filters import check_name

    for name in names:
        check_name(name)
    chosen = [FilterSpec(name, name) for name in names] or list(audit.STANDARD)
    found = audit.audit_all(chosen, jobs=jobs)
    if docs is not None:
        docs.parent.mkdir(parents=True, exist_ok=True)
        _write(docs, audit.docs_page(found).encode())
        click.echo(docs)
        return 0
    if as_json:
        render.print_json(found)
    else:
        _print_laws(found)
    return 1 if audit.broken_claims(found) else 0


def _print_laws(found: dict[str, Any]) -> None:
    from fiji_bridge_lab.audit import cell

    for label, findings in found["filters"].items():
        click.echo(label)
        for law, finding in findings.items():
            about = found["laws"][law]
            claim = "" if about["claimed"] else " (not to be claimed)"
            message = "" if finding["status"] == "done" else f": {finding['message']}"
            click.echo(f"  {cell(finding):30} {about['statement']}{claim}{message}")


@regress.command()
@click.option("--suite", "of_suite", is_flag=True, help="That of a suite file instead.")
def schema(of_suite: bool) -> None:
    """Print the JSON schema of run.json."""
    from fiji_bridge_lab.run_file import Run
    from fiji_bridge_lab.suite_model import SuiteFile

    render.print_json((SuiteFile if of_suite else Run).model_json_schema())
