"""Reading a level, or a part of it, of an OME-Zarr (NGFF 0.4 on Zarr 2, 0.5 on Zarr 3)."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fiji_bridge.errors import FijiBridgeError, FileError, InputError, MemoryLimitError
from fiji_bridge.formats.foreign import MetadataWarning, checked
from fiji_bridge.formats.ome_zarr_chunks import check_count, damaged_chunk, missing_chunks
from fiji_bridge.formats.ome_zarr_metadata import Plate, Well, describe, inside, multiscale_of
from fiji_bridge.formats.registry import Probe
from fiji_bridge.formats.samples import drop_single, native
from fiji_bridge.formats.selection import Selection, cut
from fiji_bridge.formats.stores import import_zarr, is_zarr, open_store
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.image.places import Place
from fiji_bridge.image.provenance import to_entries


def recognises(probe: Probe) -> bool:
    """Whether a folder is a Zarr."""
    return is_zarr(probe.place)


def read_ome_zarr(probe: Probe, selection: Selection) -> CalibratedImage:
    """Read one level, or the chosen part of it; no chunk outside of the part is touched.

    Raises
    ------
    FileError
        If it is no image, several of them, damaged (names the chunk), or says what is not read.
    MemoryLimitError
        If the part is larger than the memory that is free.
    InputError
        If there is no such level or part.
    """
    with in_words(probe.place):
        level = open_level(probe.place, selection)
        described = level.image
        slices = selection.slices(described)
        data, axes = drop_single(
            _samples(level.array, described, slices, level.path, selection.level), described.axes
        )
        return replace(cut(described, slices), data=data, axes=axes)


@dataclass(frozen=True)
class Level:
    """One level of an OME-Zarr; no sample of it is read.

    Attributes
    ----------
    path : Path or Remote
        Folder of the image.
    array : zarr.Array
    image : CalibratedImage
        What is said of it, in the axes of the store; its samples are none.
    count : int
        How many levels there are.
    attributes : mapping
        Of the image, as NGFF 0.5 and 0.4 have them alike.
    """

    path: Place
    array: Any
    image: CalibratedImage
    count: int
    attributes: Mapping[str, Any]


def open_level(path: Place, selection: Selection) -> Level:
    """Open the chosen level of the image in a folder, or of the chosen one below it.

    Raises
    ------
    FileError, InputError
        See `read_ome_zarr`.
    """
    with in_words(path):
        group, attributes = _open(path)
        found = multiscale_of(attributes, str(path))
        if found is None:
            inner = path / _scene(path, group, attributes, selection)
            return open_level(inner, replace(selection, scene=None))
        selection.scene_number([path.name], path)
        number, count = selection.level, len(found.datasets)
        if number >= count:
            raise InputError(f"{path} has no level {number}: there are {count}, counted from 0")
        array = _array(group, found.datasets[number].path, path)
        image = describe(found, number, attributes, tuple(array.shape), array.dtype, str(path))
        image = replace(image, provenance=_provenance(group.attrs.asdict()))
        return Level(path, array, image, count, attributes)


@contextlib.contextmanager
def in_words(path: Place) -> Iterator[None]:
    """Turn what zarr raises of damaged metadata into a sentence."""
    try:
        yield
    except FijiBridgeError:
        raise
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError as error:
        raise MemoryLimitError(f"{path} does not fit into memory ({error})") from error
    except Exception as error:
        # What zarr raises of damaged metadata depends on the damage.
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise FileError(f"cannot read {path}: damaged or unsupported Zarr ({said})") from error


def _open(path: Place) -> tuple[Any, Mapping[str, Any]]:
    """Return the group, and its attributes as NGFF 0.5 and 0.4 have them alike."""
    zarr = import_zarr()
    node = zarr.open(store=open_store(path), mode="r")
    if not isinstance(node, zarr.Group):
        raise FileError(
            f"cannot read {path}: it is an array without axes and voxel size; open the folder "
            "of the image that it belongs to"
        )
    attributes = node.attrs.asdict()
    inner = attributes.get("ome", attributes)
    if not isinstance(inner, Mapping):
        raise FileError(f"cannot read {path}: its attribute ome is {inner!r:.60}, no object")
    return node, inner


def _array(group: Any, name: str, path: Place) -> Any:
    import zarr

    try:
        found = group[name]
    except KeyError:
        raise FileError(
            f"cannot read {path}: the level {name!r} that it names is missing"
        ) from None
    if not isinstance(found, zarr.Array):
        raise FileError(f"cannot read {path}: the level {name!r} is a group, no array")
    if found.dtype.kind not in "biuf":
        raise FileError(f"cannot read {path}: its samples are of the type {found.dtype}")
    return found


def _samples(
    array: Any, image: CalibratedImage, slices: Mapping[str, slice], path: Place, level: int
) -> Any:
    region = tuple(
        slices.get(axis, slice(0, size)) for axis, size in zip(image.axes, image.shape, strict=True)
    )
    shape = tuple(part.stop - part.start for part in region)
    unit = array.shards or array.chunks
    # One unit is unpacked whole, however little of it is wanted.
    needed = array_bytes(shape, array.dtype.itemsize) + array_bytes(unit, array.dtype.itemsize)
    check_memory(needed, str(path))
    count = check_count(array, region, str(path))
    try:
        data = native(array[region].reshape(shape))
    except (MemoryError, FijiBridgeError):
        raise
    except Exception as error:
        index, where = damaged_chunk(array, region)
        said = " ".join(str(error).split())[:120] or type(error).__name__
        if index is None:
            raise
        raise FileError(
            f"cannot read {path}: chunk {index} of level {level} ({where}) is damaged ({said})"
        ) from error
    missing = missing_chunks(array, region)
    if missing:
        warnings.warn(
            f"{path}: {missing} of {count} chunks of level {level} missing in the store; samples "
            f"there are the fill value {array.fill_value}",
            MetadataWarning,
            stacklevel=2,
        )
    return data


def _scene(path: Place, group: Any, attributes: Mapping[str, Any], selection: Selection) -> str:
    """Return the chosen image below a folder that is none itself, or the only one."""
    names = _images(path, group, attributes)
    if not names:
        raise FileError(f"cannot read {path}: it is a Zarr without an image (no multiscales)")
    remedy = f", or open it alone, such as {path / names[0]}"
    return names[selection.scene_number(names, path, remedy)]


def _images(path: Place, group: Any, attributes: Mapping[str, Any]) -> list[str]:
    said = f"cannot read {path}: the"
    if "plate" in attributes:
        plate = checked(Plate, _mapping(attributes["plate"], path), f"{said} plate says")
        found = []
        for well in plate.wells:
            inner = _open(path / inside(well.path, str(path)))[1]
            found += [f"{well.path}/{name}" for name in _wells_images(inner, path)]
        return found
    if "well" in attributes:
        return _wells_images(attributes, path)
    # bioformats2raw's layout, and other folders of images.
    if not group.store.supports_listing:
        return _numbered(path, attributes)
    names = sorted((name for name, _ in group.groups()), key=lambda n: (len(n), n))
    return [name for name in names if _is_image(path / name)]


def _wells_images(attributes: Mapping[str, Any], path: Place) -> list[str]:
    well = _mapping(attributes.get("well", {}), path)
    found = checked(Well, well, f"cannot read {path}: the well says")
    return [inside(image.path, str(path)) for image in found.images]


def _numbered(path: Place, attributes: Mapping[str, Any]) -> list[str]:
    """Return the images of bioformats2raw's layout in a store that does not say what is in it."""
    if "bioformats2raw.layout" not in attributes:
        raise FileError(
            f"cannot read {path}: it is a Zarr without an image (no multiscales), and a server of "
            "files does not say what else lies there; open the image in it"
        )
    numbers = map(str, itertools.count())
    return list(itertools.takewhile(lambda name: _is_image(path / name), numbers))


def _is_image(path: Place) -> bool:
    return is_zarr(path) and "multiscales" in _open(path)[1]


def _mapping(value: object, path: Place) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FileError(f"cannot read {path}: its metadata are {value!r:.60}, no object")
    return value


def _provenance(attributes: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    import json

    own = attributes.get("fiji_bridge")
    return to_entries(json.dumps(own.get("provenance"))) if isinstance(own, Mapping) else ()
