"""Every row of docs/faults.md names a test that exists."""

from __future__ import annotations

import ast
import re

from conftest import ROOT

_ROW = re.compile(r"^\| (.+) \| (.+) \| `(\S+\.py)::(\w+)` \|$", re.M)
TEXT = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists() -> None:
    rows = _ROW.findall(TEXT)
    assert len(rows) >= 60
    known = {file: names_in(file) for _, _, file, _ in rows}
    assert [f"{file}::{name}" for _, _, file, name in rows if name not in known[file]] == []


def test_every_line_of_the_tables_is_a_row() -> None:
    lines = [line for line in TEXT.splitlines() if line.startswith("| ") and "| test |" not in line]
    assert len(lines) == len(_ROW.findall(TEXT))


def test_no_fault_is_told_twice() -> None:
    faults = [fault for fault, *_ in _ROW.findall(TEXT) if not fault.startswith("the same")]
    assert len(faults) == len(set(faults))
