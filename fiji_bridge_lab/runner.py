"""Running a suite: filters first, then the verdicts, all in worker processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fiji_bridge import system
from fiji_bridge.errors import FileError
from fiji_bridge.image.jsontext import read_json
from fiji_bridge_lab import versions
from fiji_bridge_lab.filter_spec import FilterSpec
from fiji_bridge_lab.pool import Reply, Task, run_all
from fiji_bridge_lab.run_file import SCHEMA, problem
from fiji_bridge_lab.store import Store
from fiji_bridge_lab.suite import Case, Suite, accepted

RUN_FILE = "run.json"
ARRAYS = "arrays"
#: Verdicts on a pair that nobody expects.
FAILING = ("different", "cannot tell", "crash", "timeout", "error")

Say = Callable[[int, int, str], None]


def run_suite(
    suite: Suite, folder: Path, *, jobs: int | None = None, say: Say | None = None
) -> dict[str, Any]:
    """Run a suite and write ``run.json`` and the arrays into a folder.

    Parameters
    ----------
    suite : Suite
    folder : Path
        Made if it is not there; may hold an older run, which is replaced.
    jobs : int, optional
        Worker processes at a time; all processors by default.
    say : callable, optional
        Told (tasks done, tasks in all, what was done last).

    Returns
    -------
    dict
        What was written to ``run.json``.
    """
    jobs = jobs or system.processors()
    folder.mkdir(parents=True, exist_ok=True)
    store = folder / ARRAYS
    cases, skipped = _present(suite)
    work = [(case, spec) for case in cases for spec in suite.filters]
    total = len(work) + len(cases)
    count = 0
    runtimes: dict[str, Any] = {}

    def tell(label: str) -> None:
        nonlocal count
        count += 1
        if say is not None:
            say(count, total, label)

    def started(reply: Reply) -> None:
        runtimes[reply["describe"]] = reply["jars"]

    replies = run_all(
        [_filter_task(suite, case, spec, store) for case, spec in work],
        jobs,
        lambda n, reply: tell(f"{work[n][0].id}: {work[n][1].label} {reply['status']}"),
        started,
    )
    results = {case.id: {} for case in cases}  # type: dict[str, dict[str, Any]]
    for (case, spec), reply in zip(work, replies, strict=True):
        results[case.id][spec.label] = reply
    verdicts = run_all(
        [_judge_task(suite, case, results[case.id], store) for case in cases],
        jobs,
        lambda n, reply: tell(f"{cases[n].id}: compared"),
    )
    rows = [
        _row(suite, case, results[case.id], verdict)
        for case, verdict in zip(cases, verdicts, strict=True)
    ]
    run: dict[str, Any] = {
        "schema": SCHEMA,
        "suite": suite.name,
        "folder": str(suite.folder),
        "machine": versions.machine(),
        "wheels": versions.wheels(),
        "runtimes": runtimes,
        "filters": [asdict(spec) for spec in suite.filters],
        "skipped": skipped,
        "cases": rows,
    }
    run["counts"] = counts(run)
    write_run(run, folder)
    return run


def _present(suite: Suite) -> tuple[list[Case], list[dict[str, str]]]:
    cases, skipped = [], []
    for case in suite.cases():
        path = case.image.path
        if path is None or (suite.folder / path).is_file():
            cases.append(case)
        elif case.image.optional:
            skipped.append({"case": case.id, "reason": f"{path} is not there"})
        else:
            raise FileError(
                f"the image {case.image.name!r} of the suite is missing: {path}; put it there, or "
                "write optional = true to skip it"
            )
    return cases, skipped


def runtime_of(spec: FilterSpec) -> tuple[tuple[str, str | None], ...] | None:
    """Return the settings of the JVM that a filter needs, or None."""
    if not spec.needs_java():
        return None
    return (("runtime", spec.runtime), ("fiji", spec.fiji), ("maven", spec.maven))


def _request(case: Case) -> dict[str, Any]:
    return {
        "image": asdict(case.image),
        "dtype": case.dtype,
        "operation": case.operation.operation,
        "parameters": dict(case.operation.parameters),
    }


def _filter_task(suite: Suite, case: Case, spec: FilterSpec, store: Path) -> Task:
    payload = {"work": "filter", "filter": asdict(spec), "store": str(store), **_request(case)}
    return Task({**payload, "folder": str(suite.folder)}, runtime_of(spec), suite.timeout)


def _judge_task(suite: Suite, case: Case, results: Mapping[str, Any], store: Path) -> Task:
    done = {label: reply for label, reply in results.items() if reply["status"] == "done"}
    pairs = [
        {"a": a, "b": b, "accepted": asdict(accepted(suite, a, b, done[a]["dtype"]))}
        for a, b in suite.pairs
        if a in done and b in done
    ]
    payload = {
        "work": "judge",
        "results": done,
        "pairs": pairs,
        "store": str(store),
        "folder": str(suite.folder),
    }
    # Comparing takes longer than computing: as much again for each pair.
    timeout = suite.timeout * (1 + len(pairs))
    return Task({**payload, **_request(case)}, None, timeout)


def _row(
    suite: Suite, case: Case, results: Mapping[str, Any], verdict: Mapping[str, Any]
) -> dict[str, Any]:
    pairs = list(verdict.get("pairs", ()))
    known = {(pair["a"], pair["b"]) for pair in pairs}
    for a, b in suite.pairs:
        if (a, b) not in known:
            pairs.append(_missing(a, b, results, verdict))
    order = {pair: number for number, pair in enumerate(suite.pairs)}
    pairs.sort(key=lambda pair: order[pair["a"], pair["b"]])
    return {
        "id": case.id,
        **_request(case),
        "name": case.operation.name,
        "plan": verdict.get("plan"),
        "axes": verdict.get("axes", []),
        "data_range": verdict.get("data_range"),
        "source": verdict.get("source"),
        "results": dict(results),
        "fits": verdict.get("fits", {}),
        "pairs": pairs,
    }


def _missing(
    a: str, b: str, results: Mapping[str, Any], verdict: Mapping[str, Any]
) -> dict[str, Any]:
    """Say why there is no comparison of a pair."""
    for label in (a, b):
        if results[label]["status"] != "done":
            words = f"{label}: {results[label]['message']}"
            return {
                "a": a,
                "b": b,
                "verdict": results[label]["status"],
                "words": words,
                "causes": [],
            }
    words = f"the comparison failed: {verdict.get('message', 'no reason given')}"
    return {"a": a, "b": b, "verdict": verdict["status"], "words": words, "causes": []}


def counts(run: Mapping[str, Any]) -> dict[str, int]:
    """Count the pairs by verdict, and what went wrong with filters that must be there."""
    found: dict[str, int] = {}
    for row in run["cases"]:
        for pair in row["pairs"]:
            found[pair["verdict"]] = found.get(pair["verdict"], 0) + 1
    found["broken"] = len(broken(run))
    return found


def broken(run: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (case, label, message) of filters that failed, and of those that had to be there."""
    optional = {spec["label"] for spec in run["filters"] if spec["optional"]}
    return [
        (row["id"], label, f"{reply['status']}: {reply['message']}")
        for row in run["cases"]
        for label, reply in row["results"].items()
        if reply["status"] in ("error", "crash", "timeout")
        or (reply["status"] == "not installed" and label not in optional)
    ]


def broken_lines(run: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return `broken` with one line for what failed alike in several cases."""
    found: dict[tuple[str, str], list[str]] = {}
    for case, label, message in broken(run):
        found.setdefault((label, message), []).append(case)
    return [
        (cases[0] if len(cases) == 1 else f"{len(cases)} cases", label, message)
        for (label, message), cases in found.items()
    ]


def absent(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (label, message) of optional filters that are not there, once each."""
    optional = {spec["label"] for spec in run["filters"] if spec["optional"]}
    found = {
        (label, reply["message"])
        for row in run["cases"]
        for label, reply in row["results"].items()
        if reply["status"] == "not installed" and label in optional
    }
    return sorted(found)


def exit_code(run: Mapping[str, Any]) -> int:
    """Return 0 if all is as expected, 1 for a difference that is not, 4 for a failed filter."""
    if any(run["counts"].get(verdict, 0) for verdict in ("different", "cannot tell")):
        return 1
    return 4 if any(run["counts"].get(v, 0) for v in ("broken", *FAILING)) else 0


def write_run(run: Mapping[str, Any], folder: Path) -> None:
    """Write ``run.json``, whole or not at all."""
    from fiji_bridge.formats.atomic import atomic_output

    with atomic_output(folder / RUN_FILE, overwrite=True) as file:
        file.write((json.dumps(run, indent=1, ensure_ascii=False) + "\n").encode())


def read_run(folder: Path) -> dict[str, Any]:
    """Read a run or a baseline.

    Raises
    ------
    FileError
        If there is none, or it has another layout.
    """
    path = folder / RUN_FILE if folder.is_dir() else folder
    try:
        run: dict[str, Any] = read_json(path.read_bytes())
    except OSError as error:
        raise FileError(
            f"there is no run in {folder}: {path.name} cannot be read ({error.strerror}); make "
            "one with: fiji-bridge regress run"
        ) from None
    except ValueError as error:
        raise FileError(f"{path} is no run of the regression lab: {error}") from None
    if not isinstance(run, dict) or run.get("schema") != SCHEMA:
        found = run.get("schema") if isinstance(run, dict) else None
        raise FileError(f"{path} has the layout {found!r}; this version reads {SCHEMA!r}")
    # Somebody else's file: what the reports take for granted is looked at once, here.
    wrong = problem(run)
    if wrong is not None:
        raise FileError(f"{path} is no run of the regression lab: {wrong}")
    return run


def arrays_of(folder: Path) -> Store:
    """Return the arrays of a run or baseline."""
    return Store((folder if folder.is_dir() else folder.parent) / ARRAYS)
