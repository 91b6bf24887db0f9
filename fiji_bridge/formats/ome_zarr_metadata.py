"""What an OME-Zarr (NGFF 0.4 and 0.5) says of its axes, voxels and channels, validated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictStr

from fiji_bridge.errors import FileError
from fiji_bridge.formats.foreign import Number, checked, lenient
from fiji_bridge.formats.ome_colours import lut_of
from fiji_bridge.formats.ome_units import time_symbol
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import SPATIAL_AXES, AxisCalibration, Calibration

_WHITE = "FFFFFF"


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Axis(_Model):
    """One axis of a multiscale image."""

    name: StrictStr = Field(pattern="^[tczyxTCZYX]$")
    unit: StrictStr | None = None


class Transformation(_Model):
    """A step from samples to physical positions; only scale and translation are read."""

    type: StrictStr
    scale: tuple[Number, ...] | None = None
    translation: tuple[Number, ...] | None = None


class Dataset(_Model):
    """One level."""

    path: StrictStr
    steps: tuple[Transformation, ...] = Field((), alias="coordinateTransformations")


class Multiscale(_Model):
    """The levels of one image."""

    version: StrictStr | None = None
    name: Any = None
    axes: tuple[Axis, ...]
    datasets: Annotated[tuple[Dataset, ...], Field(min_length=1)]
    steps: tuple[Transformation, ...] = Field((), alias="coordinateTransformations")


class _Window(_Model):
    start: Number | None = None
    end: Number | None = None
    min: Number | None = None
    max: Number | None = None


class _Channel(_Model):
    label: StrictStr | None = None
    color: StrictStr = Field(_WHITE, pattern="^#?[0-9A-Fa-f]{6}$")
    window: _Window = _Window()


class _Omero(_Model):
    channels: tuple[_Channel, ...] = ()


class _Path(_Model):
    path: StrictStr


class Plate(_Model):
    """The wells of a plate."""

    wells: tuple[_Path, ...]


class Well(_Model):
    """The images of a well."""

    images: tuple[_Path, ...]


#: Versions that are read.
VERSIONS = ("0.4", "0.5")


def multiscale_of(attributes: Mapping[str, Any], where: str) -> Multiscale | None:
    """Return the first multiscale image that a group's attributes speak of.

    Raises
    ------
    FileError
        Names the entry that does not fit, or the version.
    """
    said = attributes.get("multiscales")
    if said is None:
        return None
    if not isinstance(said, Sequence) or not said or not isinstance(said[0], Mapping):
        raise FileError(f"cannot read {where}: its multiscales are {said!r:.60}, no list of images")
    version = attributes.get("version", said[0].get("version"))
    if version is not None and version not in VERSIONS:
        raise FileError(
            f"cannot read {where}: it is NGFF {version!r:.20}; {' and '.join(VERSIONS)} are read"
        )
    found = checked(Multiscale, said[0], f"cannot read {where}: the multiscale image says")
    names = [axis.name.lower() for axis in found.axes]
    if len(set(names)) < len(names):
        raise FileError(
            f"cannot read {where}: it has the axes {', '.join(names)}, one of them twice"
        )
    for dataset in found.datasets:
        inside(dataset.path, where)
    return found


def inside(path: str, where: str) -> str:
    """Return a path in a store, or refuse one that leads out of it."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or "\\" in path or "\0" in path:
        raise FileError(f"cannot read {where}: the path {path!r} in it leads outside")
    return path


def describe(
    multiscale: Multiscale,
    level: int,
    attributes: Mapping[str, Any],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    where: str,
) -> CalibratedImage:
    """Return an image with all but its samples, in the axes of the store.

    Raises
    ------
    FileError
        Names what does not fit: the number of axes, a transformation.
    """
    axes = tuple(axis.name.lower() for axis in multiscale.axes)
    if len(axes) != len(shape):
        raise FileError(
            f"cannot read {where}: level {level} has {len(shape)} dimensions and the axes "
            f"{', '.join(axes)}"
        )
    steps = (
        *multiscale.datasets[level].steps,
        *multiscale.steps,
    )
    scale, translation = _combined(steps, axes, f"cannot read {where}: level {level}")
    try:
        nothing = np.broadcast_to(np.zeros((), dtype), shape)
    except ValueError as error:
        raise FileError(f"cannot read {where}: level {level} has the shape {shape}") from error
    name = multiscale.name if isinstance(multiscale.name, str) else ""
    image = CalibratedImage(
        nothing,
        axes,
        _calibration(multiscale.axes, scale, translation),
        name=name.strip("/ ") or PurePosixPath(where).name,
    )
    return _with_channels(image, attributes.get("omero"), where)


def _combined(
    steps: Sequence[Transformation], axes: Sequence[str], said: str
) -> tuple[dict[str, float] | None, dict[str, float]]:
    """Return scale and translation per axis; no scale where nothing is said of it."""
    scale, translation = dict.fromkeys(axes, 1.0), dict.fromkeys(axes, 0.0)
    scaled = False
    for step in steps:
        if step.type == "identity":
            continue
        values = {"scale": step.scale, "translation": step.translation}.get(step.type)
        if step.type not in ("scale", "translation"):
            raise FileError(
                f"{said} has a transformation of the type {step.type!r:.40}; only scale and "
                "translation are read"
            )
        if values is None or len(values) != len(axes):
            count = "no values" if values is None else f"{len(values)} values"
            raise FileError(f"{said} has a {step.type} of {count} for {len(axes)} axes")
        for axis, value in zip(axes, values, strict=True):
            if step.type == "scale":
                scaled = True
                scale[axis] *= float(value)
                translation[axis] *= float(value)
            else:
                translation[axis] += float(value)
    return scale if scaled else None, translation


def _calibration(
    axes: Sequence[Axis], scale: Mapping[str, float] | None, translation: Mapping[str, float]
) -> Calibration:
    spelled = {axis.name.lower(): (axis.unit or "").strip() for axis in axes}
    spatial = [axis for axis in SPATIAL_AXES if axis in spelled]
    # Every image must have a scale. Ones without a unit say nothing.
    if scale is not None and all(scale[a] == 1.0 and not spelled[a] for a in spatial):
        scale = {**scale, **dict.fromkeys(spatial, math.nan)}
        known = False
    else:
        known = scale is not None
    found = {}
    for axis in spatial:
        unit = spelled[axis]
        if unit and units.is_length(unit):
            unit = units.symbol(unit)
        size = scale[axis] if known and scale is not None else None
        sound = size is not None and units.positive(size)
        # Fifteen digits: a translation is a multiple of the size that was rounded once.
        origin = float(f"{-translation[axis] / (size if sound and size else 1.0):.15g}") + 0.0
        if not math.isfinite(origin):
            origin = 0.0
        raw = None if size is None or sound else f"scale of {axis} = {size!r}"
        found[axis] = AxisCalibration(size, unit, origin, raw)
    made = Calibration(source="OME-Zarr").with_axes(**found)
    interval = scale["t"] if scale is not None and "t" in spelled else 0.0
    unit = spelled.get("t", "")
    if not units.positive(interval) or (interval == 1.0 and not unit):
        return made
    symbol = time_symbol(unit)
    shown = "sec" if symbol == "s" or not unit else symbol or unit
    return replace(made, frame_interval=interval, time_unit=shown)


def _with_channels(image: CalibratedImage, said: object, where: str) -> CalibratedImage:
    """Give an image names, colours and ranges of its channels as `omero` says them."""
    if said is None:
        return image
    found = lenient(_Omero, said, f"{where}: omero")
    if found is None or len(found.channels) != image.size("c"):
        return image
    channels = found.channels
    colours = [channel.color.lstrip("#").upper() for channel in channels]
    luts: tuple[Any, ...] = ()
    if any(colour != _WHITE for colour in colours):
        luts = tuple(lut_of((int(c[:2], 16), int(c[2:4], 16), int(c[4:], 16))) for c in colours)
    # A window as wide as the samples can be is what writers put that know none.
    windows = [channel.window for channel in channels]
    ranges: tuple[float, ...] = ()
    if all(w.start is not None and w.end is not None for w in windows) and any(
        (w.start, w.end) != (w.min, w.max) for w in windows
    ):
        ranges = tuple(float(v) for w in windows for v in (w.start, w.end) if v is not None)
    names = tuple(channel.label or "" for channel in channels)
    several = "c" in image.axes and len(channels) > 1
    return replace(
        image,
        metadata=ImageJMetadata(
            luts=luts, ranges=ranges, mode="composite" if luts and several else None
        ),
        channel_names=names if several and any(names) else (),
    )
