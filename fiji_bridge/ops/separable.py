"""Running separable kernels over every (z, y, x) volume of an image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import (
    ONE_BY_ONE,
    Engine,
    Kernels,
    Part,
    Progress,
    Steps,
    Term,
    part_of,
)
from fiji_bridge.engines.select import get_engine
from fiji_bridge.errors import InputError, NotFiniteError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import check_dtype, result_dtype
from fiji_bridge.image.memory import array_bytes, check_memory
from fiji_bridge.jvm.buffers import java_dtype
from fiji_bridge.ops.holes import are_finite, has_holes, refuse_lobes

NAN_POLICIES = ("refuse", "propagate", "ignore")


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
    part : Part or None
        Where the volumes of the image are parts of larger ones: what of them is wanted.
    """

    engine: str | None = None
    threads: int | None = None
    progress: Progress | None = None
    part: Part | None = None

    def wanted(self, data: NDArray[Any], axes: tuple[str, ...]) -> NDArray[Any]:
        """Return of samples given those that are wanted; a view."""
        if self.part is None:
            return data
        of = dict(zip(SPATIAL_AXES, self.part.wanted, strict=True))
        return data[tuple(of.get(axis, slice(None)) for axis in axes)]

    def step(self, number: int, count: int) -> Context:
        """Return the context of step `number` out of `count`, whose progress is a part of all."""
        return replace(self, progress=part_of(self.progress, number, count))


def filter_image(
    image: CalibratedImage,
    kernels: Kernels,
    *,
    border: str,
    cval: float,
    dtype: str,
    nan: str,
    context: Context,
    every: Steps = ONE_BY_ONE,
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
    every : three int
        Along z, y and x: every so many-th sample is made, the first among them; not with ``nan``
        ``"ignore"``.

    Returns
    -------
    array
        Axes of ``image.data``, and its shape where every sample is made.
    Engine
        The one that ran.

    Raises
    ------
    DTypeError, NotFiniteError, MemoryLimitError, InputError
    """
    (out,), engine = filter_many(
        image, [kernels], border=border, cval=cval, dtype=dtype, nan=nan, context=context,
        every=every,
    )  # fmt: skip
    return out, engine


def filter_many(
    image: CalibratedImage,
    kernels: Sequence[Kernels],
    *,
    border: str,
    cval: float,
    dtype: str,
    nan: str,
    context: Context,
    every: Steps = ONE_BY_ONE,
) -> tuple[list[NDArray[Any]], Engine]:
    """Convolve each volume in several ways; an engine that can reads it only once.

    As `filter_image`, but for one array per triple of kernels.
    """
    if nan == "ignore" and every != ONE_BY_ONE:
        raise ValueError("means of the samples that are there are made of every sample")
    count = len(kernels)
    engine, target = _checked(image, dtype, nan, context, outputs=count)
    outs = [_like(image, target, context, every) for _ in kernels]
    out_views = [volume_view(out, image.axes) for out in outs]
    for volume, index, progress, options in _volumes(image, border, cval, context):
        results = [out_view[index] for out_view in out_views]
        if nan != "ignore" or not has_holes(volume):
            engine.filter_many(volume, kernels, results, **options, progress=progress, every=every)
            continue
        refuse_lobes(kernel for triple in kernels for kernel in triple)
        for number, (triple, result) in enumerate(zip(kernels, results, strict=True)):
            step = part_of(progress, number, count)
            engine.filter_means(volume, [(triple, "add")], result, **options, progress=step)
    return outs, engine


def filter_sum(
    image: CalibratedImage,
    terms: Sequence[tuple[Kernels, Term]],
    *,
    border: str,
    cval: float,
    dtype: str,
    nan: str,
    context: Context,
) -> tuple[NDArray[Any], Engine]:
    """Convolve each volume in several ways and make one result of them.

    As `filter_image`, but for (kernels, how they go into the result); `dtype` must be float32 or
    float64. With ``nan="ignore"`` each term is a mean of the samples that are there.
    """
    # Not every engine takes terms in as they come: there may be one beside the sum.
    spare = 1 if len(terms) > 1 else 0
    engine, target = _checked(image, dtype, nan, context, outputs=1, spare=spare)
    out = _like(image, target, context)
    out_view = volume_view(out, image.axes)
    for volume, index, progress, options in _volumes(image, border, cval, context):
        result = out_view[index]
        if nan != "ignore" or not has_holes(volume):
            engine.filter_sum(volume, terms, result, **options, progress=progress)
            continue
        refuse_lobes(kernel for triple, _ in terms for kernel in triple)
        engine.filter_means(volume, terms, result, **options, progress=progress)
    return out, engine


class _Options(TypedDict):
    """Keywords of every call of an engine."""

    border: str
    cval: float
    threads: int | None
    part: Part | None


def _checked(
    image: CalibratedImage, dtype: str, nan: str, context: Context, *, outputs: int, spare: int = 0
) -> tuple[Engine, np.dtype[Any]]:
    """Return engine and type of the results, after every refusal there can be."""
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
    shape = volume_view(image.data, image.axes).shape
    needed = memory_needed(shape, source, target, engine, nan, outputs)
    needed += spare * array_bytes(shape[-3:], target.itemsize)
    check_memory(needed, f"filtering {image.name}")
    return engine, target


def memory_needed(
    shape: tuple[int, ...],
    source: np.dtype[Any],
    target: np.dtype[Any],
    engine: Engine,
    nan: str,
    outputs: int = 1,
    given: tuple[int, ...] | None = None,
) -> int:
    """Return the bytes that so many results take beyond their input.

    Parameters
    ----------
    shape : tuple of int
        Of a result.
    given : tuple of int, optional
        Shape of a volume of the input, where it is larger than one of the result.
    """
    volume = shape[-3:] if given is None else given
    one = engine.extra_bytes(volume, source)
    if java_dtype(source) != source:
        # Java has no float16, and no other byte order.
        one += array_bytes(volume, java_dtype(source).itemsize)
    if java_dtype(target) != target:
        one += outputs * array_bytes(shape[-3:], java_dtype(target).itemsize)
    if nan == "ignore" and source.kind == "f":
        one += engine.means_bytes(volume, source)
    return outputs * array_bytes(shape, target.itemsize) + one


def _like(
    image: CalibratedImage,
    target: np.dtype[Any],
    context: Context,
    every: Steps = ONE_BY_ONE,
) -> NDArray[Any]:
    """Return an array laid out like the image, so that results have the caller's memory order."""
    of = dict(zip(SPATIAL_AXES, every, strict=True))
    whole = context.wanted(image.data, image.axes).shape
    wanted = [-(-n // of.get(axis, 1)) for axis, n in zip(image.axes, whole, strict=True)]
    return np.empty_like(image.data, dtype=target, subok=False, shape=wanted)


def _volumes(
    image: CalibratedImage, border: str, cval: float, context: Context
) -> Iterator[tuple[NDArray[Any], tuple[int, ...], Progress | None, _Options]]:
    """Yield each (z, y, x) volume, its place among the others, its progress, and its options."""
    view = volume_view(image.data, image.axes)
    indices = list(np.ndindex(view.shape[:-3]))
    for number, index in enumerate(indices):
        part = None if context.part is None else context.part.of(number)
        options = _Options(border=border, cval=cval, threads=context.threads, part=part)
        yield view[index], index, part_of(context.progress, number, len(indices)), options


#: What a refusal tells to do.
NAN_REMEDY = (
    "choose nan='propagate', or nan='ignore' (mean of the others) where the operation has it; "
    "--nan for the program"
)


def holes_counted(count: int) -> str:
    """Return a number of samples that are NaN or infinite in words."""
    return f"{count} sample{'s that are' if count > 1 else ' that is'} NaN or infinite"


def refuse_not_finite(image: CalibratedImage, remedy: str = NAN_REMEDY) -> None:
    """Refuse samples that are NaN or infinite; says how many and where the first is."""
    if image.data.dtype.kind != "f":
        return
    if are_finite(image.data):
        return
    bad = int(np.count_nonzero(~np.isfinite(image.data)))
    if bad:
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(image.data))[0])
        first = ", ".join(f"{axis}={i}" for axis, i in zip(image.axes, where, strict=True))
        raise NotFiniteError(
            f"{image.name} has {holes_counted(bad)}, the first at {first}; {remedy}"
        )
