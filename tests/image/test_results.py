"""Plans and reports as tables, plain values and data frames."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.ops.registry import REGISTRY

DATA = np.random.default_rng(0).uniform(0, 99, (6, 20, 24))
STACK = "1.25 0.45 0.45 um"

MADE: dict[str, Callable[[], fiji_bridge.Report]] = {
    **{
        f"plan of {name}": lambda o=operation: fiji_bridge.plan(
            DATA, o.name, voxel_size=STACK, **o.example
        )
        for name, operation in REGISTRY.items()
    },
    "crosscheck": lambda: fiji_bridge.crosscheck(
        DATA, sigma="1 um", voxel_size=STACK, engine="scipy"
    ),
    "compare": lambda: fiji_bridge.compare(DATA, DATA + 1),
    "suggest": lambda: fiji_bridge.suggest(
        fiji_bridge.gaussian(DATA, sigma="2 px", engine="scipy"), voxel_size=STACK
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_every_plan_and_report_is_table_values_and_frame(name: str) -> None:
    pytest.importorskip("pandas", reason="needs pandas")
    if name == "plan of bilateral":
        pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    made = MADE[name]()
    table = made.table()
    frame = made.to_dataframe()
    assert len(frame) == len(made.records()) >= 1
    assert len(table.rows) >= 1
    assert all(len(row) == len(table.columns) for row in table.rows)
    # What a notebook shows: as many rows, and nothing that is taken for markup.
    shown = made._repr_html_()
    assert shown.count("<tr>") == len(table.rows) + 1
    assert escape(table.title) in shown
    values: dict[str, Any] = made.as_dict()
    json.dumps(values)
    if name.startswith("plan"):
        assert isinstance(made, fiji_bridge.Plan)
        assert values["needed_bytes"] == made.needed_bytes > 0


def test_frames_of_blurs_are_numbers() -> None:
    pytest.importorskip("pandas", reason="needs pandas")
    frame = fiji_bridge.gaussian.plan(DATA, sigma="1 um", voxel_size=STACK).to_dataframe()
    assert list(frame["axis"]) == ["z", "y", "x"]
    np.testing.assert_allclose(frame["sigma_px"], [0.8, 1 / 0.45, 1 / 0.45])


def test_without_pandas_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(fiji_bridge.InputError, match="pip install pandas"):
        fiji_bridge.plan(DATA, sigma="1 px").to_dataframe()
