"""Several outputs from an engine that knows how to make one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.base import Kernels, Progress, Term, change, part_of


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
    ) -> None:
        """Convolve a volume once per output; see `Engine.filter_many`."""
        for number, (triple, out) in enumerate(zip(kernels, outs, strict=True)):
            self.filter(
                volume, triple, out, border=border, cval=cval, threads=threads,
                progress=part_of(progress, number, len(outs)),
            )  # fmt: skip

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
    ) -> None:
        """Convolve a volume once per term; see `Engine.filter_sum`."""
        part = np.empty_like(out) if len(terms) > 1 else out
        for number, (triple, term) in enumerate(terms):
            target = part if number else out
            self.filter(
                volume, triple, target, border=border, cval=cval, threads=threads,
                progress=part_of(progress, number, len(terms)),
            )  # fmt: skip
            change(target, term)
            if number:
                out += part
