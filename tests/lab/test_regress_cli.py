"""``fiji-bridge regress`` as a process: files, words and exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from lab.regress_helpers import write_suite

Program = Callable[..., Any]


def test_run_accept_compare(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run against its own baseline is clean; a filter that changed is not."""
    suite = write_suite(tmp_path, monkeypatch, "good")
    out, base = tmp_path / "out", tmp_path / "base"
    done = program("regress", "run", suite, "--output", out)
    assert done.returncode == 0, done.stderr
    assert {p.name for p in out.iterdir()} == {
        "run.json", "arrays", "report.html", "report.md", "junit.xml",
    }  # fmt: skip
    assert program("regress", "accept", out, base).returncode == 0
    again = program("regress", "run", suite, "--output", tmp_path / "again", "--baseline", base)
    assert again.returncode == 0, again.stdout
    assert "nothing moved: 4 identical" in again.stdout
    filters = tmp_path / "own_filters.py"
    filters.write_text(filters.read_text().replace('mode="reflect"', 'mode="nearest"'))
    moved = program("regress", "run", suite, "--output", tmp_path / "moved", "--baseline", base)
    assert moved.returncode == 1
    assert "after looks like border nearest instead of mirror-double" in moved.stdout
    assert (tmp_path / "moved" / "compare-junit.xml").is_file()
    told = program("regress", "compare", base, tmp_path / "moved", "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["counts"]["moved"] == 2


def test_ctrl_c_ends_the_workers_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = write_suite(tmp_path, monkeypatch, "hanging", dtypes='["uint8"]', timeout=500)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "fiji_bridge",
            "regress",
            "run",
            suite,
            "--output",
            tmp_path / "out",
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        # Its worker is hanging once the good filter's result is there.
        for _ in range(600):
            if list(tmp_path.glob("out/arrays/*.npz")):
                break
            time.sleep(0.1)
        workers = psutil.Process(process.pid).children(recursive=True)
        assert workers
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in said
    # Those that keep count of semaphores end when they see that nobody writes to them any more.
    assert not psutil.wait_procs(workers, timeout=10)[1]


def test_init_does_not_replace_a_suite(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    assert program("regress", "init", path).returncode == 0
    again = program("regress", "init", path)
    assert again.returncode == 2
    assert "exists" in again.stderr


def test_laws_of_a_python_function(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_suite(tmp_path, monkeypatch)
    done = program("regress", "laws", "--filter", "python:own_filters:swapped")
    assert done.returncode == 1
    assert "✗" in done.stdout
    assert "Swapping axes and sigmas before is swapping axes after" in done.stdout


@pytest.mark.jvm
def test_laws_of_an_imagej_command_by_name(program: Program) -> None:
    name = "imagej:Gaussian Blur 3D...|x={x} y={y} z={z}"
    done = program("regress", "laws", "--filter", name, "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)["filters"][name]
    assert found["border"]["note"].startswith("nearest")
    assert found["integers"]["verdict"] == "broken"
    assert found["constant"]["verdict"] == "holds"


def test_a_filter_that_does_not_exist(program: Program) -> None:
    done = program("regress", "laws", "--filter", "nonsense")
    assert done.returncode == 2
    assert "unknown filter 'nonsense'" in done.stderr
    assert "Traceback" not in done.stderr


def test_schema(program: Program) -> None:
    done = program("regress", "schema")
    assert json.loads(done.stdout)["$id"] == "fiji-bridge/regress-run/1"
