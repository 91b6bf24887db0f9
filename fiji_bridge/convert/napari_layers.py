"""``napari.layers.Image`` and LayerData tuples at the edge: scale, translate and units are kept.

A LayerData tuple is ``(data, {"scale": …, "units": …}, "image")``, as readers and widgets of
napari exchange it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fiji_bridge.convert.arrays import from_array
from fiji_bridge.convert.registry import Kind
from fiji_bridge.errors import AxesError, InputError
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration
from fiji_bridge.image.provenance import PROVENANCE_KEY, as_property, to_entries

#: Of an image layer that shows other samples: these belong to the old ones.
_OF_THE_SAMPLES = ("contrast_limits", "multiscale", "cache")


def _read(data: Any, said: Mapping[str, Any], axes: str | None) -> CalibratedImage:
    if said.get("multiscale"):
        raise InputError("a layer of several scales is no image; give the data of one of them")
    array = np.asarray(data)
    rgb = bool(said.get("rgb"))
    spatial = array.ndim - rgb
    if axes is None:
        labels = [str(label).lower() for label in said.get("axis_labels") or ()]
        named = len(labels) == spatial and all(label in tuple("tzcyx") for label in labels)
        if not named and spatial > 3:
            raise AxesError(
                f"a layer of {spatial} dimensions needs names for them: axes= or axis_labels"
            )
        axes = ("".join(labels) if named else "zyx"[-spatial:]) + ("s" if rgb else "")
    found = from_array(array, axes, "a napari layer")
    calibration = found.calibration
    sizes = _per_dimension(said.get("scale"), spatial, 1.0)
    starts = _per_dimension(said.get("translate"), spatial, 0.0)
    given = said.get("units")
    names = [given] * spatial if given is None or isinstance(given, str) else list(given)
    for axis, size, start, unit in zip(found.axes, sizes, starts, names, strict=False):
        if axis in SPATIAL_AXES and said.get("scale") is not None:
            made = AxisCalibration(float(size), _spelled(unit), -float(start) / float(size) + 0.0)
            calibration = calibration.with_axes(**{axis: made})
    metadata = said.get("metadata") or {}
    return replace(
        found,
        calibration=calibration,
        name=str(said.get("name") or "layer"),
        provenance=to_entries(metadata.get(PROVENANCE_KEY)),
    )


def _per_dimension(values: Any, count: int, default: float) -> list[float]:
    given = [] if values is None else [float(value) for value in values]
    return [default] * (count - len(given)) + given[-count:]


def _spelled(unit: Any) -> str:
    """Return a unit of napari, which is pint's, as text; pixels are none."""
    text = "" if unit is None else str(unit)
    return "" if units.is_pixel(text) else text


def _keywords(
    before: CalibratedImage, said: Mapping[str, Any], result: CalibratedImage
) -> dict[str, Any]:
    """Return the keywords of a layer with the samples of a result."""
    made = {key: value for key, value in said.items() if key not in _OF_THE_SAMPLES}
    old = [axis for axis in before.axes if axis != "s"]
    scale = dict(zip(old, _per_dimension(said.get("scale"), len(old), 1.0), strict=True))
    start = dict(zip(old, _per_dimension(said.get("translate"), len(old), 0.0), strict=True))
    shown = [axis for axis in result.axes if axis != "s"]
    named = {}
    for axis in set(shown) & set(SPATIAL_AXES):
        was, new = before.calibration.axis(axis), result.calibration.axis(axis)
        if new.size is not None and new != was:
            scale[axis], start[axis] = new.size, -new.origin * new.size + 0.0
            named[axis] = new.unit
    made["scale"] = [scale.get(axis, 1.0) for axis in shown]
    made["translate"] = [start.get(axis, 0.0) for axis in shown]
    if any(named.values()):
        made["units"] = [named.get(axis) or units.PIXEL for axis in shown]
    made["metadata"] = {**(said.get("metadata") or {}), **as_property(result.provenance)}
    return made


def from_layer(layer: Any, axes: str | None = None) -> CalibratedImage:
    """Read a layer with its scale, translation, units and the labels of its axes."""
    data, said, _ = layer.as_layer_data_tuple()
    return _read(data, said, axes)


def to_layer(original: Any, result: CalibratedImage) -> Any:
    """Return a new layer with the look of the original; contrast limits are made anew."""
    _, said, _ = original.as_layer_data_tuple()
    keywords = _keywords(from_layer(original, "".join(result.axes)), said, result)
    return type(original)(result.data, **keywords)


def from_layer_data(layer: Any, axes: str | None = None) -> CalibratedImage:
    """Read a tuple of data, keywords and ``"image"``."""
    kind = layer[2] if len(layer) > 2 else "image"
    if kind != "image":
        raise InputError(f"a LayerData tuple must be of the type 'image'; this is {kind!r}")
    return _read(layer[0], layer[1], axes)


def to_layer_data(original: Any, result: CalibratedImage) -> Any:
    """Return a tuple with the keywords of the original."""
    before = _read(original[0], original[1], "".join(result.axes))
    return (result.data, _keywords(before, original[1], result), *original[2:])


def _is_layer_data(obj: Any) -> bool:
    return (
        isinstance(obj, tuple)
        and 2 <= len(obj) <= 3
        and hasattr(obj[0], "shape")
        and isinstance(obj[1], Mapping)
        and (len(obj) == 2 or isinstance(obj[2], str))
    )


LAYER = Kind("napari.layers.Image", ("napari.Image",), from_layer, to_layer)
LAYER_DATA = Kind("a LayerData tuple of napari", (), from_layer_data, to_layer_data, _is_layer_data)
