"""The process that does one command after the other for ImageJ."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.cli.staying import END, READY, WORKING

Ask = Callable[..., tuple[list[str], str]]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Give commands to one process; returns what each says, and how it ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fiji_bridge", "stay"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8",
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    output = process.stdout
    assert output.readline() == f"{READY}\n"

    def asked(*words: object) -> tuple[list[str], str]:
        assert process.stdin is not None
        process.stdin.write(json.dumps([str(word) for word in words]) + "\n")
        process.stdin.flush()
        said: list[str] = []
        while not (line := output.readline()).startswith(END):
            assert line, "it has ended"
            said.append(line.rstrip("\n"))
        return said, line[1:].strip()

    yield asked
    process.stdin.close()
    assert process.wait(60) == 0, "it ends with its input"


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    data = np.random.default_rng(0).integers(0, 99, (6, 20, 22)).astype(np.uint8)
    sizes = [fiji_bridge.AxisCalibration(size, "um") for size in (2, 1, 1)]
    image = fiji_bridge.CalibratedImage(
        data, ("z", "y", "x"), fiji_bridge.Calibration(*sizes), name="µ"
    )
    path = tmp_path / "stäck.tif"
    fiji_bridge.write(image, path)
    return path


@pytest.mark.jvm
def test_commands_give_what_the_program_gives(ask: Ask, stack: Path, tmp_path: Path) -> None:
    said, code = ask("gaussian", stack, tmp_path / "a.tif", "--sigma=1 um")
    assert code == "0"
    assert any("stäck" in line or "a.tif" in line for line in said)
    expected = fiji_bridge.gaussian(fiji_bridge.read(stack), sigma="1 um")
    np.testing.assert_array_equal(fiji_bridge.read(tmp_path / "a.tif").data, expected.data)
    told = [line for line in said if line.startswith(WORKING)]
    assert told, "how far it is"
    assert len(told) <= 101
    done, total = told[-1][1:].split()
    assert done == total


def test_mistakes_end_a_command_alone(ask: Ask, stack: Path, tmp_path: Path) -> None:
    said, code = ask("median", stack, tmp_path / "b.tif", "--radius=1 foo")
    assert code == "2"
    assert said[-1].startswith("fiji-bridge: ")
    assert "foo" in said[-1]
    assert ask("nonsense")[1] == "2"
    assert ask("median", stack, tmp_path / "b.tif", "--radius=2 um")[1] == "0"
    assert (tmp_path / "b.tif").exists()


def test_it_is_hidden(program_here: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert "stay" not in program_here("--help").stdout.split()
