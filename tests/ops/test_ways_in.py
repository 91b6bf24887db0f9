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
from fiji_bridge.ops.catalogue import REGISTRY
from fiji_bridge.ops.registry import Result
from fiji_bridge.results import Images

Program = Callable[..., subprocess.CompletedProcess[str]]
ENGINE = "gauss3" if FIJI else "fused"

#: Parameters of a typical run of each operation.
RUNS: dict[str, dict[str, Any]] = {
    "gaussian": {"sigma": "0.1 um"},
    "derivative": {"along": "xz", "sigma": "0.1 um"},
    "gradient_magnitude": {"sigma": "0.1 um"},
    "laplacian": {"sigma": "0.1 um", "normalized": True},
    "difference_of_gaussians": {"sigma": "0.1 um"},
    "unsharp_mask": {"sigma": "0.1 um", "amount": 0.7},
    "convolve": {"kernel": "physical-laplace"},
    "rescale": {"to": "0.05 um"},
    "pyramid": {"levels": 3},
    "views": {"method": "mean", "square": True},
    "suggest": {"beads": True},
    "structure_tensor": {"sigma": "0.2 um"},
    "median": {"radius": "0.1 um"},
    "bilateral": {"radius": "0.05 um", "contrast": 20.0},
}


def test_every_operation_has_a_run() -> None:
    assert set(RUNS) == set(REGISTRY)


def arguments(name: str) -> list[str]:
    """The same parameters as options."""
    found = []
    for key, value in RUNS[name].items():
        flag = "--" + key.replace("_", "-")
        found += [flag] if value is True else [flag, str(value)]
    return found


def run(name: str, image: fiji_bridge.CalibratedImage, engine: str | None) -> Any:
    return fiji_bridge.run(
        name, image, engine=engine if REGISTRY[name].uses_engine else None, **RUNS[name]
    )


def arrays(result: Any) -> dict[str, np.ndarray]:
    if isinstance(result, Images):
        return {key: image.data for key, image in result.images.items()}
    return {"": result.data}


@pytest.mark.jvm
@pytest.mark.parametrize("name", list(REGISTRY))
def test_python_and_command_line_agree(
    name: str, bead: Path, tmp_path: Path, program: Program, session: object
) -> None:
    if name == "bilateral":
        pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    image = fiji_bridge.read(bead)
    operation = REGISTRY[name]
    command = [name.replace("_", "-"), str(bead)]
    if operation.result is Result.REPORT:
        done = program(*command, *arguments(name), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == json.loads(json.dumps(run(name, image, None).as_dict()))
        return
    done = program(*command, tmp_path / "out.tif", *arguments(name), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    files = said["outputs"] if operation.result is Result.IMAGES else [said["output"]]
    assert said["engine"] == (ENGINE if operation.uses_engine else "scipy")
    direct = run(name, image, None)
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
@pytest.mark.parametrize("name", [n for n, operation in REGISTRY.items() if operation.uses_engine])
def test_engines_agree(name: str, bead: Path, session: object) -> None:
    image = fiji_bridge.read(bead)
    for source in (image, image.with_data(image.data.astype(np.float64))):
        ours, reference = (arrays(run(name, source, engine)) for engine in (ENGINE, "scipy"))
        for key, expected in reference.items():
            scale = float(np.abs(expected.astype(np.float64)).max()) or 1.0
            if expected.dtype.kind in "iu":
                # A half may be rounded to either side.
                tolerance = 1.0
            else:
                tolerance = (1e-12 if source.data.dtype == np.float64 else 1e-5) * scale
            if name == "structure_tensor" and key not in ("eigenvalue1", "eigenvalue2"):
                # Ratios of eigenvalues and directions mean nothing where there is no gradient.
                continue
            worst = np.abs(ours[key].astype(np.float64) - expected).max()
            assert worst <= tolerance, (key, worst, tolerance)
