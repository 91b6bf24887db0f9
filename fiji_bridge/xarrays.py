"""`xarray.DataArray` at the edge: dimensions by name, voxel sizes from coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.errors import AxesError
from fiji_bridge.image import AXES, CalibratedImage
from fiji_bridge.provenance_text import Provenance, to_entries

if TYPE_CHECKING:
    import xarray

#: Names of dimensions besides t, z, c, y, x, s: those of PyImageJ and scikit-image, and words.
ALIASES = {
    "pln": "z", "plane": "z", "row": "y", "col": "x", "ch": "c", "channel": "c", "time": "t",
}  # fmt: skip

#: Steps between coordinates may differ by this part of the step: float32 positions of a
#: thousand samples are rounded by about a ten-thousandth of it.
EVENNESS = 1e-3


def from_dataarray(array: xarray.DataArray, axes: str | None = None) -> CalibratedImage:
    """Read dimensions, voxel sizes, units and origins of a DataArray.

    Parameters
    ----------
    array : xarray.DataArray
        The voxel size is the step of the coordinate, its unit ``coords[dim].attrs["units"]``
        (as napari reads it), and the origin the index at which the coordinate is 0.
    axes : str, optional
        Letters for the dimensions, where their names do not say it.

    Raises
    ------
    AxesError
        For a dimension whose name is not known.

    Notes
    -----
    Uneven coordinates are refused only when a physical length is asked for.
    """
    names = _axes(array) if axes is None else tuple(axes.lower())
    if len(names) != array.ndim:
        raise AxesError(
            f"axes={axes!r} names {len(names)} dimensions, the DataArray has {array.ndim}"
        )
    found = {
        axis: _axis(array, str(dim), axis) for axis, dim in zip(names, array.dims, strict=True)
    }
    interval, time_unit = _time(array, names)
    calibration = Calibration(
        **{axis: found[axis] for axis in SPATIAL_AXES if axis in found},
        frame_interval=interval,
        time_unit=time_unit,
        source="coordinates of the DataArray",
    )
    return CalibratedImage(
        np.asarray(array.data),
        names,
        calibration,
        name=str(array.name or "DataArray"),
        provenance=_provenance(array.attrs.get("provenance")),
        channel_names=_channel_names(array, names),
    )


def to_dataarray(original: xarray.DataArray, result: CalibratedImage) -> xarray.DataArray:
    """Put a result into a DataArray like the one that it was made from.

    Coordinates, attributes and name are kept; a coordinate of an axis whose length or voxel size
    has changed is made anew from the calibration of the result.
    """
    import xarray

    attrs = {**original.attrs, "provenance": tuple(dict(entry) for entry in result.provenance)}
    before = _before(original, result)
    names = dict(zip(before.axes, (str(dim) for dim in original.dims), strict=True))
    changed = {
        axis
        for axis in result.axes
        if axis not in names
        or result.size(axis) != before.size(axis)
        or (axis in SPATIAL_AXES and _moved(before, result, axis))
    }
    dims = [names.get(axis, axis) for axis in result.axes]
    gone = {names[axis] for axis in before.axes if axis in changed or axis not in result.axes}
    coords: dict[Any, Any] = {
        key: value for key, value in original.coords.items() if not gone & set(map(str, value.dims))
    }
    for axis in changed & set(SPATIAL_AXES):
        made = coordinate(result.calibration.axis(axis), result.size(axis))
        if made is not None:
            name = names.get(axis, axis)
            coords[name] = (name, *made)
    return xarray.DataArray(result.data, coords, dims, name=original.name, attrs=attrs)


def coordinate(axis: AxisCalibration, size: int) -> tuple[NDArray[Any], dict[str, str]] | None:
    """Return positions (index − origin) · size and attributes, or None without a voxel size."""
    if axis.size is None or axis.raw is not None:
        return None
    positions = (np.arange(size) - axis.origin) * axis.size
    return positions, ({"units": axis.unit} if axis.unit else {})


def _before(original: xarray.DataArray, result: CalibratedImage) -> CalibratedImage:
    try:
        return from_dataarray(original)
    except AxesError:
        # The caller named the dimensions with axes=, and the result has them still.
        return from_dataarray(original, "".join(result.axes))


def _moved(before: CalibratedImage, after: CalibratedImage, axis: str) -> bool:
    a, b = before.calibration.axis(axis), after.calibration.axis(axis)
    return (a.size, a.unit, a.origin) != (b.size, b.unit, b.origin) and a.raw is None


def _axes(array: xarray.DataArray) -> tuple[str, ...]:
    names = []
    for dim in array.dims:
        lowered = str(dim).lower()
        axis = ALIASES.get(lowered, lowered)
        if axis not in AXES:
            raise AxesError(
                f"the DataArray has a dimension {str(dim)!r}; known are {', '.join(AXES)} and "
                f"{', '.join(ALIASES)}: rename it or give axes="
            )
        names.append(axis)
    return tuple(names)


def _axis(array: xarray.DataArray, dim: str, axis: str) -> AxisCalibration:
    if dim not in array.coords or axis not in SPATIAL_AXES:
        return AxisCalibration()
    coord = array.coords[dim]
    unit = str(coord.attrs.get("units", ""))
    values = np.asarray(coord.values)
    if values.dtype.kind not in "iuf":
        return AxisCalibration(None, unit, raw=f"coordinates of type {values.dtype}")
    if len(values) < 2:
        return AxisCalibration(None, unit)
    step, uneven = even_step(values)
    if uneven is not None or step == 0:
        return AxisCalibration(step, unit, raw=uneven or f"all coordinates {values[0]}")
    return AxisCalibration(abs(step), unit, _origin(float(values[0]), step))


def _origin(first: float, step: float) -> float:
    """Return the index at which the position is 0; a whole number where it is one."""
    origin = -first / step
    nearest = float(round(origin))
    return nearest if abs(origin - nearest) < 1e-9 * max(1.0, abs(nearest)) else origin + 0.0


def even_step(values: NDArray[Any]) -> tuple[float, str | None]:
    """Return the step of evenly spaced positions, and how they are uneven if they are.

    Of all steps that give the positions back within their rounding, the one with the fewest
    digits is taken, so that 0.45 comes back as 0.45.
    """
    epsilon = float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0.0
    positions = values.astype(np.float64)
    step = float((positions[-1] - positions[0]) / (len(positions) - 1))
    if not np.isfinite(positions).all():
        return float("nan"), "coordinates that are not finite"
    steps = np.diff(positions)
    # Written so that all positions being equal is even.
    if np.abs(steps - step).max() > EVENNESS * abs(step):
        low, high = steps.min(), steps.max()
        return step, f"uneven coordinates, with steps from {low:g} to {high:g}"
    index = np.arange(len(positions))
    tolerance = 4 * epsilon * np.abs(positions).max()
    for digits in range(1, 17):
        candidate = float(f"{step:.{digits}g}")
        if np.abs(positions[0] + index * candidate - positions).max() <= tolerance:
            return candidate, None
    return step, None


def _time(array: xarray.DataArray, names: tuple[str, ...]) -> tuple[float, str]:
    """Return frame interval and time unit, ImageJ's defaults where nothing is said."""
    if "t" not in names:
        return 0.0, "sec"
    dim = array.dims[names.index("t")]
    if dim not in array.coords or array.sizes[dim] < 2:
        return 0.0, "sec"
    coord = array.coords[dim]
    if coord.dtype.kind not in "iuf":
        return 0.0, "sec"
    step, uneven = even_step(np.asarray(coord.values))
    return (0.0 if uneven else step), str(coord.attrs.get("units", "sec"))


def _channel_names(array: xarray.DataArray, names: tuple[str, ...]) -> tuple[str, ...]:
    if "c" not in names:
        return ()
    dim = array.dims[names.index("c")]
    if dim not in array.coords or array.coords[dim].dtype.kind not in "UOT":
        return ()
    return tuple(str(value) for value in array.coords[dim].values)


def _provenance(found: Any) -> Provenance:
    """Read ``attrs["provenance"]``: entries, or JSON of them where a file format wanted text."""
    if isinstance(found, str):
        return to_entries(found)
    if not isinstance(found, list | tuple) or not all(isinstance(e, Mapping) for e in found):
        return ()
    return tuple(found)
