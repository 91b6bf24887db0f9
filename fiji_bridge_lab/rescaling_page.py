"""The page about rescaling: what is folded back and what is lost, beside other libraries."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fiji_bridge
from fiji_bridge.errors import InputError
from fiji_bridge_lab.resampling import Resample, measure

STEPS = (2, 3, 4)

Lines = NDArray[np.float64]

_HEAD = """# Rescaling, measured

Made by `fiji-bridge audit --docs docs`; do not edit it by hand.

Voxels that are larger along x, stripes of every frequency along x, each library called as its users
call it. *Folded* is the energy of what the new grid cannot hold that is in the result all the
same, as a part of all of it, for an image whose spectrum is flat (white noise). *Too fine* is the
amplitude that stripes 2 % finer than the new grid can hold keep, as coarser ones that are not
there. *Fine* is the amplitude that stripes of half the new Nyquist frequency keep: what the blur
costs. No short filter has the first two at 0 and the last at 100 %.
"""

_TAIL = """
`rescale`'s plan says *folded* and *too fine* before anything is done, after the blur and in all;
the audit holds these to what is measured ([claims](claims.md)). Without a blur, linear
interpolation is one where the new samples lie midway between old ones (every second voxel), and
none where they lie on them (every third): what such a call folds hangs on the factor.

ITK's resampling filters blur nothing; its users are told to smooth before. scikit-image blurs by
σ = (factor − 1) / 2 old voxels, `rescale` by √(factor² − 1) / 2, and `antialias="strong"` by
0.8 · factor. Means of blocks fold most of all that blur.
"""


def _ours(step: int, **how: Any) -> Resample:
    return lambda lines: np.asarray(
        fiji_bridge.rescale(
            lines, to=(1, 1, step), voxel_size=(1, 1, 1), axes="zyx", engine="scipy", **how
        )
    )


def _skimage(step: int, name: str, **how: Any) -> Resample:
    transform = importlib.import_module("skimage.transform")
    if name == "downscale_local_mean":
        return lambda lines: np.asarray(transform.downscale_local_mean(lines, (1, 1, step)))
    return lambda lines: np.asarray(transform.rescale(lines[0], (1, 1 / step), **how))[None]


def _itk(step: int, name: str) -> Resample:
    itk = importlib.import_module("SimpleITK")

    def resample(lines: Lines) -> Lines:
        image = itk.GetImageFromArray(lines)
        if name == "BinShrink":
            return np.asarray(itk.GetArrayFromImage(itk.BinShrink(image, [step, 1, 1])))
        size = [lines.shape[2] // step, lines.shape[1], 1]
        # The outer edges of the first voxels meet, as they do in the others.
        made = itk.Resample(
            image, size, itk.Transform(), itk.sitkLinear, [(step - 1) / 2, 0, 0], [step, 1, 1],
            image.GetDirection(), 0.0, image.GetPixelID(),
        )  # fmt: skip
        return np.asarray(itk.GetArrayFromImage(made))

    return resample


def _scipy(step: int) -> Resample:
    ndimage = importlib.import_module("scipy.ndimage")
    return lambda lines: np.asarray(ndimage.zoom(lines, (1, 1, 1 / step)))


#: What users call, and how.
WAYS: Mapping[str, Callable[[int], Resample]] = {
    "`fiji_bridge.rescale`": _ours,
    "`fiji_bridge.rescale`, antialias strong": functools.partial(_ours, antialias="strong"),
    "`fiji_bridge.rescale`, antialias none": functools.partial(_ours, antialias="none"),
    "scikit-image `rescale`, anti_aliasing": functools.partial(
        _skimage, name="rescale", anti_aliasing=True
    ),
    "scikit-image `downscale_local_mean`": functools.partial(_skimage, name="downscale_local_mean"),
    "SimpleITK `Resample`, linear": functools.partial(_itk, name="Resample"),
    "SimpleITK `BinShrink`": functools.partial(_itk, name="BinShrink"),
    "SciPy `zoom` (cubic)": _scipy,
}


def page() -> str:
    """Return the page in Markdown.

    Raises
    ------
    InputError
        If a library that is compared with is not installed.
    """
    heads = [f"{name}, × {step}" for step in STEPS for name in ("folded", "too fine", "fine")]
    lines = [_HEAD, "| | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for name, make in WAYS.items():
        try:
            found = [measure(make(step), step) for step in STEPS]
        except ImportError as error:
            raise InputError(
                f"the page compares with {error.name}, which is not installed: "
                "pip install 'fiji-bridge[lab]'"
            ) from None
        cells = [
            cell for one in found
            for cell in (f"{one.folded:.1%}", f"{one.kept:.0%}", f"{one.passed:.0%}")
        ]  # fmt: skip
        lines.append(f"| {name} | " + " | ".join(cells).replace("%", " %") + " |")
    return "\n".join([*lines, _TAIL])
