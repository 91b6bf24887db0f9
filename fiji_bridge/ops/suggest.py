"""Which sigma? Measures the blur that an image has and proposes some."""

from __future__ import annotations

from fiji_bridge.image import CalibratedImage
from fiji_bridge.lengths import OneLength
from fiji_bridge.ops.registry import Kind, Operation, Parameter, Result
from fiji_bridge.ops.separable import Context
from fiji_bridge.suggestion import BlurReport, measure


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
    result=Result.REPORT,
    uses_engine=False,
)
