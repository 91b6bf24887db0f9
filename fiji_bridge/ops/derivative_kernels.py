"""From a plan and an order per axis to the kernels of a Gaussian derivative."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fiji_bridge.engines.engine import AxisKernel, Kernels
from fiji_bridge.errors import InputError, SigmaError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.spacing import spacing
from fiji_bridge.ops.blur_plan import BlurPlan


@dataclass(frozen=True)
class Scale:
    """What derivatives are taken per.

    Attributes
    ----------
    sizes : dict of str to float or None
        Voxel size by axis; None for scale-normalised derivatives, σⁿ ∂ⁿ/∂axisⁿ.
    unit : str
        Symbol of the unit of `sizes`; ``""`` where there is none.
    """

    sizes: dict[str, float] | None
    unit: str

    @classmethod
    def of(
        cls, image: CalibratedImage, axes: Iterable[str], per: str | None, *, normalized: bool
    ) -> Scale:
        """Return that of an image, along some of its axes.

        Raises
        ------
        CalibrationError
            If a voxel size is missing or senseless.
        InputError
            If both a unit and the normalisation are asked for.
        """
        if not normalized:
            found = spacing(image.calibration, axes, per)
            return cls(found.sizes, found.unit)
        if per is not None:
            raise InputError(
                f"per={per!r} does not go with normalized: a scale-normalised derivative has no "
                "unit of length"
            )
        return cls(None, "")


def derivative_kernels(
    plan: BlurPlan,
    orders: Mapping[str, int],
    scale: Scale,
) -> Kernels:
    """Return the kernels along (z, y, x).

    Parameters
    ----------
    plan : BlurPlan
        The smoothing.
    orders : mapping of str to int
        Order of the derivative per axis; 0 where it is missing.
    scale : Scale
        What a derivative is taken per.

    Raises
    ------
    SigmaError
        Where a derivative is asked for along an axis without blur or with one sample.
    """
    by_name = {axis.axis: axis for axis in plan.axes}
    factor = 1.0
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
        # Once per order, as Java does: a power might round otherwise.
        for _ in range(order):
            factor = factor * sigma if scale.sizes is None else factor / scale.sizes[name]
        try:
            found.append(AxisKernel.from_gaussian(plan.kernel, sigma, order, factor))
        except SigmaError as error:
            raise SigmaError(f"axis {name}, sigma {sigma:.3g} pixels: {error}") from None
        factor = 1.0
    z, y, x = found
    return z, y, x


def extended_axes(image: CalibratedImage) -> tuple[str, ...]:
    """Return the spatial axes with more than one sample, in (z, y, x) order."""
    return tuple(axis for axis in image.spatial_axes if image.size(axis) != 1)
