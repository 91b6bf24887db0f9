"""OME-Zarr; here the writing of levels as one multiscale image (NGFF 0.4 and 0.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fiji_bridge._version import __version__
from fiji_bridge.errors import AxesError, FileError, InputError
from fiji_bridge.formats.atomic_folder import recover
from fiji_bridge.formats.ome_colours import channel_colours
from fiji_bridge.formats.ome_kept import not_kept_elsewhere
from fiji_bridge.formats.ome_units import time_name
from fiji_bridge.formats.ome_zarr_chunks import default_chunks
from fiji_bridge.formats.ome_zarr_read import open_level, read_ome_zarr, recognises
from fiji_bridge.formats.ome_zarr_regions import ZarrSource
from fiji_bridge.formats.registry import Format, Probe
from fiji_bridge.formats.selection import Selection
from fiji_bridge.formats.stores import MARKS, import_zarr, remote_store, whole_store
from fiji_bridge.image import units
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.places import Place, PlaceLike, Remote, resolved, to_place
from fiji_bridge.image.texts import encodable

#: NGFF version -> version of the Zarr format beneath it.
ZARR_FORMATS = {"0.4": 2, "0.5": 3}

# NGFF wants this order.
_ORDER = ("t", "c", "z", "y", "x")
# Of a channel without a finite sample.
_NO_RANGE = (0.0, 1.0)
_KINDS = {"t": "time", "c": "channel"}


def check_zarr_target(path: PlaceLike, *, overwrite: bool) -> Place:
    """Refuse a folder that must not be replaced, before any work is done.

    Raises
    ------
    FileError
        If the parent is missing, or something is there that is not to be replaced: without
        `overwrite` anything, with it whatever is not a Zarr; if it is where nothing is written.
    """
    place = to_place(path, "the image to write")
    if isinstance(place, Remote):
        _check_remote_target(place, overwrite=overwrite)
        return place
    target = Path(resolved(place))
    if not target.parent.is_dir():
        raise FileError(f"cannot write {path}: the folder {target.parent} does not exist")
    recover(target)
    if not target.exists():
        return target
    if not overwrite:
        raise _exists(path)
    if not any((target / name).is_file() for name in ("zarr.json", ".zgroup")):
        raise _no_zarr(path)
    return target


def check_writable(place: Place) -> None:
    """Refuse a place where nothing can be written, whatever is there.

    Raises
    ------
    FileError
    """
    if isinstance(place, Remote) and not place.is_writable:
        raise FileError(
            f"cannot write {place}: {place.scheme}:// is for reading; write to s3://, or on this "
            "machine"
        )


def _check_remote_target(place: Remote, *, overwrite: bool) -> None:
    check_writable(place)
    keys = remote_store(place).keys()
    if keys and not overwrite:
        raise _exists(place)
    if keys and not any(mark in keys for mark in MARKS):
        raise _no_zarr(place)


def _exists(path: PlaceLike) -> FileError:
    return FileError(
        f"{path} exists; choose another name or allow it (--overwrite, overwrite=True)"
    )


def _no_zarr(path: PlaceLike) -> FileError:
    return FileError(f"cannot replace {path}: it is not a Zarr")


def write_ome_zarr(
    levels: Sequence[CalibratedImage],
    path: PlaceLike,
    *,
    version: str = "0.5",
    overwrite: bool = False,
    details: Mapping[str, Any] | None = None,
) -> Place:
    """Write images of one scene, finest first, as one multiscale image.

    Parameters
    ----------
    levels : sequence of CalibratedImage
        Of the same axes; RGB samples become channels.
    path : path-like
        Folder, by custom ``NAME.ome.zarr``. It takes its name when it is complete; at ``s3://…``,
        where there are no names to take, what makes it look whole is written last.
    version : {"0.5", "0.4"}
        NGFF 0.5 lies on Zarr 3, 0.4 on Zarr 2.
    overwrite : bool
        Whether a Zarr of that name is replaced.
    details : mapping, optional
        How the levels were made, as JSON values.

    Returns
    -------
    Path or Remote
        The folder.

    Raises
    ------
    InputError, AxesError, FileError

    Notes
    -----
    A translation is the physical position of the centre of sample 0. Samples 0, 2, 4 … of a
    level are those of the next, so it is the same at every level: no half-voxel shift.
    """
    zarr = import_zarr()
    if version not in ZARR_FORMATS:
        raise InputError(f"NGFF version must be one of {', '.join(ZARR_FORMATS)}; got {version!r}")
    target = check_zarr_target(path, overwrite=overwrite)
    arranged = [_arrange(level) for level in levels]
    metadata = multiscale_attributes(levels, arranged[0][1], version, details or {})
    with whole_store(target, overwrite=overwrite) as store:
        root = zarr.create_group(store=store, zarr_format=ZARR_FORMATS[version])
        root.attrs.update(metadata)
        for number, (data, axes) in enumerate(arranged):
            _write_level(root, str(number), data, axes, version)
    return target


def _arrange(image: CalibratedImage) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Return samples and axes in NGFF's order."""
    if "s" in image.axes and "c" in image.axes:
        raise AxesError(f"{image.name} has channels and RGB samples; OME-Zarr holds one of them")
    axes = tuple("c" if axis == "s" else axis for axis in image.axes)
    order = [axis for axis in _ORDER if axis in axes]
    return image.data.transpose([axes.index(axis) for axis in order]), tuple(order)


def _write_level(
    root: Any, name: str, data: np.ndarray[Any, Any], axes: tuple[str, ...], version: str
) -> None:
    if version == "0.4":
        options: dict[str, Any] = {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
    else:
        options = {"dimension_names": axes}
    array = root.create_array(
        name,
        shape=data.shape,
        dtype=data.dtype,
        chunks=default_chunks(axes, data.shape),
        # A chunk of zeros is written too: one that is not there is one that was lost.
        config={"write_empty_chunks": True},
        **options,
    )
    array[...] = data


def multiscale_attributes(
    levels: Sequence[CalibratedImage],
    axes: tuple[str, ...],
    version: str,
    details: Mapping[str, Any],
    ranges: Mapping[int, tuple[float, float]] | None = None,
) -> dict[str, Any]:
    """Return the attributes of a group that holds levels of one scene, finest first.

    Parameters
    ----------
    levels : sequence of CalibratedImage
        Their datasets are called 0, 1, 2 …
    axes : tuple of str
        Of the arrays, in NGFF's order.
    version : {"0.5", "0.4"}
    details : mapping
        How the levels were made.
    ranges : mapping of int to (float, float), optional
        Smallest and largest finite sample of each channel that has one, where they are not in the
        levels.
    """
    first = levels[0]
    multiscale = {
        "name": encodable(first.name),
        "axes": [_axis(first, axis) for axis in axes],
        "datasets": [
            {"path": str(number), "coordinateTransformations": _transformations(level, axes)}
            for number, level in enumerate(levels)
        ],
        "type": "gaussian",
        "metadata": {
            "description": "Gaussian levels, each blurred from the one before, then subsampled",
            "method": "fiji_bridge.pyramid",
            "version": __version__,
            "kwargs": dict(details),
        },
    }
    own = {"fiji_bridge": {"provenance": [dict(entry) for entry in levels[-1].provenance]}}
    if version == "0.4":
        return {"multiscales": [{"version": "0.4", **multiscale}], **_omero(first, ranges), **own}
    return {"ome": {"version": "0.5", "multiscales": [multiscale], **_omero(first, ranges)}, **own}


def _axis(image: CalibratedImage, axis: str) -> dict[str, str]:
    if axis in SPATIAL_AXES:
        described = {"name": axis, "type": "space"}
        if image.calibration.is_physical(axis):
            described["unit"] = units.canonical(image.calibration.axis(axis).unit)
        return described
    described = {"name": axis, "type": _KINDS[axis]}
    name = time_name(image.calibration.time_unit) if axis == "t" else None
    return described if name is None else {**described, "unit": name}


def _omero(
    image: CalibratedImage, ranges: Mapping[int, tuple[float, float]] | None
) -> dict[str, Any]:
    """Return how viewers show the channels: name, colour and range of each."""
    if "c" not in image.axes:
        return {}
    count = image.size("c")
    names = image.channel_names if len(image.channel_names) == count else ("",) * count
    colours = channel_colours(image) or (None,) * count
    channels = []
    for index in range(count):
        low, high = _extremes(image, index) if ranges is None else ranges.get(index, _NO_RANGE)
        shown = image.metadata.ranges[2 * index : 2 * index + 2]
        start, end = shown if len(shown) == 2 else (low, high)
        channels.append(
            {
                "label": encodable(names[index]) or f"channel {index}",
                "color": "".join(f"{part:02X}" for part in colours[index] or (255, 255, 255)),
                "active": True,
                "window": {"min": low, "max": high, "start": start, "end": end},
            }
        )
    return {"omero": {"name": encodable(image.name), "channels": channels}}


def _extremes(image: CalibratedImage, channel: int) -> tuple[float, float]:
    """Return what samples can be, or are where they are no integers."""
    if image.data.dtype.kind in "iu":
        limits = np.iinfo(image.data.dtype)
        return float(limits.min), float(limits.max)
    samples = image.data.take(channel, axis=image.axes.index("c"))
    finite = samples[np.isfinite(samples)]
    return (float(finite.min()), float(finite.max())) if finite.size else _NO_RANGE


def _transformations(image: CalibratedImage, axes: tuple[str, ...]) -> list[dict[str, Any]]:
    scale, translation = [], []
    for axis in axes:
        size, first = 1.0, 0.0
        if axis in SPATIAL_AXES:
            found = image.calibration.axis(axis)
            if found.size is not None and found.raw is None and units.positive(found.size):
                size = found.size
            first = -found.origin * size + 0.0
        elif axis == "t" and units.positive(image.calibration.frame_interval):
            size = image.calibration.frame_interval
        scale.append(float(size))
        translation.append(float(first))
    return [
        {"type": "scale", "scale": scale},
        {"type": "translation", "translation": translation},
    ]


# Of ImageJ's metadata; colours and ranges of channels are kept.
_NOT_KEPT = {
    "info": "info",
    "labels": "slice labels",
    "roi": "selection",
    "overlay": "overlay",
    "properties": "image properties",
    "description": "density calibration and the like",
}


def _not_kept(image: CalibratedImage) -> tuple[str, ...]:
    lost = [name for key, name in _NOT_KEPT.items() if getattr(image.metadata, key)]
    if image.metadata.luts and not channel_colours(image):
        lost.append("LUTs")
    calibration = image.calibration
    if "t" in image.axes and calibration.frame_interval and not time_name(calibration.time_unit):
        lost.append(f"the unit of time {calibration.time_unit!r}")
    return (*not_kept_elsewhere(image), *lost)


def _write(image: CalibratedImage, path: Place, overwrite: bool) -> None:
    write_ome_zarr([image], path, overwrite=overwrite)


def _regions(probe: Probe, selection: Selection) -> ZarrSource:
    return ZarrSource.of(open_level(probe.place, selection), selection.level)


OME_ZARR = Format(
    name="OME-Zarr",
    recognises=recognises,
    read_part=read_ome_zarr,
    regions=_regions,
    endings=(".ome.zarr", ".zarr"),
    write=_write,
    not_kept=_not_kept,
    remote=True,
)
