"""Descriptors are in step with the declarations, and run to the bits of the program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge as fb
from conftest import ROOT
from fiji_bridge.describe.formats import FORMATS, check, write
from fiji_bridge.install.examples import program_options
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY

CWLTOOL = shutil.which("cwltool")
needs_cwltool = pytest.mark.skipif(
    CWLTOOL is None, reason="needs cwltool on the PATH (extra descriptors)"
)


def test_descriptors_are_in_step() -> None:
    assert check(ROOT / "descriptors", FORMATS) == []


def test_what_is_out_of_step_is_named(tmp_path: Path) -> None:
    write(tmp_path, FORMATS)
    assert check(tmp_path, FORMATS) == []
    folder = tmp_path / "cwl"
    (folder / "gaussian.cwl").write_text("{}", encoding="utf-8")
    (folder / "median.cwl").unlink()
    (folder / "stranger.cwl").write_text("{}", encoding="utf-8")
    said = sorted(
        Path(line.split()[0]).name + line[line.index(" ") :] for line in check(tmp_path, FORMATS)
    )
    assert said == [
        "gaussian.cwl is out of step; run: fiji-bridge describe",
        "median.cwl is missing; run: fiji-bridge describe",
        "stranger.cwl belongs to no operation; delete it",
    ]


def test_every_parameter_of_every_operation_is_an_input() -> None:
    tools = FORMATS["cwl"]()
    assert len(tools) == len(REGISTRY)
    for operation in REGISTRY.values():
        inputs = json.loads(tools[f"{operation.name}.cwl"])["inputs"]
        assert inputs.keys() >= {"image", *(p.name for p in operation.parameters)}


def _by_cwl(name: str, image: Path, values: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """Run a checked-in tool; return the files of its result."""
    job = folder / "job.json"
    job.write_text(json.dumps({"image": {"class": "File", "path": str(image)}, **values}))
    assert CWLTOOL is not None
    done = subprocess.run(
        [CWLTOOL, "--no-container", "--preserve-environment", "PYTHONPATH",
         "--outdir", folder / "cwl", ROOT / "descriptors" / "cwl" / f"{name}.cwl", job],
        capture_output=True, text=True, env=_here(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in (folder / "cwl").iterdir()}


def _by_program(name: str, image: Path, options: list[str], folder: Path) -> dict[str, bytes]:
    """Run the program; return the files that it wrote, or what it printed for a report."""
    out = folder / "program"
    out.mkdir()
    report = REGISTRY[name].result is Result.REPORT
    written = [] if report else [str(out / f"{name}.tif")]
    done = subprocess.run(
        ["fiji-bridge", name.replace("_", "-"), str(image), *written, *options],
        capture_output=True, env=_here(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if report:
        return {f"{name}.txt": done.stdout}
    return {path.name: path.read_bytes() for path in out.iterdir()}


def _here() -> dict[str, str]:
    """Return an environment in which processes run this source tree."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@needs_cwltool
@pytest.mark.jvm
def test_the_bead_has_the_bits_of_the_program(shared_images: Path, tmp_path: Path) -> None:
    bead = shared_images / "Bead_Image1_crop.tif"
    found = _by_cwl("gaussian", bead, {"sigma": "0.1 um"}, tmp_path)
    assert found == _by_program("gaussian", bead, ["--sigma", "0.1 um"], tmp_path)
    assert list(found) == ["gaussian.tif"]


@needs_cwltool
@pytest.mark.jvm
@pytest.mark.parametrize("name", REGISTRY)
def test_each_example_has_the_bits_of_the_program(name: str, tmp_path: Path) -> None:
    operation = REGISTRY[name]
    samples = np.zeros((16, 32, 32), np.uint8)
    samples[8, 16, 16] = samples[8, 8, 24] = 200
    samples += np.random.default_rng(0).integers(0, 20, samples.shape, np.uint8)
    image = tmp_path / "small.tif"
    fb.write(samples, image, voxel_size="2 0.9 0.9 um")
    found = _by_cwl(name, image, dict(operation.example), tmp_path)
    assert found
    assert found == _by_program(name, image, program_options(operation), tmp_path)
