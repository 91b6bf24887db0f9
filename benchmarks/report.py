"""The table of ratios, from the timings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

from benchmarks.rounds import Timing

#: What has to be reached: against whom, with which Java, per case.
TARGETS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("SciPy, one thread", "vector", {"V1/S1": 10, "V2/S1": 27, "V2/S4": 28, "V3/S1": 15}),
    ("SciPy, one thread", "plain", {"V1/S1": 6, "V2/S1": 15, "V2/S4": 11, "V3/S1": 7}),
    ("best peer, same kernel", "vector", {"V1/S1": 1.5, "V2/S1": 1.5, "V2/S4": 3, "V3/S1": 1.5}),
    ("Gauss3, same JVM", "any", {"V1/S1": 15, "V2/S1": 15, "V2/S4": 20, "V3/S1": 15}),
    ("one thread", "vector", {"V1/S1": 1.7, "V2/S1": 1.7, "V2/S4": 1.7, "V3/S1": 1.7}),
)

#: Most that V2/S1 may take, in plain copies of the volume.
COPIES = 3.0
COPIES_LABEL = "plain copies it takes"

Pick = Callable[[list[float]], float]

#: Medians decide. The fastest rounds stand beside them: other work on the machine slows two
#: threads more than one.
PICKS: tuple[Pick, Pick] = (median, min)


def ratios(timings: list[Timing], vector: dict[str, bool]) -> list[dict[str, Any]]:
    """Return a row per target, Java and case: the ratio reached and the one wanted.

    Parameters
    ----------
    timings : list of Timing
    vector : dict
        Whether a place (a Java's label) has the Vector API.
    """
    rows = []
    for case in dict.fromkeys(timing.case for timing in timings):
        here = [timing for timing in timings if timing.case == case and timing.median]
        for place, has_vector in vector.items():
            for rival, needs, wanted in TARGETS:
                if needs in ("any", "vector" if has_vector else "plain"):
                    both = [_ratio(here, place, rival, pick) for pick in PICKS]
                    rows.append(_row(case, place, rival, both, wanted.get(case)))
            if case == "V2/S1":
                both = [_copies(here, place, pick) for pick in PICKS]
                rows.append(_row(case, place, COPIES_LABEL, both, COPIES))
    return rows


def _row(
    case: str, place: str, rival: str, both: list[float | None], wanted: float | None
) -> dict[str, Any]:
    found, fastest = both
    met = None
    if found is not None and wanted is not None:
        met = found <= wanted if rival == COPIES_LABEL else found >= wanted
    return {
        "case": case,
        "place": place,
        "against": rival,
        "ratio": None if found is None else round(found, 2),
        "ratio_of_fastest": None if fastest is None else round(fastest, 2),
        "wanted": wanted,
        "met": met,
    }


def _time(
    timings: Iterable[Timing], place: str | None, name: str, kind: str, pick: Pick, alone: bool
) -> float | None:
    for timing in timings:
        same = timing.contestant.name == name and timing.contestant.kind == kind
        if same and place in (None, timing.place) and (not alone or timing.threads == 1):
            return pick(timing.times)
    return None


def _copies(here: list[Timing], place: str, pick: Pick) -> float | None:
    ours = _time(here, place, "fused", "gauss3", pick, alone=False)
    copy = _time(here, None, "plain copy", "copy", pick, alone=False)
    return ours / copy if ours and copy else None


def _ratio(here: list[Timing], place: str, rival: str, pick: Pick) -> float | None:
    kind = "gauss3" if rival in ("Gauss3, same JVM", "one thread") else "truncate4"
    ours = _time(here, place, "fused", kind, pick, alone=False)
    if rival == "one thread":
        other = _time(here, place, "fused", kind, pick, alone=True)
    elif rival == "best peer, same kernel":
        peers = [t for t in here if t.contestant.kind == kind and not t.contestant.ours]
        other = min((pick(t.times) for t in peers), default=None)
    else:
        where = None if kind == "truncate4" else place
        other = _time(here, where, rival, kind, pick, alone=False)
    return other / ours if ours and other else None


def markdown(result: dict[str, Any]) -> str:
    """Return the page docs/benchmarks.md."""
    machine = result["machine"]
    lines = [
        "# Benchmarks",
        "",
        f"Printed by `{result['command']}`; medians of {result['rounds']} interleaved rounds, "
        f"{machine['threads']} threads, called from Python, output freshly allocated.",
        f"{machine['processor']}, {machine['memory']}, Python {machine['python']}; "
        f"{machine['peers']}.",
        "",
        *([result["note"], ""] if result["note"] else []),
        "Rows of one kernel compute the same sums: `truncate4` is SciPy's kernel, `gauss3` "
        "ImgLib2's; `own` stands for another kernel or border and is shown for orientation.",
        "",
        "## Times in ms",
        "",
    ]
    cases = list(dict.fromkeys(row["case"] for row in result["timings"]))
    lines += _table(
        ["contestant", "kernel", "where", "threads", *cases],
        [_time_line(rows, cases) for rows in _grouped(result["timings"])],
    )
    lines += ["", "## Ratios", ""]
    lines += _table(
        ["case", "with", "against", "ratio of medians", "of fastest rounds", "target", "met"],
        [
            [
                row["case"],
                row["place"],
                row["against"],
                _show(row["ratio"], "×"),
                _show(row["ratio_of_fastest"], "×"),
                ("≤ " if "copies" in row["against"] else "≥ ") + f"{row['wanted']:g}×",
                {True: "yes", False: "**no**", None: "–"}[row["met"]],
            ]
            for row in result["ratios"]
            if row["wanted"] is not None
        ],
    )
    if result["first_calls"]:
        lines += ["", "## First call in a fresh process", ""]
        lines += _table(
            ["case", "who", "getting ready, ms", "first call, ms"],
            [
                [row["case"], row["who"], f"{row['start_ms']:.0f}", f"{row['first_ms']:.0f}"]
                for row in result["first_calls"]
            ],
        )
    if result["memory"]:
        lines += ["", "## Peak memory above input and output", ""]
        lines += _table(
            ["case", "who", "MiB"],
            [[row["case"], row["who"], f"{row['extra_mib']:.0f}"] for row in result["memory"]],
        )
    return "\n".join(lines) + "\n"


def _grouped(timings: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in timings:
        key = (row["contestant"], row["kind"], row["place"], row["threads"])
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _time_line(rows: list[dict[str, Any]], cases: list[str]) -> list[str]:
    by_case = {row["case"]: row for row in rows}
    cells = []
    for case in cases:
        row = by_case.get(case)
        cells.append("–" if row is None else row["absent"] or f"{row['median_ms']:.1f}")
    first = rows[0]
    return [first["contestant"], first["kind"], first["place"], str(first["threads"]), *cells]


def _show(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.2f}{unit}"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
