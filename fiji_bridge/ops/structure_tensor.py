"""Structure tensor: in which directions an image changes, per physical length."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.engines.base import AxisKernel, Kernels, check_dtype
from fiji_bridge.errors import AxesError, InputError
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.memory import check_memory, readable
from fiji_bridge.ops.blur import blur_of
from fiji_bridge.ops.derivative_kernels import extended_axes
from fiji_bridge.ops.parameters import (
    BORDER,
    CVAL,
    FLOAT_DTYPE,
    KERNEL,
    NAN_WITHOUT_MEAN,
    PER,
    SIGMA,
    float_dtype,
    result_bytes,
)
from fiji_bridge.ops.provenance import entry
from fiji_bridge.ops.registry import Kind, Operation, Parameter, Result
from fiji_bridge.ops.separable import Context, filter_image, filter_many
from fiji_bridge.plan import BlurPlan
from fiji_bridge.results import Images, Table
from fiji_bridge.spacing import Spacing, spacing
from fiji_bridge.tensor_shape import describe, eigen, measures

_SOBEL_SMOOTHING = np.array([0.25, 0.5, 0.25])
_SOBEL_DIFFERENCE = np.array([0.5, 0.0, -0.5])
_IDENTITY = AxisKernel(np.ones(1), 0)


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
class TensorPlan:
    """The window of a structure tensor, and what comes out.

    Attributes
    ----------
    window : BlurPlan
    axes : tuple of str
        Directions in which there are gradients.
    spacing : Spacing
        What gradients are taken per.
    needed_bytes : int
    """

    window: BlurPlan
    axes: tuple[str, ...]
    spacing: Spacing
    needed_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain values for JSON."""
        return asdict(self)

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
                f"memory needed: {readable(self.needed_bytes)}",
            ),
        )


def plan(
    image: CalibratedImage,
    *,
    per: str | None = None,
    regions: int = 1,
    dtype: str = "float",
    nan: str = "refuse",
    **blur: Any,
) -> TensorPlan:
    """Return the window in voxels, and what comes out."""
    check_dtype(image.data.dtype)
    window = blur_of(image, **blur)
    axes = extended_axes(image)
    if "s" in image.axes or len(axes) < 2:
        raise AxesError(
            f"{image.name} has the axes {', '.join(image.axes)}: a structure tensor needs grey "
            "values and more than one sample along at least two of z, y, x"
        )
    if isinstance(regions, bool) or not isinstance(regions, int) or regions < 1:
        raise InputError(f"regions must be a whole number from 1 on; got {regions!r}")
    NAN_WITHOUT_MEAN.checked(nan)
    return TensorPlan(
        window,
        axes,
        spacing(image.calibration, axes, per),
        _memory(image, dtype),
    )


def apply(
    image: CalibratedImage,
    *,
    context: Context,
    per: str | None = None,
    regions: int = 1,
    dtype: str = "float",
    nan: str = "refuse",
    **blur: Any,
) -> StructureTensor:
    """Compute the tensor at every sample; see `fiji_bridge.structure_tensor`."""
    planned = plan(image, per=per, regions=regions, dtype=dtype, nan=nan, **blur)
    check_memory(planned.needed_bytes, f"the structure tensor of {image.name}")
    made, axes, scale = planned.window, planned.axes, planned.spacing
    kind = float_dtype(dtype, image.data.dtype)
    n = len(axes)
    pairs = list(combinations_with_replacement(range(n), 2))
    steps = 1 + len(pairs)
    options: dict[str, Any] = {"border": made.border, "cval": made.cval, "dtype": kind, "nan": nan}
    gradients, differences = filter_many(
        image,
        [_sobel(axis, axes, scale.sizes[axis]) for axis in axes],
        context=context.step(0, steps),
        **options,
    )
    window = _window(made.kernel, made.sigma_px())
    elements = []
    for number, (i, j) in enumerate(pairs):
        product = image.with_data(gradients[i] * gradients[j])
        smooth, engine = filter_image(
            product, window, context=context.step(1 + number, steps), **options
        )
        elements.append(volume_view(smooth, image.axes))
    del gradients
    found = _analyse(image, elements, axes, regions, scale.unit)
    done = entry(
        "structure_tensor",
        engine.info(),
        gradients=differences.info().implementation,
        plan=made.as_dict(),
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
    pairs = n * (n + 1) // 2
    # Gradients, products; values, vectors, measures and colours, once as they are computed and
    # once in the image's own order of axes.
    arrays = 2 * (n + pairs + n + n * n + 4 + 1)
    return arrays * result_bytes(image, dtype=dtype)


def _sobel(axis: str, axes: tuple[str, ...], voxel: float) -> Kernels:
    """Return central difference along one axis, [1 2 1] / 4 along the others."""
    z, y, x = (
        AxisKernel(_SOBEL_DIFFERENCE / voxel, 1)
        if name == axis
        else AxisKernel(_SOBEL_SMOOTHING, 1)
        if name in axes
        else _IDENTITY
        for name in SPATIAL_AXES
    )
    return z, y, x


def _window(kernel: str, sigma_px: tuple[float, float, float]) -> Kernels:
    z, y, x = (AxisKernel.from_gaussian(kernel, sigma) for sigma in sigma_px)
    return z, y, x


def _analyse(
    image: CalibratedImage,
    elements: list[NDArray[Any]],
    axes: tuple[str, ...],
    regions: int,
    unit: str,
) -> StructureTensor:
    """Turn tensors, as arrays over (others …, z, y, x), into what is returned."""
    shape = elements[0].shape
    flat = [element.reshape(-1, *shape[-2:]) for element in elements]
    values, vectors = eigen(flat, len(axes))
    values = values.reshape(len(axes), *shape)
    vectors = vectors.reshape(len(axes), len(axes), *shape)
    shapes = measures(values)
    drop = tuple(a for a in SPATIAL_AXES if a not in axes)
    kept = values.reshape(
        len(axes), *(s for s, a in zip(shape, _view_axes(image), strict=True) if a not in drop)
    )
    report = describe(kept, axes, regions, unit)
    images = {f"eigenvalue{k + 1}": values[k] for k in range(len(axes))} | shapes
    made = {
        name: image.with_data(_back(data, image), name=f"{image.name} {name}")
        for name, data in images.items()
    }
    colours = _colours(vectors[-1], axes, shapes["fractional-anisotropy"] * _strength(values))
    made["orientation"] = image.with_data(
        np.stack([_back(colour, image) for colour in colours], axis=-1),
        axes=(*image.axes, "s"),
        name=f"{image.name} orientation",
    )
    return StructureTensor(
        made,
        report,
        axes=axes,
        eigenvalues=np.stack([_back(v, image) for v in values]),
        eigenvectors=np.stack([np.stack([_back(c, image) for c in v]) for v in vectors]),
    )


def _view_axes(image: CalibratedImage) -> tuple[str, ...]:
    lead = tuple(axis for axis in image.axes if axis not in SPATIAL_AXES)
    return (*lead, *SPATIAL_AXES)


def _back(data: NDArray[Any], image: CalibratedImage) -> NDArray[Any]:
    """Return (others …, z, y, x) in the order of the image's own axes."""
    names = _view_axes(image)
    missing = tuple(i for i, name in enumerate(names) if name not in image.axes)
    squeezed = np.squeeze(data, axis=missing)
    left = [name for name in names if name in image.axes]
    return np.ascontiguousarray(squeezed.transpose([left.index(axis) for axis in image.axes]))


def _strength(values: NDArray[Any]) -> NDArray[Any]:
    """Return how steep the gradients are, as a part of the steepest of each (z, y, x) volume.

    Noise has directions too, but should not be the brightest part of a picture.
    """
    energy: NDArray[Any] = values.sum(axis=0)
    if energy.size == 0:
        return energy
    # `initial` is for volumes that are NaN all over.
    most = np.fmax.reduce(energy, axis=(-3, -2, -1), keepdims=True, initial=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[Any] = np.where(most > 0, np.sqrt(energy / most), 0)
    return found


def _colours(
    direction: NDArray[Any], axes: tuple[str, ...], strength: NDArray[Any]
) -> list[NDArray[np.uint8]]:
    """Return red for x, green for y, blue for z."""
    by_axis = dict(zip(axes, direction, strict=True))
    return [
        np.rint(255 * np.nan_to_num(np.abs(by_axis[axis]) * strength)).astype(np.uint8)
        if axis in by_axis
        else np.zeros(strength.shape, np.uint8)
        for axis in ("x", "y", "z")
    ]


STRUCTURE_TENSOR = Operation(
    name="structure_tensor",
    title="Structure Tensor (Physical)",
    menu="Plugins>Fiji Bridge",
    java_class=None,
    summary="Directions in which the image changes: eigenvalues, measures, orientation, verdict.",
    parameters=(
        Parameter(SIGMA.name, SIGMA.kind, f"window: {SIGMA.help}"),
        PER,
        Parameter("regions", Kind.INTEGER, "blocks per axis that get a verdict each", 1),
        BORDER,
        CVAL,
        KERNEL,
        FLOAT_DTYPE,
        NAN_WITHOUT_MEAN,
    ),
    apply=apply,
    plan=plan,
    result=Result.IMAGES,
)
