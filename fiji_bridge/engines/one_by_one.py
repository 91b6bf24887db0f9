"""Several outputs from an engine that knows how to make one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import (
    ONE_BY_ONE,
    Kernels,
    Part,
    Progress,
    Reach,
    Steps,
    Term,
    change,
    kernels_reach,
    part_of,
)
from fiji_bridge.engines.means import quotient
from fiji_bridge.image.memory import array_bytes


class OneByOne(ABC):
    """An engine that reads the input again for each of several outputs."""

    @abstractmethod
    def filter(
        self,
        volume: NDArray[Any],
        kernels: Kernels,
        out: NDArray[Any],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Convolve a volume; see `Engine.filter`."""

    def filter_many(
        self,
        volume: NDArray[Any],
        kernels: Sequence[Kernels],
        outs: Sequence[NDArray[Any]],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
        part: Part | None = None,
        every: Steps = ONE_BY_ONE,
    ) -> None:
        """Convolve a volume once per output; see `Engine.filter_many`."""
        everything = part is None and every == ONE_BY_ONE
        kept = tuple(slice(None, None, step) for step in every)
        for number, (triple, out) in enumerate(zip(kernels, outs, strict=True)):
            # All that is given is filtered, whatever is wanted of it.
            made = out if everything else np.empty(volume.shape, out.dtype)
            self.filter(
                volume, triple, made, border=border, cval=cval, threads=threads,
                progress=part_of(progress, number, len(outs)),
            )  # fmt: skip
            if not everything:
                wanted = made if part is None else made[part.wanted]
                out[...] = wanted[kept]

    def filter_sum(
        self,
        volume: NDArray[Any],
        terms: Sequence[tuple[Kernels, Term]],
        out: NDArray[Any],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
        part: Part | None = None,
    ) -> None:
        """Convolve a volume once per term; see `Engine.filter_sum`."""
        spare = np.empty_like(out) if len(terms) > 1 else out
        for number, (triple, term) in enumerate(terms):
            target = spare if number else out
            self.filter_many(
                volume, [triple], [target], border=border, cval=cval, threads=threads,
                progress=part_of(progress, number, len(terms)), part=part,
            )  # fmt: skip
            # Infinities that propagate meet with either sign.
            with np.errstate(over="ignore", invalid="ignore"):
                change(target, term)
                if number:
                    out += spare

    def filter_means(
        self,
        volume: NDArray[Any],
        terms: Sequence[tuple[Kernels, Term]],
        out: NDArray[Any],
        *,
        border: str,
        cval: float,
        threads: int | None = None,
        progress: Progress | None = None,
        part: Part | None = None,
    ) -> None:
        """Divide float64 sums by float64 sums of the weights; see `Engine.filter_means`.

        Where all samples are there the sum is the mean already: what is far away changes no bit.
        """
        spare = np.empty_like(out) if len(terms) > 1 else out
        for number, (triple, term) in enumerate(terms):
            target = spare if number else out
            step = part_of(progress, number, len(terms))
            options: dict[str, Any] = {"border": border, "threads": threads, "part": part}
            self.filter_many(
                volume, [triple], [target], cval=cval, progress=part_of(step, 0, 3), **options
            )
            there = np.isfinite(volume)
            samples = np.where(there, volume, 0).astype(np.float64)
            total, weight = np.empty(out.shape), np.empty(out.shape)
            self.filter_many(
                samples, [triple], [total], cval=cval, progress=part_of(step, 1, 3), **options
            )
            samples = there.astype(np.float64)
            self.filter_many(
                samples, [triple], [weight], cval=1.0, progress=part_of(step, 2, 3), **options
            )
            mean = quotient(total, weight)
            np.copyto(target, mean, where=~np.isfinite(target), casting="same_kind")
            change(target, term)
            if number:
                out += spare

    def reach(
        self,
        terms: Sequence[tuple[Kernels, Term]],
        shape: tuple[int, int, int],
        source: np.dtype[Any],
        target: np.dtype[Any],
        border: str,
    ) -> Reach:
        """Return how far the kernels reach; see `Engine.reach`."""
        return kernels_reach(terms)

    def pedestal(
        self,
        shape: tuple[int, int, int],
        dtype: np.dtype[Any],
        read: Callable[[tuple[int, int, int]], float],
    ) -> bool:
        """Say that it does not count; see `Engine.pedestal`."""
        return False

    @abstractmethod
    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Return the memory needed beside input and output; see `Engine.extra_bytes`."""

    def means_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Return it for samples, weights, sums, means and the like, in float64."""
        return 6 * array_bytes(shape, 8) + self.extra_bytes(shape, np.dtype("float64"))
