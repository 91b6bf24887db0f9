"""Choosing a part of an image file: scene, level, timepoint, channel, region."""

from __future__ import annotations

import math
import operator
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fiji_bridge.errors import AxesError, FileError, InputError, UnitError
from fiji_bridge.formats.foreign import MetadataWarning
from fiji_bridge.formats.samples import drop_single
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import AXES, CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import SPATIAL_AXES

#: ``"z=0:20um y=10:50px"``, or by axis a slice or two numbers in pixels, or a text ``"0:20um"``.
RegionLike = str | Mapping[str, "slice | tuple[int, int] | str"]

_PLANES = ("t", "z", "c")
# So many of the scenes of a file are named; a plate has hundreds.
_NAMED = 100
_PART = re.compile(r"\s*(\w+)\s*=\s*([^=]*?)\s*(?:[,;\s]\s*(?=\w+\s*=)|$)")


@dataclass(frozen=True)
class Selection:
    """Which part of a file is read; all of it by default.

    Attributes
    ----------
    level : int
        Of a file with resolution levels; 0 is the finest.
    timepoint : int or None
        Counted from 0; the result has no axis t.
    channel : int, str or None
        Counted from 0, or its name; the result has no axis c.
    region : str or mapping or None
        ``"z=0:20um y=10:50px"``: from and to, per axis, counted from the image's first sample,
        whatever its origin. A sample belongs to it if its centre does. Either side may be
        missing; so may axes. A unit at the end reaches every number that has none.
    scene : int, str or None
        Of a file that holds several images (scenes, series, fields of a plate): its name, or its
        number from 0. None is for a file of one.
    """

    level: int = 0
    timepoint: int | None = None
    channel: int | str | None = None
    region: RegionLike | None = None
    scene: int | str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", _index(self.level, "level"))
        if self.timepoint is not None:
            object.__setattr__(self, "timepoint", _index(self.timepoint, "timepoint"))
        if self.scene is not None and not isinstance(self.scene, str):
            object.__setattr__(self, "scene", _index(self.scene, "scene"))

    @property
    def cuts(self) -> bool:
        """Whether less than a whole level is chosen."""
        return (self.timepoint, self.channel, self.region) != (None, None, None)

    def scene_number(self, names: Sequence[str], path: object, remedy: str = "") -> int:
        """Return the number of the chosen scene, or 0 of the only one.

        Parameters
        ----------
        names : sequence of str
            Of the scenes, in the order of the file; a name counts before a number.
        path : object
            Of the file, for the message.
        remedy : str
            What else can be done where no scene is chosen.

        Raises
        ------
        FileError
            If there are several and none is chosen; names them.
        InputError
            If there is no such scene; names those that there are.
        """
        shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
        if self.scene is None:
            if len(names) == 1:
                return 0
            raise FileError(
                f"cannot read {path}: it holds {len(names)} scenes, {shown}; choose one by scene, "
                f"its name or its number from 0{remedy}"
            )
        if self.scene in names:
            name = str(self.scene)
            if list(names).count(name) > 1:
                raise InputError(f"{path} has several scenes {name!r}; give the number")
            return list(names).index(name)
        number = int(self.scene) if str(self.scene).isdecimal() else -1
        if not 0 <= number < len(names):
            scenes = "scene is" if len(names) == 1 else f"{len(names)} scenes are"
            raise InputError(f"{path} has no scene {self.scene!r}: its {scenes} {shown}")
        return number

    def only_image(self, path: object, kind: str) -> None:
        """Refuse another scene or level than the one that a file of a kind has.

        Raises
        ------
        InputError
        """
        if self.scene not in (None, 0, "0"):
            raise InputError(
                f"no scene of {path} can be chosen: a file of the format {kind} is read as one "
                "image"
            )
        if self.level:
            raise InputError(f"{path} has no level {self.level}: {kind} has one only")

    def slices(self, image: CalibratedImage) -> dict[str, slice]:
        """Return the chosen samples per axis; axes of which all are chosen are missing.

        Parameters
        ----------
        image : CalibratedImage
            Whole; its samples are not looked at.

        Raises
        ------
        InputError
            Names what was asked for and what there is.
        """
        found: dict[str, slice] = {}
        if self.timepoint is not None:
            found["t"] = _one(self.timepoint, image, "t", "timepoint")
        if self.channel is not None:
            found["c"] = _one(self._channel_number(image), image, "c", "channel")
        if self.region is not None:
            for axis, (start, stop) in _read_region(self.region).items():
                found[axis] = _samples(image, axis, start, stop)
        return {axis: part for axis, part in found.items() if axis in image.axes}

    def _channel_number(self, image: CalibratedImage) -> int:
        given = self.channel
        names = image.channel_names
        if isinstance(given, str) and given in names:
            if names.count(given) > 1:
                raise InputError(f"{image.name} has several channels {given!r}; give the number")
            return names.index(given)
        if isinstance(given, str) and not given.isdecimal():
            known = f"its channels are {', '.join(names)}" if names else "its channels have no name"
            raise InputError(f"{image.name} has no channel {given!r}: {known}")
        return _index(int(given) if isinstance(given, str) else given, "channel")


def cut(image: CalibratedImage, slices: Mapping[str, slice]) -> CalibratedImage:
    """Return a part of an image, with what it knows of that part; no sample is copied.

    Parameters
    ----------
    image : CalibratedImage
    slices : mapping
        As `Selection.slices` gives them.

    Returns
    -------
    CalibratedImage
        Axes that have one plane left are left out; the origin is that of the whole.
    """
    if not slices:
        return image
    data, axes = drop_single(
        image.data[tuple(slices.get(axis, slice(None)) for axis in image.axes)], image.axes
    )
    moved = {}
    for axis in SPATIAL_AXES:
        if axis in slices:
            found = image.calibration.axis(axis)
            moved[axis] = replace(found, origin=found.origin - slices[axis].start)
    names = image.channel_names
    if "c" in slices and len(names) == image.size("c"):
        names = names[slices["c"]]
    lost = [name for name in ("roi", "overlay") if getattr(image.metadata, name)]
    if lost:
        said = {"roi": "the selection", "overlay": "the overlay"}
        warnings.warn(
            f"{image.name}: {' and '.join(said[name] for name in lost)} of the whole image does "
            "not go along with a part of it",
            MetadataWarning,
            stacklevel=2,
        )
    return replace(
        image,
        data=data,
        axes=axes,
        calibration=image.calibration.with_axes(**moved),
        metadata=_metadata_of(image, slices),
        channel_names=names,
        # Planes and channels in it are those of the whole.
        ome_xml=None,
    )


def _metadata_of(image: CalibratedImage, slices: Mapping[str, slice]) -> ImageJMetadata:
    found = image.metadata
    sizes = [image.size(axis) for axis in _PLANES]
    labels, luts, ranges, mode = found.labels, found.luts, found.ranges, found.mode
    if len(labels) == math.prod(sizes):
        numbers = np.arange(len(labels)).reshape(sizes)
        kept = numbers[tuple(slices.get(axis, slice(None)) for axis in _PLANES)]
        labels = tuple(labels[number] for number in kept.ravel())
    if "c" in slices:
        start, stop = slices["c"].start, slices["c"].stop
        if len(luts) == image.size("c"):
            luts = luts[start:stop]
        ranges = ranges[2 * start : 2 * stop]
        mode = None
    return replace(found, labels=labels, luts=luts, ranges=ranges, mode=mode, roi=None, overlay=())


def _index(value: Any, what: str) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0 or isinstance(value, bool | np.bool_):
        raise InputError(f"{what} must be a whole number from 0; got {value!r}")
    return number


def _one(number: int, image: CalibratedImage, axis: str, what: str) -> slice:
    count = image.size(axis)
    if number >= count:
        raise InputError(f"{image.name} has no {what} {number}: there are {count}, counted from 0")
    return slice(number, number + 1)


Bound = units.Length | None


def _read_region(given: RegionLike) -> dict[str, tuple[Bound, Bound]]:
    parts: dict[str, Any]
    if isinstance(given, str):
        matches = list(_PART.finditer(given))
        if not matches or "".join(match[0] for match in matches) != given:
            raise InputError(
                f"cannot read the region {given!r}; write it like 'z=0:20um y=10:50px'"
            )
        parts = {match[1]: match[2] for match in matches}
        if len(parts) < len(matches):
            raise InputError(f"the region {given!r} names an axis twice")
    elif isinstance(given, Mapping):
        parts = dict(given)
    else:
        raise InputError(f"region must be a text or a mapping by axis; got {given!r}")
    for axis in parts:
        if axis not in SPATIAL_AXES:
            other = {"t": "; for t there is timepoint", "c": "; for c there is channel"}
            raise AxesError(
                f"the region names axis {axis!r}; its axes are z, y and x{other.get(axis, '')}"
            )
    read = {axis: _bounds(axis, value) for axis, value in parts.items()}
    last = next((b.unit for b in reversed(list(read.values())[-1]) if b is not None), None)
    return {axis: (_with(a, last, axis), _with(b, last, axis)) for axis, (a, b) in read.items()}


def _bounds(axis: str, value: Any) -> tuple[Bound, Bound]:
    """Return from and to; a unit of the second is that of the first as well."""
    if isinstance(value, slice):
        if value.step not in (None, 1):
            raise InputError(f"the region on axis {axis} has the step {value.step}; it has none")
        value = (value.start, value.stop)
    if isinstance(value, str):
        sides = value.split(":")
        if len(sides) != 2:
            raise InputError(f"the region on axis {axis} is {value!r}; write from:to, as 0:20um")
        try:
            start, stop = (units.parse_length(side) if side.strip() else None for side in sides)
        except UnitError as error:
            raise UnitError(f"the region on axis {axis}: {error}") from None
        return _with(start, None if stop is None else stop.unit, None), stop
    try:
        first, second = value
    except (TypeError, ValueError):
        raise InputError(f"the region on axis {axis} must be from and to; got {value!r}") from None
    return _pixels(first, axis), _pixels(second, axis)


def _pixels(value: Any, axis: str) -> Bound:
    if value is None:
        return None
    return units.Length(float(_index(value, f"a bound of the region on axis {axis}")), units.PIXEL)


def _with(bound: Bound, unit: str | None, axis: str | None) -> Bound:
    if bound is None or bound.unit is not None:
        return bound
    if unit is None and axis is not None:
        raise UnitError(
            f"the region on axis {axis} has no unit at {bound.value:g}; say px or a length unit"
        )
    return replace(bound, unit=unit)


def _samples(image: CalibratedImage, axis: str, start: Bound, stop: Bound) -> slice:
    if axis not in image.axes:
        raise AxesError(f"the region names axis {axis}, and {image.name} has {_axes(image)}")
    count = image.size(axis)
    first = 0 if start is None else _sample(image, axis, start)
    last = count if stop is None else _sample(image, axis, stop)
    if not 0 <= first < last <= count:
        said = " to ".join("the end" if b is None else str(b) for b in (start, stop))
        if start is None:
            said = f"the start to {stop}"
        size = f"{count} px"
        if image.calibration.is_physical(axis):
            unit = units.symbol(image.calibration.axis(axis).unit)
            size += f" = {count * image.calibration.voxel_size(axis):g} {unit}"
        raise InputError(
            f"the region on axis {axis} goes from {said}, which holds no sample or lies outside: "
            f"{image.name} has {size}"
        )
    return slice(first, last)


def _sample(image: CalibratedImage, axis: str, bound: units.Length) -> int:
    """Return the first sample whose centre lies at or behind a bound."""
    if bound.unit == units.PIXEL:
        place = bound.value
    else:
        assert bound.unit is not None
        place = bound.value / image.calibration.voxel_size(axis, bound.unit)
    if not math.isfinite(place) or place < 0:
        raise InputError(f"the region on axis {axis} has the bound {bound}; it must be 0 or more")
    # 0.1 + 0.2 is a little more than 0.3.
    return math.ceil(place - 0.5 - 1e-9 * max(1.0, place))


def _axes(image: CalibratedImage) -> str:
    return "the axes " + ", ".join(axis for axis in AXES if axis in image.axes)
