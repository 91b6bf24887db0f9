"""Several separable convolutions of one image, added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.base import Engine, Progress
from fiji_bridge.engines.select import get_engine
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.memory import array_bytes, check_memory
from fiji_bridge.ops.separable import Context, Kernels, filter_image, memory_needed


def sum_of_filters(
    image: CalibratedImage,
    terms: Sequence[Kernels],
    *,
    border: str,
    cval: float,
    dtype: str,
    nan: str,
    context: Context,
    change: Callable[[NDArray[Any]], object] | None = None,
) -> tuple[NDArray[Any], Engine]:
    """Convolve an image with each of several separable kernels and add the results.

    Parameters
    ----------
    image : CalibratedImage
    terms : sequence of (z, y, x) kernels
        At least one.
    border, cval, nan, context : see `filter_image`
    dtype : {"float32", "float64"}
        In which the sum is made and returned.
    change : callable, optional
        Is given each term before it is added, to change it in place.

    Returns
    -------
    array, Engine
        As `filter_image`.
    """
    target = np.dtype(dtype)
    if len(terms) > 1:
        shape = volume_view(image.data, image.axes).shape
        engine = get_engine(context.engine)
        needed = memory_needed(shape, image.data.dtype, target, engine, nan)
        needed += array_bytes(shape, target.itemsize)
        check_memory(needed, f"filtering {image.name} {len(terms)} times")
    total: NDArray[Any] | None = None
    for number, kernels in enumerate(terms):
        part, engine = filter_image(
            image,
            kernels,
            border=border,
            cval=cval,
            dtype=dtype,
            nan=nan,
            context=part_of(context, number, len(terms)),
        )
        if change is not None:
            change(part)
        if total is None:
            total = part
        else:
            total += part
    assert total is not None
    return total, engine


def part_of(context: Context, number: int, count: int) -> Context:
    """Return the context of step `number` out of `count`, whose progress is a part of all."""
    whole: Progress | None = context.progress
    if whole is None or count == 1:
        return context
    return replace(
        context, progress=lambda done, total: whole(number * total + done, count * total)
    )
