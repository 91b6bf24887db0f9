"""Time operations around the blur beside their peers: ``python -m benchmarks.operations``.

All of them run in one process, in rounds that go through all, so that a slower minute of the
machine falls on both sides of a ratio.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.rounds import turn, warm_up

Call = Callable[[], Any]


@dataclass(frozen=True)
class Pair:
    """Something of ours and what it is held against.

    Attributes
    ----------
    what, peer : str
    ours, theirs : callable
    target : float
        How many times as fast ours is to be; below 1, how much slower it may be.
    """

    what: str
    ours: Call
    peer: str
    theirs: Call
    target: float


def pairs() -> Iterator[Pair]:
    """Yield what there is, on made images of 64 × 256 × 256 float32 and smaller."""
    import SimpleITK
    from scipy import ndimage
    from skimage import feature

    import fiji_bridge as fb

    random = np.random.default_rng(0)
    image = ndimage.gaussian_filter(random.random((64, 256, 256), dtype=np.float32), 1)
    part = image[:32].copy()
    grey = np.rint(255 * (part - part.min()) / np.ptp(part)).astype(np.uint8)
    holes = image.copy()
    holes[random.random(holes.shape) < 0.01] = np.nan
    options: dict[str, Any] = {"voxel_size": 1}

    def scikit_image() -> Any:
        return feature.structure_tensor_eigenvalues(feature.structure_tensor(image, sigma=2))

    yield Pair(
        "structure tensor, with vectors, measures, colours",
        lambda: fb.structure_tensor(image, sigma=2, **options),
        "scikit-image structure_tensor, eigenvalues only",
        scikit_image,
        20,
    )
    for zoom in (2.0, 0.5):
        for order, name in ((0, "nearest"), (1, "linear"), (3, "cubic")):
            yield Pair(
                f"rescale by {zoom:g}, {name}",
                lambda zoom=zoom, name=name: fb.run(
                    "rescale", part, zoom=zoom, interpolation=name, antialias="none", **options
                ),
                "SciPy zoom",
                lambda zoom=zoom, order=order: ndimage.zoom(
                    part, zoom, order=order, mode="reflect", grid_mode=True
                ),
                5,
            )
    for given in (grey, part):
        yield Pair(
            f"median, ball of radius 3, {given.dtype}",
            lambda given=given: fb.median(given, radius=3, **options),
            "SimpleITK Median, a box",
            lambda given=given: SimpleITK.Median(SimpleITK.GetImageFromArray(given), [3] * 3),
            3,
        )
    blur = {"sigma": 2, **options}
    yield Pair(
        "pyramid, 3 levels",
        lambda: fb.pyramid(image, levels=3, **options),
        "one blur of level 0",
        lambda: fb.gaussian(image, **blur),
        1 / 1.6,
    )
    yield Pair(
        "blur with nan='ignore', 1 % missing",
        lambda: fb.gaussian(holes, nan="ignore", **blur),
        "plain blur",
        lambda: fb.gaussian(image, **blur),
        1 / 2.2,
    )


def measure(rounds: int, say: Callable[[str], None]) -> list[tuple[Pair, list[float], list[float]]]:
    """Return the seconds of each, a figure per round."""
    found: list[tuple[Pair, list[float], list[float]]] = [(pair, [], []) for pair in pairs()]
    for pair, _, _ in found:
        warm_up(pair.ours, 2)
        warm_up(pair.theirs, 0)
    for number in range(rounds):
        for pair, ours, theirs in found:
            ours.append(turn(pair.ours))
            theirs.append(turn(pair.theirs))
        say(f"round {number + 1} of {rounds}")
    return found


def markdown(found: list[tuple[Pair, list[float], list[float]]], said: str) -> str:
    """Return the table."""
    lines = [
        "# Operations around the blur, beside their peers",
        "",
        said,
        "",
        "| operation | ms | peer | ms | times as fast | target | met |",
        "|---|---|---|---|---|---|---|",
    ]
    for pair, ours, theirs in found:
        a, b = median(ours), median(theirs)
        met = "yes" if b / a >= pair.target else "**no**"
        lines.append(
            f"| {pair.what} | {1e3 * a:.1f} | {pair.peer} | {1e3 * b:.1f} | {b / a:.2f} | "
            f"≥ {pair.target:.2g} | {met} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write where asked and the machine was idle."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operations", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    options = parser.parse_args()
    before = os.getloadavg()[0]
    found = measure(options.rounds, print)
    threads = len(os.sched_getaffinity(0))
    about = machine.describe(threads)
    text = markdown(
        found,
        f"Printed by `python -m benchmarks.operations --rounds {options.rounds}`; medians of "
        f"{options.rounds} interleaved rounds in one process, {threads} threads, load {before:.1f} "
        f"before. {about['processor']}, {about['memory']}, Python {about['python']}; "
        f"{about['peers']}.",
    )
    print(text)
    if options.markdown is None:
        return
    if before > machine.IDLE:
        raise SystemExit(f"the load was {before:.1f} before: not written to {options.markdown}")
    options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
