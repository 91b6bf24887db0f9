"""A part of an image that is read by regions, as an image that is read by regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from fiji_bridge.formats.regions import ImageSource, Region
from fiji_bridge.formats.selection import Selection, cut


@dataclass(frozen=True, kw_only=True)
class PartSource(ImageSource):
    """The chosen part of an image; of the rest no sample is read.

    Attributes
    ----------
    inner : ImageSource
        The whole.
    slices : mapping of str to slice
        What is chosen of it, per axis; axes of which all is chosen are missing.
    """

    inner: ImageSource
    slices: Mapping[str, slice]

    @classmethod
    def of(cls, inner: ImageSource, selection: Selection) -> PartSource:
        """Take a part of an image that was opened.

        Raises
        ------
        InputError
            If there is no such part.
        """
        slices = selection.slices(inner.image)
        image = cut(inner.image, slices)
        # In the axes of the store, but for those of one plane.
        axes = tuple(axis for axis in inner.image.axes if axis in image.axes)
        data = image.data.transpose([image.axes.index(axis) for axis in axes])
        image = replace(image, data=data, axes=axes)

        def kept(values: tuple[int, ...]) -> tuple[int, ...]:
            of = dict(zip(inner.image.axes, values, strict=True))
            return tuple(of[axis] for axis in axes)

        return cls(
            path=inner.path,
            image=image,
            chunks=kept(inner.chunks),
            shards=None if inner.shards is None else kept(inner.shards),
            identity=inner.identity,
            array=inner.array,
            inner=inner,
            slices=slices,
        )

    def read(self, region: Region, out: NDArray[Any]) -> None:
        """Fill an array with a region of the part."""
        there, kept = self.inner.axes, self.axes
        view = out.transpose([kept.index(axis) for axis in there if axis in kept])
        self.inner.read(
            self._inner(region), view[tuple(slice(None) if a in kept else None for a in there)]
        )

    def missing(self, region: Region) -> int:
        """Count the chunks that begin in a region of the part and are not there."""
        return self.inner.missing(self._inner(region))

    def repeats(self) -> int:
        """Return how many requests were made again since this was asked last."""
        return self.inner.repeats()

    def missing_message(self, count: int) -> str:
        """Return what is said of chunks that were not there."""
        return self.inner.missing_message(count)

    def _inner(self, region: Region) -> Region:
        """Return a region of the part as one of the whole."""
        of = dict(zip(self.axes, region, strict=True))
        found = []
        for axis in self.inner.axes:
            first = self.slices[axis].start if axis in self.slices else 0
            part = of.get(axis, slice(0, 1))
            found.append(slice(first + part.start, first + part.stop))
        return tuple(found)
