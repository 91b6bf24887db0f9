"""`xarray.DataArray` at the edge: dimensions by name, voxel sizes from coordinates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.convert.dask_arrays import is_lazy
from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import AxesError
from fiji_bridge.image import units
from fiji_bridge.image.as_xarray import METADATA, STEP, coordinate
from fiji_bridge.image.calibrated import AXES, CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration, Calibration
from fiji_bridge.image.provenance import Provenance, to_entries

if TYPE_CHECKING:
    import xarray

#: Names of dimensions besides t, z, c, y, x, s: those of PyImageJ and scikit-image, and words.
ALIASES = {
    "pln": "z", "plane": "z", "row": "y", "col": "x", "ch": "c", "channel": "c", "time": "t",
}  # fmt: skip

#: Steps between coordinates may differ by this part of the step: float32 positions of a
#: thousand samples are rounded by about a ten-thousandth of it.
EVENNESS = 1e-3


def from_dataarray(
    array: xarray.DataArray,
    axes: str | None = None,
    samples: Callable[[Any], Any] = np.asarray,
) -> CalibratedImage:
    """Read dimensions, voxel sizes, units and origins of a DataArray.

    Parameters
    ----------
    array : xarray.DataArray
        The voxel size is the step of the coordinate, its unit ``coords[dim].attrs["units"]``
        (as napari reads it), that of pint-xarray, or, where the coordinate has none, a length in
        the ``attrs["units"]`` of the array. The origin is the index at which the coordinate is 0.
    axes : str, optional
        Letters for the dimensions, where their names do not say it.
    samples : callable
        What is made of the array's own; by default they are read now.

    Raises
    ------
    AxesError
        For a dimension whose name is not known.

    Notes
    -----
    Uneven coordinates are refused only when a physical length is asked for. Along a falling
    coordinate the samples are read from its low end on, so that derivatives are along the
    coordinate and a position is an index times a voxel size; `to_dataarray` turns them back.
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
    for axis in set(SPATIAL_AXES) - set(names):
        # The one position of an axis that the image lacks.
        if axis in array.coords and STEP in array.coords[axis].attrs:
            found[axis] = _of_one(array, array.coords[axis])
    calibration = Calibration(
        **{axis: found[axis] for axis in SPATIAL_AXES if axis in found},
        frame_interval=interval,
        time_unit=time_unit,
        source="coordinates of the DataArray",
    )
    data = samples(_magnitude(array))
    return CalibratedImage(
        data[tuple(slice(None, None, -1 if turn else 1) for turn in _falling(array, names))],
        names,
        calibration,
        _metadata(array.attrs.get(METADATA)),
        name=str(array.name or "DataArray"),
        provenance=_provenance(array.attrs.get("provenance")),
        channel_names=_channel_names(array, names),
    )


def to_dataarray(original: xarray.DataArray, result: CalibratedImage) -> xarray.DataArray:
    """Put a result into a DataArray like the one that it was made from.

    Coordinates, attributes and name are kept; a coordinate of an axis whose length or voxel size
    has changed is made anew from the calibration of the result. One that falls falls again.
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
    turned = dict(zip(before.axes, _falling(original, before.axes), strict=True))
    steps = {axis: slice(None, None, -1 if turned.get(axis) else 1) for axis in result.axes}
    for axis in changed & set(SPATIAL_AXES):
        made = coordinate(result.calibration.axis(axis), result.size(axis))
        if made is not None:
            name = names.get(axis, axis)
            coords[name] = (name, made[0][steps[axis]], made[1])
    data: Any = result.data[tuple(steps.values())]
    if hasattr(original.data, "magnitude") and hasattr(original.data, "units"):
        data = data * original.data.units
    return xarray.DataArray(data, coords, dims, name=original.name, attrs=attrs)


def lazy_dataarray(array: xarray.DataArray, axes: str | None = None) -> CalibratedImage | None:
    """Read a DataArray on a dask array, computing no sample; None for another."""
    return from_dataarray(array, axes, _as_they_are) if is_lazy(_magnitude(array)) else None


def _magnitude(array: xarray.DataArray) -> Any:
    """Return the samples, without pint's unit."""
    return getattr(array.data, "magnitude", array.data)


def _as_they_are(samples: Any) -> Any:
    return samples


def _before(original: xarray.DataArray, result: CalibratedImage) -> CalibratedImage:
    try:
        return from_dataarray(original, samples=_as_they_are)
    except AxesError:
        # The caller named the dimensions with axes=, and the result has them still.
        return from_dataarray(original, "".join(result.axes), _as_they_are)


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


def _falling(array: xarray.DataArray, names: tuple[str, ...]) -> tuple[bool, ...]:
    """Return for each dimension whether it is spatial and its coordinate falls."""
    return tuple(
        axis in SPATIAL_AXES
        and dim in array.coords
        and array.coords[dim].dtype.kind in "iuf"
        and array.sizes[dim] > 1
        and _falls(_positions(array.coords[dim]))
        for axis, dim in zip(names, array.dims, strict=True)
    )


def _falls(positions: NDArray[Any]) -> bool:
    # Compared, not subtracted: differences of unsigned integers are never negative.
    return bool(positions[-1] < positions[0])


def _positions(coord: xarray.DataArray) -> NDArray[Any]:
    return np.asarray(getattr(coord.data, "magnitude", coord.data))


def _unit(array: xarray.DataArray, coord: xarray.DataArray) -> str:
    said = coord.attrs.get("units")
    if said is None:
        # What pint-xarray keeps in the index, if the caller has imported it.
        said = getattr(getattr(coord, "pint", None), "units", None)
    if said is not None:
        return str(said)
    whole = str(array.attrs.get("units", ""))
    # By a custom of the netCDF world the array's units may be those of its samples.
    return "" if units.is_pixel(whole) or not units.is_length(whole) else whole


def _axis(array: xarray.DataArray, dim: str, axis: str) -> AxisCalibration:
    if dim not in array.coords or axis not in SPATIAL_AXES:
        return AxisCalibration()
    coord = array.coords[dim]
    unit = _unit(array, coord)
    values = _positions(coord)
    if values.dtype.kind not in "iuf":
        return AxisCalibration(None, unit, raw=f"coordinates of type {values.dtype}")
    if len(values) < 2:
        return _of_one(array, coord)
    step, uneven = even_step(values)
    if uneven is not None or step == 0:
        return AxisCalibration(step, unit, raw=uneven or f"all coordinates {values[0]}")
    return AxisCalibration(abs(step), unit, _origin(float(values.min()), abs(step)))


def _of_one(array: xarray.DataArray, coord: xarray.DataArray) -> AxisCalibration:
    """Return the calibration of a coordinate without steps: what is said beside it."""
    size, positions = coord.attrs.get(STEP), _positions(coord).reshape(-1)
    if size is None or not len(positions):
        return AxisCalibration(None, _unit(array, coord))
    return AxisCalibration(
        float(size), _unit(array, coord), _origin(float(positions[0]), float(size))
    )


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
    dim = array.dims[names.index("t")] if "t" in names else "t"
    if dim not in array.coords or array.coords[dim].dtype.kind not in "iuf":
        return 0.0, "sec"
    coord = array.coords[dim]
    unit = str(coord.attrs.get("units", "sec"))
    if coord.size < 2:
        return float(coord.attrs.get(STEP, 0.0)), unit
    step, uneven = even_step(np.asarray(coord.values))
    return (0.0 if uneven else step), unit


def _channel_names(array: xarray.DataArray, names: tuple[str, ...]) -> tuple[str, ...]:
    if "c" not in names:
        return ()
    dim = array.dims[names.index("c")]
    if dim not in array.coords or array.coords[dim].dtype.kind not in "UOT":
        return ()
    return tuple(str(value) for value in array.coords[dim].values)


def _metadata(found: Any) -> ImageJMetadata:
    return found if isinstance(found, ImageJMetadata) else ImageJMetadata()


def _provenance(found: Any) -> Provenance:
    """Read ``attrs["provenance"]``: entries, or JSON of them where a file format wanted text."""
    if isinstance(found, str):
        return to_entries(found)
    if not isinstance(found, list | tuple) or not all(isinstance(e, Mapping) for e in found):
        return ()
    return tuple(found)


KIND = Kind(
    "xarray.DataArray",
    ("xarray.DataArray",),
    from_dataarray,
    to_dataarray,
    lazily=lazy_dataarray,
)
