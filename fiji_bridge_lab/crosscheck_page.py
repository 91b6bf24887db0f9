"""The page about the cross-check: what it accepts, and the table of what it catches."""

from __future__ import annotations

from fiji_bridge_lab import faults_caught
from fiji_bridge_lab.faults_caught import CANNOT_TELL, CAUGHT, HIDDEN, NO_FAULT, PASSED

_SIGNS = {
    CAUGHT: "✓",
    HIDDEN: "named",
    CANNOT_TELL: "?",
    PASSED: "passed",
    NO_FAULT: "",
    faults_caught.MISSED: "MISSED",
}

_HEAD = """# The cross-check

Made by `fiji-bridge audit --docs docs`; do not edit it by hand.

`fiji-bridge crosscheck IMAGE --sigma "1 um"` blurs, and compares with the exact result of the same
kernel in float64: SciPy's `correlate1d`, or for the engine `scipy`, which is that itself, one
matrix per axis.

**Integers** must be the exact result, rounded. Only where the exact value is closer to a rounding
tie than the error bound of the engine's sums, the grey level on the other side is right as well;
the report counts both. **Floats** must be within that bound.

The bound belongs to the sums, not to the image: unit roundoff × (3 per axis for tap, product and
pair + what the additions of all taps lose, 3 √N at most) × the largest magnitude among the samples
that meet in that very result. What an engine says that its scheme adds (wide kernels in two steps)
counts with the range of the signal there, without its offset. An image's brightest corner does
not excuse an error elsewhere. float64, int32 and uint32 have sums of float64.

Then the check asks whether it could have failed. The standard faults (all zeros, not blurred, one
axis left out, σ swapped, ± 1 %, shifted by one, reversed, another border or kernel, channels mixed,
truncated, rounded in between, too high) are put into the exact result, and the report names those
that it would have seen in this image, and those that it would not.

| verdict | means | exit code |
|---|---|---|
| `passed` | right, and no blur, zeros or an axis left out would have been seen | 0 |
| `differs` | at least one sample that no honest sum gives | 1 |
| `cannot tell` | nothing is wrong, but a gross fault would not be seen in this image either | 1 |

The regression lab and the pytest plugin hold both of two results against the exact one in the same
way, where source and request are known, and say `cannot tell` where the image could not show a
gross fault. `fiji-bridge compare` knows two results and no source, and so do they for two results
neither of which is what was asked for: each may then be off by its own rounding, integers by one
grey level in as few samples as chance puts close to a tie, floats by a few of their own steps and a
hundred-thousandth of the signal's range.

## Faults put into made images

σ = 1 µm, voxels of 0.9 × 0.45 × 0.3 µm, sums of float32. ✓ caught: the verdict is `differs`. named:
the stored result is the right one in every sample to its bound, and the report names the fault as
one that this image does not show. ?: the verdict is `cannot tell`. Empty: no fault of this image.
"""


def page() -> str:
    """Return the page in Markdown."""
    table = faults_caught.table()
    labels = list(next(iter(table.values())))
    lines = [_HEAD, "| fault | " + " | ".join(labels) + " |", "|---" * (len(labels) + 1) + "|"]
    for fault, row in table.items():
        lines.append(f"| {fault} | " + " | ".join(_SIGNS[row[label]] for label in labels) + " |")
    cells = [cell for name, row in table.items() if name != "none" for cell in row.values()]
    count = {sign: cells.count(sign) for sign in (CAUGHT, HIDDEN, CANNOT_TELL)}
    missed = cells.count(faults_caught.MISSED)
    lines += [
        "",
        f"{len(table) - 1} faults × {len(labels)} images: {count[CAUGHT]} caught, "
        f"{count[HIDDEN]} named as not visible, {count[CANNOT_TELL]} in images that cannot tell, "
        f"{missed} missed; the others are no fault of that image.",
        "",
        "The blob on 1e5 shows little because it is stored in steps of 0.0078 and summed in "
        "float32: errors of some hundredths are honest there. Take off the offset, or ask for "
        "float64.",
        "",
    ]
    return "\n".join(lines)
