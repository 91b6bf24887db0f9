"""How often the intervals of `suggest` hold what is true: ``python -m fiji_bridge_lab.coverage``.

Images of known blur are made (`fiji_bridge_lab.coverage_images`), measured without a hint of what
they show, and counted: how often the 95 % interval of an axis holds the true σ, how far off the
answer is, and how often it is 'cannot tell'. The numbers depend on the seeds only. Answers are kept
in a file, so that a study that was stopped goes on where it was; those of another version of the
method are asked for again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import fiji_bridge
from fiji_bridge.image.results import Table
from fiji_bridge.ops.blur_measurement import measure_blur
from fiji_bridge_lab.coverage_images import CLASSES, CONDITIONS, scene


@dataclass(frozen=True)
class Answer:
    """What `suggest` said of one image.

    Attributes
    ----------
    kind, condition : str
    seed : int
    structure : str
        What it took the image for; ``""`` where it could not tell.
    deviations : tuple of float
        Measured over true σ, less 1, per axis that was measured.
    held : tuple of bool
        Whether the interval of each of these axes holds the true σ.
    """

    kind: str
    condition: str
    seed: int
    structure: str
    deviations: tuple[float, ...]
    held: tuple[bool, ...]


def ask(case: tuple[str, str, int]) -> Answer:
    """Make one image and measure it, as `suggest` does, without the notes of other methods."""
    kind, condition, seed = case
    made = scene(kind, condition, seed)
    found = measure_blur(made.data, "zyx", made.voxels, beads=False, checks=False)
    deviations, held = [], []
    for width, true, voxel in zip(found.widths, made.sigma, made.voxels, strict=False):
        if width.sigma is not None:
            deviations.append(width.sigma * voxel / true - 1)
            held.append(width.low * voxel <= true <= width.high * voxel)
    return Answer(kind, condition, seed, found.kind, tuple(deviations), tuple(held))


def table(answers: Iterable[Answer], *, conditions: bool = True) -> Table:
    """Count the answers, a row per class and condition and one per class."""
    everything = list(answers)
    rows = []
    for kind in CLASSES:
        of_kind = [a for a in everything if a.kind == kind]
        if conditions:
            for condition in CONDITIONS:
                part = [a for a in of_kind if a.condition == condition]
                if part:
                    rows.append((kind, condition, *_counted(part)))
        if of_kind:
            rows.append((kind, "all", *_counted(of_kind)))
    return Table(
        "intervals of suggest on images of known blur",
        ("class", "condition", "images", "cannot tell", "truth in 95 % interval", "bias",
         "scatter", "worst"),
        tuple(rows),
    )  # fmt: skip


def _counted(answers: list[Answer]) -> tuple[str, ...]:
    silent = sum(not a.deviations for a in answers) / len(answers)
    off = np.array([d for a in answers for d in a.deviations])
    held = [h for a in answers for h in a.held]
    if not len(off):
        return (str(len(answers)), f"{silent:.0%}", "-", "-", "-", "-")
    return (
        str(len(answers)),
        f"{silent:.0%}",
        f"{np.mean(held):.0%}",
        f"{np.median(off):+.1%}",
        f"{np.std(off):.1%}",
        f"{off[np.abs(off).argmax()]:+.1%}",
    )


def markdown(made: Table) -> str:
    """Return a table for the documentation."""
    lines = ["| " + " | ".join(made.columns) + " |", "|" + " --- |" * len(made.columns)]
    lines += ["| " + " | ".join(row) + " |" for row in made.rows]
    return "\n".join(lines)


def version() -> str:
    """Return a digest of what the answers depend on: the method and the images."""
    package = Path(fiji_bridge.__file__).parent / "ops"
    files = [*sorted(package.glob("blur_*.py")), Path(__file__).with_name("coverage_images.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def known(cache: Path | None) -> dict[tuple[str, str, int], Answer]:
    """Return the answers that a file has of this version."""
    if cache is None or not cache.exists():
        return {}
    found, now = {}, version()
    for line in cache.read_text(encoding="utf-8").splitlines():
        try:
            kept = json.loads(line)
        except ValueError:
            # A run that was killed leaves half a line.
            continue
        if kept.pop("version", None) == now:
            answer = Answer(
                **{**kept, "deviations": tuple(kept["deviations"]), "held": tuple(kept["held"])}
            )
            found[answer.kind, answer.condition, answer.seed] = answer
    return found


def study(
    cases: Iterable[tuple[str, str, int]], cache: Path | None = None, processes: int | None = 1
) -> list[Answer]:
    """Ask of each case, but of those that a file has the answer of."""
    wanted = list(cases)
    answers = known(cache)
    missing = [case for case in wanted if case not in answers]
    now = version()
    with ExitStack() as stack:
        # One process is this one: a worker would outlive it if it were killed.
        here = processes == 1 or not missing
        each = map if here else stack.enter_context(ProcessPoolExecutor(processes)).map
        for number, answer in enumerate(each(ask, missing), 1):
            answers[answer.kind, answer.condition, answer.seed] = answer
            if cache is not None:
                with cache.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({**asdict(answer), "version": now}) + "\n")
            print(f"\r{number} of {len(missing)}", end="", file=sys.stderr, flush=True)
    if missing:
        print(file=sys.stderr)
    return [answers[case] for case in wanted]


def main(arguments: list[str] | None = None) -> None:
    """Run the study and print its table."""
    parser = argparse.ArgumentParser(prog="python -m fiji_bridge_lab.coverage")
    parser.add_argument("--images", type=int, default=21, help="per class and condition")
    parser.add_argument("--classes", nargs="*", default=list(CLASSES), choices=CLASSES)
    parser.add_argument("--conditions", nargs="*", default=list(CONDITIONS), choices=CONDITIONS)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="file that answers are kept in, to go on from")
    parser.add_argument("--markdown", action="store_true", help="for the documentation")
    parser.add_argument("--short", action="store_true", help="only a row per class")
    given = parser.parse_args(arguments)
    cases = [
        (kind, condition, seed)
        for seed in range(given.images)
        for kind in given.classes
        for condition in given.conditions
    ]
    answers = study(cases, given.cache, given.processes)
    made = table(answers, conditions=not given.short)
    print(markdown(made) if given.markdown else made)


if __name__ == "__main__":
    main()
