"""Two results of one blur, both held against the exact one, whoever made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.compare import hidden
from fiji_bridge.check.crosscheck import against_exact, would_be_seen
from fiji_bridge.check.difference import Difference
from fiji_bridge.check.judgement import Judged, Tolerance, Verdict
from fiji_bridge.check.rounding import schemes
from fiji_bridge.engines.engine import EngineInfo
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.ops.blur_plan import BlurPlan


class Exact:
    """The exact blur that was asked for, for results of which nobody knows how they were summed.

    Sums are taken to be of float32 where this package's are, and wide kernels to be summed by a
    scheme as its engines have.

    Parameters
    ----------
    image : CalibratedImage
        The source.
    plan : BlurPlan
        What was asked for.
    """

    def __init__(self, image: CalibratedImage, plan: BlurPlan) -> None:
        self._image, self._plan = image, plan
        taps = tuple(2 * axis.radius + 1 for axis in plan.axes)
        self._info = EngineInfo("", "", "", schemes(taps))
        self._unseen: dict[np.dtype[Any], tuple[str, ...]] = {}

    def judged(self, result: NDArray[Any]) -> Judged:
        """Hold a result, of the shape of the source, against the exact one."""
        found = against_exact(self._image, self._plan, result, self._info).judged
        assert found is not None
        return found

    def unseen(self, dtype: np.dtype[Any]) -> tuple[str, ...]:
        """Return the gross faults of a result of this type that would not be seen."""
        if dtype not in self._unseen:
            seen = would_be_seen(self._image, self._plan, dtype, self._info)
            self._unseen[dtype] = tuple(f.fault for f in seen if f.gross and not f.visible)
        return self._unseen[dtype]


def same_blur(
    data: NDArray[Any],
    found: Difference,
    tolerance: Tolerance,
    exact: Exact | None = None,
    judged: Sequence[Judged] = (),
) -> tuple[Verdict, tuple[str, ...]]:
    """Say whether two results are the same blur.

    Parameters
    ----------
    data : ndarray
        One of them.
    found : Difference
        Between them.
    tolerance : Tolerance
        For two results of which neither is the exact one, or nobody knows.
    exact : Exact, optional
        Where source and request are known.
    judged : sequence of Judged
        Both, by `exact`.

    Returns
    -------
    {"passed", "differs", "cannot tell"}
        Where one of them is the exact one, the other has to be as well. ``"cannot tell"``: they
        differ no more than they may, but so would something grossly wrong.
    tuple of str
        Names of that.
    """
    if found.maximum == 0:
        return "passed", ()
    right = [one.same for one in judged]
    if exact is not None and any(right):
        if not all(right):
            return "differs", ()
        missed = exact.unseen(data.dtype)
    elif tolerance.holds_for(found):
        missed = hidden(np.nan_to_num(data) if data.dtype.kind == "f" else data, tolerance)
    else:
        return "differs", ()
    return "cannot tell" if missed else "passed", missed
