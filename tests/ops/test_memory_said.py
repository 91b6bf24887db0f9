"""What a plan says of memory is what the operation then takes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import fiji_bridge
from conftest import run_python
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.image.memory import readable
from fiji_bridge.ops.registry import REGISTRY

Program = Callable[..., subprocess.CompletedProcess[str]]

#: SciPy and SimpleITK take theirs where Python does not see it; see `BY_LIBRARY`.
ELSEWHERE = {"rescale", "median", "bilateral", "suggest", "views", "convolve"}


SAID = [name for name in REGISTRY if name not in ELSEWHERE]


#: Prints what is said and what is taken, per operation and type. In a process of its own: JPype
#: has a Java thread that lets go of Python objects, and tracemalloc crashes when called from there.
MEASURE = """
import json, sys, tracemalloc
import jpype
import numpy as np
import fiji_bridge
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

fiji_bridge.start()
jpype.JClass("org.jpype.ref.JPypeReferenceQueue").getInstance().stop()
found = []
for name in json.loads(sys.argv[1]):
    operation = REGISTRY[name]
    parameters = operation.example
    shape = (16, 128, 130) if name == "structure_tensor" else (32, 256, 258)
    kinds = ["uint8", "float32", "float64"]
    choices = next((p.choices for p in operation.parameters if p.name == "nan"), ())
    if "ignore" in choices and name != "pyramid":
        kinds.append("holes")
    for kind in kinds:
        samples = "float32" if kind == "holes" else kind
        data = np.random.default_rng(0).uniform(0, 200, shape).astype(samples)
        if kind == "holes":
            data[:, 20:50, ::9] = np.nan
            parameters = {**parameters, "nan": "ignore", "kernel": "scipy"}
        image = to_image(data, voxel_size='1 um')
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
    done = run_python(["-c", MEASURE, json.dumps(SAID)])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    # Means of what is there take no volume more; a pyramid keeps the sums of all levels.
    holes = {name for name, kind, _, _ in found if kind == "holes"}
    assert holes == {"gaussian", "difference_of_gaussians", "unsharp_mask"}
    assert len(found) == 3 * len(SAID) + len(holes)
    for name, kind, said, peak in found:
        # Python's own objects: names, plans, tables of kernels.
        assert peak < said + 2**20, (name, kind)
        # Nor is the number far too large, which would refuse what fits; of a library it is a bound.
        assert peak > said / 3 or not REGISTRY[name].uses_engine, (name, kind)


#: The same of the engine that is SciPy's, without a JVM in the process.
BY_SCIPY = """
import json, sys, tracemalloc
import numpy as np
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.engines.select import get_engine
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

found = []
for name in json.loads(sys.argv[1]):
    operation = REGISTRY[name]
    parameters = operation.example
    shape = (16, 64, 66) if name == "structure_tensor" else (16, 128, 130)
    for kind in ("uint8", "float64"):
        data = np.random.default_rng(0).uniform(0, 200, shape).astype(kind)
        image = to_image(data, voxel_size='1 um')
        said = operation.plan(image, **parameters).needed_bytes
        more = get_engine("scipy").extra_bytes(shape, data.dtype) if operation.uses_engine else 0
        operation.apply(image, context=Context(engine="scipy"), **parameters)
        tracemalloc.start()
        kept = operation.apply(image, context=Context(engine="scipy"), **parameters)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        found.append([name, kind, said + more, peak])
print(json.dumps(found))
"""


def test_no_more_is_taken_than_said_by_scipy() -> None:
    """What plans say, and what `extra_bytes` says of the engine."""
    done = run_python(["-c", BY_SCIPY, json.dumps(SAID)])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == 2 * len(SAID)
    for name, kind, said, peak in found:
        assert peak < said + 2**20, (name, kind)
        assert peak > said / 4 or not REGISTRY[name].uses_engine, (name, kind)


#: Those whose memory Python does not see, with what else decides how much it is.
KINDS = ["uint8", "float32", "float64"]
BY_LIBRARY = (
    ("rescale", {"to": "finest"}, KINDS),
    ("rescale", {"zoom": 0.5}, KINDS),
    ("rescale", {"zoom": 0.7, "interpolation": "cubic"}, KINDS),
    ("convolve", {"kernel": "physical-laplace"}, KINDS),
    ("views", {"method": "max"}, KINDS),
    ("median", {"radius": "1 um"}, KINDS),
    ("median", {"radius": "6 um"}, KINDS),
    ("bilateral", {"radius": "0.5 um", "contrast": 20.0}, KINDS),
    ("suggest", {}, ["float32"]),
)

#: Prints what is said and by how much the process grows. Freed memory goes back at once (see the
#: environment), and what is loaded or started once has been.
MEASURE_PROCESS = """
import json, sys
import numpy as np
import fiji_bridge
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.ops.registry import REGISTRY
from fiji_bridge.ops.separable import Context

def memory(name):
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith(name))

found = []
for name, parameters, kinds in json.loads(sys.argv[1]):
    operation, context = REGISTRY[name], Context(engine="fused")
    for kind in kinds:
        data = np.random.default_rng(0).uniform(0, 200, (32, 128, 130)).astype(kind)
        image = to_image(data, voxel_size="1 um")
        said = operation.plan(image, **parameters).needed_bytes
        operation.apply(to_image(data[:20, :60, :61].copy(), voxel_size="1 um"), context=context,
                        **parameters)
        grown = []
        for _ in range(3):
            with open("/proc/self/clear_refs", "w") as refs:
                refs.write("5")
            before = memory("VmRSS")
            kept = operation.apply(image, context=context, **parameters)
            grown.append(memory("VmHWM") - before)
            del kept
        # What Java compiles meanwhile is in one of them, what is needed in all.
        found.append([name, kind, said, min(grown)])
print(json.dumps(found))
"""


@pytest.mark.jvm
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads Linux's /proc")
def test_the_process_grows_by_no_more_than_said() -> None:
    pytest.importorskip("SimpleITK", reason="the bilateral filter needs SimpleITK")
    done = run_python(
        ["-c", MEASURE_PROCESS, json.dumps(BY_LIBRARY)], env={"MALLOC_MMAP_THRESHOLD_": "65536"}
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == sum(len(kinds) for _, _, kinds in BY_LIBRARY)
    # Threads' stacks and Java's own tables come to some MiB.
    assert [row for row in found if row[3] > 1.2 * row[2] + 6 * 2**20] == []


def test_the_plan_on_the_command_line_says_it(program: Program, tmp_path: Path) -> None:
    source = tmp_path / "in.tif"
    fiji_bridge.write(to_image(np.zeros((8, 100, 100), np.uint8), voxel_size="1 1 1 um"), source)
    request = ("laplacian", source, tmp_path / "out.tif", "--sigma", "2 um", "--plan")
    shown = program(*request)
    assert shown.returncode == 0, shown.stderr
    assert f"memory needed: {readable(4 * 8 * 100 * 100)}" in shown.stdout
    assert json.loads(program(*request, "--json").stdout)["needed_bytes"] == 4 * 8 * 100 * 100
