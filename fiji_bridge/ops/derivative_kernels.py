"""From a plan and an order per axis to the kernels of a Gaussian derivative."""

from __future__ import annotations

from collections.abc import Mapping

from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import AxisKernel, Kernels
from fiji_bridge.errors import SigmaError
from fiji_bridge.image import CalibratedImage
from fiji_bridge.plan import BlurPlan


def derivative_kernels(
    plan: BlurPlan,
    orders: Mapping[str, int],
    sizes: Mapping[str, float],
    factor: float = 1.0,
) -> Kernels:
    """Return the kernels along (z, y, x).

    Parameters
    ----------
    plan : BlurPlan
        The smoothing.
    orders : mapping of str to int
        Order of the derivative per axis; 0 where it is missing.
    sizes : mapping of str to float
        Voxel size per axis: what one sample distance is.
    factor : float
        The whole derivative is multiplied by this.

    Raises
    ------
    SigmaError
        Where a derivative is asked for along an axis without blur or with one sample.
    """
    by_name = {axis.axis: axis for axis in plan.axes}
    scale = factor
    found = []
    for name in SPATIAL_AXES:
        order = orders.get(name, 0)
        sigma = by_name[name].sigma_px if name in by_name else 0.0
        if order == 0:
            found.append(AxisKernel.from_gaussian(plan.kernel, sigma))
            continue
        if by_name[name].size == 1:
            raise SigmaError(f"axis {name} has one sample only: there is no derivative along it")
        if sigma == 0:
            raise SigmaError(
                f"a derivative along axis {name} needs a sigma above 0 there; got sigma 0"
            )
        # Divided once per order, as Java does: a power might round otherwise.
        for _ in range(order):
            scale /= sizes[name]
        try:
            found.append(AxisKernel.from_gaussian(plan.kernel, sigma, order, scale))
        except SigmaError as error:
            raise SigmaError(f"axis {name}, sigma {sigma:.3g} pixels: {error}") from None
        scale = 1.0
    z, y, x = found
    return z, y, x


def extended_axes(image: CalibratedImage) -> tuple[str, ...]:
    """Return the spatial axes with more than one sample, in (z, y, x) order."""
    return tuple(axis for axis in image.spatial_axes if image.size(axis) != 1)
