"""What lies beyond the edge of an image, under the names of each library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fiji_bridge.errors import InputError, SigmaError


@dataclass(frozen=True)
class Border:
    """One way to continue an image beyond its edge.

    Attributes
    ----------
    name : str
        The name used here.
    picture : str
        Samples beyond and within the edges of ``a b c d``.
    scipy, numpy, imglib2 : str
        The same thing's name there.
    """

    name: str
    picture: str
    scipy: Literal["mirror", "reflect", "nearest", "constant", "wrap"]
    numpy: Literal["reflect", "symmetric", "edge", "constant", "wrap"]
    imglib2: str


BORDERS: dict[str, Border] = {
    border.name: border
    for border in (
        Border(
            "mirror-single", "d c b | a b c d | c b a", "mirror", "reflect", "extendMirrorSingle"
        ),
        Border(
            "mirror-double", "c b a | a b c d | d c b", "reflect", "symmetric", "extendMirrorDouble"
        ),
        Border("nearest", "a a a | a b c d | d d d", "nearest", "edge", "extendBorder"),
        Border("constant", "k k k | a b c d | k k k", "constant", "constant", "extendValue"),
        Border("periodic", "b c d | a b c d | a b c", "wrap", "wrap", "extendPeriodic"),
    )
}

DEFAULT_BORDER = "mirror-double"


def border(name: str) -> Border:
    """Return a border by name; an `InputError` lists the names."""
    try:
        return BORDERS[name]
    except KeyError:
        raise InputError(f"unknown border {name!r}; use one of {', '.join(BORDERS)}") from None


def check_border(name: str, cval: float) -> None:
    """Refuse an unknown border, and a constant that is not finite or goes with another border."""
    border(name)
    if not math.isfinite(cval):
        raise SigmaError(f"cval must be finite; got {cval!r}")
    if name != "constant" and cval != 0:
        raise SigmaError(f"cval={cval!r} goes with border='constant'; the border is {name!r}")
