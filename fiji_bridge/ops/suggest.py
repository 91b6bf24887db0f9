"""Which sigma? Measures the blur that an image has and proposes some."""

from __future__ import annotations

from typing import Annotated, Unpack

from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.lengths import OneLength
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.image.results import Table, TablePlan
from fiji_bridge.image.spacing import spacing, voxel_text
from fiji_bridge.ops.derivative_kernels import extended_axes
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import Given
from fiji_bridge.ops.suggestion import BlurReport, check_channel, measure, target_in


@operation(title="Suggest Sigma", example={"beads": True}, output="text file to write")
def suggest(
    image: CalibratedImage,
    *,
    beads: Annotated[
        bool,
        Parameter(
            Kind.FLAG, "the image shows points: fit each with a Gaussian", label="Image of beads"
        ),
    ] = False,
    channel: Annotated[
        int,
        Parameter(Kind.INTEGER, "channel to measure in, counted from 0", label="Channel, from 0"),
    ] = 0,
    target: Annotated[
        OneLength | None,
        Parameter(
            Kind.LENGTHS,
            "sigma wanted in every direction; default: the largest that is there",
            label="Wanted sigma",
        ),
    ] = None,
    **how: Unpack[Given],
) -> Prepared[TablePlan, BlurReport]:
    """Measure the blur that the image has, per axis, and propose sigmas.

    The first frame is used.

    Parameters
    ----------
    beads : bool
        The image shows points: nothing else is taken for an answer, and one point is enough.
        Otherwise points, texture and lines are looked for, in this order.
    channel : int
        Counted from 0.
    target : length, optional
        σ wanted in every direction; by default the largest that is there.

    Returns
    -------
    BlurReport
        Per axis FWHM, its 95 % interval, σ and voxels per FWHM; a σ to denoise that widens no
        feature by more than 10 %; and per axis the σ to add, √(target² − σ²), that makes the
        final blur the same in every direction: ``gaussian(image, match="isotropic")`` adds it.
        Where the image cannot tell, ``structure`` is ``""`` and ``reason`` says why.
        ``print(report.table())`` shows it, ``report.figure()`` is a PNG.

    Raises
    ------
    InputError
        Where samples are not finite.
    SigmaError
        Where the target is smaller than the blur that is there.

    Notes
    -----
    Points: least squares of a Gaussian on a sloping background to each, neighbours subtracted;
    those that are clipped, cut by the edge, crowded or unlike the others are left out; a
    random-effects mean (DerSimonian & Laird 1986) and Student's t give the interval. Lines:
    sections in many places, and the blur they have in common. Texture: Whittle's likelihood of
    the power spectrum, taper included (Sykulski et al. 2019), in the band that the blur leaves.
    Points and lines are checked against the spectrum, texture against the autocorrelation, all
    against Fourier ring correlation of the image split as on a checkerboard (Koho et al. 2019);
    where they disagree, or noise is correlated, the notes say so.
    How often the intervals hold the truth is in docs/suggest.md, from
    ``python -m fiji_bridge_lab.coverage``.

    What is measured is the width that the smallest structures have in the image. Points and lines
    that are not far smaller than the blur add their own size, and so does the grain of a texture;
    the image does not tell one from the other. The proposals take the blur for a Gaussian; how
    round real points are afterwards is measured on them, by FWHM and by second moment.
    """
    check_channel(image, channel)
    axes = extended_axes(image)
    scale = spacing(image.calibration, axes, remedy="; or voxel_size=1 to measure in pixels")
    wanted = None if target is None else target_in(target, scale.unit)
    rows = tuple(
        (axis, str(image.size(axis)), voxel_text(image.calibration, axis)) for axis in axes
    )
    method = "on points" if beads else "on points, texture or lines, whatever is there"
    frame = ", in the first frame" if image.size("t") > 1 else ""
    notes = [f"measured {method}{frame}"]
    if wanted is not None:
        notes.append(f"the final blur wanted is sigma {wanted:.4g} {scale.unit}".rstrip())
    # Measured: volumes in float64 with their transforms and differences, and what the fits take.
    volume = [image.size(axis) for axis in SPATIAL_AXES]
    plan = TablePlan(
        Table("blur to be measured", ("axis", "samples", "voxel size"), rows, tuple(notes)),
        {"beads": beads, "channel": channel, "target": wanted, "unit": scale.unit},
        10 * array_bytes(volume, 8) + 64 * 2**20,
    )
    return Prepared(plan, lambda _: measure(image, beads=beads, channel=channel, target=target))
