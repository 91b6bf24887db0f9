"""Regions of an OME-Zarr: read from one, and written into another that is whole only at its end.

A region is read and written one shard at a time: what is packed and unpacked on the way then is no
more than `COPIES` shards, whatever the size of the region.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats.ome_zarr_chunks import (
    check_count,
    damaged_chunk,
    default_chunks,
    missing_chunks,
)
from fiji_bridge.formats.ome_zarr_read import Level
from fiji_bridge.formats.regions import ImageSource, Region, units, within
from fiji_bridge.formats.stores import held, import_zarr, open_store, repeats
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.places import Place


@dataclass(frozen=True)
class ZarrSource(ImageSource):
    """A level of an OME-Zarr of which regions are read.

    Attributes
    ----------
    number : int
        Of the level.
    """

    number: int = 0

    @classmethod
    def of(cls, level: Level, number: int) -> ZarrSource:
        """Take a level that was opened."""
        array = level.array
        described = sorted(array.metadata.to_dict().items())
        shown = level.attributes.get("omero")
        return cls(
            path=level.path,
            image=level.image,
            chunks=tuple(array.chunks),
            shards=None if array.shards is None else tuple(array.shards),
            identity={key: repr(value) for key, value in described},
            levels=level.count - number,
            array=array,
            shown=shown if isinstance(shown, Mapping) else None,
            number=number,
        )

    def read(self, region: Region, out: NDArray[Any]) -> None:
        """Fill an array with a region; the chunk that is damaged is named."""
        array = self.array
        wanted = self.whole(region)
        kept = self.axes
        target = out[tuple(slice(None) if a in kept else None for a in self.image.axes)]
        try:
            for part in units(wanted, array.shards or array.shape):
                read_into(array, part, target[within(part, wanted)])
        except (MemoryError, FileError):
            raise
        except Exception as error:
            index, where = damaged_chunk(array, wanted)
            said = " ".join(str(error).split())[:120] or type(error).__name__
            if index is None:
                raise FileError(f"cannot read {self.path}: {said}") from error
            raise FileError(
                f"cannot read {self.path}: chunk {index} of level {self.number} ({where}) is "
                f"damaged ({said})"
            ) from error

    def missing(self, region: Region) -> int:
        """Count the chunks that begin in a region, which was read, and are not there."""
        array = self.array
        aligned = []
        for part, chunk, size in zip(self.whole(region), array.chunks, array.shape, strict=True):
            first, last = -(-part.start // chunk), -(-part.stop // chunk)
            aligned.append(slice(first * chunk, min(size, last * chunk)))
        if any(part.start >= part.stop for part in aligned):
            return 0
        check_count(array, aligned, str(self.path))
        return missing_chunks(array, aligned)

    def repeats(self) -> int:
        """Return how many requests were made again since this was asked last."""
        return repeats(self.array.store)

    def missing_message(self, count: int) -> str:
        """Return what is said of chunks that were not there."""
        array = self.array
        total = math.prod(-(-n // c) for n, c in zip(array.shape, array.chunks, strict=True))
        return (
            f"{self.path}: {count} of {total} chunks of level {self.number} missing in the store; "
            f"samples there are the fill value {array.fill_value}"
        )


def read_into(array: Any, region: Region, out: NDArray[Any]) -> None:
    """Read a region into memory that is there; in another byte order through a copy."""
    if array.dtype != out.dtype:
        out[...] = array[region].reshape(out.shape)
        return
    from zarr.core.buffer import default_buffer_prototype

    memory: Any = out
    into = default_buffer_prototype().nd_buffer.from_ndarray_like(memory)
    array.get_basic_selection(region, out=into)


@dataclass(frozen=True)
class Layout:
    """How levels are stored.

    Attributes
    ----------
    version : {"0.5", "0.4"}
        Of NGFF.
    chunks : tuple of int
    shards : tuple of int or None
    codec : str
        ``"same"``, or a name of `CODECS`.
    """

    version: str
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    codec: str = "same"

    def fitted(self, shape: Sequence[int]) -> Layout:
        """Return the layout of a smaller level: no shard reaches further than it has to."""
        chunks = tuple(min(c, max(n, 1)) for c, n in zip(self.chunks, shape, strict=True))
        if self.shards is None:
            return Layout(self.version, chunks, None, self.codec)
        shards = tuple(
            min(s // o, -(-max(n, 1) // c)) * c
            for s, o, c, n in zip(self.shards, self.chunks, chunks, shape, strict=True)
        )
        return Layout(self.version, chunks, shards, self.codec)


#: What `--codec` takes beside "same".
CODECS = ("none", "zstd", "blosc-zstd", "blosc-lz4", "gzip")


def layout_of(
    source: ImageSource,
    *,
    version: str | None,
    chunks: Sequence[int] | None,
    shards: Sequence[int] | None,
    codec: str | None,
) -> Layout:
    """Return how the output is stored: as an input that is a Zarr, but for what is said.

    Parameters
    ----------
    source : ImageSource
        The input.
    version : {"0.4", "0.5"} or None
    chunks, shards : sequence of int or None
        One number per axis of the store. Shards of 0 are none.
    codec : str or None

    Raises
    ------
    InputError
    """
    array, axes = source.array, source.image.axes
    version = version or ("0.5" if array is None or array.metadata.zarr_format == 3 else "0.4")
    if version not in ("0.4", "0.5"):
        raise InputError(f"NGFF version must be 0.4 or 0.5; got {version!r}")
    own = default_chunks(axes, source.image.shape) if array is None else source.chunks
    made = _sizes(chunks, axes, "chunks") or own
    inner = _sizes(shards, axes, "shards")
    if shards is None and array is not None:
        inner = source.shards if chunks is None and version == "0.5" else None
    elif inner is not None and not any(inner):
        inner = None
    if inner is not None and version == "0.4":
        raise InputError("NGFF 0.4 has no shards; give --ngff 0.5 as well, or no --shards")
    if inner is not None and any(s % c or s < c for s, c in zip(inner, made, strict=True)):
        raise InputError(f"shards of {inner} are not whole numbers of chunks of {made}")
    codec = codec or "same"
    if codec != "same" and codec not in CODECS:
        raise InputError(f"unknown codec {codec!r}; use one of {', '.join(('same', *CODECS))}")
    return Layout(version, made, None if inner is None else tuple(inner), codec)


def _sizes(given: Sequence[int] | None, axes: Sequence[str], what: str) -> tuple[int, ...] | None:
    if given is None:
        return None
    none = what == "shards" and list(given) == [0]
    found = tuple(int(n) for n in given) if not none else (0,) * len(axes)
    if len(found) != len(axes) or (any(n < 1 for n in found) and any(found)):
        raise InputError(
            f"{what} must be one whole number above 0 per axis ({', '.join(axes)}); got "
            f"{tuple(given)}"
        )
    return found


class ZarrTarget:
    """An OME-Zarr that is being written; what makes it look whole is written last.

    Parameters
    ----------
    place : Path or Remote
    arrays : mapping of str to (shape, dtype, Layout)
        By name.
    like : zarr.Array or None
        Of the input, whose codecs are taken where a layout says so.
    """

    def __init__(
        self,
        place: Place,
        arrays: Mapping[str, tuple[tuple[int, ...], np.dtype[Any], Layout]],
        like: Any,
        axes: tuple[str, ...],
    ) -> None:
        zarr = import_zarr()
        self._place = place
        self.store = open_store(place, writing=True)
        self._held = held(self.store)
        version = next(iter(arrays.values()))[2].version
        self._root = zarr.create_group(store=self._held, zarr_format=3 if version == "0.5" else 2)
        self.arrays = {
            name: _create(self._root, name, shape, dtype, layout, like, axes)
            for name, (shape, dtype, layout) in arrays.items()
        }

    def repeats(self) -> int:
        """Return how many requests were made again since this was asked last."""
        return repeats(self.store)

    def write(self, name: str, region: Region, data: NDArray[Any]) -> None:
        """Write whole chunks and shards.

        Raises
        ------
        OSError
        """
        array = self.arrays[name]
        data = data.reshape([s.stop - s.start for s in region])
        for part in units(region, array.shards or array.shape):
            array[part] = data[within(part, region)]

    def source(self, name: str, image: CalibratedImage) -> ZarrSource:
        """Return an array that was written, to be read; `image` says what it is."""
        return ZarrSource.of(Level(self._place, self.arrays[name], image, 1, {}), 0)

    def finish(self, names: Sequence[str], attributes: Mapping[str, Any]) -> None:
        """Write the metadata of the arrays that stay, and then those of the image."""
        self._root.attrs.put(dict(attributes))
        self._held.release(names)


def _create(
    root: Any,
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    layout: Layout,
    like: Any,
    axes: tuple[str, ...],
) -> Any:
    options: dict[str, Any] = {}
    if layout.version == "0.4":
        said = None if like is None else like.metadata
        separator = getattr(said, "dimension_separator", "/")
        options["chunk_key_encoding"] = {"name": "v2", "separator": separator}
    else:
        options["dimension_names"] = axes
        if like is not None and like.metadata.zarr_format == 3:
            options["chunk_key_encoding"] = like.metadata.chunk_key_encoding
    return root.create_array(
        name,
        shape=shape,
        dtype=dtype,
        chunks=layout.chunks,
        shards=layout.shards,
        compressors=_compressors(layout, like, dtype),
        # A chunk of zeros is written too: one that is not there is one that was lost.
        config={"write_empty_chunks": True},
        **options,
    )


def _compressors(layout: Layout, like: Any, dtype: np.dtype[Any]) -> Any:
    """Return the codecs of the input, fitted to the type of the samples, or those of a name."""
    zarr_format = 3 if layout.version == "0.5" else 2
    if layout.codec != "same":
        return _named(layout.codec, zarr_format, dtype.itemsize)
    if like is None or like.metadata.zarr_format != zarr_format:
        return "auto" if like is None or like.compressors else None
    found = []
    for codec in like.compressors:
        said = codec.to_dict() if hasattr(codec, "to_dict") else None
        if said is not None and "typesize" in said.get("configuration", {}):
            said["configuration"]["typesize"] = dtype.itemsize
            codec = type(codec).from_dict(said)
        found.append(codec)
    return found or None


def _named(name: str, zarr_format: int, itemsize: int) -> Any:
    if name == "none":
        return None
    inner: Any = name.removeprefix("blosc-")
    if zarr_format == 2:
        import numcodecs

        if name.startswith("blosc"):
            return numcodecs.Blosc(cname=inner, clevel=3, shuffle=numcodecs.Blosc.SHUFFLE)
        return {"zstd": numcodecs.Zstd, "gzip": numcodecs.GZip}[name]()
    from zarr import codecs

    if name.startswith("blosc"):
        return codecs.BloscCodec(cname=inner, clevel=3, shuffle="shuffle", typesize=itemsize)
    return {"zstd": codecs.ZstdCodec, "gzip": codecs.GzipCodec}[name]()
