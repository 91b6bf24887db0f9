"""Which sigma? From the blur that is measured to the blurs that are proposed."""

from __future__ import annotations

import base64
import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fiji_bridge.errors import InputError, SigmaError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.lengths import FWHM_PER_SIGMA, OneLength, read_lengths
from fiji_bridge.image.results import Report, Table
from fiji_bridge.image.spacing import Spacing, spacing
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.ops.blur_curves import curves
from fiji_bridge.ops.blur_measurement import Measured, Width, measure_blur
from fiji_bridge.ops.blur_profiles import Profile, Reached, reached

#: The denoising blur makes the smallest feature wider by this part at most.
WIDENING = 0.10
#: Samples that the FWHM of the smallest feature needs (Nyquist).
NYQUIST = 2.0

_HOW = {
    "beads": "Gaussians fitted to points",
    "filaments": "sections fitted across lines",
    "texture": "the power spectrum of texture",
    "": "nothing",
}


@dataclass(frozen=True)
class AxisBlur:
    """The blur along one axis, in the unit of the report.

    Attributes
    ----------
    axis : str
    voxel_size : float
    sigma, fwhm : float or None
        Of the blur; None where the image cannot tell.
    low, high : float or None
        The 95 % interval of `fwhm`; None where it was not measured.
    measured : bool
        False where `sigma` is none, or stands for a bound: too small for the voxels.
    reason : str
        Why it was not measured; ``""``.
    samples_per_fwhm : float or None
        At least 2 are needed.
    ring_period : float or None
        Period at which the Fourier ring correlation falls to 1/7: finer ones are noise.
    add : float or None
        σ that brings this axis to the common blur: √(target² − σ²).
    add_px : float or None
        The same in voxels.
    """

    axis: str
    voxel_size: float
    sigma: float | None = None
    fwhm: float | None = None
    low: float | None = None
    high: float | None = None
    measured: bool = False
    reason: str = ""
    samples_per_fwhm: float | None = None
    ring_period: float | None = None
    add: float | None = None
    add_px: float | None = None


@dataclass(frozen=True)
class BlurReport(Report):
    """What was measured, and what is proposed.

    Attributes
    ----------
    axes : tuple of AxisBlur
        In (z, y, x) order; axes with one sample are left out.
    unit : str
    structure : {"beads", "filaments", "texture", ""}
        What the blur was measured on; ``""`` where the image cannot tell.
    count : int or None
        Points, or sections of lines, that were used.
    reason : str
        Why the image cannot tell; ``""``.
    anisotropy : float or None
        Largest blur over smallest.
    denoise_sigma : float or None
        One σ for all directions that widens no feature by more than 10 %.
    noise_left : float or None
        What it leaves of the standard deviation of white noise.
    target_sigma : float or None
        Blur in every direction after `add` on each axis.
    reached : Reached or None
        How round the points of this image are after that blur, without a model.
    notes : tuple of str
    """

    axes: tuple[AxisBlur, ...]
    unit: str
    structure: str
    count: int | None = None
    reason: str = ""
    anisotropy: float | None = None
    denoise_sigma: float | None = None
    noise_left: float | None = None
    target_sigma: float | None = None
    reached: Reached | None = None
    notes: tuple[str, ...] = ()
    centres: np.ndarray[Any, np.dtype[np.float64]] = field(
        default_factory=lambda: np.zeros((0, 0)), repr=False, compare=False
    )
    profiles: tuple[Profile, ...] = field(default=(), repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without the curves of the figure."""
        names = [name for name in self.__dataclass_fields__ if name not in _CURVES]
        plain = {name: getattr(self, name) for name in names}
        plain["axes"] = [asdict(axis) for axis in self.axes]
        plain["reached"] = None if self.reached is None else self.reached.as_dict()
        return plain

    def table(self) -> Table:
        """Return one row per axis, and the proposals; or why the image cannot tell."""
        unit = f" ({self.unit})" if self.unit else ""
        rows = tuple(
            (
                a.axis,
                f"{a.voxel_size:.4g}",
                _fwhm_text(a),
                "-" if a.low is None else f"{a.low:.4g} to {a.high:.4g}",
                _text(a.sigma, 4),
                _text(a.samples_per_fwhm, 3),
                _text(a.add, 4),
                _text(a.add_px, 4),
            )
            for a in self.axes
        )
        count = "" if self.count is None else f" ({self.count} used)"
        title = f"blur that the image has, from {_HOW[self.structure]}{count}"
        return Table(
            title if self.structure else f"cannot tell: {self.reason}",
            ("axis", f"voxel size{unit}", f"FWHM{unit}", "95 % interval", f"sigma{unit}",
             "voxels per FWHM", f"sigma to add{unit}", "sigma to add (px)"),
            rows,
            self.notes,
        )  # fmt: skip

    def figure(self) -> bytes:
        """Return a PNG: per axis what was measured, the fit, and what the proposed σ does to it.

        Raises
        ------
        InputError
            Without matplotlib, or where nothing was measured.
        """
        from fiji_bridge.ops.blur_figure import draw

        return draw(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the table, and the figure where there is one."""
        shown = self.table()._repr_html_()
        try:
            picture = base64.b64encode(self.figure()).decode("ascii")
        except InputError:
            return shown
        return f'{shown}<img alt="figure" src="data:image/png;base64,{picture}">'


_CURVES = ("centres", "profiles")


def _text(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


def _fwhm_text(axis: AxisBlur) -> str:
    if axis.fwhm is None:
        return "cannot tell"
    return f"{axis.fwhm:.4g}" if axis.measured else f"below {axis.fwhm:.4g}"


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
        The image shows points: nothing else is taken for an answer, and few of them are enough.
    channel : int
        Counted from 0; of RGB the sample.
    target : length, optional
        σ wanted in every direction; by default the largest that is there.

    Returns
    -------
    BlurReport
        Also where the image cannot tell: then with the reason.

    Raises
    ------
    InputError
        Where samples are not finite.
    SigmaError
        If the target is below the blur that is there.
    """
    volume = spatial_samples(image, channel)
    if not np.isfinite(volume).all():
        raise InputError(f"{image.name} has samples that are NaN or infinite: nothing is measured")
    names = [axis for axis in image.spatial_axes if image.size(axis) > 1]
    scale = spacing(image.calibration, names, remedy="; or voxel_size=1 to measure in pixels")
    voxels = [scale.sizes[name] for name in names]
    found = measure_blur(volume, names, voxels, beads=beads)
    if not found.kind:
        axes = tuple(
            AxisBlur(n, v, reason=found.reason) for n, v in zip(names, voxels, strict=True)
        )
        return BlurReport(axes, scale.unit, "", reason=found.reason, notes=found.notes)
    return _proposed(volume, names, scale, found, target)


def spatial_samples(image: CalibratedImage, channel: int) -> np.ndarray[Any, Any]:
    """Return the first frame of a channel, of the axes with more than one sample, as it is."""
    check_channel(image, channel)
    view = volume_view(image.data, image.axes)
    index = tuple(channel if a in "cs" else 0 for a in image.axes if a not in SPATIAL_AXES)
    volume = view[index]
    return np.asarray(volume).reshape([n for n in volume.shape if n > 1] or [1])


def check_channel(image: CalibratedImage, channel: int) -> None:
    """Refuse a channel, or an RGB sample, that the image does not have."""
    for axis in "cs":
        if axis in image.axes and not 0 <= channel < image.size(axis):
            raise InputError(f"channel must be from 0 to {image.size(axis) - 1}; got {channel}")


def target_in(given: OneLength, unit: str) -> float:
    """Return the wanted σ in the unit of the voxel sizes."""
    length = read_lengths(given, ["x"], "target")["x"]
    return length.value if length.unit is None or not unit else length.to(unit)


def _proposed(
    volume: np.ndarray[Any, Any],
    names: list[str],
    scale: Spacing,
    found: Measured,
    target: OneLength | None,
) -> BlurReport:
    sigmas = {}
    for name, width in zip(names, found.widths, strict=True):
        known = width.bound if width.sigma is None else width.sigma
        if known is not None:
            sigmas[name] = known * scale.sizes[name]
    wanted = _target(target, scale.unit, sigmas)
    axes = tuple(
        _axis(name, scale.sizes[name], width, sigmas.get(name), wanted, reach)
        for name, width, reach in zip(names, found.widths, found.reach, strict=True)
    )
    smallest, largest = min(sigmas.values()), max(sigmas.values())
    denoise = smallest * math.sqrt((1 + WIDENING) ** 2 - 1)
    left = math.prod(_noise_left(denoise / scale.sizes[n]) for n in names)
    round_after: Reached | None = None
    profiles: tuple[Profile, ...] = ()
    if all(axis.add is not None for axis in axes):
        round_after, profiles = _after(volume, axes, found, wanted)
    report = BlurReport(
        axes, scale.unit, found.kind, found.count, "", largest / smallest, denoise, left, wanted,
        round_after, found.notes, found.centres, profiles,
    )  # fmt: skip
    return BlurReport(**{**report.__dict__, "notes": _notes(report)})


def _after(
    volume: np.ndarray[Any, Any], axes: tuple[AxisBlur, ...], found: Measured, target: float
) -> tuple[Reached | None, tuple[Profile, ...]]:
    """Return how round points will be, and the curves of the figure."""
    from scipy import ndimage

    before = np.asarray(volume, np.float64)
    added = [axis.add_px or 0.0 for axis in axes]
    if found.kind != "beads":
        return None, curves(before, axes, found, before)
    after = ndimage.gaussian_filter(before, added)
    names, voxels = [a.axis for a in axes], [a.voxel_size for a in axes]
    return (
        reached(after, found.centres, names, voxels, target),
        curves(before, axes, found, after),
    )


def reached_by(result: CalibratedImage, report: BlurReport) -> Reached | None:
    """Measure the points that a report was made on in the image that was blurred after it."""
    if not len(report.centres) or report.target_sigma is None:
        return None
    volume = np.asarray(spatial_samples(result, 0), np.float64)
    return reached(
        volume, report.centres, [a.axis for a in report.axes],
        [a.voxel_size for a in report.axes], report.target_sigma,
    )  # fmt: skip


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


def _axis(
    name: str, voxel: float, width: Width, sigma: float | None, target: float, reach: float
) -> AxisBlur:
    if sigma is None:
        return AxisBlur(name, voxel, reason=width.reason)
    add = math.sqrt(max(0.0, target**2 - sigma**2))
    measured = width.sigma is not None
    return AxisBlur(
        axis=name,
        voxel_size=voxel,
        sigma=sigma,
        fwhm=sigma * FWHM_PER_SIGMA,
        low=width.low * voxel * FWHM_PER_SIGMA if measured else None,
        high=width.high * voxel * FWHM_PER_SIGMA if measured else None,
        measured=measured,
        reason=width.reason,
        samples_per_fwhm=sigma * FWHM_PER_SIGMA / voxel,
        ring_period=None if math.isnan(reach) else reach * voxel,
        add=add,
        add_px=add / voxel,
    )


def _noise_left(sigma_px: float) -> float:
    taps = kernels.full(kernels.discrete_half(sigma_px))
    return math.sqrt(float(np.sum(taps**2)))


def _notes(report: BlurReport) -> tuple[str, ...]:
    unit = f" {report.unit}" if report.unit else ""
    known = [a for a in report.axes if a.add is not None]
    said = [
        f"the blur there is {report.anisotropy:.3g} times larger in its widest direction than in "
        "its narrowest",
        f"to denoise: sigma {report.denoise_sigma:.4g}{unit} widens the smallest feature by "
        f"{WIDENING:.0%} and leaves {report.noise_left:.0%} of white noise",
        f"for the same final blur in every direction (sigma {report.target_sigma:.4g}{unit}): add "
        + ", ".join(f"{a.axis}={a.add:.4g}{unit}" for a in known)
        + (" (match='isotropic' does it)" if len(known) == len(report.axes) else ""),
    ]
    if report.reached is not None:
        said.append(f"after that blur, {report.reached.sentence()}")
    for axis in report.axes:
        if axis.sigma is None:
            said.append(f"axis {axis.axis}: cannot tell: {axis.reason}")
            continue
        if not axis.measured:
            said.append(f"axis {axis.axis}: {axis.reason}; it is taken for the FWHM that bounds it")
        elif axis.samples_per_fwhm is not None and axis.samples_per_fwhm < NYQUIST:
            said.append(
                f"axis {axis.axis}: {axis.samples_per_fwhm:.2g} voxels per FWHM, fewer than "
                f"{NYQUIST:g}: undersampled (Nyquist)"
            )
    reaching = [f"{a.axis}={a.ring_period:.3g}{unit}" for a in report.axes if a.ring_period]
    if reaching:
        said.append(
            f"Fourier ring correlation: signal down to periods of {', '.join(reaching)} (where it "
            "falls to 1/7)"
        )
    return (*said, *report.notes)
