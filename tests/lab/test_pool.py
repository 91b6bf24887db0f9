"""Worker processes of the lab: what a script, a dying process and one that never begins get."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fiji_bridge_lab.pool import Task, run_all
from fiji_bridge_lab.runner import run_suite
from fiji_bridge_lab.suite_file import load
from lab.regress_helpers import write_suite

SCRIPT = """
from pathlib import Path
from fiji_bridge_lab.runner import run_suite
from fiji_bridge_lab.suite_file import load

print(run_suite(load(Path("suite.toml")), Path("out"), jobs=2)["counts"])
"""

DYING = """
import os, signal, sys

if "loky.backend.popen_loky_posix" in sys.orig_argv:
    print("no luck today", file=sys.stderr)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_script_without_a_main_guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that run the script again would start processes for ever."""
    write_suite(tmp_path, monkeypatch, "good")
    (tmp_path / "script.py").write_text(SCRIPT)
    path = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["{'same': 2, 'broken': 0}"]


def test_what_a_dying_process_said_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = write_suite(tmp_path, monkeypatch, "killed", dtypes='["uint8"]')
    filters = tmp_path / "own_filters.py"
    text = filters.read_text().replace(
        "        os.kill", '        print("farewell", flush=True)\n        os.kill'
    )
    filters.write_text(text)
    run = run_suite(load(suite), tmp_path / "out", jobs=1)
    (row,) = run["cases"]
    assert "signal SIGKILL" in row["pairs"][0]["words"]
    assert row["pairs"][0]["words"].endswith("farewell")


@pytest.mark.skipif(os.name == "nt", reason="ends the process with a POSIX signal")
def test_processes_that_never_begin_are_not_started_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(DYING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    tasks = [Task({"work": "law"}, None, 60.0)] * 3
    replies = run_all(tasks, jobs=2)
    assert [reply["status"] for reply in replies] == ["crash"] * 3
    assert replies[0]["message"] == "the process died before it could work"
