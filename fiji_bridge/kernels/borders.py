"""What lies beyond the edge of an image, under the names of each library."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError, SigmaError

#: The names of `BORDERS`, for type checkers.
BorderName = Literal["mirror-single", "mirror-double", "nearest", "constant", "periodic"]

#: What is understood besides; see `border`.
BorderLike = Literal[
    BorderName, "mirror", "symmetric", "edge", "wrap", "grid-mirror", "grid-wrap", "grid-constant",
    "extendMirrorSingle", "extendMirrorDouble", "extendBorder", "extendValue", "extendPeriodic",
    "scipy:reflect", "numpy:reflect",
]  # fmt: skip


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

    name: BorderName
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

DEFAULT_BORDER: Final = "mirror-double"


#: Names that SciPy has besides, for the same things.
_SCIPY_BESIDES = {
    "grid-mirror": "mirror-double", "grid-wrap": "periodic", "grid-constant": "constant",
}  # fmt: skip


def _meanings() -> dict[str, set[str]]:
    """Return what every name may mean, in small letters: ``mirror``, ``scipy:mirror``."""
    found: dict[str, set[str]] = {}
    for known in BORDERS.values():
        names = {"scipy": known.scipy, "numpy": known.numpy, "imglib2": known.imglib2}
        for spelled in (known.name, *names.values(), *(f"{k}:{v}" for k, v in names.items())):
            found.setdefault(spelled.lower(), set()).add(known.name)
    for spelled, name in _SCIPY_BESIDES.items():
        found[spelled] = found[f"scipy:{spelled}"] = {name}
    return found


_MEANINGS = _meanings()


def border(name: str) -> Border:
    """Return a border by its name here, or in SciPy, NumPy or ImgLib2.

    Parameters
    ----------
    name : str
        ``"mirror-single"``; ``"mirror"``, ``"symmetric"``, ``"extendMirrorSingle"``; with the
        library before it, ``"scipy:reflect"`` and ``"numpy:reflect"``, which differ.

    Raises
    ------
    InputError
        For a name that is unknown, or that means two things.

    Notes
    -----
    SciPy's are those of the filters of `scipy.ndimage`, NumPy's those of `numpy.pad`, ImgLib2's
    those of ``Views``.
    """
    spelled = name.strip().lower() if isinstance(name, str) else ""
    found = _MEANINGS.get(spelled)
    if found is None:
        raise InputError(
            f"unknown border {name!r}; use one of {', '.join(BORDERS)} (SciPy's, NumPy's and "
            "ImgLib2's names are understood too)"
        )
    if len(found) == 1:
        return BORDERS[next(iter(found))]
    meant = {library: _MEANINGS[f"{library}:{spelled}"] for library in ("scipy", "numpy")}
    said = ", ".join(
        f"{library}:{spelled} is {known} ({BORDERS[known].picture})"
        for library, (known,) in meant.items()
    )
    raise InputError(f"border {name!r} means different things: {said}; write one of these names")


def check_border(name: str, cval: float) -> str:
    """Return a border's name here; refuse a value that is not finite or goes with another one."""
    known = border(name).name
    if not math.isfinite(cval):
        raise SigmaError(f"cval must be finite; got {cval!r}")
    if known != "constant" and cval != 0:
        raise SigmaError(f"cval={cval!r} goes with border='constant'; the border is {known!r}")
    return known


def continued(size: int, before: int, after: int, name: str) -> NDArray[np.intp]:
    """Return which sample stands at each place of an axis that goes on beyond its edges.

    Parameters
    ----------
    size : int
    before, after : int
        Places beyond the edges.
    name : str
        Of the border.

    Returns
    -------
    array, shape (before + size + after,)
        −1 where the border's constant is.
    """
    inside = np.arange(size)
    if name == "constant":
        return np.pad(inside, (before, after), constant_values=-1)
    return np.pad(inside, (before, after), mode=border(name).numpy)
