"""Arrays as tifffile gives them, into the axes and byte order of this package."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from fiji_bridge.errors import AxesError
from fiji_bridge.image.calibrated import AXES


def axis_names(
    letters: str, shape: tuple[int, ...], name: str, *, planes_are_z: bool = True
) -> tuple[str, ...]:
    """Translate tifffile's axis letters.

    Parameters
    ----------
    letters : str
        Such as ``"QYX"``.
    shape : tuple of int
    name : str
        Of the file, for the message.
    planes_are_z : bool
        Whether the only unnamed axis is z.

    Returns
    -------
    tuple of str
        ``"?"`` for an unnamed axis of size 1.
    """
    names = [letter.lower() if letter.lower() in AXES else "?" for letter in letters]
    unknown = [i for i, axis in enumerate(names) if axis == "?" and shape[i] > 1]
    if planes_are_z and len(unknown) == 1 and "z" not in names:
        names[unknown[0]] = "z"
        unknown = []
    known = [axis for axis in names if axis != "?"]
    if unknown or len(set(known)) < len(known):
        raise AxesError(
            f"{name} has the shape {shape} with axes {letters!r}, and which are z, c and t is not "
            "said; save it as ImageJ hyperstack or OME-TIFF"
        )
    return tuple(names)


def drop_single(data: NDArray[Any], axes: tuple[str, ...]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Leave out axes of one plane and unnamed ones; order the rest as t, z, c, y, x, s."""
    keep = [i for i, a in enumerate(axes) if a in "yxs" or (a in "tzc" and data.shape[i] > 1)]
    data = data.reshape([data.shape[i] for i in keep])
    kept = [axes[i] for i in keep]
    order = sorted(range(len(kept)), key=lambda i: AXES.index(kept[i]))
    return data.transpose(order), tuple(kept[i] for i in order)


def native(data: NDArray[Any]) -> NDArray[Any]:
    """Return samples in the byte order of the machine, swapped in place where possible."""
    if data.dtype.isnative:
        return data
    if not data.flags.writeable:
        return data.astype(data.dtype.newbyteorder("="))
    return data.byteswap(inplace=True).view(data.dtype.newbyteorder("="))
