"""Running separable kernels over every (z, y, x) volume of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.base import (
    AxisKernel,
    Engine,
    Progress,
    check_dtype,
    result_dtype,
)
from fiji_bridge.engines.select import get_engine
from fiji_bridge.errors import InputError, NotFiniteError
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.memory import array_bytes, check_memory

NAN_POLICIES = ("refuse", "propagate", "ignore")

Kernels = tuple[AxisKernel, AxisKernel, AxisKernel]


@dataclass(frozen=True)
class Context:
    """How an operation is to be run; says nothing about what it computes.

    Attributes
    ----------
    engine : {"gauss3", "fused", "scipy"} or None
        None is the runtime's default.
    threads : int or None
        None is all processors.
    progress : callable or None
        Called with (done, total) over the whole image.
    """

    engine: str | None = None
    threads: int | None = None
    progress: Progress | None = None


def filter_image(
    image: CalibratedImage,
    kernels: Kernels,
    *,
    border: str,
    cval: float,
    dtype: str,
    nan: str,
    context: Context,
) -> tuple[NDArray[Any], Engine]:
    """Convolve each volume on its own; channels, time and RGB samples never mix.

    Parameters
    ----------
    image : CalibratedImage
    kernels : three AxisKernel
        In (z, y, x) order.
    border, cval, dtype : see `fiji_bridge.gaussian`
    nan : {"refuse", "propagate", "ignore"}
    context : Context

    Returns
    -------
    array
        Axes and shape of ``image.data``.
    Engine
        The one that ran.

    Raises
    ------
    DTypeError, NotFiniteError, MemoryLimitError, InputError
    """
    source = image.data.dtype
    check_dtype(source)
    target = result_dtype(dtype, source)
    if nan not in NAN_POLICIES:
        raise InputError(f"unknown NaN policy {nan!r}; use one of {', '.join(NAN_POLICIES)}")
    if context.threads is not None and context.threads < 1:
        raise InputError(f"threads must be at least 1; got {context.threads!r}")
    if nan == "refuse":
        refuse_not_finite(image)
    engine = get_engine(context.engine)
    view = volume_view(image.data, image.axes)
    check_memory(memory_needed(view.shape, source, target, engine, nan), f"filtering {image.name}")
    # Laid out like the input, so that the result has the caller's memory order.
    out = np.empty_like(image.data, dtype=target, subok=False)
    out_view = volume_view(out, image.axes)
    indices = list(np.ndindex(view.shape[:-3]))
    for number, index in enumerate(indices):
        _filter_volume(
            engine,
            view[index],
            kernels,
            out_view[index],
            border=border,
            cval=cval,
            nan=nan,
            threads=context.threads,
            progress=_part(context.progress, number, len(indices)),
        )
    return out, engine


def memory_needed(
    shape: tuple[int, ...], source: np.dtype[Any], target: np.dtype[Any], engine: Engine, nan: str
) -> int:
    """Return the bytes that `filter_image` takes beyond its input."""
    volume = shape[-3:]
    one = engine.extra_bytes(volume, source)
    if nan == "ignore" and source.kind == "f":
        # Samples with holes filled, weights, and their two results, in float64.
        one += 4 * array_bytes(volume, 8) + engine.extra_bytes(volume, np.dtype("float64"))
    return array_bytes(shape, target.itemsize) + one


def _filter_volume(
    engine: Engine,
    volume: NDArray[Any],
    kernels: Kernels,
    out: NDArray[Any],
    *,
    border: str,
    cval: float,
    nan: str,
    threads: int | None,
    progress: Progress | None,
) -> None:
    def run(values: NDArray[Any], constant: float, result: NDArray[Any]) -> None:
        engine.filter(
            values,
            kernels,
            result,
            border=border,
            cval=constant,
            threads=threads,
            progress=progress,
        )

    if nan != "ignore" or volume.dtype.kind != "f" or np.isfinite(volume).all():
        run(volume, cval, out)
        return
    # Normalised convolution: the weighted mean of the samples that are there.
    valid = np.isfinite(volume)
    total = np.empty(volume.shape, np.float64)
    weight = np.empty(volume.shape, np.float64)
    run(np.where(valid, volume, 0).astype(np.float64), cval, total)
    run(valid.astype(np.float64), 1.0, weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Where no sample is within reach the weight is rounding noise: there is no mean.
        out[...] = np.where(weight > 1e-12, total / weight, np.nan)


def _part(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Turn the progress of the whole image into that of volume `number` out of `count`."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, count * total)


def refuse_not_finite(image: CalibratedImage) -> None:
    """Refuse samples that are NaN or infinite; says how many and where the first is."""
    if image.data.dtype.kind != "f":
        return
    # A sum is not finite if one sample is not; only then is it worth counting. The product with
    # itself is the fastest sum there is: half a plain copy's time.
    data = image.data
    packed = data.flags.c_contiguous or data.flags.f_contiguous
    with np.errstate(over="ignore", invalid="ignore"):
        flat = data.ravel(order="K") if packed else None
        total = np.sum(data, dtype=np.float64) if flat is None else np.dot(flat, flat)
        if np.isfinite(total):
            return
    bad = int(np.count_nonzero(~np.isfinite(image.data)))
    if bad:
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(image.data))[0])
        first = ", ".join(f"{axis}={i}" for axis, i in zip(image.axes, where, strict=True))
        raise NotFiniteError(
            f"{image.name} has {bad} samples that are NaN or infinite, the first at {first}; "
            "choose nan='ignore' (mean of the others) or nan='propagate'; --nan for the program"
        )
