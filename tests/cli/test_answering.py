"""Answers for the dialogs in ImageJ: the plans of the subcommands, in a form that Java reads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from fiji_bridge.cli.answering import answer
from fiji_bridge.formats import read
from fiji_bridge.install.examples import program_options
from fiji_bridge.ops.registry import REGISTRY

Program = Callable[..., subprocess.CompletedProcess[str]]
STACK: dict[str, Any] = {
    "name": "stack.tif",
    "dtype": "uint16",
    "axes": ["z", "c", "y", "x"],
    "shape": [20, 2, 300, 400],
    "voxels": {"z": [2.0, "µm"], "y": [0.45, "micron"], "x": [0.45, "um"]},
}
#: Operations that ImageJ leaves to the program.
BY_PROGRAM = [name for name, operation in REGISTRY.items() if operation.java_class is None]


def ask(operation: str, options: list[str], **changes: Any) -> tuple[str, str]:
    kind, lines = answer(
        {"operation": operation, "options": options, "image": {**STACK, **changes}}
    )
    return kind, "\n".join(lines)


@pytest.mark.parametrize("name", BY_PROGRAM)
def test_says_voxel_sizes_and_memory(name: str) -> None:
    kind, text = ask(name, program_options(REGISTRY[name]))
    assert kind == "plan"
    head, *rows = (line.split("\t") for line in text.splitlines())
    table = [row for row in rows if len(row) > 1]
    assert len(table) >= 2
    assert all(len(row) == len(head) for row in table)
    assert "0.45" in text
    assert "iB" in text


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("median", ["--radius=2 um"], ["1 px", "4.444 px", "4.444 px"]),
        ("structure_tensor", ["--sigma=1 um"], ["0.5 px", "2.222 px", "2.222 px"]),
        ("rescale", ["--to=1 um"], ["40", "135", "180"]),
        ("views", ["--method=max"], ["400 x 300", "400 x 20", "20 x 300"]),
    ],
)
def test_numbers_are_those_of_the_image(name: str, options: list[str], expected: list[str]) -> None:
    kind, text = ask(name, options)
    assert kind == "plan"
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    for row, cell in zip(rows, expected, strict=False):
        assert cell in row


@pytest.mark.parametrize(
    ("name", "options", "changes", "said"),
    [
        ("rescale", ["--to=1 furlong"], {}, "unknown length unit 'furlong'"),
        ("rescale", ["--zoom=1"], {}, "say the new voxel size"),
        ("rescale", ["--to=1 nm"], {}, "of memory but"),
        ("rescale", ["--to=1 um", "--cval=3"], {}, "goes with border='constant'"),
        ("pyramid", ["--levels=many"], {}, "'many' is not a whole number"),
        ("pyramid", ["--levels=0"], {}, "levels must be a whole number from 1 to 64"),
        ("pyramid", ["--help"], {}, "no such option"),
        ("median", [], {}, "median needs radius"),
        ("median", ["--radius=0.1 um"], {}, "below one voxel on every axis"),
        ("median", ["--radius=10 mm"], {}, "of memory but"),
        ("median", ["--radius=1 um", "--border=no"], {}, "unknown border 'no'"),
        ("median", ["--radius=1 um"], {"voxels": {a: [1.0, "pixel"] for a in "zyx"}},
         "axis z is not calibrated"),
        ("median", ["--radius=1 um"], {"voxels": {a: [None, "um"] for a in "zyx"}},
         "axis z has no voxel size"),
        ("bilateral", ["--radius=1 um"], {}, "bilateral needs contrast"),
        ("convolve", ["--kernel=1 2; 3"], {}, "cannot read the kernel"),
        ("convolve", ["--along=t"], {}, "must name axes of the image"),
        ("views", ["--method=slice", "--position=20 0 0"], {}, "must be from 0 to 19"),
        ("suggest", ["--channel=2"], {}, "channel must be from 0 to 1"),
        ("structure_tensor", ["--sigma=1 um", "--regions=0"], {}, "regions must be"),
        ("structure_tensor", ["--sigma=1 um"],
         {"axes": ["y", "x", "s"], "shape": [9, 9, 3], "dtype": "uint8"}, "needs grey values"),
    ],
)  # fmt: skip
def test_problems_are_those_of_the_subcommand(
    name: str, options: list[str], changes: Mapping[str, Any], said: str
) -> None:
    kind, text = ask(name, options, **changes)
    # A voxel size would mend it: the dialog offers to set one.
    assert kind == ("uncalibrated" if said.startswith("axis z ") else "problem")
    assert said in text


@pytest.mark.parametrize("name", BY_PROGRAM)
def test_is_the_plan_of_the_file(name: str, bead: Path, program_here: Program) -> None:
    """The command line plans from the file, the dialog from what ImageJ says about the image."""
    options = program_options(REGISTRY[name])
    image = read(bead)
    voxels = {a: [image.calibration.axis(a).size, image.calibration.axis(a).unit] for a in "zyx"}
    kind, text = ask(
        name, options, name=image.name, dtype="uint8", axes=list(image.axes),
        shape=list(image.data.shape), voxels=voxels,
    )  # fmt: skip
    assert kind == "plan"
    out = [] if name == "suggest" else ["out.tif"]
    done = program_here(name.replace("_", "-"), bead, *out, "--plan", *options)
    assert done.returncode == 0, done.stderr
    printed = " ".join(done.stdout.split())
    for cell in text.replace("\t", "\n").splitlines():
        assert cell in printed


def test_one_process_answers_until_its_input_ends() -> None:
    questions = [
        {"operation": "rescale", "options": ["--zoom=2"], "image": STACK},
        {"operation": "median", "options": [], "image": {**STACK, "name": "\u4e2d"}},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "fiji_bridge", "answer-plans"],
        input="".join(json.dumps(question) + "\n" for question in questions).encode(),
        capture_output=True, check=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )  # fmt: skip
    lines = done.stdout.decode("utf-8").splitlines()
    assert lines[0] == "plan 5"
    assert "2 µm" in lines[2]
    assert lines[6] == "problem 1"
    assert len(lines) == 8
