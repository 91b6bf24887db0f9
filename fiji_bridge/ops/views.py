"""Projections and orthogonal slices: the views XY, XZ and ZY."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import AxesError, InputError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import check_dtype, round_to
from fiji_bridge.image.grid import carried
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.image.results import Images, Table, TablePlan
from fiji_bridge.image.spacing import spacing, voxel_text
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import ByLibrary, FloatDType, Nan, float_dtype
from fiji_bridge.ops.provenance import entry, library
from fiji_bridge.ops.rescale import rescale
from fiji_bridge.ops.separable import Context, refuse_not_finite

#: View -> (axis looked along, axis of the rows, axis of the columns). As microscopists name
#: them, the horizontal axis comes first.
VIEWS = {"xy": ("z", "y", "x"), "xz": ("y", "z", "x"), "zy": ("x", "y", "z")}

_REDUCE: dict[str, Any] = {"max": np.max, "mean": np.mean, "sum": np.sum}
_REDUCE_IGNORING: dict[str, Any] = {"max": np.nanmax, "mean": np.nanmean, "sum": np.nansum}


@operation(
    title="Orthogonal Views (Physical)",
    example={"method": "max"},
    output="TIFF to write, one per view (out-xy.tif ...), or one .png",
)
def views(
    image: CalibratedImage,
    *,
    method: Annotated[
        Literal["max", "mean", "sum", "slice"], Parameter(Kind.CHOICE, "projection, or slice")
    ] = "max",
    position: Annotated[
        str | tuple[int, ...] | None,
        Parameter(
            Kind.TEXT,
            "'z y x' of the slices, counted from 0; default: the middle",
            label="Slices at (z y x)",
            only_with="method=slice",
        ),
    ] = None,
    pixels: Annotated[
        Literal["square", "voxels"],
        Parameter(
            Kind.CHOICE,
            "square: interpolate where voxels are not, so that arrays have true aspect; voxels: a "
            "pixel for each voxel",
        ),
    ] = "square",
    dtype: FloatDType = "float",
    nan: Nan = "refuse",
    **how: Unpack[ByLibrary],
) -> Prepared[TablePlan, Images]:
    """Project or cut along z, y and x; as a PNG at true aspect with a scale bar.

    Parameters
    ----------
    method : {"max", "mean", "sum", "slice"}
        Projection, or slice.
    position : (z, y, x) or text, optional
        Index of the slices, counted from 0; the middle by default.
    pixels : {"square", "voxels"}
        ``"square"`` interpolates each view linearly to the finer of its two voxel sizes, so that
        the array itself has true aspect; without voxel sizes it is left as it is. ``"voxels"``
        gives a pixel for each voxel.
    dtype : {"float", "float32", "float64"}
        Of means and sums; maxima and slices keep the type.
    nan : {"refuse", "propagate", "ignore"}
        ``"ignore"`` leaves the samples out.

    Returns
    -------
    Images
        ``"xy"`` (looking along z), ``"xz"`` (along y; rows are z) and ``"zy"`` (along x; columns
        are z), each with axes called y and x and the voxel sizes that belong to them. A view that
        would be one pixel high or wide is left out: of a 2-D image there is ``"xy"`` only.
        ``write_images(result, "NAME.png")`` draws them at true aspect with a scale bar.

    Raises
    ------
    InputError
        Also for an image without y or x, and for a position outside of it.
    """
    if position is not None and method != "slice":
        raise InputError(f"position={position!r} goes with method='slice'; got {method!r}")
    check_dtype(image.data.dtype)
    missing = [axis for axis in ("y", "x") if axis not in image.axes]
    if missing:
        raise AxesError(f"{image.name} has no axis {missing[0]}: there are no views of it")
    at = _position(image, position)
    target = _target(image, method, dtype)
    shown = _shown(image)
    square = pixels == "square"

    def compute(context: Context) -> Images:
        if nan == "refuse":
            refuse_not_finite(image)
        done = entry(
            "views",
            library(f"numpy (NumPy {np.__version__})"),
            method=method,
            position=at if method == "slice" else None,
            pixels=pixels,
            dtype=target.name,
            nan=nan,
        )
        made = {}
        for number, (name, (along, rows, columns)) in enumerate(shown.items()):
            data = _view(image, method, along, at[along], nan)
            if name == "zy":
                data = np.swapaxes(data, -1, -2)
            view = _as_image(image, round_to(data, target), rows, columns, f"{image.name} {name}")
            view = view.with_data(view.data, provenance=(*image.provenance, done))
            # The finest voxel size: no axis gets coarser, and no engine has to blur.
            stretched = square and _stretched(image, (rows, columns))
            made[name] = rescale(view, to="finest", nan="propagate") if stretched else view
            if context.progress is not None:
                context.progress(number + 1, len(shown))
        return Images(made)

    return Prepared(_plan(image, method, at, pixels, target), compute)


def _shown(image: CalibratedImage) -> dict[str, tuple[str, str, str]]:
    """Return the views that are more than one pixel high and wide; XY is always shown."""
    return {
        name: axes
        for name, axes in VIEWS.items()
        if name == "xy" or min(image.size(axes[1]), image.size(axes[2])) > 1
    }


def _stretched(image: CalibratedImage, axes: tuple[str, str]) -> bool:
    """Return whether voxels are known not to be square along two axes."""
    try:
        sizes = spacing(image.calibration, axes).sizes
    except InputError:
        return False
    return sizes[axes[0]] != sizes[axes[1]]


def _plan(
    image: CalibratedImage,
    method: str,
    at: dict[str, int],
    pixels: str,
    target: np.dtype[Any],
) -> TablePlan:
    """Return what each view shows, and its size."""
    rows = []
    shown = _shown(image)
    for name, (along, down, across) in shown.items():
        what = f"slice {at[along]} of" if method == "slice" else f"{method} of all {along}:"
        sizes = [voxel_text(image.calibration, axis) for axis in (across, down)]
        rows.append(
            (
                name.upper(),
                f"{what} {image.size(along)}",
                f"{image.size(across)} x {image.size(down)}",
                " x ".join(sizes),
            )
        )
    stretched = [n.upper() for n, axes in shown.items() if _stretched(image, axes[1:])]
    notes = []
    if stretched and pixels == "square":
        notes.append(f"{', '.join(stretched)}: interpolated to square pixels of the finer size")
    left_out = [name.upper() for name in VIEWS if name not in shown]
    if left_out:
        notes.append(f"{', '.join(left_out)}: left out, they would be one pixel high or wide")
    return TablePlan(
        Table("views", ("view", "shows", "samples", "pixel size"), tuple(rows), tuple(notes)),
        {"method": method, "position": at, "pixels": pixels, "dtype": target.name},
        3 * array_bytes(image.data.shape, 8) // max(1, min(image.data.shape)),
    )


def _target(image: CalibratedImage, method: str, dtype: str) -> np.dtype[Any]:
    source = image.data.dtype.newbyteorder("=")
    if method in ("max", "slice"):
        return source
    if "s" in image.axes:
        if method == "sum":
            raise AxesError(f"{image.name} is RGB: a sum does not fit; use mean or max")
        return source
    return np.dtype(float_dtype(dtype, source))


def _view(image: CalibratedImage, method: str, along: str, index: int, nan: str) -> NDArray[Any]:
    """Return the other axes, then the two that are left of (z, y, x)."""
    volume = volume_view(image.data, image.axes)
    axis = SPATIAL_AXES.index(along) - 3
    if method == "slice":
        plane: NDArray[Any] = volume.take(index, axis=axis)
        return plane
    reduce = (_REDUCE_IGNORING if nan == "ignore" else _REDUCE)[method]
    values = volume
    if nan == "ignore" and volume.dtype.kind == "f":
        values = np.where(np.isfinite(volume), volume, np.nan)
    options: dict[str, Any] = {} if method == "max" else {"dtype": np.float64}
    with warnings.catch_warnings():
        # A line without any valid sample gives NaN, as it should.
        warnings.simplefilter("ignore", RuntimeWarning)
        found: NDArray[Any] = reduce(values, axis=axis, **options)
    return found


def _as_image(
    image: CalibratedImage, data: NDArray[Any], rows: str, columns: str, name: str
) -> CalibratedImage:
    """Call the axes of a view y and x, whatever they were, so that it is a picture anywhere."""
    lead = [axis for axis in image.axes if axis not in SPATIAL_AXES]
    if "s" in lead:
        data = np.moveaxis(data, lead.index("s"), -1)
        lead.remove("s")
        axes = (*lead, "y", "x", "s")
    else:
        axes = (*lead, "y", "x")
    calibration = image.calibration.with_axes(
        y=image.calibration.axis(rows), x=image.calibration.axis(columns)
    )
    changed = "z" if (rows, columns) == ("y", "x") else "zyx"
    return CalibratedImage(
        np.ascontiguousarray(data),
        axes,
        calibration,
        carried(image.metadata, changed),
        name,
        image.provenance,
        image.channel_names,
    )


def _position(image: CalibratedImage, given: str | tuple[int, ...] | None) -> dict[str, int]:
    """Return the index on each axis that slices go through; the middle by default."""
    sizes = {axis: image.size(axis) for axis in SPATIAL_AXES}
    if given is None:
        return {axis: size // 2 for axis, size in sizes.items()}
    texts = given.replace(",", " ").split() if isinstance(given, str) else list(given)
    try:
        values = [int(text) for text in texts]
    except ValueError:
        values = []
    if len(values) != len(image.spatial_axes):
        raise InputError(
            f"position must be one index each for ({', '.join(image.spatial_axes)}); got {given!r}"
        )
    found = dict.fromkeys(SPATIAL_AXES, 0) | dict(zip(image.spatial_axes, values, strict=True))
    for axis, index in found.items():
        if not 0 <= index < sizes[axis]:
            raise InputError(
                f"position on axis {axis} must be from 0 to {sizes[axis] - 1}; got {index}"
            )
    return found
