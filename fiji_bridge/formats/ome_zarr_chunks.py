"""Which chunks of a Zarr array are missing, and which one is damaged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fiji_bridge.errors import FileError
from fiji_bridge.formats.limits import MAX_CHUNKS

# Large enough to be few, small enough that a viewer reads no more than it shows.
_CHUNK = {"z": 32, "y": 256, "x": 256}
# In the index of a shard, the place and the length of a chunk that it does not hold.
_ABSENT = 2**64 - 1


def default_chunks(axes: Sequence[str], shape: Sequence[int]) -> tuple[int, ...]:
    """Return the chunks of an array that follows no other one."""
    return tuple(
        min(max(size, 1), _CHUNK.get(axis, 1)) for axis, size in zip(axes, shape, strict=True)
    )


def check_chunks(array: Any, region: Sequence[slice], name: str) -> tuple[int, int]:
    """Count the chunks of a region that are not there, and all of them.

    Raises
    ------
    FileError
        If there are more than a file may claim.
    """
    units = _grid(region, array.chunks)
    count = math.prod(len(numbers) for numbers in units)
    if count > MAX_CHUNKS:
        raise FileError(f"cannot read {name}: {count} chunks (limit {MAX_CHUNKS}) are to be read")
    folder = _folder(array)
    if folder is None:
        return 0, count
    if array.shards is None:
        there = (_path(folder, array, index).is_file() for index in itertools.product(*units))
        return count - sum(there), count
    shards = itertools.product(*_grid(region, array.shards))
    return sum(_missing_in_shard(folder, array, region, shard) for shard in shards), count


def damaged_chunk(array: Any, region: Sequence[slice]) -> tuple[tuple[int, ...] | None, str]:
    """Return index and key of the first chunk of a region that cannot be read."""
    for index in itertools.product(*_grid(region, array.chunks)):
        place = tuple(
            slice(number * size, (number + 1) * size)
            for number, size in zip(index, array.chunks, strict=True)
        )
        try:
            array[place]
        except MemoryError:
            raise
        except Exception:
            stored = array.shards or array.chunks
            unit = tuple(part.start // size for part, size in zip(place, stored, strict=True))
            return index, f"{array.path}/{array.metadata.encode_chunk_key(unit)}"
    return None, ""


def _grid(region: Sequence[slice], sizes: Sequence[int]) -> list[range]:
    """Return the numbers of the units that a region touches, per axis."""
    return [
        range(part.start // size, -(-part.stop // size))
        for part, size in zip(region, sizes, strict=True)
    ]


def _folder(array: Any) -> Path | None:
    """Return the folder of a store of files; no other store is looked through."""
    root = getattr(array.store, "root", None)
    return root / array.path if isinstance(root, Path) else None


def _path(folder: Path, array: Any, index: tuple[int, ...]) -> Path:
    return folder / str(array.metadata.encode_chunk_key(index))


def _missing_in_shard(
    folder: Path, array: Any, region: Sequence[slice], shard: tuple[int, ...]
) -> int:
    """Count the chunks of a region that one shard should hold and does not."""
    inner = []
    for number, part, size, chunk in zip(shard, region, array.shards, array.chunks, strict=True):
        first, last = max(part.start, number * size), min(part.stop, (number + 1) * size)
        inner.append(slice((first - number * size) // chunk, -(-(last - number * size) // chunk)))
    wanted: int = math.prod(part.stop - part.start for part in inner)
    path = _path(folder, array, shard)
    if not path.is_file():
        return wanted
    index = _index(path, array)
    # An index that cannot be read is what reading the chunks will name.
    return 0 if index is None else int((index[tuple(inner)] == _ABSENT).all(axis=-1).sum())


def _index(path: Path, array: Any) -> np.ndarray[Any, Any] | None:
    """Return place and length of the chunks in a shard, of shape (… chunks per axis, 2)."""
    grid = tuple(size // chunk for size, chunk in zip(array.shards, array.chunks, strict=True))
    codec = array.metadata.to_dict()["codecs"][0].get("configuration", {})
    names = [part["name"] for part in codec.get("index_codecs", ())]
    length = 16 * math.prod(grid)
    stored = length + (4 if "crc32c" in names else 0)
    if names not in (["bytes"], ["bytes", "crc32c"]) or path.stat().st_size < stored:
        return None
    with path.open("rb") as file:
        if codec.get("index_location", "end") == "end":
            file.seek(-stored, 2)
        raw = file.read(length)
    return np.frombuffer(raw, "<u8").reshape(*grid, 2)
