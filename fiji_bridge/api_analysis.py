"""The functions that measure something in an image."""

from __future__ import annotations

from typing import Any, Unpack

from fiji_bridge.adapters import VoxelSizeLike, to_image
from fiji_bridge.api_family import BlurOptions
from fiji_bridge.lengths import OneLength
from fiji_bridge.ops.separable import Context
from fiji_bridge.ops.structure_tensor import STRUCTURE_TENSOR, StructureTensor
from fiji_bridge.suggestion import BlurReport, measure


def suggest(
    image: Any,
    *,
    beads: bool = False,
    channel: int = 0,
    target: OneLength | None = None,
    voxel_size: VoxelSizeLike | None = None,
    axes: str | None = None,
) -> BlurReport:
    """Measure the blur that an image has, per axis, and propose sigmas.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
        The first frame is used.
    beads : bool
        The image shows points: a Gaussian on a background is fitted to each, with sub-voxel
        centre. Otherwise the width of the autocorrelation, without the noise at lag 0, is taken.
    channel : int
        Counted from 0.
    target : length, optional
        σ wanted in every direction; by default the largest that is there.
    voxel_size, axes
        As in `gaussian`.

    Returns
    -------
    BlurReport
        FWHM and σ of the smallest features per axis, with uncertainty and voxels per FWHM; a σ to
        denoise that widens no feature by more than 10 %; and per axis the σ to add,
        √(target² − σ²), that makes the final blur the same in every direction:
        ``gaussian(image, match="isotropic")`` adds it. ``print(report.table())`` shows it.

    Raises
    ------
    InputError
        Where nothing can be measured, or the target is smaller than the blur that is there.

    Notes
    -----
    Within 5 % on synthetic images from a blur of σ = 0.6 voxels on; below about 0.4 it says that
    the voxels are too large. Beads have a size of their own, which adds to the blur; without beads
    structures larger than the blur do. The proposals take the blur for a Gaussian; a real
    point-spread function has side lobes and a tilt, so measure again afterwards.
    """
    given = to_image(image, voxel_size=voxel_size, axes=axes)
    return measure(given, beads=beads, channel=channel, target=target)


def structure_tensor(
    image: Any,
    *,
    per: str | None = None,
    regions: int = 1,
    **options: Unpack[BlurOptions],
) -> StructureTensor:
    """Find the directions in which an image changes around each sample.

    Parameters
    ----------
    image : ndarray, xarray.DataArray, ij.ImagePlus or CalibratedImage
        Grey values, of two or three dimensions with more than one sample.
    per : str, optional
        Length unit of the gradients, as in `derivative`.
    regions : int
        Blocks per axis that get a verdict each.
    **options
        As in `gaussian`, see `BlurOptions`; ``sigma`` is that of the window over which the
        gradients are averaged.

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
        As `gaussian`, and for RGB.

    Notes
    -----
    Gradients are Sobel's, divided by 32 (8 in a plane) and the voxel size, so that a ramp has its
    own slope. For voxels of size 1 the eigenvalues are those of
    ``skimage.feature.structure_tensor`` divided by 32² (8²), up to the window's kernel.
    """
    context = Context(
        engine=options.pop("engine", None),
        threads=options.pop("threads", None),
        progress=options.pop("progress", None),
    )
    given = to_image(
        image, voxel_size=options.pop("voxel_size", None), axes=options.pop("axes", None)
    )
    made: StructureTensor = STRUCTURE_TENSOR.apply(
        given, context=context, per=per, regions=regions, **options
    )
    return made
