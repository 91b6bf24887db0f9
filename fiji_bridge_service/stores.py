"""OME-Zarr below a root, of any size: what a worker looks at is a level or a region of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fiji_bridge.blocks.process import Run
from fiji_bridge.errors import InputError
from fiji_bridge.formats import open_regions, read
from fiji_bridge.formats.regions import ImageSource, nothing
from fiji_bridge.formats.selection import Selection
from fiji_bridge.image.calibrated import AXES, CalibratedImage
from fiji_bridge.image.memory import readable

#: The most that is read of a store for a picture.
_SHOWN = 128 * 2**20
#: The most that one chunk may take once it is unpacked: all of it is, whatever is read of it.
_CHUNK = 2**30
#: What the process that hands blocks to a cluster takes.
COORDINATING = 512 * 2**20


def opened(path: str, level: int = 0) -> ImageSource:
    """Open a level.

    Raises
    ------
    InputError
        For chunks that no worker should unpack.
    """
    source = open_regions(path, Selection(level))
    chunk = math.prod(source.chunks) * source.image.dtype.itemsize
    if chunk > _CHUNK:
        raise InputError(
            f"a chunk of level {level} has {readable(chunk)} of samples; at most "
            f"{readable(_CHUNK)} are unpacked here"
        )
    return source


def placeholder(source: ImageSource) -> CalibratedImage:
    """Return an image as reading gives it, but without samples."""
    image = source.image
    kept = sorted(source.axes, key=AXES.index)
    shape = [image.size(axis) for axis in kept]
    samples = nothing(image.data.dtype.newbyteorder("="), shape)
    return replace(image, data=samples, axes=tuple(kept))


def inside(image: CalibratedImage, axis: str, number: int) -> bool:
    """Whether the image has such an axis; refuses a number that is none along it."""
    if not 0 <= number < image.size(axis):
        raise InputError(
            f"{image.name} has no number {number} along axis {axis}: "
            f"there are 0 to {image.size(axis) - 1}"
        )
    return axis in image.axes


def shown(path: str, name: str, asked: Mapping[str, Any]) -> tuple[CalibratedImage, dict[str, Any]]:
    """Return one time of a level that is small enough for a picture, and what is asked of it.

    Raises
    ------
    InputError
        If no level is small enough, with the remedy.
    """
    first = opened(path)
    whole = placeholder(first)
    chosen, asked = _chosen(whole, asked)
    for axis, at in zip("zyx", asked.get("position") or (0, 0, 0), strict=True):
        inside(whole, axis, at)
    for level in range(first.levels):
        image = placeholder(opened(path, level))
        times = image.size("t") * (image.size("c") if "channel" in chosen else 1)
        if image.data.size * image.dtype.itemsize // times <= _SHOWN:
            break
    else:
        raise InputError(
            f"{name} has no level that is small enough for a picture (at most "
            f"{readable(_SHOWN)} of one time and channel); write coarser levels, as pyramid does"
        )
    if asked.get("position"):
        asked["position"] = [
            min(image.size(axis) - 1, int((at + 0.5) * image.size(axis) / whole.size(axis)))
            for axis, at in zip("zyx", asked["position"], strict=True)
        ]
    return read(path, level=level, **chosen), asked


def part(
    path: str, cuts: Mapping[str, tuple[int, int]], asked: Mapping[str, Any]
) -> CalibratedImage:
    """Read a region of one time, and of one channel where one is asked for."""
    whole = placeholder(opened(path))
    chosen, _ = _chosen(whole, asked)
    return read(path, region=dict(cuts), **chosen)


def _chosen(
    whole: CalibratedImage, asked: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return time and channel as `read` takes them, and what is asked without them."""
    chosen: dict[str, Any] = {}
    if "t" in whole.axes:
        chosen["timepoint"] = asked.get("frame", 0)
    if "c" in whole.axes and asked.get("channel") is not None:
        chosen["channel"] = asked["channel"]
    return chosen, {**asked, "frame": 0, "channel": None}


def planned(
    path: str, target: Path, asked: Mapping[str, Any], *, scheduler: str | None = None
) -> Run:
    """Return a run over blocks that makes sense; nothing is written yet.

    Parameters
    ----------
    path : str
    target : Path
    asked : mapping
        What a job asks for, and ``blocks``: `memory` of a worker in bytes, `workers`, `threads`.
    scheduler : str, optional
        Address of a dask scheduler.
    """
    opened(path)
    how = asked["blocks"]
    names = ("engine", "voxel_size", "unit")
    given = {name: asked[name] for name in names if asked.get(name) is not None}
    if scheduler is not None:
        given["client"] = scheduler
    else:
        given |= {"workers": how["workers"], "threads": how["threads"]}
    return Run.of(
        path, target, asked["operation"], memory=how["memory"], **given, **asked["parameters"]
    )
