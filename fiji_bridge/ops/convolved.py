"""From planned kernels to the result: the way that most operations have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.engines.engine import AxisKernel, Kernels, Reach, Term
from fiji_bridge.engines.select import get_engine
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import result_dtype
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.memory import array_bytes
from fiji_bridge.kernels.gaussian import TRUNCATE
from fiji_bridge.ops.blur_plan import BlurPlan, make_plan
from fiji_bridge.ops.operation import ByParts, PlanT, Prepared
from fiji_bridge.ops.parameters import float_dtype, result_bytes
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.separable import Context, filter_image, filter_sum, memory_needed


def blur_of(
    image: CalibratedImage,
    *,
    sigma: LengthsLike | None,
    fwhm: LengthsLike | None,
    border: str,
    cval: float,
    kernel: str,
    truncate: float = TRUNCATE,
    dtype: str = "same",
) -> BlurPlan:
    """Return the plan of the blur that an operation begins with."""
    made = make_plan(
        image.calibration,
        [(axis, image.size(axis)) for axis in image.spatial_axes],
        sigma=sigma,
        fwhm=fwhm,
        border=border,
        cval=cval,
        kernel=kernel,
        truncate=truncate,
    )
    return replace(made, needed_bytes=result_bytes(image, dtype))


def gaussian_kernels(plan: BlurPlan, factor: float = 1.0) -> Kernels:
    """Return the kernels of a blur along (z, y, x), each `factor` times as wide."""
    z, y, x = (
        AxisKernel.from_gaussian(plan.kernel, sigma * factor, truncate=plan.truncate)
        for sigma in plan.sigma_px()
    )
    return z, y, x


def convolved(
    name: str,
    image: CalibratedImage,
    plan: PlanT,
    terms: Kernels | list[tuple[Kernels, Term]],
    *,
    border: str,
    cval: float,
    dtype: str,
    nan: str,
    details: dict[str, Any],
    finish: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]] | None = None,
    result: np.dtype[Any] | None = None,
) -> Prepared[PlanT, CalibratedImage]:
    """Prepare the convolution of an image, its finish and the provenance of the result.

    Parameters
    ----------
    name : str
        Of the operation.
    image : CalibratedImage
    plan : Plan
    terms : three AxisKernel, or list of (three AxisKernel, Term)
        In (z, y, x) order; several are made into one result, which is floating-point.
    border, cval, nan
        As in `fiji_bridge.gaussian`.
    dtype : {"same", "float", "float32", "float64"}
    details : dict
        What the provenance says beside the plan; dtype and `nan` come last.
    finish : callable, optional
        From the samples, and those of the image at their places, to those of the result; may
        change the former in place.
    result : dtype, optional
        Of what the finish gives, where it is another.
    """
    target = dtype if dtype == "same" else float_dtype(dtype, image.data.dtype)

    def filtered(image: CalibratedImage, context: Context) -> CalibratedImage:
        options: dict[str, Any] = {
            "border": border, "cval": cval, "dtype": target, "nan": nan, "context": context,
        }  # fmt: skip
        if isinstance(terms, list):
            data, engine = filter_sum(image, terms, **options)
        else:
            data, engine = filter_image(image, terms, **options)
        if finish is not None:
            data = finish(data, context.wanted(image.data, image.axes))
        done = entry(name, engine.info(), **{**details, "dtype": data.dtype.name, "nan": nan})
        return image.with_result(data, done)

    by_parts = parts_of(
        image, terms, filtered, border, target, nan, finished=finish is not None, result=result
    )
    return Prepared(plan, lambda context: filtered(image, context), by_parts)


def parts_of(
    image: CalibratedImage,
    terms: Kernels | list[tuple[Kernels, Term]],
    compute: Callable[[CalibratedImage, Context], CalibratedImage],
    border: str,
    target: str,
    nan: str,
    *,
    finished: bool = False,
    result: np.dtype[Any] | None = None,
) -> ByParts:
    """Return how a convolution goes by parts.

    Parameters
    ----------
    image : CalibratedImage
        All of it; its samples are not looked at.
    terms, border, nan, result : see `convolved`
    compute : callable
        From an image or a part of it, and a `Context`, to what is wanted.
    target : {"same", "float32", "float64"}
        Of the convolution.
    finished : bool
        Whether something is made of the convolution, with a copy of the image.
    """
    source = image.data.dtype
    work = result_dtype(target, source)
    named: list[tuple[Kernels, Term]] = terms if isinstance(terms, list) else [(terms, "add")]

    def reach(context: Context) -> Reach:
        z, y, x = (image.size(axis) for axis in SPATIAL_AXES)
        return get_engine(context.engine).reach(named, (z, y, x), source, work, border)

    def memory(given: tuple[int, ...], wanted: tuple[int, ...], context: Context) -> int:
        needed = memory_needed(wanted, source, work, get_engine(context.engine), nan, given=given)
        # The result itself is no scratch; the next of several terms, and a copy and a result, are.
        spare = (len(named) > 1) + 2 * finished - 1
        return needed + spare * array_bytes(wanted, work.itemsize)

    return ByParts(compute, reach, border, result or work, memory, nan == "refuse")
