"""A baseline: a run that was looked at and accepted, small enough to be checked in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fiji_bridge.errors import InputError
from fiji_bridge_lab.runner import ARRAYS, arrays_of, exit_code, read_run, write_run
from fiji_bridge_lab.store import Store
from fiji_bridge_lab.verdicts import VERDICTS

#: Largest array, in samples, that a baseline keeps; of others digest, numbers and sketch remain.
SMALL = 1 << 15


def accept(run_folder: Path, baseline: Path, *, anyway: bool = False) -> dict[str, Any]:
    """Keep a run as the baseline.

    Parameters
    ----------
    run_folder : Path
        What `fiji_bridge_lab.runner.run_suite` wrote.
    baseline : Path
        A folder; an older baseline in it is replaced.
    anyway : bool
        Accept a run that has differences nobody expects, or failed filters.

    Returns
    -------
    dict
        The run that was accepted.

    Raises
    ------
    InputError
        If the run is not clean.
    """
    run = read_run(run_folder)
    if exit_code(run) and not anyway:
        raise InputError(
            f"the run in {run_folder} is not clean ({count_words(run)}); look at its report, then "
            "accept it with --anyway if it is right"
        )
    if run_folder.resolve() == baseline.resolve():
        raise InputError("the baseline must be another folder than the run")
    source = arrays_of(run_folder)
    baseline.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(baseline / ARRAYS, ignore_errors=True)
    kept = Store(baseline / ARRAYS)
    for row in run["cases"]:
        for reply in row["results"].values():
            if reply["status"] == "done" and _size(reply["shape"]) <= SMALL:
                kept.put(source.get(reply["sha256"]))
    # Where the suite lies is this machine's own affair.
    write_run({**run, "folder": None}, baseline)
    return run


def _size(shape: list[int]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def count_words(run: dict[str, Any]) -> str:
    """Return the counts of verdicts as text, in the words of the reports."""
    words = {verdict: said for verdict, (_, said) in VERDICTS.items()} | {"broken": "failed"}
    return ", ".join(
        f"{number} {words[verdict]}"
        for verdict, number in run["counts"].items()
        if number and verdict in words
    )
