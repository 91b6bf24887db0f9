"""Which sigma? From the blur that is measured to the blurs that are proposed."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fiji_bridge import kernels
from fiji_bridge.blur_measurement import Width, measure_beads, measure_correlation
from fiji_bridge.calibration import SPATIAL_AXES
from fiji_bridge.errors import InputError, SigmaError
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.lengths import FWHM_PER_SIGMA, OneLength, read_lengths
from fiji_bridge.results import Table
from fiji_bridge.spacing import spacing

#: The denoising blur makes the smallest feature wider by this part at most.
WIDENING = 0.10
#: Samples that the FWHM of the smallest feature needs (Nyquist).
NYQUIST = 2.0
#: σ in voxels that stands for a blur too small to be measured: a FWHM of one voxel.
UNRESOLVED = 1 / FWHM_PER_SIGMA


@dataclass(frozen=True)
class AxisBlur:
    """The blur along one axis, in the unit of the report.

    Attributes
    ----------
    axis : str
    voxel_size : float
    sigma, fwhm : float
        Of the smallest features.
    error : float
        Standard error of `fwhm`; NaN where it was not measured.
    measured : bool
        False where it is too small for the voxels: then it stands for a FWHM of one voxel.
    samples_per_fwhm : float
        At least 2 are needed.
    add : float
        σ that brings this axis to the common blur: √(target² − σ²).
    add_px : float
        The same in voxels.
    """

    axis: str
    voxel_size: float
    sigma: float
    fwhm: float
    error: float
    measured: bool
    samples_per_fwhm: float
    add: float
    add_px: float


@dataclass(frozen=True)
class BlurReport:
    """What was measured, and what is proposed.

    Attributes
    ----------
    axes : tuple of AxisBlur
        In (z, y, x) order; axes with one sample are left out.
    unit : str
    method : str
    beads : int or None
        How many were fitted.
    anisotropy : float
        Largest blur over smallest.
    denoise_sigma : float
        One σ for all directions that widens no feature by more than 10 %.
    noise_left : float
        What it leaves of the standard deviation of white noise.
    target_sigma : float
        Blur in every direction after `add` on each axis.
    notes : tuple of str
    """

    axes: tuple[AxisBlur, ...]
    unit: str
    method: str
    beads: int | None
    anisotropy: float
    denoise_sigma: float
    noise_left: float
    target_sigma: float
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    def table(self) -> Table:
        """Return one row per axis, and the proposals."""
        unit = f" ({self.unit})" if self.unit else ""
        rows = tuple(
            (
                a.axis,
                f"{a.voxel_size:.4g}",
                f"{a.fwhm:.4g}" if a.measured else f"below {a.fwhm:.4g}",
                f"{a.error:.2g}" if math.isfinite(a.error) else "-",
                f"{a.sigma:.4g}",
                f"{a.samples_per_fwhm:.3g}",
                f"{a.add:.4g}",
                f"{a.add_px:.4g}",
            )
            for a in self.axes
        )
        how = self.method if self.beads is None else f"{self.method} ({self.beads} fitted)"
        return Table(
            f"blur that the image has, from {how}",
            ("axis", f"voxel size{unit}", f"FWHM{unit}", "+-", f"sigma{unit}", "voxels per FWHM",
             f"sigma to add{unit}", "sigma to add (px)"),
            rows,
            self.notes,
        )  # fmt: skip


def measure(
    image: CalibratedImage,
    *,
    beads: bool = False,
    channel: int = 0,
    target: OneLength | None = None,
) -> BlurReport:
    """Measure the blur of an image and propose sigmas.

    Parameters
    ----------
    image : CalibratedImage
        The first frame is used.
    beads : bool
        The image shows points: each is fitted with a Gaussian. Otherwise the autocorrelation is.
    channel : int
        Counted from 0; of RGB the sample.
    target : length, optional
        σ wanted in every direction; by default the largest that is there.

    Returns
    -------
    BlurReport

    Raises
    ------
    InputError
        Also where nothing can be measured.
    """
    volume = _volume(image, channel)
    if not np.isfinite(volume).all():
        raise InputError(f"{image.name} has samples that are NaN or infinite: nothing is measured")
    widths: tuple[Width, Width, Width]
    count: int | None = None
    if beads:
        widths, count = measure_beads(volume)
    else:
        widths = measure_correlation(volume)
    names = [axis for axis in image.spatial_axes if image.size(axis) > 1]
    by_axis = dict(zip(SPATIAL_AXES, widths, strict=True))
    if all(by_axis[name].sigma is None for name in names):
        raise InputError(
            f"the blur of {image.name} cannot be measured: neighbouring samples are not alike on "
            "any axis, so it is below a voxel (or there is only noise)"
        )
    scale = spacing(image.calibration, names, remedy="; or voxel_size=1 to measure in pixels")
    sigmas = {n: (by_axis[n].sigma or UNRESOLVED) * scale.sizes[n] for n in names}
    wanted = _target(target, scale.unit, sigmas)
    axes = tuple(
        _axis(name, scale.sizes[name], by_axis[name], sigmas[name], wanted) for name in names
    )
    smallest, largest = min(sigmas.values()), max(sigmas.values())
    denoise = smallest * math.sqrt((1 + WIDENING) ** 2 - 1)
    left = math.prod(_noise_left(denoise / scale.sizes[n]) for n in names)
    report = BlurReport(
        axes, scale.unit, "beads" if beads else "autocorrelation", count, largest / smallest,
        denoise, left, wanted, (),
    )  # fmt: skip
    return BlurReport(**{**_fields(report), "notes": _notes(report)})


def _fields(report: BlurReport) -> dict[str, Any]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def _volume(image: CalibratedImage, channel: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    check_channel(image, channel)
    view = volume_view(image.data, image.axes)
    index = tuple(channel if a in "cs" else 0 for a in image.axes if a not in SPATIAL_AXES)
    return np.asarray(view[index], dtype=np.float64)


def check_channel(image: CalibratedImage, channel: int) -> None:
    """Refuse a channel, or an RGB sample, that the image does not have."""
    for axis in "cs":
        if axis in image.axes and not 0 <= channel < image.size(axis):
            raise InputError(f"channel must be from 0 to {image.size(axis) - 1}; got {channel}")


def target_in(given: OneLength, unit: str) -> float:
    """Return the wanted σ in the unit of the voxel sizes."""
    length = read_lengths(given, ["x"], "target")["x"]
    return length.value if length.unit is None or not unit else length.to(unit)


def _target(given: OneLength | None, unit: str, sigmas: dict[str, float]) -> float:
    largest = max(sigmas, key=sigmas.__getitem__)
    if given is None:
        return sigmas[largest]
    wanted = target_in(given, unit)
    if wanted < sigmas[largest]:
        raise SigmaError(
            f"a blur of sigma {wanted:.4g} {unit} in every direction cannot be reached: axis "
            f"{largest} has {sigmas[largest]:.4g} {unit} already; ask for at least that"
        )
    return wanted


def _axis(name: str, voxel: float, width: Width, sigma: float, target: float) -> AxisBlur:
    add = math.sqrt(max(0.0, target**2 - sigma**2))
    return AxisBlur(
        axis=name,
        voxel_size=voxel,
        sigma=sigma,
        fwhm=sigma * FWHM_PER_SIGMA,
        error=width.error * voxel * FWHM_PER_SIGMA,
        measured=width.sigma is not None,
        samples_per_fwhm=sigma * FWHM_PER_SIGMA / voxel,
        add=add,
        add_px=add / voxel,
    )


def _noise_left(sigma_px: float) -> float:
    taps = kernels.full(kernels.discrete_half(sigma_px))
    return math.sqrt(float(np.sum(taps**2)))


def _notes(report: BlurReport) -> tuple[str, ...]:
    unit = f" {report.unit}" if report.unit else ""
    said = [
        f"the blur there is {report.anisotropy:.3g} times larger in its widest direction than in "
        "its narrowest",
        f"to denoise: sigma {report.denoise_sigma:.4g}{unit} widens the smallest feature by "
        f"{WIDENING:.0%} and leaves {report.noise_left:.0%} of white noise",
        f"for the same final blur in every direction (sigma {report.target_sigma:.4g}{unit}): add "
        + ", ".join(f"{a.axis}={a.add:.4g}{unit}" for a in report.axes)
        + " (match='isotropic' does it)",
    ]
    for axis in report.axes:
        if not axis.measured:
            said.append(
                f"axis {axis.axis}: the blur is too small to be measured with these voxels; it is "
                "taken for a FWHM of one voxel, which bounds it"
            )
        elif axis.samples_per_fwhm < NYQUIST:
            said.append(
                f"axis {axis.axis}: {axis.samples_per_fwhm:.2g} voxels per FWHM, fewer than "
                f"{NYQUIST:g}: undersampled (Nyquist)"
            )
        if 0 < axis.add_px < 0.5:
            said.append(
                f"axis {axis.axis}: to add {axis.add_px:.2g} voxels exactly takes kernel 'discrete'"
            )
    return tuple(said)
