"""Voxel sizes as plain numbers in one unit, for quantities per physical length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fiji_bridge.errors import CalibrationError, SigmaError
from fiji_bridge.image import units
from fiji_bridge.image.calibration import Calibration


@dataclass(frozen=True)
class Spacing:
    """Voxel sizes in one unit.

    Attributes
    ----------
    sizes : dict of str to float
        By axis.
    unit : str
        Symbol, ``"pixel"``, or ``""`` for the unit-less sizes of a caller.
    """

    sizes: dict[str, float]
    unit: str


def spacing(
    calibration: Calibration,
    axes: Iterable[str],
    per: str | None = None,
    *,
    remedy: str = "; or ask for it per pixel (per='pixel')",
) -> Spacing:
    """Return the voxel sizes along some axes, all in one unit.

    Parameters
    ----------
    calibration : Calibration
    axes : iterable of str
    per : str, optional
        A length unit, or ``"pixel"``: then every size is 1. By default the
        unit in which the last of the axes is calibrated.
    remedy : str
        What a refusal adds to its message.

    Returns
    -------
    Spacing

    Raises
    ------
    CalibrationError
        If a size is missing or senseless.
    """
    names = list(axes)
    if per is not None and units.canonical(per) == units.PIXEL:
        return Spacing(dict.fromkeys(names, 1.0), units.PIXEL)
    found = [calibration.axis(name) for name in names]
    if per is None and all(axis.bare for axis in found):
        return Spacing({n: a.size or 0.0 for n, a in zip(names, found, strict=True)}, "")
    unit = found[-1].unit if per is None and found else per or units.PIXEL
    try:
        sizes = {name: calibration.voxel_size(name, unit) for name in names}
    except CalibrationError as error:
        raise CalibrationError(f"{error}{remedy}") from None
    return Spacing(sizes, units.symbol(unit))


def voxel_text(calibration: Calibration, axis: str) -> str:
    """Return a voxel size as a table shows it; ``"unknown"`` where it is no length."""
    if not calibration.is_physical(axis):
        return "unknown"
    unit = units.symbol(calibration.axis(axis).unit)
    return f"{calibration.voxel_size(axis):.4g} {unit}"


def read_orders(given: object, axes: tuple[str, ...]) -> dict[str, int]:
    """Turn the order of a derivative into one number per axis.

    Parameters
    ----------
    given : str, sequence or mapping
        ``"x"`` is ∂/∂x, ``"xx"`` ∂²/∂x², ``"zx"`` ∂²/∂z∂x; ``(0, 0, 1)`` in the order of
        `axes`; ``{"x": 1}``.
    axes : tuple of str
        The spatial axes of the image, in (z, y, x) order.

    Raises
    ------
    SigmaError
        For an axis that the image lacks, a wrong count, or no order at all.
    """
    if isinstance(given, str):
        orders = {axis: given.count(axis) for axis in axes}
        unknown = [letter for letter in given if letter not in axes]
        if unknown:
            raise SigmaError(
                f"along={given!r} names axis {unknown[0]!r}; the image has {', '.join(axes)}: "
                "write 'x', 'xx', 'zx' …"
            )
    elif isinstance(given, dict):
        unknown = [name for name in given if name not in axes]
        if unknown:
            raise SigmaError(
                f"along names axis {unknown[0]!r}; the image has only {', '.join(axes)}"
            )
        orders = {axis: given.get(axis, 0) for axis in axes}
    elif isinstance(given, list | tuple):
        if len(given) != len(axes):
            raise SigmaError(
                f"along has {len(given)} values but the image has {len(axes)} spatial axes; "
                f"give one each for ({', '.join(axes)})"
            )
        orders = dict(zip(axes, given, strict=True))
    else:
        raise SigmaError(f"along must be text such as 'x' or 'zx', or one per axis; got {given!r}")
    for axis, order in orders.items():
        if isinstance(order, bool) or not isinstance(order, int) or order < 0:
            raise SigmaError(
                f"the order on axis {axis} must be a whole number from 0 on; got {order!r}"
            )
    if not any(orders.values()):
        raise SigmaError(f"along={given!r} is no derivative; write 'x', 'xx', 'zx' …")
    return orders
