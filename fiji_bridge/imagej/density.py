"""ImageJ's density calibration: what the samples stand for (Hounsfield units, optical density).

``cf`` in the description is the function, ``c0`` … its coefficients, ``vunit`` the unit of its
values. Integer images keep samples and calibration; 32-bit images have none in ImageJ, so that
their samples must be the values themselves.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.imagej.text import java_double

#: ``ij.measure.Calibration``: straight line and polynomials of degree 2 to 4, by coefficients.
_POLYNOMIALS = {0: 2, 1: 3, 2: 4, 3: 5}
_NONE = 20
_KEYS = ("cf", "c0", "c1", "c2", "c3", "c4", "zeroclip")


def has_density(image: CalibratedImage) -> bool:
    """Whether samples stand for other values; those of float images never do."""
    function = java_double(image.metadata.description.get("cf"))
    known = function is not None and math.isfinite(function) and int(function) != _NONE
    return known and image.data.dtype.kind in "iu"


def density(image: CalibratedImage) -> list[float]:
    """Return the coefficients c0, c1 … of an image that has a density calibration.

    Raises
    ------
    InputError
        For a function that is no polynomial, or lacks coefficients.
    """
    said = image.metadata.description
    function = int(java_double(said["cf"]) or 0)
    count = _POLYNOMIALS.get(function)
    found = [java_double(said.get(f"c{i}")) for i in range(count or 0)]
    coefficients = [value for value in found if value is not None]
    if count is None or len(coefficients) < count:
        raise InputError(
            f"{image.name} has a density calibration with ImageJ's function {function}, of which "
            "float results are not worked out; use dtype='same' (--dtype same) or remove it with "
            "Analyze > Calibrate"
        )
    return coefficients


def as_values(image: CalibratedImage, *, keep_unit: bool = True) -> CalibratedImage:
    """Return an image whose samples are the values that they stand for, in float.

    Parameters
    ----------
    image : CalibratedImage
        Returned as it is where it has no density calibration.
    keep_unit : bool
        Whether the values keep their unit; the operation's result may have another one.

    Returns
    -------
    CalibratedImage
        float32 for samples of 8 and 16 bits, float64 for others; without the function.

    Raises
    ------
    InputError
        As `density`.
    MemoryLimitError
    """
    if not has_density(image):
        return image
    coefficients, said = density(image), image.metadata.description
    target = np.dtype(np.float32 if image.data.dtype.itemsize <= 2 else np.float64)
    check_memory(array_bytes(image.data.shape, 8), f"the density calibration of {image.name}")
    values = _polynomial(image.data, coefficients).astype(target, copy=False)
    if said.get("zeroclip") == "true":
        np.maximum(values, 0, out=values)
    others = {key: value for key, value in said.items() if key not in _KEYS}
    if not keep_unit:
        others.pop("vunit", None)
    ranges = tuple(float(v) for v in _polynomial(np.array(image.metadata.ranges), coefficients))
    metadata = replace(image.metadata, description=others, ranges=ranges)
    return replace(image, data=values, metadata=metadata)


def _polynomial(samples: NDArray[Any], coefficients: list[float]) -> NDArray[Any]:
    """Return c0 + c1 v + …, summed from the highest power down, in float64."""
    total = np.full(samples.shape, coefficients[-1], np.float64)
    for coefficient in coefficients[-2::-1]:
        total *= samples
        total += coefficient
    return total
