"""The plan of the blocks: every sample once, all that it depends on, within the memory."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from fiji_bridge.blocks.cut import span
from fiji_bridge.blocks.plan import BlockPlan, Store, make_block_plan
from fiji_bridge.errors import InputError, MemoryLimitError
from fiji_bridge.kernels.borders import border as known_border

AXES = ("z", "y", "x")


def planned(
    shape: tuple[int, ...] = (100, 1000, 1000),
    chunk: tuple[int, ...] = (32, 256, 256),
    shard: tuple[int, ...] | None = None,
    reach: int = 20,
    border: str = "mirror-double",
    memory: int = 2**30,
    workers: int = 1,
    axes: tuple[str, ...] = AXES,
) -> BlockPlan:
    return make_block_plan(
        axes,
        shape,
        reach=dict.fromkeys(AXES, (reach, reach)),
        border=border,
        source=Store(chunk, shard, 2),
        target=Store(chunk, shard, 2),
        memory=memory,
        workers=workers,
        base=1000,
    )


sizes = st.tuples(*(st.integers(1, 40) for _ in AXES))
small = st.tuples(*(st.integers(1, 12) for _ in AXES))


@given(
    shape=sizes, chunk=small, more=st.none() | small, reach=st.integers(0, 60),
    border=strategies.borders, memory=st.integers(10**4, 10**6), workers=st.integers(1, 4),
)  # fmt: skip
def test_any_plan(
    shape: tuple[int, ...],
    chunk: tuple[int, ...],
    more: tuple[int, ...] | None,
    reach: int,
    border: str,
    memory: int,
    workers: int,
) -> None:
    shard = None if more is None else tuple(c * m for c, m in zip(chunk, more, strict=True))
    try:
        plan = planned(shape, chunk, shard, reach, border, memory, workers)
    except MemoryLimitError:
        return
    assert plan.peak_bytes <= memory
    times = np.zeros(shape, int)
    given_samples = 0
    for block in plan:
        times[block.writes] += 1
        for part, unit, size in zip(block.writes, shard or chunk, shape, strict=True):
            assert part.start % unit == 0
            assert part.stop % unit == 0 or part.stop == size
        given_samples = max(given_samples, int(np.prod([s.read for s in block.spans])))
    assert (times == 1).all()
    assert plan.blocks == len(list(plan))
    assert 2 * given_samples + plan.written_bytes // plan.blocks <= plan.peak_bytes
    assert plan.amplification >= 1
    json.dumps(plan.as_dict())
    assert str(plan.table())


@given(
    size=st.integers(1, 30), start=st.integers(0, 29), count=st.integers(1, 30),
    before=st.integers(0, 70), after=st.integers(0, 70), border=strategies.borders,
)  # fmt: skip
def test_what_is_read_is_what_results_depend_on(
    size: int, start: int, count: int, before: int, after: int, border: str
) -> None:
    start = min(start, size - 1)
    stop = min(size, start + count)
    found = span(start, stop, size, (before, after), border)
    line = np.arange(size)
    mode = known_border(border).numpy
    wide = np.pad(line, 200, mode=mode) if border != "constant" else np.pad(line, 200)
    given_line = np.concatenate([line[there] for there, _ in found.pieces()])
    assert len(given_line) == found.read
    # Beyond what is given, the border is that of the volume, at its faces.
    around = np.pad(given_line, 200, mode=mode) if border != "constant" else np.pad(given_line, 200)
    at = 200 + start - found.first
    np.testing.assert_array_equal(
        around[at - before : at + stop - start + after],
        wide[200 + start - before : 200 + stop + after],
    )


def test_more_memory_reads_less_twice() -> None:
    plans = [planned(memory=n * 2**20) for n in (130, 200, 500, 2000)]
    amplifications = [plan.amplification for plan in plans]
    assert amplifications == sorted(amplifications, reverse=True)
    assert amplifications[-1] == 1
    assert amplifications[0] > 1.2


def test_all_workers_have_blocks() -> None:
    assert planned(shape=(100, 1024, 1024), memory=2**40, workers=4).blocks % 4 == 0


def test_volumes_are_not_put_together() -> None:
    plan = make_block_plan(
        ("t", "z", "y", "x"), (5, 10, 10, 10), reach={}, border="nearest",
        source=Store((1, 10, 10, 10), None, 2), target=Store((1, 10, 10, 10), None, 2),
        memory=2**30,
    )  # fmt: skip
    assert plan.blocks == 5


def test_ten_terabytes_are_planned_without_a_graph_of_chunks() -> None:
    plan = planned(
        shape=(10_000, 22_000, 22_000), chunk=(64, 128, 128), shard=(256, 512, 512),
        memory=8 * 2**30,
    )  # fmt: skip
    assert plan.written_bytes > 9e12
    assert plan.blocks < 15_000
    assert plan.amplification < 1.7
    assert len(list(itertools.islice(plan, 5))) == 5


def test_too_little_memory_is_said_with_the_numbers() -> None:
    with pytest.raises(MemoryLimitError, match=r"one shard of 64 x 512 x 512 samples .* smaller"):
        planned(shard=(64, 512, 512), memory=10**6)


def test_images_without_samples_are_refused() -> None:
    with pytest.raises(InputError, match="no sample"):
        planned(shape=(0, 10, 10))
