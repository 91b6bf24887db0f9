"""Every way to an operation, on the real bead: what the tests run, and the table of it.

``python tests/ways.py`` writes docs/ways.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fiji_bridge.lengths import read_lengths
from fiji_bridge.ops.catalogue import REGISTRY
from fiji_bridge.ops.registry import Kind, Operation, Result

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ways.md"

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

#: Largest difference between an engine and SciPy in float64 with the same kernels, in units of
#: the largest value: sums of float32 for 8- and 16-bit images, of float64 for float64 ones.
TOLERANCE = {"uint8": 1e-5, "float64": 1e-12}


def program_options(name: str) -> list[str]:
    """Return the parameters as options of the command line."""
    found = []
    for key, value in RUNS[name].items():
        flag = "--" + key.replace("_", "-")
        found += [flag] if value is True else [flag, str(value)]
    return found


def macro_options(name: str) -> str:
    """Return the parameters as ImageJ records them."""
    kinds = {parameter.name: parameter.kind for parameter in REGISTRY[name].parameters}
    found = []
    for key, value in RUNS[name].items():
        if kinds[key] is Kind.WIDTH:
            length = read_lengths(value, ["x"])["x"]
            found.append(f"{key}={length.value:g} unit={length.unit}")
        elif value is True:
            found.append(key)
        else:
            text = f"{value:g}" if kinds[key] is Kind.NUMBER else str(value)
            found.append(f"{key}=[{text}]" if " " in text else f"{key}={text}")
    return " ".join(found)


def page() -> str:
    """Return the table of what is compared with what."""
    rows = []
    for name, operation in REGISTRY.items():
        parameters = ", ".join(
            key if value is True else f"{key} {value}" for key, value in RUNS[name].items()
        )
        cells = (name, parameters, *_engines(operation), _COMPARED[operation.result])
        rows.append(f"| {' | '.join(cells)} |")
    return _TEXT.format(
        rows="\n".join(rows), single=TOLERANCE["uint8"], double=TOLERANCE["float64"]
    )


def _engines(operation: Operation) -> tuple[str, str, str]:
    """Return the engines in Python, on the command line, and in ImageJ's command and macro."""
    if not operation.uses_engine:
        return ("a library",) * 3
    imagej = "gauss3, fused" if operation.java_class else "the default, by the program"
    return "gauss3, fused, scipy", "the default, scipy", imagej


_COMPARED = {
    Result.IMAGE: "the image",
    Result.IMAGES: "every image",
    Result.REPORT: "the numbers",
}

_TEXT = """# Every operation, every way

Made by `python tests/ways.py` from the cases that tests/ops/test_ways_in.py and
tests/jvm/test_every_way.py run, on a real stack of beads: 41 × 150 × 150, 8 bit, voxels of
0.125 × 0.0225 × 0.0225 µm. What Python gives, the command line, ImageJ's command and the generated
macro give as well: every sample, bit for bit. The default engine is the real Gauss3 where the tests
run in a Fiji, else the fused one.

| operation | parameters | in Python | on the command line | ImageJ command and macro | compared |
|---|---|---|---|---|---|
{rows}

The engines are compared with each other in Python: gauss3 and fused with scipy, which computes in
float64 with the same kernels. On the 8-bit stack the largest difference is below {single:g} of the
largest value, and below {double:g} where the samples are made float64; integer results differ by at
most one grey level, where a half is rounded.
"""

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
