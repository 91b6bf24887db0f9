"""Which chunks of a Zarr array are missing, and which one is damaged."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
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


def check_count(array: Any, region: Sequence[slice], name: str) -> int:
    """Return how many chunks a region touches.

    Raises
    ------
    FileError
        If there are more than a file may claim.
    """
    count = math.prod(len(numbers) for numbers in _grid(region, array.chunks))
    if count > MAX_CHUNKS:
        raise FileError(f"cannot read {name}: {count} chunks (limit {MAX_CHUNKS}) are to be read")
    return count


def missing_chunks(array: Any, region: Sequence[slice]) -> int:
    """Count the chunks of a region that was read that are not there."""
    lacks = _knows(array)
    if lacks is None:
        return 0
    units = itertools.product(*_grid(region, array.shards or array.chunks))
    if array.shards is None:
        return sum(lacks(_key(array, index)) for index in units)
    return sum(_missing_in_shard(lacks, array, region, shard) for shard in units)


def damaged_chunk(array: Any, region: Sequence[slice]) -> tuple[tuple[int, ...] | None, str]:
    """Return index and key of the first chunk of a region that cannot be read."""
    for index in itertools.product(*_grid(region, array.chunks)):
        place = tuple(
            slice(number * size, (number + 1) * size)
            for number, size in zip(index, array.chunks, strict=True)
        )
        try:
            array[place]
        except (MemoryError, FileError):
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


def _key(array: Any, index: tuple[int, ...]) -> str:
    """Return the name of a chunk or shard in its store."""
    return f"{array.path}/{array.metadata.encode_chunk_key(index)}".lstrip("/")


def _knows(array: Any) -> Callable[[str], bool] | None:
    """Return what says whether a store lacks a key; None for stores that are not looked through."""
    from zarr.storage import LocalStore

    store = array.store
    if isinstance(store, LocalStore):
        return lambda key: not (Path(store.root) / key).is_file()
    absent = getattr(store, "absent", None)
    # Of a remote store that is known of what was asked for, without another request.
    return None if absent is None else absent.__contains__


def _missing_in_shard(
    lacks: Callable[[str], bool], array: Any, region: Sequence[slice], shard: tuple[int, ...]
) -> int:
    """Count the chunks of a region that one shard should hold and does not."""
    inner = []
    for number, part, size, chunk in zip(shard, region, array.shards, array.chunks, strict=True):
        first, last = max(part.start, number * size), min(part.stop, (number + 1) * size)
        inner.append(slice((first - number * size) // chunk, -(-(last - number * size) // chunk)))
    wanted: int = math.prod(part.stop - part.start for part in inner)
    key = _key(array, shard)
    if lacks(key):
        return wanted
    index = _index(array, key)
    # An index that cannot be read is what reading the chunks will name.
    return 0 if index is None else int((index[tuple(inner)] == _ABSENT).all(axis=-1).sum())


def _index(array: Any, key: str) -> np.ndarray[Any, Any] | None:
    """Return place and length of the chunks in a shard, of shape (… chunks per axis, 2)."""
    from zarr.abc.store import RangeByteRequest, SuffixByteRequest
    from zarr.core.buffer import default_buffer_prototype
    from zarr.core.sync import sync

    grid = tuple(size // chunk for size, chunk in zip(array.shards, array.chunks, strict=True))
    codec = array.metadata.to_dict()["codecs"][0].get("configuration", {})
    names = [part["name"] for part in codec.get("index_codecs", ())]
    length = 16 * math.prod(grid)
    stored = length + (4 if "crc32c" in names else 0)
    if names not in (["bytes"], ["bytes", "crc32c"]):
        return None
    at_end = codec.get("index_location", "end") == "end"
    part = SuffixByteRequest(stored) if at_end else RangeByteRequest(0, stored)
    found = sync(array.store.get(key, default_buffer_prototype(), part))
    raw = b"" if found is None else bytes(found.to_bytes())
    if len(raw) < stored:
        return None
    return np.frombuffer(raw[:length], "<u8").reshape(*grid, 2)
