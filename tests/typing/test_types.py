"""mypy and pyright agree about a user's script: what is right passes, each mistake is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

SCRIPT = Path(__file__).with_name("user_script.py")


@pytest.fixture(scope="module")
def naked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script with its mistakes laid open."""
    text = SCRIPT.read_text(encoding="utf-8").replace("  # type: ignore\n", "\n")
    path = tmp_path_factory.mktemp("naked") / "script.py"
    path.write_text(text, encoding="utf-8")
    return path


def lines_of_mistakes() -> set[int]:
    text = SCRIPT.read_text(encoding="utf-8").splitlines()
    found = {number for number, line in enumerate(text, 1) if line.endswith("# type: ignore")}
    assert len(found) == 8
    return found


def test_mypy(naked: Path) -> None:
    pytest.importorskip("mypy", reason="needs mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--output", "json", "--follow-imports", "silent",
         "--config-file", os.devnull, str(naked)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]
    errors = {entry["line"]: entry["message"] for entry in found if entry["severity"] == "error"}
    assert set(errors) == lines_of_mistakes(), (errors, done.stderr)


def test_pyright(naked: Path, tmp_path: Path) -> None:
    pytest.importorskip("basedpyright", reason="needs basedpyright")
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(
        json.dumps(
            {"include": [str(naked)], "extraPaths": [str(ROOT)], "typeCheckingMode": "standard"}
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--project", str(settings), "--outputjson",
         "--pythonpath", sys.executable],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)["generalDiagnostics"]
    errors = {
        entry["range"]["start"]["line"] + 1: entry["message"]
        for entry in found
        if entry["severity"] == "error"
    }
    assert set(errors) == lines_of_mistakes(), (errors, done.stderr)
