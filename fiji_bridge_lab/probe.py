"""A filter's kernels, read off its impulse responses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from fiji_bridge.errors import FijiBridgeError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.ops.gaussian import gaussian
from fiji_bridge_lab.filter_spec import FilterSpec
from fiji_bridge_lab.filters import run
from fiji_bridge_lab.model import Taps

#: Samples along the axes that are not being measured: enough for filters with a least size.
_OTHER = 9
#: Longest impulse response that is recorded to each side.
_LONGEST = 400
#: What is smaller than this, relative to the largest tap, is rounding of float32.
_NOISE = 1e-9


def kernels_of(
    spec: FilterSpec, image: CalibratedImage, parameters: Mapping[str, Any]
) -> dict[str, Taps]:
    """Measure the kernels that a filter uses for a request, in float32.

    Parameters
    ----------
    spec : FilterSpec
    image : CalibratedImage
        Its calibration and axes decide σ in pixels; its samples are not used.
    parameters : mapping
        Those of the operation ``gaussian``.

    Returns
    -------
    dict of str to (taps, centre)
        For each blurred axis; scaled so that the taps sum to 1. Empty where the filter
        refuses float32 or the size.
    """
    wanted = {k: v for k, v in parameters.items() if k not in ("dtype", "cval", "nan")}
    plan = gaussian.plan(image, **wanted)
    blurred = {p.axis: p.sigma_px for p in plan.axes if p.sigma_px > 0}
    axes = "".join(image.spatial_axes)
    found: dict[str, Taps] = {}
    for axis, sigma in blurred.items():
        reach = min(math.ceil(6 * sigma) + 6, _LONGEST)
        shape = tuple(
            2 * reach + 1 if a == axis else _OTHER if a in blurred else 1
            for a in SPATIAL_AXES
            if a in axes
        )
        data = np.zeros(shape, np.float32)
        data[tuple(n // 2 for n in shape)] = 1
        impulse = CalibratedImage(data, tuple(axes), image.calibration, name="an impulse")
        try:
            response = run(spec, impulse, "gaussian", wanted).data.astype(np.float64)
        except FijiBridgeError:
            continue
        line = response[
            tuple(slice(None) if a == axis else n // 2 for a, n in zip(axes, shape, strict=True))
        ]
        total = float(line.sum())
        if not math.isfinite(total) or total == 0:
            continue
        kept = np.flatnonzero(np.abs(line) > _NOISE * np.abs(line).max())
        found[axis] = line[kept[0] : kept[-1] + 1] / total, int(reach - kept[0])
    return found
