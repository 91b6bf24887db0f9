"""What a plan says of memory is what the operation then takes."""

from __future__ import annotations

import json
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.adapters import to_image
from fiji_bridge.memory import readable
from fiji_bridge.ops.catalogue import REGISTRY
from fiji_bridge.ops.separable import Context

Program = Callable[..., subprocess.CompletedProcess[str]]

#: Operations that say it, with parameters as their plans take them.
RUNS: dict[str, dict[str, Any]] = {
    "gaussian": {"sigma": "1 px", "dtype": "same"},
    "derivative": {"sigma": "1 px", "along": "x", "per": "pixel", "dtype": "float"},
    "gradient_magnitude": {"sigma": "1 px", "per": "pixel", "dtype": "float"},
    "laplacian": {"sigma": "1 px", "per": "pixel", "dtype": "float"},
    "difference_of_gaussians": {"sigma": "1 px", "dtype": "float"},
    "unsharp_mask": {"sigma": "1 px", "dtype": "same"},
    "structure_tensor": {"sigma": "1 px", "per": "pixel", "dtype": "float"},
    "pyramid": {"levels": 3, "dtype": "same"},
}


#: SciPy and SimpleITK take theirs where Python does not see it.
ELSEWHERE = {"rescale", "median", "bilateral", "suggest", "views", "convolve"}


def test_every_operation_that_says_it_is_here() -> None:
    assert set(RUNS) | ELSEWHERE == set(REGISTRY)


def said_by(name: str, image: Any) -> int:
    """What is said beside the plan, or by the plan itself."""
    operation = REGISTRY[name]
    if operation.memory is not None:
        return operation.memory(image, **RUNS[name])
    found: int = operation.plan(image, **RUNS[name]).needed_bytes
    return found


@pytest.mark.jvm
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("name", list(RUNS))
def test_no_more_is_taken_than_said(name: str, kind: str, session: object) -> None:
    shape = (16, 128, 130) if name == "structure_tensor" else (32, 256, 258)
    data = np.random.default_rng(0).uniform(0, 200, shape).astype(kind)
    image = to_image(data, voxel_size=1)
    operation = REGISTRY[name]
    said = said_by(name, image)
    operation.apply(image, context=Context(engine="fused"), **RUNS[name])
    tracemalloc.start()
    try:
        kept = operation.apply(image, context=Context(engine="fused"), **RUNS[name])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept is not None
    # Python's own objects: names, plans, tables of kernels.
    assert peak < said + 2**20
    # Nor is the number far too large, which would refuse what fits.
    assert peak > said / 3


def test_the_plan_on_the_command_line_says_it(program: Program, tmp_path: Path) -> None:
    source = tmp_path / "in.tif"
    fiji_bridge.write(to_image(np.zeros((8, 100, 100), np.uint8), voxel_size="1 1 1 um"), source)
    request = ("laplacian", source, tmp_path / "out.tif", "--sigma", "2 um", "--plan")
    shown = program(*request)
    assert shown.returncode == 0, shown.stderr
    assert f"{readable(4 * 8 * 100 * 100)} are needed besides the image" in shown.stdout
    assert json.loads(program(*request, "--json").stdout)["needed_bytes"] == 4 * 8 * 100 * 100
