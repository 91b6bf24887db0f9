"""The reference: SciPy's ``correlate1d``, axis by axis, with the exact kernel, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import (
    EngineInfo,
    Kernels,
    Part,
    Progress,
    Term,
    change,
    part_of,
)
from fiji_bridge.engines.one_by_one import OneByOne
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.kernels.borders import border as known_border


class ScipyEngine(OneByOne):
    """Exact-kernel convolution in float64; slow, simple, no JVM.

    ``scipy.ndimage.gaussian_filter`` is not used: it has another kernel.
    """

    name = "scipy"

    @classmethod
    def open(cls) -> ScipyEngine:
        """Return the engine; SciPy is always there."""
        return cls()

    def info(self) -> EngineInfo:
        """Return the function and the version of SciPy."""
        import scipy

        return EngineInfo(
            "scipy", f"scipy.ndimage.correlate1d (SciPy {scipy.__version__})", "Python"
        )

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
        """Convolve a volume of shape (z, y, x); see `Engine.filter`. One thread always."""
        out[...] = round_to(_convolved(volume, kernels, border, cval, progress), out.dtype)

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
        """Sum several convolutions in float64 and round once; see `Engine.filter_sum`."""
        total = np.zeros(out.shape)
        for number, (triple, term) in enumerate(terms):
            step = part_of(progress, number, len(terms))
            made = _convolved(volume, triple, border, cval, step)
            made = made if part is None else made[part.wanted]
            # Infinities that propagate meet with either sign.
            with np.errstate(over="ignore", invalid="ignore"):
                change(made, term)
                total += made
            # Not to be kept while the next one is made.
            del made
        out[...] = round_to(total, out.dtype)

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
        """Sum several means in float64 and round once; see `Engine.filter_means`."""
        total = np.empty(out.shape)
        super().filter_means(
            volume, terms, total, border=border, cval=cval, threads=threads, progress=progress,
            part=part,
        )  # fmt: skip
        out[...] = round_to(total, out.dtype)

    def extra_bytes(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
        """Three float64 volumes: the working copy, the next pass, and the rounding or the sum."""
        return 3 * 8 * int(np.prod(shape))


def _convolved(
    volume: NDArray[Any], kernels: Kernels, border: str, cval: float, progress: Progress | None
) -> NDArray[np.float64]:
    """Return a volume after all of the kernels, in float64."""
    from scipy.ndimage import correlate1d

    work = np.array(volume, dtype=np.float64, order="C")
    mode = known_border(border).scipy
    if work.size:
        for axis, kernel in enumerate(kernels):
            if not kernel.is_identity:
                # Correlation with the reversed taps is the convolution.
                taps = kernel.taps[::-1]
                origin = (len(taps) - 1 - kernel.centre) - len(taps) // 2
                work = correlate1d(work, taps, axis, mode=mode, cval=cval, origin=origin)
                # What lies beyond the edge is convolved as well: cval everywhere becomes
                # cval times the sum of the taps, which is 0 for a derivative.
                cval *= float(taps.sum())
            if progress is not None:
                progress(axis + 1, len(kernels))
    return work
