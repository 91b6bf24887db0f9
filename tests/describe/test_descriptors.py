"""Descriptors are in step with the declarations, and run to the bits of the program."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import fiji_bridge as fb
from conftest import ROOT
from fiji_bridge.describe.formats import FORMATS, check, write
from fiji_bridge.install.examples import program_options
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY

CWLTOOL = shutil.which("cwltool")
BOSH = shutil.which("bosh")
PLANEMO = shutil.which("planemo")
GALAXY = ROOT / "descriptors" / "galaxy"
CHEETAH = shutil.which("cheetah")

#: Fills a template in the Python that has Cheetah.
FILL = """
import json, sys
from Cheetah.Template import Template
template, values = json.load(sys.stdin)
print(str(Template(template, searchList=[values])).replace("\\n", " "))
"""

#: Each format with a runner, and whether that is here.
RUNNERS = [
    pytest.param(name, marks=pytest.mark.skipif(
        found is None, reason=f"needs {program} on the PATH (extra descriptors)"
    ))
    for name, program, found in (
        ("cwl", "cwltool", CWLTOOL), ("boutiques", "bosh", BOSH), ("galaxy", "cheetah", CHEETAH)
    )
]  # fmt: skip


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
    tools, others = FORMATS["cwl"](), FORMATS["boutiques"]()
    assert len(tools) == len(others) == len(REGISTRY)
    for operation in REGISTRY.values():
        wanted = {"image", *(p.name for p in operation.parameters)}
        assert json.loads(tools[f"{operation.name}.cwl"])["inputs"].keys() >= wanted
        inputs = json.loads(others[f"{operation.name}.json"])["inputs"]
        assert {one["id"] for one in inputs} >= wanted
        params = ElementTree.parse(GALAXY / f"{operation.name}.xml").iterfind("inputs/param")
        named = {p.get("name") or p.attrib["argument"][2:].replace("-", "_") for p in params}
        assert named >= wanted


def _by_boutiques(name: str, image: Path, values: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """Validate and run a checked-in tool; return the files of its result."""
    place = folder / "boutiques"
    place.mkdir()
    shutil.copy(image, place / "given.tif")
    (place / "job.json").write_text(json.dumps({"image": "given.tif", **values}))
    descriptor = ROOT / "descriptors" / "boutiques" / f"{name}.json"
    assert BOSH is not None
    for command in (["validate", descriptor], ["exec", "launch", descriptor, "job.json"]):
        done = subprocess.run(
            [BOSH, *command], capture_output=True, text=True, cwd=place, env=_here()
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return {
        path.name: path.read_bytes()
        for path in place.iterdir()
        if path.name not in ("given.tif", "job.json")
    }


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


def _by_galaxy(name: str, image: Path, values: dict[str, Any], folder: Path) -> dict[str, bytes]:
    """Run what Galaxy's template makes of the values; return the files of the result."""
    place = folder / "galaxy"
    place.mkdir()
    root = ElementTree.parse(GALAXY / f"{name}.xml").getroot()
    filled: dict[str, Any] = {"image": str(image), "result": str(place / f"{name}.txt")}
    for param in root.iterfind("inputs/param"):
        key = param.get("name") or param.attrib["argument"].lstrip("-").replace("-", "_")
        chosen = param.find("option[@selected]")
        value = param.get("value", "") if chosen is None else chosen.get("value")
        value = values.get(key, param.get("checked") == "true" or value)
        if param.get("type") == "boolean":
            value = param.get("truevalue") if value else param.get("falsevalue")
        filled.setdefault(key, value)
    assert CHEETAH is not None
    script = subprocess.run(
        [Path(CHEETAH).with_name("python"), "-W", "ignore", "-c", FILL],
        input=json.dumps([root.findtext("command"), filled]),
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    done = subprocess.run(["sh", "-c", script], capture_output=True, cwd=place, env=_here())
    assert done.returncode == 0, (script, done.stderr)
    found = {}
    for path in place.iterdir():
        if path.name != "image.tif":
            found[path.name.replace("result", name, 1)] = path.read_bytes()
    return found


@pytest.mark.skipif(
    PLANEMO is None, reason="needs planemo on the PATH, in an environment of its own"
)
def test_planemo_finds_no_fault() -> None:
    done = subprocess.run(
        [PLANEMO, "lint", "--report_level", "warn", "--fail_level", "warn", *GALAXY.glob("*.xml")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


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
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}


BY = {"cwl": _by_cwl, "boutiques": _by_boutiques, "galaxy": _by_galaxy}


@pytest.mark.jvm
@pytest.mark.parametrize("runner", RUNNERS)
def test_the_bead_has_the_bits_of_the_program(
    runner: str, shared_images: Path, tmp_path: Path
) -> None:
    bead = shared_images / "Bead_Image1_crop.tif"
    found = BY[runner]("gaussian", bead, {"sigma": "0.1 um"}, tmp_path)
    assert found == _by_program("gaussian", bead, ["--sigma", "0.1 um"], tmp_path)
    assert list(found) == ["gaussian.tif"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two spots in noise, on which every example runs."""
    samples = np.zeros((16, 32, 32), np.uint8)
    samples[8, 16, 16] = samples[8, 8, 24] = 200
    samples += np.random.default_rng(0).integers(0, 20, samples.shape, np.uint8)
    image = tmp_path_factory.mktemp("small") / "small.tif"
    fb.write(samples, image, voxel_size="2 0.9 0.9 um")
    return image


@functools.cache
def _example_by_program(name: str, image: Path) -> dict[str, bytes]:
    """Run an example by the program, once for all runners."""
    folder = image.with_name(name)
    folder.mkdir()
    return _by_program(name, image, program_options(REGISTRY[name]), folder)


@pytest.mark.jvm
@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", REGISTRY)
def test_each_example_has_the_bits_of_the_program(
    runner: str, name: str, small: Path, tmp_path: Path
) -> None:
    found = BY[runner](name, small, dict(REGISTRY[name].example), tmp_path)
    assert found
    assert found == _example_by_program(name, small)
