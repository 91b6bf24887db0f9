"""Every way to an operation, on the real bead, and the table of it.

``python tests/ways.py`` writes docs/ways.md.
"""

from __future__ import annotations

from pathlib import Path

from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.registry import REGISTRY

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ways.md"

#: Of the bead, made larger: the examples of operations are for voxels of about 1 µm. A TIFF holds
#: samples per µm as a fraction, which is exact for a quarter.
VOXEL_SIZE = "1.25 0.25 0.25 um"

#: Largest difference between an engine and SciPy in float64 with the same kernels, in units of
#: the largest value: sums of float32 for 8- and 16-bit images, of float64 for float64 ones.
TOLERANCE = {"uint8": 1e-5, "float64": 1e-12}


def page() -> str:
    """Return the table of what is compared with what."""
    rows = []
    for name, operation in REGISTRY.items():
        parameters = ", ".join(
            key if value is True else f"{key} {value}" for key, value in operation.example.items()
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
tests/jvm/test_every_way.py run, each with the example that its declaration gives, on a real stack
of beads: 41 × 150 × 150, 8 bit, with voxels that are called 1.25 × 0.25 × 0.25 µm.
What Python gives, the command line, ImageJ's command and the generated
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
