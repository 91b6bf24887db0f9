"""A block of a result on another grid takes no more than the plan of the blocks reckons with."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

#: In a process of its own, without Java, whose threads tracemalloc does not bear.
MEASURE = """
import json, sys, tracemalloc
import numpy as np
from fiji_bridge.blocks.compute import compute
from fiji_bridge.blocks.cut import span
from fiji_bridge.blocks.plan import Block
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

kind, said = sys.argv[1], json.loads(sys.argv[2])
shape = (120, 200, 200)
image = to_image(np.broadcast_to(np.zeros((), kind), shape), voxel_size=1, axes="zyx")
parts = REGISTRY["rescale"].prepared(image, **said).by_parts
context = Context(engine="scipy", threads=1)
grids = [parts.grid(axis, size) for axis, size in zip("zyx", shape)]
spans = tuple(
    span(g.count // 4, 3 * g.count // 4, n, reach, parts.border, g)
    for g, n, reach in zip(grids, shape, parts.reach(context))
)
given = np.ones([s.read for s in spans], kind)
for _ in range(2):  # what is loaded once has been
    tracemalloc.start()
    made = compute(image, parts, Block(0, spans), given, context, (False,)).data
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
print(taken, made.nbytes + parts.memory(given.shape, made.shape, context))
"""


@pytest.mark.parametrize("kind", ["uint8", "float64"])
@pytest.mark.parametrize("said", [{"zoom": 0.5}, {"zoom": 2.0}, {"zoom": 0.5, "antialias": "none"}])
def test_no_more_than_said(kind: str, said: dict[str, object]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, kind, json.dumps(said)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    taken, allowed = map(int, done.stdout.split())
    assert taken <= allowed
