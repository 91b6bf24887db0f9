"""Time the fused engine beside its peers: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import machine, report, rounds, single
from benchmarks.cases import DEFAULT, SIGMAS, VOLUMES


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Times the fused engine beside what a user could pick instead, in "
        "interleaved rounds, and prints the ratios. Peers that are not installed are said so.",
    )
    parser.add_argument(
        "--case",
        action="append",
        metavar="V/S",
        help=f"volume ({', '.join(VOLUMES)}) and sigma ({', '.join(SIGMAS)}), such as V2/S1; "
        f"repeatable; default {', '.join(DEFAULT)}",
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--java",
        action="append",
        type=Path,
        metavar="HOME",
        help="a Java to time with, beside the bundled one; repeatable; default JAVA_HOME",
    )
    parser.add_argument("--no-peers", action="store_true", help="the fused engine only")
    parser.add_argument("--no-cold", action="store_true", help="leave out first calls and memory")
    parser.add_argument(
        "--note", default="", help="printed above the tables, such as what else ran"
    )
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    return parser


def main() -> None:
    """Run, print the tables, write the files."""
    options = _parser().parse_args()
    cases = tuple(options.case or DEFAULT)
    javas = machine.javas(options.java or [])
    workers = [rounds.Worker(java.label, java.home) for java in javas]
    if not options.no_peers:
        workers.append(rounds.Worker("Python", None))
    timings = []
    for case in cases:
        timings += rounds.run(case, workers, options.rounds, options.threads, _say)
    for worker in workers:
        worker.close()
    result: dict[str, Any] = {
        "command": "python -m benchmarks " + " ".join(_without_paths(sys.argv[1:])),
        "machine": machine.describe(options.threads),
        "rounds": options.rounds,
        "note": options.note,
        "timings": [timing.as_json() for timing in timings],
        "ratios": report.ratios(timings, {java.label: java.vector for java in javas}),
        "first_calls": [],
        "memory": [],
    }
    if not options.no_cold:
        result["first_calls"] = _first_calls(javas, cases, _say)
        result["memory"] = [
            {"case": case, "who": java.label, **single.ask("peak-memory", "fused", case, java.home)}
            for java in javas
            for case in cases
        ]
    text = report.markdown(result)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


def _first_calls(
    javas: list[machine.Java], cases: tuple[str, ...], say: Callable[[str], None]
) -> list[dict[str, Any]]:
    who: list[tuple[str, str, Path | None]] = [("SciPy, one thread", "scipy", None)]
    who += [(f"fused, {java.label}", "fused", java.home) for java in javas]
    rows = []
    for case in cases:
        runs: dict[str, list[dict[str, float]]] = {name: [] for name, _, _ in who}
        for _ in range(7):
            for name, engine, home in who:
                runs[name].append(single.ask("first-call", engine, case, home))
        for name, found in runs.items():
            middle = {key: median(run[key] for run in found) for key in found[0]}
            rows.append({"case": case, "who": name, **middle})
        say(f"{case}: first calls")
    return rows


def _without_paths(arguments: list[str]) -> list[str]:
    """Return the arguments as a reader would type them: folders of this machine left out."""
    shown: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            option = shown[-1]
            name = {"--java": "HOME", "--note": "TEXT"}.get(option, Path(argument).name)
            shown.append(name)
        else:
            shown.append(argument)
        skip = argument in ("--java", "--note", "--json", "--markdown")
    return shown


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
