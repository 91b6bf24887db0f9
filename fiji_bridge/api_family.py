"""The functions round the Gaussian: derivatives, differences, sharpening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict, TypeVar, Unpack

from fiji_bridge.adapters import VoxelSizeLike
from fiji_bridge.api import run
from fiji_bridge.borders import DEFAULT_BORDER
from fiji_bridge.engines.base import Progress
from fiji_bridge.lengths import LengthsLike
from fiji_bridge.small_kernels import KernelLike

ImageT = TypeVar("ImageT")


class FilterOptions(TypedDict, total=False):
    """Keywords that mean in every function what they mean in `fiji_bridge.gaussian`.

    `dtype` is ``"float"`` by default where results have signs and fractions: float32, or float64
    for float64 and 32-bit integers. `nan` is ``"refuse"`` or ``"propagate"``; ``"ignore"`` is for
    means alone: difference of Gaussians and unsharp mask.
    """

    voxel_size: VoxelSizeLike | None
    border: str
    cval: float
    engine: str | None
    dtype: str
    nan: str
    axes: str | None
    threads: int | None
    progress: Progress | None


class BlurOptions(FilterOptions, total=False):
    """`FilterOptions` and those of the blur itself."""

    sigma: LengthsLike | None
    fwhm: LengthsLike | None
    kernel: str


def derivative(
    image: ImageT,
    *,
    along: str | Sequence[int] | Mapping[str, int] = "x",
    normalized: bool = False,
    per: str | None = None,
    **options: Unpack[BlurOptions],
) -> ImageT:
    """Take a derivative of the Gaussian-blurred image, per physical length.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    along : str, sequence or mapping
        ``"x"`` is ∂/∂x, ``"xx"`` ∂²/∂x², ``"zx"`` ∂²/∂z∂x; ``(0, 0, 1)`` in (z, y, x) order,
        as SciPy's ``order``; ``{"x": 1}``.
    normalized : bool
        σⁿ ∂ⁿ/∂axisⁿ instead: has no unit, and structures of every size answer alike.
    per : str, optional
        Length unit of the denominator (``"um"``), or ``"pixel"``; by default the unit of the
        voxel size.
    **options
        As in `gaussian`; see `BlurOptions`.

    Returns
    -------
    Same type and shape as `image`
        In grey levels per `per` to the power of the whole order. A ramp of one grey level per
        µm gives exactly 1 per µm, whatever the kernel, away from the border.

    Raises
    ------
    InputError
        Also where there is no blur along an axis of the derivative, or one sample only.

    Notes
    -----
    Kernel times orthogonal polynomial (Meer & Weiss 1992): SciPy's ``gaussian_filter(order=…)``
    with this package's kernels and exact moments.
    """
    return run(
        "derivative", image, along=along, normalized=normalized, per=per, **options
    )  # fmt: skip


def gradient_magnitude(
    image: ImageT,
    *,
    normalized: bool = False,
    per: str | None = None,
    **options: Unpack[BlurOptions],
) -> ImageT:
    """Return the length of the gradient of the Gaussian-blurred image, per physical length.

    Parameters
    ----------
    image, normalized, per, **options
        As in `derivative`.

    Returns
    -------
    Same type and shape as `image`
        √(Σ (∂/∂axis)²) over the spatial axes with more than one sample.

    Raises
    ------
    InputError
        As `derivative`.
    """
    return run("gradient_magnitude", image, normalized=normalized, per=per, **options)


def laplacian(
    image: ImageT,
    *,
    normalized: bool = False,
    per: str | None = None,
    **options: Unpack[BlurOptions],
) -> ImageT:
    """Return the Laplacian of the Gaussian-blurred image.

    Parameters
    ----------
    image, per, **options
        As in `derivative`.
    normalized : bool
        Σ σ² ∂²/∂axis² instead of Σ ∂²/∂axis²: has no unit, and blobs of every size answer alike.

    Returns
    -------
    Same type and shape as `image`
        In grey levels per `per` squared; bright blobs are negative.

    Raises
    ------
    InputError
        As `derivative`.

    Notes
    -----
    T. Lindeberg, "Feature detection with automatic scale selection", IJCV 30 (1998), for the
    normalisation.
    """
    return run("laplacian", image, normalized=normalized, per=per, **options)


def difference_of_gaussians(
    image: ImageT,
    *,
    ratio: float = 1.6,
    normalized: bool = False,
    **options: Unpack[BlurOptions],
) -> ImageT:
    """Return the blur by σ minus the blur by `ratio` σ.

    Parameters
    ----------
    image, **options
        As in `gaussian`.
    ratio : float
        Second σ in units of the first, above 1.
    normalized : bool
        Divide by (ratio² − 1) / 2, which makes it nearly −σ² times the Laplacian of Gaussian.

    Returns
    -------
    Same type and shape as `image`
        Bright blobs are positive.

    Raises
    ------
    InputError
        As `gaussian`.
    """
    return run("difference_of_gaussians", image, ratio=ratio, normalized=normalized, **options)


def unsharp_mask(image: ImageT, *, amount: float = 1.0, **options: Unpack[BlurOptions]) -> ImageT:
    """Sharpen: image + amount · (image − blurred image).

    Parameters
    ----------
    image, **options
        As in `gaussian`; `dtype` is ``"same"`` by default.
    amount : float
        ImageJ's mask weight w is amount / (1 + amount).

    Returns
    -------
    Same type and shape as `image`
        Integers are rounded to nearest once, and saturate. With ``nan="ignore"`` a sample that is
        NaN or infinite stays what it is; the others do not see it.

    Raises
    ------
    InputError
        As `gaussian`.
    """
    return run("unsharp_mask", image, amount=amount, **options)


def convolve(
    image: ImageT,
    *,
    kernel: KernelLike = "mean",
    along: str | None = None,
    per: str | None = None,
    **options: Unpack[FilterOptions],
) -> ImageT:
    """Convolve with a small kernel.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    kernel : str or array
        ``"sum"``, ``"mean"`` (of the sample and its direct neighbours), ``"laplace"`` (neighbours
        minus their number times the sample), ``"physical-laplace"`` (second differences divided
        by the squared voxel size); or an array in the last of the axes (z, y, x); or text,
        ``"0 1 0; 1 -4 1; 0 1 0"``. Its centre is the sample at n // 2.
    along : str, optional
        Axes of the kernel: ``"yx"`` works plane by plane. By default a preset reaches along every
        spatial axis with more than one sample.
    per : str, optional
        Length unit of ``"physical-laplace"``, as in `derivative`.
    **options
        As in `gaussian`; see `FilterOptions`.

    Returns
    -------
    Same type and shape as `image`
        A convolution: the kernel is mirrored. A separable kernel is found and run as one.

    Raises
    ------
    InputError
    """
    return run("convolve", image, kernel=kernel, along=along, per=per, **options)


def median(
    image: ImageT,
    *,
    radius: LengthsLike,
    voxel_size: VoxelSizeLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    axes: str | None = None,
    progress: Progress | None = None,
) -> ImageT:
    """Take the median of the samples within a physical radius.

    For salt and pepper: a Gaussian smears single wrong samples, a median removes them.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    radius : length or one per axis
        Of the ellipsoid whose samples count; 0 leaves an axis out.
    voxel_size, border, cval, axes, progress
        As in `gaussian`.

    Returns
    -------
    Same type, shape and samples type as `image`

    Raises
    ------
    InputError
        Also where the radius is below one voxel on every axis; NaN is refused.

    Notes
    -----
    Computed by ``scipy.ndimage.median_filter``.
    """
    return run(
        "median", image, radius=radius, voxel_size=voxel_size, border=border, cval=cval,
        axes=axes, progress=progress,
    )  # fmt: skip


def bilateral(
    image: ImageT,
    *,
    radius: LengthsLike,
    contrast: float,
    voxel_size: VoxelSizeLike | None = None,
    border: str = DEFAULT_BORDER,
    cval: float = 0.0,
    axes: str | None = None,
    progress: Progress | None = None,
) -> ImageT:
    """Smooth within regions, not across edges.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
    radius : length or one per axis
        Standard deviation in space; 0 leaves an axis out: ``"z=0, y=1 um, x=1 um"`` works plane by
        plane.
    contrast : float
        Standard deviation in grey levels: steps well above it stay sharp.
    voxel_size, border, cval, axes, progress
        As in `gaussian`.

    Returns
    -------
    Same type, shape and samples type as `image`
        Each (z, y, x) volume on its own.

    Raises
    ------
    InputError
        NaN is refused.
    EngineUnavailableError
        Without SimpleITK.

    Notes
    -----
    Computed by ``itk::BilateralImageFilter``, whose kernel ends at 2.5 standard deviations. Its
    work per sample grows with the product of the radii in voxels: it is slow where all are large.
    """
    return run(
        "bilateral", image, radius=radius, contrast=contrast, voxel_size=voxel_size, border=border,
        cval=cval, axes=axes, progress=progress,
    )  # fmt: skip
