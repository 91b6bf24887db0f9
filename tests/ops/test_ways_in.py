"""Every operation on the real bead: Python and command line agree, and so do the engines."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from conftest import FIJI
from fiji_bridge.image.results import Images
from fiji_bridge.install.examples import program_options
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY
from ways import PAGE, TOLERANCE, VOXEL_SIZE, page

Program = Callable[..., subprocess.CompletedProcess[str]]
ENGINE = "gauss3" if FIJI else "fused"
ON_ENGINES = [name for name, operation in REGISTRY.items() if operation.uses_engine]


def test_the_table_in_docs_is_in_step() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/ways.py"


def run(name: str, image: fiji_bridge.CalibratedImage, engine: str | None) -> Any:
    if name == "bilateral":
        pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    operation = REGISTRY[name]
    chosen = {"engine": engine} if operation.uses_engine else {}
    return fiji_bridge.run(name, image, voxel_size=VOXEL_SIZE, **{**operation.example, **chosen})


def arrays(result: Any) -> dict[str, np.ndarray]:
    if isinstance(result, Images):
        return {key: image.data for key, image in result.images.items()}
    return {"": result.data}


@pytest.mark.jvm
@pytest.mark.parametrize(
    ("name", "engine"), [(name, None) for name in REGISTRY] + [(n, "scipy") for n in ON_ENGINES]
)
def test_python_and_command_line_agree(
    name: str,
    engine: str | None,
    bead: Path,
    tmp_path: Path,
    program_here: Program,
    session: object,
) -> None:
    image = fiji_bridge.read(bead)
    operation = REGISTRY[name]
    direct = run(name, image, engine)
    command = [name.replace("_", "-"), str(bead), "--voxel-size", VOXEL_SIZE]
    options = [*program_options(operation), *(["--engine", engine] if engine else []), "--json"]
    if operation.result is Result.REPORT:
        done = program_here(*command, *options)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == json.loads(json.dumps(direct.as_dict()))
        return
    done = program_here(*command, tmp_path / "out.tif", *options)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    files = said["outputs"] if operation.result is Result.IMAGES else [said["output"]]
    # Finer voxels are interpolated only: there is nothing for an engine to do.
    by_engine = operation.uses_engine and name != "rescale"
    assert said["engine"] == ((engine or ENGINE) if by_engine else "library")
    images = list(direct.images.values()) if isinstance(direct, Images) else [direct]
    for file, expected in zip(files, images, strict=True):
        found = fiji_bridge.read(file)
        np.testing.assert_array_equal(found.data, expected.data)
        for axis in ("y", "x"):
            # X and Y are rationals over a million in ImageJ's TIFF.
            assert found.calibration.voxel_size(axis, "um") == pytest.approx(
                expected.calibration.voxel_size(axis, "um"), rel=1e-4
            )


@pytest.mark.jvm
@pytest.mark.parametrize("engine", ["fused", pytest.param("gauss3", marks=pytest.mark.fiji)])
@pytest.mark.parametrize("name", ON_ENGINES)
def test_engines_agree(name: str, engine: str, bead: Path, session: object) -> None:
    image = fiji_bridge.read(bead)
    assert image.data.dtype == np.uint8
    for source in (image, image.with_data(image.data.astype(np.float64))):
        ours, reference = (arrays(run(name, source, which)) for which in (engine, "scipy"))
        for key, expected in reference.items():
            if name == "structure_tensor" and key not in ("eigenvalue1", "eigenvalue2"):
                # Ratios of eigenvalues and directions mean nothing where there is no gradient.
                continue
            scale = float(np.abs(expected.astype(np.float64)).max()) or 1.0
            # A half may be rounded to either side.
            integers = expected.dtype.kind in "iu"
            tolerance = 1.0 if integers else TOLERANCE[source.data.dtype.name] * scale
            worst = np.abs(ours[key].astype(np.float64) - expected).max()
            assert worst <= tolerance, (key, worst, tolerance)
