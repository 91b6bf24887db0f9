"""What a plan says of memory is what the operation then takes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from conftest import run_python
from fiji_bridge.adapters import to_image
from fiji_bridge.memory import readable
from fiji_bridge.ops.catalogue import REGISTRY

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


#: Prints what is said and what is taken, per operation and type. In a process of its own: JPype
#: has a Java thread that lets go of Python objects, and tracemalloc crashes when called from there.
MEASURE = """
import json, sys, tracemalloc
import jpype
import numpy as np
import fiji_bridge
from fiji_bridge.adapters import to_image
from fiji_bridge.ops.catalogue import REGISTRY
from fiji_bridge.ops.separable import Context

fiji_bridge.start()
jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().stop()
found = []
for name, parameters in json.loads(sys.argv[1]).items():
    operation = REGISTRY[name]
    shape = (16, 128, 130) if name == "structure_tensor" else (32, 256, 258)
    for kind in ("uint8", "float32", "float64"):
        data = np.random.default_rng(0).uniform(0, 200, shape).astype(kind)
        image = to_image(data, voxel_size=1)
        if operation.memory is not None:  # said beside the plan, else by the plan itself
            said = operation.memory(image, **parameters)
        else:
            said = operation.plan(image, **parameters).needed_bytes
        operation.apply(image, context=Context(engine="fused"), **parameters)
        tracemalloc.start()
        kept = operation.apply(image, context=Context(engine="fused"), **parameters)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        found.append([name, kind, said, peak])
print(json.dumps(found))
"""


@pytest.mark.jvm
def test_no_more_is_taken_than_said() -> None:
    done = run_python(["-c", MEASURE, json.dumps(RUNS)])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == 3 * len(RUNS)
    for name, kind, said, peak in found:
        # Python's own objects: names, plans, tables of kernels.
        assert peak < said + 2**20, (name, kind)
        # Nor is the number far too large, which would refuse what fits.
        assert peak > said / 3, (name, kind)


def test_the_plan_on_the_command_line_says_it(program: Program, tmp_path: Path) -> None:
    source = tmp_path / "in.tif"
    fiji_bridge.write(to_image(np.zeros((8, 100, 100), np.uint8), voxel_size="1 1 1 um"), source)
    request = ("laplacian", source, tmp_path / "out.tif", "--sigma", "2 um", "--plan")
    shown = program(*request)
    assert shown.returncode == 0, shown.stderr
    assert f"{readable(4 * 8 * 100 * 100)} are needed besides the image" in shown.stdout
    assert json.loads(program(*request, "--json").stdout)["needed_bytes"] == 4 * 8 * 100 * 100
