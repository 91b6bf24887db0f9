"""Structure tensor: in which directions an image changes, per physical length."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import combinations_with_replacement
from typing import Annotated, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge.engines.select import in_java
from fiji_bridge.engines.tensors import Floats, TensorShapes, taker
from fiji_bridge.errors import AxesError, InputError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.dtypes import check_dtype
from fiji_bridge.image.memory import readable
from fiji_bridge.image.results import Images, Plan, Table
from fiji_bridge.image.spacing import Spacing, spacing
from fiji_bridge.kernels.borders import DEFAULT_BORDER
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.blur_scene import noise_of
from fiji_bridge.ops.convolved import blur_of, gaussian_kernels
from fiji_bridge.ops.derivative_kernels import extended_axes
from fiji_bridge.ops.expected_time import time_expected
from fiji_bridge.ops.gradient_kernels import GRADIENTS, Derivative
from fiji_bridge.ops.operation import Prepared, operation
from fiji_bridge.ops.parameter import Kind, Parameter
from fiji_bridge.ops.parameters import (
    Border,
    Cval,
    FloatDType,
    Fwhm,
    Kernel,
    NanWithoutMean,
    OnEngine,
    Per,
    Sigma,
    float_dtype,
    result_bytes,
)
from fiji_bridge.ops.provenance import entry, planned
from fiji_bridge.ops.separable import Context, filter_image, filter_many
from fiji_bridge.ops.tensor_shape import Noise, describe

#: Of one processor of 2 to 3 GHz, in Java; with engine ``scipy`` it is LAPACK's 1.5e-6.
_SECONDS_PER_SAMPLE = 5e-7
#: So many are enough for the noise of an image: half a million give it within 0.2 %.
_NOISE_SAMPLES = 2**19


@dataclass(frozen=True, kw_only=True)
class StructureTensor(Images):
    """Eigenvalues, measures and orientation as images; `report` has the verdicts.

    Attributes
    ----------
    axes : tuple of str
        Directions in which there are gradients, such as (z, y, x).
    eigenvalues : array, shape (len(axes), …)
        Largest first; the other dimensions are those of the image.
    eigenvectors : array, shape (len(axes), len(axes), …)
        ``[k, i]`` is the component along ``axes[i]`` of the k-th vector, of unit length in
        physical space.
    """

    axes: tuple[str, ...]
    eigenvalues: NDArray[Any]
    eigenvectors: NDArray[Any]


@dataclass(frozen=True)
class TensorPlan(Plan):
    """The window of a structure tensor, and what comes out.

    Attributes
    ----------
    window : BlurPlan
    axes : tuple of str
        Directions in which there are gradients.
    spacing : Spacing
        What gradients are taken per.
    needed_bytes : int
    samples : int
        Of the image.
    derivative : {"farid", "sobel"}
    """

    window: BlurPlan
    axes: tuple[str, ...]
    spacing: Spacing
    needed_bytes: int
    samples: int
    derivative: Derivative = "farid"

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return asdict(self)

    def records(self) -> list[dict[str, Any]]:
        """Return the axes of the window as plain values."""
        return self.window.records()

    def table(self) -> Table:
        """Return the window, a row per axis."""
        rows = tuple(
            (
                a.axis,
                "unknown" if a.voxel_size is None else f"{a.voxel_size:.4g} {a.unit}",
                f"{a.sigma_px:.4g} px",
                f"{a.effective_sigma_px:.4g} px",
                a.note or f"{a.radius} px",
            )
            for a in self.window.axes
        )
        return Table(
            f"window, kernel {self.window.kernel}, border {self.window.border}",
            ("axis", "voxel size", "sigma", "effective sigma", "radius"),
            rows,
            (
                *(f"warning: {warning}" for warning in self.window.warnings),
                f"gradients along {', '.join(self.axes)} per {self.spacing.unit or 'unit'}; "
                f"{len(self.axes)} eigenvalues, measures and the orientation as images",
                f"derivative {self.derivative}: the direction of a thin sheet is off by at most "
                f"{GRADIENTS[self.derivative].said()} voxels of sigma of its profile",
                f"memory needed: {readable(self.needed_bytes)}",
                *time_expected(self.samples * _SECONDS_PER_SAMPLE, system.processors()),
            ),
        )


@operation(
    title="Structure Tensor (Physical)",
    example={"sigma": "2 um"},
    output="TIFF to write, one per measure (out-orientation.tif ...)",
)
def structure_tensor(
    image: CalibratedImage,
    *,
    sigma: Sigma = None,
    fwhm: Fwhm = None,
    per: Per = None,
    regions: Annotated[
        int,
        Parameter(Kind.INTEGER, "blocks per axis that get a verdict each", label="Blocks per axis"),
    ] = 1,
    derivative: Annotated[
        Derivative,
        Parameter(
            Kind.CHOICE,
            "farid: Farid and Simoncelli's 5 taps, whose directions are right; sobel: that of "
            "scikit-image",
        ),
    ] = "farid",
    border: Border = DEFAULT_BORDER,
    cval: Cval = 0.0,
    kernel: Kernel = "gauss3",
    dtype: FloatDType = "float",
    nan: NanWithoutMean = "refuse",
    **how: Unpack[OnEngine],
) -> Prepared[TensorPlan, StructureTensor]:
    """Find the directions in which the image changes: eigenvalues, orientation, verdict.

    The image has grey values, and two or three dimensions with more than one sample.

    Parameters
    ----------
    sigma : length or one per axis
        Standard deviation of the window over which the gradients are averaged.
    per : str, optional
        Length unit of the gradients; by default the unit of the voxel size.
    regions : int
        Blocks per axis that get a verdict each.
    derivative : {"farid", "sobel"}
        The filters of the gradients.

    Returns
    -------
    StructureTensor
        ``.eigenvalues``, largest first; ``.eigenvectors``; as images ``eigenvalue1`` …,
        ``fractional-anisotropy``, ``linear``, ``planar``, ``spherical`` and ``orientation`` (the
        direction of least change: red x, green y, blue z, as bright as the image is anisotropic
        and its gradients are steep);
        ``.report`` with a verdict per region.

    Raises
    ------
    InputError
        Also for RGB.

    Notes
    -----
    Gradients are those of Farid & Simoncelli (IEEE TIP 13, 2004, 496-508), 5 taps per axis, divided
    by the voxel size, so that a ramp has its own slope. In isotropic voxels the direction of a thin
    sheet is off by at most 0.5 degrees where its profile has σ = 0.5 voxel, and 0.15 from 0.7 voxel
    on. ``derivative="sobel"`` (3.3 degrees at 0.5 voxel, 1.6 at 1 voxel) is for comparison: for
    voxels of size 1 its eigenvalues are those of ``skimage.feature.structure_tensor`` divided by
    32² (8² in a plane), up to the window's kernel.

    Eigenvalues and vectors are worked out in float64 for each sample, in Java without iterating
    (some roundings of the tensor's largest element), with ``engine="scipy"`` by LAPACK. A vector's
    component along the last axis is not negative.

    A verdict is on the mean tensor of its block, less what white noise of this image gives; where
    no more than noise is there, it says 'no direction'. A direction has to be distinct counted in
    voxels as well as in lengths: noise that is correlated over as many voxels along each axis looks
    like a fibre in voxels that are not isotropic. Blobs that are as long, in voxels, along each
    axis (within a factor of 2) cannot be told from it. Noise that is correlated further along some
    axes than along others is a structure to this verdict.
    """
    check_dtype(image.data.dtype)
    window = blur_of(
        image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel, dtype=dtype
    )
    axes = extended_axes(image)
    if "s" in image.axes or len(axes) < 2:
        raise AxesError(
            f"{image.name} has the axes {', '.join(image.axes)}: a structure tensor needs grey "
            "values and more than one sample along at least two of z, y, x"
        )
    if regions < 1:
        raise InputError(f"regions must be a whole number from 1 on; got {regions!r}")
    scale = spacing(image.calibration, axes, per)
    plan = TensorPlan(window, axes, scale, _memory(image, dtype), image.data.size, derivative)
    kind = float_dtype(dtype, image.data.dtype)
    return Prepared(plan, lambda context: _compute(image, plan, regions, kind, nan, context))


def _compute(
    image: CalibratedImage,
    plan: TensorPlan,
    regions: int,
    kind: str,
    nan: str,
    context: Context,
) -> StructureTensor:
    """Compute the tensor at every sample, and what follows from it."""
    made, axes, scale = plan.window, plan.axes, plan.spacing
    n = len(axes)
    pairs = list(combinations_with_replacement(range(n), 2))
    steps = 2 + len(pairs)
    gradient = GRADIENTS[plan.derivative]
    options: dict[str, Any] = {"border": made.border, "cval": made.cval, "dtype": kind, "nan": nan}
    # First, for it takes memory for a while.
    noise = _noise(image, plan)
    gradients, differences = filter_many(
        image,
        [gradient.along(axis, axes, scale.sizes[axis]) for axis in axes],
        context=context.step(0, steps),
        **options,
    )
    window = gaussian_kernels(made)
    elements = []
    for number, (i, j) in enumerate(pairs):
        product = image.with_data(gradients[i] * gradients[j])
        smooth, engine = filter_image(
            product, window, context=context.step(1 + number, steps), **options
        )
        elements.append(np.ascontiguousarray(volume_view(smooth, image.axes)))
    del gradients, product, smooth
    take, implementation = taker(in_java=in_java(engine.name))
    last = context.step(steps - 1, steps)
    shapes = take(elements, axes, last.threads, last.progress)
    found = _analyse(image, elements, shapes, plan, noise, regions)
    done = entry(
        "structure_tensor",
        engine.info(),
        gradients=differences.info().implementation,
        eigenvalues=implementation,
        derivative=plan.derivative,
        plan=planned(made),
        per=scale.unit,
        dtype=kind,
        nan=nan,
    )
    images = {
        name: view.with_data(view.data, provenance=(*image.provenance, done))
        for name, view in found.images.items()
    }
    return replace(found, images=images)


def _memory(image: CalibratedImage, dtype: str) -> int:
    """Return the bytes of everything that is held at once."""
    n = len(extended_axes(image))
    elements = n * (n + 1) // 2
    # Values, vectors, measures and colours.
    made = n + n * n + n + 1 + 1
    moved = 0 if image.axes == tuple(a for a in _view_axes(image) if a in image.axes) else made
    return (elements + made + moved) * result_bytes(image, dtype)


def _noise(image: CalibratedImage, plan: TensorPlan) -> Noise:
    """Return the noise of the first volume, and what the gradients make of noise."""
    view = volume_view(image.data, image.axes)
    variance = 0.0
    if view.size:
        first = np.squeeze(view[(0,) * (view.ndim - 3)])
        if not np.isfinite(first).all():
            first = np.nan_to_num(first, posinf=0, neginf=0)
        variance = noise_of(first, step=1 + first.size // _NOISE_SAMPLES) ** 2
    gradient, n = GRADIENTS[plan.derivative], len(plan.axes)
    gains = tuple(gradient.noise_gain(plan.spacing.sizes[axis], n) for axis in plan.axes)
    return Noise(variance, gains, gradient.shared_by(n))


def _analyse(
    image: CalibratedImage,
    elements: list[Floats],
    shapes: TensorShapes,
    plan: TensorPlan,
    noise: Noise,
    regions: int,
) -> StructureTensor:
    """Turn what tensors say, as arrays over (others …, z, y, x), into what is returned."""
    axes = plan.axes
    drop = tuple(i for i, a in enumerate(_view_axes(image)) if a in SPATIAL_AXES and a not in axes)
    report = describe(
        [np.squeeze(element, axis=drop) for element in elements],
        axes, regions, plan.spacing.unit, noise,
    )  # fmt: skip
    values = _back(shapes.values, image, before=1)
    images = {f"eigenvalue{k + 1}": values[k] for k in range(len(axes))} | {
        name: _back(data, image) for name, data in shapes.measures.items()
    }
    made = {
        name: image.with_data(data, name=f"{image.name} {name}") for name, data in images.items()
    }
    made["orientation"] = image.with_data(
        _back(shapes.colours, image, after=1),
        axes=(*image.axes, "s"),
        name=f"{image.name} orientation",
    )
    return StructureTensor(
        made,
        report,
        axes=axes,
        eigenvalues=values,
        eigenvectors=_back(shapes.vectors, image, before=2),
    )


def _view_axes(image: CalibratedImage) -> tuple[str, ...]:
    lead = tuple(axis for axis in image.axes if axis not in SPATIAL_AXES)
    return (*lead, *SPATIAL_AXES)


def _back(
    data: NDArray[Any], image: CalibratedImage, *, before: int = 0, after: int = 0
) -> NDArray[Any]:
    """Return (others …, z, y, x) in the order of the image's own axes; others stay around them.

    What is in that order already is not copied.
    """
    names = _view_axes(image)
    missing = tuple(before + i for i, name in enumerate(names) if name not in image.axes)
    squeezed = np.squeeze(data, axis=missing)
    left = [name for name in names if name in image.axes]
    inner = [before + left.index(axis) for axis in image.axes]
    around = range(before + len(inner), before + len(inner) + after)
    return np.ascontiguousarray(squeezed.transpose([*range(before), *inner, *around]))
