"""Which samples a block reads for those that it writes, along one axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fiji_bridge.image.grid import Every, Grid

#: What the border of a volume that repeats is called.
PERIODIC = "periodic"


@dataclass(frozen=True)
class Span:
    """What a block reads and writes along one axis.

    Attributes
    ----------
    begin, end : int
        What it writes, in samples of the result.
    start, stop : int
        What that is made of, in samples of the volume: the same where the result lies on its grid.
    first, last : int
        What it reads, up to before `last`; below 0 or beyond the size where a periodic volume
        goes on there.
    size : int
        Of the volume.
    """

    begin: int
    end: int
    start: int
    stop: int
    first: int
    last: int
    size: int

    @property
    def written(self) -> int:
        """How many samples it writes."""
        return self.end - self.begin

    @property
    def read(self) -> int:
        """How many samples it reads."""
        return self.last - self.first

    def pieces(self) -> Iterator[tuple[slice, slice]]:
        """Yield stretches of the volume that are read, and their places in what is read."""
        at = self.first
        while at < self.last:
            inside = at % self.size
            count = min(self.size - inside, self.last - at)
            yield slice(inside, inside + count), slice(at - self.first, at - self.first + count)
            at += count


def span(
    begin: int,
    end: int,
    size: int,
    reach: tuple[int, int],
    border: str,
    grid: Grid | None = None,
) -> Span:
    """Return what is read for what is written.

    It ends at the faces of the volume, where the border is the volume's own. A periodic volume
    goes on beyond them, unless that were the whole axis and more: then it is read once.

    Parameters
    ----------
    begin, end : int
        What is written, in samples of the result.
    size : int
        Of the volume.
    reach : tuple of int
        Samples before and after each that count for it.
    border : str
    grid : Grid, optional
        Of the result; the volume's own by default.
    """
    start, stop = (grid or Every(size)).needed(begin, end)
    first, last = start - reach[0], stop + reach[1]
    if border == PERIODIC and last - first < size:
        return Span(begin, end, start, stop, first, last, size)
    if border == PERIODIC:
        return Span(begin, end, start, stop, 0, size, size)
    # At a face, a mirror shows what lies as far on the other side.
    before, after = first, last
    if before < 0:
        last = max(last, 1 - before)
    if after > size:
        first = min(first, 2 * size - 1 - after)
    return Span(begin, end, start, stop, max(0, first), min(size, last), size)


def touched(found: Span, chunk: int) -> int:
    """Return how many samples of the volume lie in the chunks that a span reads from."""
    total = 0
    for part, _ in found.pieces():
        total += min(found.size, -(-part.stop // chunk) * chunk) - part.start // chunk * chunk
    return total


def cuts(
    size: int, step: int, reach: tuple[int, int], border: str, grid: Grid | None = None
) -> list[Span]:
    """Return the spans of an axis whose result is written in steps; see `span`."""
    grid = grid or Every(size)
    return [
        span(begin, min(grid.count, begin + step), size, reach, border, grid)
        for begin in range(0, grid.count, step)
    ]


def largest(spans: Sequence[Span]) -> tuple[int, int]:
    """Return the most samples that one of some spans reads, and that one of them writes."""
    return max(s.read for s in spans), max(s.written for s in spans)
