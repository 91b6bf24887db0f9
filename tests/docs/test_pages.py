"""The tutorial and the how-to pages do what they say: every block of them is run, in order."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, DocTestFinder, DocTestRunner
from pathlib import Path

import numpy as np
import pytest
from sybil import Document, Example, Sybil
from sybil.example import SybilFailure
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

import fiji_bridge
from conftest import ROOT
from fiji_bridge.cli import run
from fiji_bridge.ops.registry import REGISTRY, function

DOCS = ROOT / "docs"
PAGES = ("tutorial.md", "pass-arrays.md", *sorted(path.name for path in DOCS.glob("how-to-*.md")))
RUN = {"python", "console"}
#: Blocks of calls that install something, and lines of a macro, which have tests of their own.
NOT_RUN = {"sh", ""}


def run_console(example: Example) -> str | None:
    """Run the lines that begin with ``$ fiji-bridge``, in this process; each must end with 0."""
    lines = example.parsed.strip().splitlines()
    for line in lines:
        if not line.startswith("$ fiji-bridge "):
            return f"a console block holds calls of fiji-bridge only: {line!r}"
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(shlex.split(line)[2:])
        if code != 0:
            return f"{line} ended with {code}: {said.getvalue()}"
    return None


SYBIL = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE),
        CodeBlockParser(language="console", evaluator=run_console),
    ]
)


def make_stack() -> None:
    """Write the stack of the tutorial: a round bead in voxels of 2 × 0.45 × 0.45 µm."""
    z, y, x = np.ogrid[-12:13, -40:41, -40:41]
    light = 100 + 3000 * np.exp(-((2 * z) ** 2 + (0.45 * y) ** 2 + (0.45 * x) ** 2) / 8)
    samples = np.random.default_rng(1).poisson(light).astype(np.uint16)
    fiji_bridge.write(samples, "stack.tif", voxel_size="2 0.45 0.45 um")


def examples(path: Path) -> Document:
    return SYBIL.parse(path)


@pytest.mark.jvm
@pytest.mark.parametrize("page", PAGES)
def test_every_block_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if page != "tutorial.md":  # which makes its own
        make_stack()
    for example in examples(DOCS / page).examples():
        example.evaluate()


@pytest.mark.jvm
@pytest.mark.parametrize("name", REGISTRY)
def test_the_example_of_each_operation_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_stack()
    (found,) = DocTestFinder(recurse=False).find(function(name), name, globs={})
    assert len(found.examples) == 3
    assert f"fiji_bridge.{name}(image, " in found.examples[-1].source
    said = io.StringIO()
    assert DocTestRunner(verbose=False).run(found, out=said.write).failed == 0, said.getvalue()
    assert (DOCS / "images" / f"operation-{name}.png").is_file(), "run: python docs/pictures.py"


@pytest.mark.parametrize("page", PAGES)
def test_no_block_of_code_is_left_out(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    opened = [line[3:] for line in text.splitlines() if line.startswith("```")][::2]
    assert set(opened) <= RUN | NOT_RUN
    found = list(examples(DOCS / page).examples())
    assert len(found) >= sum(language in RUN for language in opened)


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("```python\n>>> 1 + 1\n3\n```\n", "Expected:\n    3"),
        ("```python\nraise ValueError('of the block')\n```\n", "of the block"),
        ("```console\n$ fiji-bridge gausian\n```\n", "ended with 2"),
        ("```console\n$ ls\n```\n", "calls of fiji-bridge only"),
    ],
)
def test_a_wrong_line_fails(block: str, why: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(block, encoding="utf-8")
    (example,) = examples(page).examples()
    with pytest.raises((ValueError, SybilFailure), match=re.escape(why)):
        example.evaluate()
