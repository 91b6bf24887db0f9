"""Projections and orthogonal slices: the views XY, XZ and ZY."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import EngineInfo, check_dtype, round_to
from fiji_bridge.errors import AxesError, InputError
from fiji_bridge.grid import carried
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.memory import array_bytes, check_memory
from fiji_bridge.ops.parameters import FLOAT_DTYPE, NAN, float_dtype
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter, Result
from fiji_bridge.ops.rescale import RESCALE
from fiji_bridge.ops.separable import Context, refuse_not_finite
from fiji_bridge.results import Images, Table, TablePlan
from fiji_bridge.spacing import voxel_text

METHODS = ("max", "mean", "sum", "slice")

#: View -> (axis looked along, axis of the rows, axis of the columns). As microscopists name
#: them, the horizontal axis comes first.
VIEWS = {"xy": ("z", "y", "x"), "xz": ("y", "z", "x"), "zy": ("x", "y", "z")}

_REDUCE: dict[str, Any] = {"max": np.max, "mean": np.mean, "sum": np.sum}
_REDUCE_IGNORING: dict[str, Any] = {"max": np.nanmax, "mean": np.nanmean, "sum": np.nansum}


def plan(
    image: CalibratedImage,
    *,
    method: str = "max",
    position: str | tuple[int, ...] | None = None,
    square: bool = False,
    dtype: str = "float",
    **_: Any,
) -> TablePlan:
    """Return what each view shows, and its size."""
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    if position is not None and method != "slice":
        raise InputError(f"position={position!r} goes with method='slice'; got {method!r}")
    check_dtype(image.data.dtype)
    missing = [axis for axis in ("y", "x") if axis not in image.axes]
    if missing:
        raise AxesError(f"{image.name} has no axis {missing[0]}: there are no views of it")
    at = _position(image, position)
    target = _target(image, method, dtype)
    rows = []
    for name, (along, down, across) in VIEWS.items():
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
    notes = ("views are interpolated to square pixels of the finer size",) if square else ()
    return TablePlan(
        Table("views", ("view", "shows", "samples", "pixel size"), tuple(rows), notes),
        {"method": method, "position": at, "square": square, "dtype": target.name},
        3 * array_bytes(image.data.shape, 8) // max(1, min(image.data.shape)),
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    method: str = "max",
    position: str | tuple[int, ...] | None = None,
    square: bool = False,
    dtype: str = "float",
    nan: str = "refuse",
) -> Images:
    """Make the three views; see `fiji_bridge.views`."""
    planned = plan(image, method=method, position=position, square=square, dtype=dtype)
    check_memory(planned.needed_bytes, f"the views of {image.name}")
    if NAN.checked(nan) == "refuse":
        refuse_not_finite(image)
    at: dict[str, int] = planned.values["position"]
    target = np.dtype(planned.values["dtype"])
    done = entry(
        "views",
        EngineInfo("scipy", f"numpy (NumPy {np.__version__})", "Python"),
        method=method,
        position=at if method == "slice" else None,
        square=square,
        dtype=target.name,
        nan=nan,
    )
    made = {}
    for number, (name, (along, rows, columns)) in enumerate(VIEWS.items()):
        data = _view(image, method, along, at[along], nan)
        if name == "zy":
            data = np.swapaxes(data, -1, -2)
        view = _as_image(image, round_to(data, target), rows, columns, f"{image.name} {name}")
        view = view.with_data(view.data, provenance=(*image.provenance, done))
        if square:
            view = RESCALE.apply(
                view, context=Context(engine="scipy"), to="finest", nan="propagate"
            )
        made[name] = view
        if context.progress is not None:
            context.progress(number + 1, len(VIEWS))
    return Images(made)


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


VIEWS_OPERATION = Operation(
    name="views",
    title="Orthogonal Views (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Projections or slices XY, XZ and ZY; as a PNG at true aspect with a scale bar.",
    parameters=(
        Parameter("method", Kind.CHOICE, "projection, or slice", "max", METHODS),
        Parameter(
            "position", Kind.TEXT, "'z y x' of the slices, counted from 0; default: the middle"
        ),
        Parameter(
            "square", Kind.FLAG, "interpolate to square pixels, so that arrays have true aspect",
            False,
        ),
        FLOAT_DTYPE,
        NAN,
    ),
    apply=apply,
    plan=plan,
    result=Result.IMAGES,
    uses_engine=False,
)  # fmt: skip
