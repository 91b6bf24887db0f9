"""Reading a sigma: one length for all axes or one per axis, however it is written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from fiji_bridge.errors import SigmaError
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.length_grammar import LengthsLike, OneLength, read_written
from fiji_bridge.image.units import Length

__all__ = ["FWHM_PER_SIGMA", "LengthsLike", "OneLength", "read_lengths"]

#: FWHM of a Gaussian in units of its standard deviation, 2·√(2 ln 2).
FWHM_PER_SIGMA = 2 * math.sqrt(2 * math.log(2))


def read_lengths(given: LengthsLike, axes: Sequence[str], what: str = "sigma") -> dict[str, Length]:
    """Turn whatever the caller wrote into one length per axis.

    Parameters
    ----------
    given : str, number, pint.Quantity, sequence or mapping
        ``"1 um"``; ``"2 1 1 um"`` or ``(2, 1, 1)`` in the order of `axes`;
        ``"z=2, y=1, x=1 um"`` or a mapping; see `fiji_bridge.image.length_grammar`.
    axes : sequence of str
        The spatial axes of the image, in (z, y, x) order.
    what : str
        How the message calls it.

    Returns
    -------
    dict
        Axis name → `Length`, for each of `axes`.

    Raises
    ------
    SigmaError
        For a wrong count, an unknown axis, or a value that is negative, NaN or infinite.
    UnitError
        For a unit that is no length.
    """
    written = read_written(given, what, SigmaError)
    if isinstance(written, Length):
        lengths = dict.fromkeys(axes, written)
    elif isinstance(written, list):
        lengths = _by_position(written, axes, what)
    else:
        lengths = _by_name(written, axes, what)
    for axis, length in lengths.items():
        if not math.isfinite(length.value) or length.value < 0:
            raise SigmaError(
                f"{what} on axis {axis} must be finite and not negative; got {length.value!r}"
            )
    return lengths


def _by_position(values: Sequence[Length], axes: Sequence[str], what: str) -> dict[str, Length]:
    if len(values) != len(axes):
        raise SigmaError(
            f"{what} has {len(values)} values but the image has {len(axes)} spatial axes; "
            f"give one value, or one each for ({', '.join(axes)})"
        )
    return dict(zip(axes, values, strict=True))


def _by_name(values: Mapping[str, Length], axes: Sequence[str], what: str) -> dict[str, Length]:
    for name in values:
        if name not in SPATIAL_AXES:
            raise SigmaError(
                f"{what} names axis {name!r}; only {', '.join(SPATIAL_AXES)} are blurred"
            )
    missing = [axis for axis in axes if axis not in values]
    if missing:
        raise SigmaError(
            f"{what} says nothing about axis {missing[0]}; give a value (0 for no blur)"
        )
    return {axis: values[axis] for axis in axes}
