"""Which sigma? Measures the blur that an image has and proposes some."""

from __future__ import annotations

from typing import Any

from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import OneLength
from fiji_bridge.memory import array_bytes
from fiji_bridge.ops.derivative_kernels import extended_axes
from fiji_bridge.ops.registry import Kind, Operation, Parameter, Result
from fiji_bridge.ops.separable import Context
from fiji_bridge.results import Table, TablePlan
from fiji_bridge.spacing import spacing, voxel_text
from fiji_bridge.suggestion import BlurReport, check_channel, measure, target_in


def plan(
    image: CalibratedImage,
    *,
    beads: bool = False,
    channel: int = 0,
    target: OneLength | None = None,
    **_: Any,
) -> TablePlan:
    """Return in what the blur will be measured."""
    check_channel(image, channel)
    axes = extended_axes(image)
    scale = spacing(image.calibration, axes, remedy="; or voxel_size=1 to measure in pixels")
    wanted = None if target is None else target_in(target, scale.unit)
    rows = tuple(
        (axis, str(image.size(axis)), voxel_text(image.calibration, axis)) for axis in axes
    )
    how = "fitting a Gaussian to each bead" if beads else "from the autocorrelation"
    notes = [f"measured {how}, in the first frame" if image.size("t") > 1 else f"measured {how}"]
    if wanted is not None:
        notes.append(f"the final blur wanted is sigma {wanted:.4g} {scale.unit}".rstrip())
    # One volume in float64, its transform, and the autocorrelation.
    volume = [image.size(axis) for axis in SPATIAL_AXES]
    return TablePlan(
        Table("blur to be measured", ("axis", "samples", "voxel size"), rows, tuple(notes)),
        {"beads": beads, "channel": channel, "target": wanted, "unit": scale.unit},
        4 * array_bytes(volume, 8),
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    beads: bool = False,
    channel: int = 0,
    target: OneLength | None = None,
) -> BlurReport:
    """Measure and propose; see `fiji_bridge.suggest`."""
    return measure(image, beads=beads, channel=channel, target=target)


SUGGEST = Operation(
    name="suggest",
    title="Suggest Sigma",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Measure the blur that the image has, per axis, and propose sigmas.",
    parameters=(
        Parameter("beads", Kind.FLAG, "the image shows points: fit each with a Gaussian", False),
        Parameter("channel", Kind.INTEGER, "channel to measure in, counted from 0", 0),
        Parameter(
            "target",
            Kind.LENGTHS,
            "sigma wanted in every direction; default: the largest that is there",
        ),
    ),
    apply=apply,
    plan=plan,
    result=Result.REPORT,
    uses_engine=False,
)
