"""The curves of the figure: points, or the power spectrum, along each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fiji_bridge.ops.blur_fit import Floats
from fiji_bridge.ops.blur_measurement import Measured
from fiji_bridge.ops.blur_profiles import Profile, line_positions, point_lines

if TYPE_CHECKING:
    from fiji_bridge.ops.suggestion import AxisBlur


def curves(
    before: Floats, axes: Sequence[AxisBlur], found: Measured, after: Floats
) -> tuple[Profile, ...]:
    """Return one curve per axis; of points from both images, else from the spectrum."""
    if found.kind == "beads":
        return _points(before, axes, found.centres, after)
    if found.spectrum is None:
        return ()
    return tuple(
        Profile(
            axis.axis,
            "power spectrum",
            line.frequency / axis.voxel_size,
            line.measured,
            line.model,
            line.signal * np.exp(-np.square(2 * np.pi * line.frequency * (axis.add_px or 0))),
        )
        for axis, line in zip(axes, found.spectrum.lines, strict=False)
        if line.frequency.size
    )


def _points(
    before: Floats, axes: Sequence[AxisBlur], centres: Floats, after: Floats
) -> tuple[Profile, ...]:
    sigmas = [np.hypot(a.sigma or 0, a.add or 0) / a.voxel_size for a in axes]
    old, new = (point_lines(image, centres, sigmas) for image in (before, after))
    return tuple(
        Profile(
            axis.axis,
            "mean point",
            line_positions(sigma) * axis.voxel_size,
            a,
            np.exp(-0.5 * np.square(line_positions(sigma) * axis.voxel_size / (axis.sigma or 1))),
            b,
        )
        for axis, sigma, a, b in zip(axes, sigmas, old, new, strict=True)
    )
