"""What only this package claims, each with the image that shows it and the limit's reason."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import NotFiniteError
from fiji_bridge.image.lengths import FWHM_PER_SIGMA
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.worth import worth
from fiji_bridge_lab.claims import Claim, Subject
from fiji_bridge_lab.resampling import Resampled, measure

#: σ in pixels at which kernels are measured, of the range that the documentation names.
_SIGMAS = (0.3, 0.5, 0.8, 1.0, 2.0, 5.0, 20.0, 100.0)
#: Gauss3.halfkernel of ImgLib2 (imglib2-algorithm 0.18.3-SNAPSHOT): centre first.
_GOLDEN = {
    0.5: (0.7865707258873422, 0.10645077197359151, 0.00026386508273735414),
    2.0: (
        0.19968557669469522, 0.1762219029238872, 0.12111542456773115, 0.06482841516980778,
        0.027024504080242925, 0.008773571928786656, 0.002193392982196664,
    ),
}  # fmt: skip
_DOUBLE = "rounding of some hundred sums of float64"

Measured = tuple[float, str]


def _noise(*shape: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.RandomState(seed).random_sample(shape)


def _moments(volume: NDArray[np.float64], sizes: tuple[float, ...]) -> list[float]:
    """Return the standard deviation of a spot along each axis, in units of the voxels."""
    found = []
    for axis, size in enumerate(sizes):
        profile = volume.sum(axis=tuple(a for a in range(3) if a != axis))
        at = np.arange(len(profile)) - (np.arange(len(profile)) * profile).sum() / profile.sum()
        found.append(size * math.sqrt(float((at * at * profile).sum() / profile.sum())))
    return found


def _impulse(*shape: int) -> NDArray[np.float64]:
    volume = np.zeros(shape)
    volume[tuple(n // 2 for n in shape)] = 1
    return volume


def _half_kernel(subject: Subject) -> Measured:
    gaps = []
    for sigma, golden in _GOLDEN.items():
        line = subject.blur(_impulse(1, 1, 41), sigma=f"{sigma} px", kernel="gauss3")[0, 0]
        gaps.append(float(np.abs(line[20 : 20 + len(golden)] - golden).max()))
    return max(gaps), "σ 0.5 and 2 px, as an impulse response"


def _band_limited(what: str) -> Any:
    def measure(subject: Subject) -> Measured:
        gaps = {}
        for sigma in _SIGMAS:
            found = worth("band-limited", sigma)
            gaps[sigma] = {
                "effective": abs(found.effective - 1),
                "fwhm": abs(found.fwhm - 1),
                "bead": found.bead_error,
                "transfer": found.transfer_error,
            }[what]
        worst = max(gaps, key=gaps.__getitem__)
        return gaps[worst], f"worst at σ {worst:g} px"

    return measure


def _scipys_numbers(subject: Subject) -> Measured:
    from scipy.ndimage import gaussian_filter

    volume, sigma = _noise(9, 20, 24), (0.7, 1.5, 2.5)
    found = subject.blur(volume, sigma=sigma, voxel_size=(1, 1, 1), kernel="scipy")
    return float(np.abs(found - gaussian_filter(volume, sigma)).max()), ""


def _isotropy(subject: Subject) -> Measured:
    sizes = (1.0, 0.25, 0.25)
    z, y, x = (n - m // 2 for n, m in zip(np.indices((15, 61, 61)), (15, 61, 61), strict=True))
    bead = np.exp(-((z * sizes[0]) ** 2 + (y * sizes[1]) ** 2 + (x * sizes[2]) ** 2) / 2)
    blurred = subject.blur(bead, sigma="1 um", voxel_size="1 0.25 0.25 um", kernel="band-limited")
    widths = _moments(blurred.astype(np.float64), sizes)
    said = ", ".join(f"{axis} {w:.4f}" for axis, w in zip("zyx", widths, strict=True))
    return max(widths) / min(widths) - 1, f"µm: {said}"


def _plans_sigma(subject: Subject) -> Measured:
    gaps = []
    for kernel in kernels.KERNELS:
        result = subject.call("gaussian", _impulse(1, 1, 161), sigma="4 px", kernel=kernel)
        stated = result.provenance[-1]["plan"]["axes"][-1]["effective_sigma_px"]
        line = np.asarray(result)[0, 0]
        at = np.arange(161) - 80
        gaps.append(abs(math.sqrt(float((at * at * line).sum())) / stated - 1))
    return max(gaps), f"{len(gaps)} kernels, σ 4 px"


def _mean(border: str) -> Any:
    def measure(subject: Subject) -> Measured:
        volume = _noise(9, 14, 20)
        found = subject.blur(volume, sigma=2.0, voxel_size=(1, 1, 1), border=border)
        return abs(float(found.mean() - volume.mean())), ""

    return measure


def _semigroup(subject: Subject) -> Measured:
    volume = _noise(9, 14, 20)
    options: dict[str, Any] = {"voxel_size": (1, 1, 1), "kernel": "discrete"}
    twice = subject.blur(subject.blur(volume, sigma=0.6, **options), sigma=0.8, **options)
    once = subject.blur(volume, sigma=1.0, **options)
    return float(np.abs(twice - once).max()), "0.6 and 0.8 px are 1 px"


def _not_mixed(axis: str) -> Any:
    def measure(subject: Subject) -> Measured:
        volume = _noise(3, 6, 14, 16)
        options: dict[str, Any] = {"sigma": 1.5, "voxel_size": (1, 1, 1)}
        found = subject.blur(volume, axes=f"{axis}zyx", **options)
        alone = np.stack([subject.blur(part, axes="zyx", **options) for part in volume])
        return float(np.abs(found - alone).max()), ""

    return measure


def _nan_refused(subject: Subject) -> Measured:
    volume = _noise(5, 9, 9)
    volume[2, 4, 4] = np.nan
    try:
        subject.blur(volume, sigma=1.0, voxel_size=(1, 1, 1))
    except NotFiniteError:
        return 0.0, ""
    return 1.0, "NaN was taken"


def _nan_reach(subject: Subject) -> Measured:
    wrong = 0
    for sigma in (1.0, 12.0):
        volume = _noise(3, 41, 141).astype(np.float32)
        volume[1, 20, 70] = np.nan
        result = subject.call(
            "gaussian", volume, sigma=f"x={sigma} px, y=1 px, z=0 px", nan="propagate",
            kernel="discrete",
        )  # fmt: skip
        radii = [axis["radius"] for axis in result.provenance[-1]["plan"]["axes"]]
        at = np.indices(volume.shape) - np.array([1, 20, 70]).reshape(3, 1, 1, 1)
        box = np.all([np.abs(a) <= r for a, r in zip(at, radii, strict=True)], axis=0)
        wrong += int(np.count_nonzero(np.isnan(np.asarray(result)) != box))
    return float(wrong), "σ 1 and 12 px, float32"


def _nan_ignored(subject: Subject) -> Measured:
    volume = np.full((5, 9, 9), 7.0)
    volume[2, 4, 4] = np.nan
    found = subject.blur(volume, sigma=1.0, voxel_size=(1, 1, 1), nan="ignore")
    return float(np.abs(np.nan_to_num(found, nan=np.inf) - 7).max()), ""


def _ramp(subject: Subject) -> Measured:
    x = np.arange(80.0).reshape(1, 1, -1) * np.ones((1, 9, 1))
    found = np.asarray(
        subject.call("derivative", 3 * x, along="x", sigma="2 um", voxel_size="1 0.5 0.5 um",
                     kernel="band-limited")
    )  # fmt: skip
    return float(np.abs(found[0, :, 30:50] / 6 - 1).max()), "3 per sample of 0.5 µm is 6 per µm"


def _parabola(subject: Subject) -> Measured:
    x = (np.arange(120.0).reshape(1, 1, -1) - 60) * np.ones((1, 9, 1))
    found = np.asarray(
        subject.call(
            "derivative", x * x, along="xx", sigma="3 px", per="pixel", kernel="band-limited"
        )
    )
    return float(np.abs(found[0, :, 50:70] / 2 - 1).max()), ""


def _laplacian(subject: Subject) -> Measured:
    """Measure it on a Gaussian blob of σ 3 at scale 3: −3 · σ²/(σ² + t)^{5/2} · σ³ of the peak."""
    at = np.indices((41, 41, 41)) - 20
    blob = np.exp(-(at**2).sum(0) / 18.0)
    found = np.asarray(
        subject.call("laplacian", blob, sigma=3.0, voxel_size=(1, 1, 1), kernel="band-limited")
    )[20, 20, 20]
    right = -3 * (9 / 18) ** 1.5 / 18
    return abs(float(found) / right - 1), ""


def _pyramid(subject: Subject) -> Measured:
    sigma = 2.0
    size = (24, 48, 48)
    at = np.indices(size) - np.array([n / 2 - 0.5 for n in size]).reshape(3, 1, 1, 1)
    volume = np.exp(-(at**2).sum(0) / (2 * sigma**2))
    made = subject.call(
        "pyramid", np.pad(volume, 24), voxel_size="1 1 1 um", initial_sigma="2 um", levels=3
    )
    gaps = []
    for level, stated in zip(made.levels, made.report.levels, strict=True):
        voxels = tuple(stated.voxel_size[axis] for axis in "zyx")
        widths = _moments(np.asarray(level.data, np.float64), voxels)
        gaps += [abs(width / stated.sigma - 1) for width in widths]
    return max(gaps), "three levels"


def _rescaled(subject: Subject, step: float, **how: Any) -> Resampled:
    return measure(
        lambda lines: np.asarray(
            subject.call("rescale", lines, to=(1, 1, step), voxel_size=(1, 1, 1), axes="zyx", **how)
        ),
        step,
    )


def _stripes(subject: Subject) -> Measured:
    return _rescaled(subject, 2).kept, "of their amplitude"


def _folded(subject: Subject) -> Measured:
    return _rescaled(subject, 2).folded, "linear interpolation"


def _folded_strong(subject: Subject) -> Measured:
    return _rescaled(subject, 2, antialias="strong").folded, "linear interpolation"


def _folded_after_blur(subject: Subject) -> Measured:
    """Nearest samples interpolate nothing: what is folded is what the blur leaves."""
    found = _rescaled(subject, 2, interpolation="nearest", antialias="gaussian")
    return found.folded, "without interpolation"


def _rescale_plan(subject: Subject) -> Measured:
    import fiji_bridge

    gaps = {}
    for step in (1.5, 2, 3):
        options: dict[str, Any] = {"to": (1, 1, step), "voxel_size": (1, 1, 1), "axes": "zyx"}
        plan = fiji_bridge.rescale.plan(np.zeros((1, 2, 3000)), **options)
        found = _rescaled(subject, step)
        said = plan.axes[-1]
        gaps[step] = max(
            abs(said.folded_in_result / found.folded - 1), abs(said.kept_in_result / found.kept - 1)
        )
    worst = max(gaps, key=gaps.__getitem__)
    return gaps[worst], f"worst where voxels grow by {worst:g}"


def _suggest(subject: Subject) -> Measured:
    """Measure beads of σ 1.5 × 2 × 2 px on a dark ground with noise, three times."""
    import fiji_bridge

    gaps = []
    at = np.indices((24, 96, 96))
    for seed in range(3):
        random = np.random.RandomState(seed)
        volume = random.normal(0, 1, at.shape[1:])
        for _ in range(12):
            z, y, x = random.uniform(6, 18), random.uniform(12, 84), random.uniform(12, 84)
            squares = (at[0] - z) ** 2 / 4.5 + ((at[1] - y) ** 2 + (at[2] - x) ** 2) / 8
            volume += 200 * np.exp(-squares)
        suggest = subject.calls.get("suggest", fiji_bridge.suggest)
        report = suggest(volume, beads=True, voxel_size="1 0.5 0.5 um")
        gaps += [abs(a.sigma / s - 1) for a, s in zip(report.axes, (1.5, 1, 1), strict=True)]
    return max(gaps), "3 images of 12 beads"


def _suggest_holds(subject: Subject) -> Measured:
    """Count intervals without the true σ on images of known blur (docs/suggest.md has more)."""
    import fiji_bridge
    from fiji_bridge_lab.coverage_images import scene

    suggest = subject.calls.get("suggest", fiji_bridge.suggest)
    images = [
        scene(kind, condition, seed)
        for kind in ("beads", "crowded beads", "filaments", "texture")
        for condition in ("clean", "background 50 %", "Poisson noise", "8 bit")
        for seed in range(2)
    ]
    held = []
    for made in images:
        report = suggest(made.data, voxel_size=made.voxels)
        held += [
            axis.low <= sigma * FWHM_PER_SIGMA <= axis.high
            for axis, sigma in zip(report.axes, made.sigma, strict=True)
            if axis.low is not None
        ]
    return held.count(False) / max(len(held), 1), f"{len(held)} intervals of {len(images)} images"


def _suggest_silent(subject: Subject) -> Measured:
    import fiji_bridge
    from fiji_bridge_lab.coverage_images import scene

    suggest = subject.calls.get("suggest", fiji_bridge.suggest)
    images = [
        scene("cells", condition, seed)
        for condition in ("clean", "attenuation", "8 bit")
        for seed in range(2)
    ]
    answers = [suggest(made.data, voxel_size=made.voxels) for made in images]
    return float(sum(bool(answer.structure) for answer in answers)), f"{len(images)} images"


def _crosscheck(subject: Subject) -> Measured:
    from fiji_bridge_lab.faults_caught import CANNOT_TELL, FAULTS, MISSED, cell, images

    given = images()
    chosen = ("mask 0/1, uint8", "blob 100-110, uint16", "blob 0-1, float32")
    cells = [cell(given[label], fault) for label in chosen for fault in FAULTS]
    # These images can tell.
    return float(cells.count(MISSED) + cells.count(CANNOT_TELL)), f"{len(cells)} faulty blurs"


def _judged(subject: Subject) -> Measured:
    """Judge the subject's own blurs of images that can show faults."""
    from fiji_bridge.check.crosscheck import judge_result
    from fiji_bridge.engines.engine import EngineInfo
    from fiji_bridge.ops.gaussian import gaussian
    from fiji_bridge_lab.faults_caught import SIGMA, images

    wrong = []
    for label in ("labels 0-3, uint8", "noise 0-65535, uint16", "blob 0-1, float32"):
        image = images()[label]
        found = np.asarray(subject.call("gaussian", image, sigma=SIGMA).data)
        info = EngineInfo(subject.engine, "", "")
        row, _ = judge_result(image, gaussian.plan(image, sigma=SIGMA), found, info)
        if not row.same:
            wrong.append(label)
    return float(len(wrong)), ", ".join(wrong)


def _provenance(subject: Subject) -> Measured:
    result = subject.call("gaussian", _noise(3, 9, 9), sigma="1 px")
    told = result.provenance[-1]["engine"]
    return float(told != subject.engine), f"asked for {subject.engine}, told {told}"


def _threads(subject: Subject) -> Measured:
    volume = _noise(7, 30, 40).astype(np.float32)
    options: dict[str, Any] = {"sigma": 2.0, "voxel_size": (1, 1, 1)}
    found = [subject.blur(volume, threads=n, **options) for n in (1, 2, 5)]
    return float(sum(int(np.count_nonzero(found[0] != other)) for other in found[1:])), ""


def _units(subject: Subject) -> Measured:
    volume = _noise(5, 14, 16)
    micro = subject.blur(volume, sigma="1 um", voxel_size="2 0.45 0.45 um")
    nano = subject.blur(volume, sigma="1000 nm", voxel_size="0.002 0.00045 0.00045 mm")
    return float(np.abs(micro - nano).max()), ""


def _fwhm(subject: Subject) -> Measured:
    volume = _noise(5, 14, 16)
    wide = 2 * math.sqrt(2 * math.log(2))
    options: dict[str, Any] = {"voxel_size": "2 0.45 0.45 um"}
    gap = subject.blur(volume, fwhm=f"{wide!r} um", **options) - subject.blur(
        volume, sigma="1 um", **options
    )
    return float(np.abs(gap).max()), ""


CLAIMS = (
    Claim("half-kernel", "`gauss3` convolves with the half-kernels of ImgLib2's Gauss3",
          _half_kernel, 1e-15, "rounding of an impulse response in float64"),
    Claim("second moment", "`band-limited` is σ wide by its second moment, "
          "σ 0.3 … 100 px (relative)",
          _band_limited("effective"), 5e-3, "stated: 0.5 %"),
    Claim("FWHM", "`band-limited` widens a bead's FWHM by that of σ (relative)",
          _band_limited("fwhm"), 5e-3, "stated: 0.5 %"),
    Claim("bead", "`band-limited` blurs a bead as the ideal Gaussian does (of the peak)",
          _band_limited("bead"), 1e-3, "stated: 0.1 %"),
    Claim("transfer", "`band-limited` has the transfer function exp(−σ²ω²/2) up to Nyquist "
          "(largest difference)", _band_limited("transfer"), 0.02,
          "a finite kernel ripples at Nyquist where σ is below 0.5 px"),
    Claim("SciPy's numbers", "`scipy` gives the numbers of `scipy.ndimage.gaussian_filter`",
          _scipys_numbers, 1e-13, _DOUBLE),
    Claim("isotropy", "A round bead in voxels of 1 × 0.25 × 0.25 µm is round after a blur of 1 µm "
          "(spread of its widths)", _isotropy, 5e-3, "stated: 0.5 %"),
    Claim("plan", "The plan's effective σ is that of the result (relative)", _plans_sigma, 1e-8,
          "the discrete kernel lacks 1e-12 of its mass, far out"),
    Claim("mean, mirror-double", "mirror-double conserves the mean (share of the range)",
          _mean("mirror-double"), 1e-13, _DOUBLE),
    Claim("mean, periodic", "periodic conserves the mean (share of the range)",
          _mean("periodic"), 1e-13, _DOUBLE),
    Claim("semigroup", "`discrete` twice is one `discrete` of the summed variances",
          _semigroup, 1e-11, "each kernel lacks 1e-12 of its mass"),
    Claim("channels", "Channels are not mixed (largest difference)", _not_mixed("c"), 0.0,
          "the same sums"),
    Claim("time", "Frames are not mixed (largest difference)", _not_mixed("t"), 0.0,
          "the same sums"),
    Claim("NaN refused", "NaN is refused where nobody says otherwise", _nan_refused, 0.0,
          "a yes or no"),
    Claim("NaN reach", "NaN that propagates reaches as far as the plan's radius (samples that are "
          "not so)", _nan_reach, 0.0, "a count"),
    Claim("NaN ignored", "nan='ignore' gives the mean of the others", _nan_ignored, 1e-13, _DOUBLE),
    Claim("ramp", "The first derivative of a ramp is its slope per length (relative)", _ramp, 5e-3,
          "stated: 0.5 % from σ 1 px on"),
    Claim("parabola", "The second derivative of x² is 2 (relative)", _parabola, 5e-3,
          "stated: 0.5 % from σ 1 px on"),
    Claim("Laplacian", "The Laplacian of a Gaussian blob at its own scale (relative)", _laplacian,
          5e-3, "stated: 0.5 % from σ 1 px on"),
    Claim("pyramid", "Every level of a pyramid has the σ that is stated (relative)", _pyramid, 5e-3,
          "stated: 0.5 %"),
    Claim("rescale", "Rescaling to voxels twice as large leaves a third, at most, of stripes just "
          "above the new Nyquist frequency", _stripes, 1 / 3,
          "exp(−σ²ω²/2) at σ 0.87 px and linear interpolation"),
    Claim("rescale, blur", "The blur before rescaling to voxels twice as large leaves 13.1 % of a "
          "flat spectrum to fold back, at most", _folded_after_blur, 0.1315, "stated"),
    Claim("rescale, folded", "Rescaling to voxels twice as large folds 4.3 % of a flat spectrum "
          "back, at most", _folded, 0.043, "stated"),
    Claim("rescale, strong", "With antialias='strong' it folds 0.1 % back, at most",
          _folded_strong, 0.001, "stated"),
    Claim("rescale, plan", "What rescale's plan says of folded energy and of stripes is so "
          "(relative)", _rescale_plan, 0.01, "96 frequencies"),
    Claim("suggest", "`suggest` finds the σ of beads on a dark ground (relative)", _suggest, 0.02,
          "four standard errors of a dozen beads at this noise"),
    Claim("suggest, intervals", "95 % intervals of `suggest` without the true σ, on beads, "
          "filaments and texture", _suggest_holds, 0.14,
          "5 to 7 %, and what chance adds once in a hundred samples of this size"),
    Claim("suggest, cells", "Images of cells that `suggest` takes for an answer", _suggest_silent,
          0.0, "a count"),
    Claim("judged", "Results are the exact ones to the error bound of their sums (images that are "
          "not so)", _judged, 0.0, "a count"),
    Claim("crosscheck", "Faulty blurs that pass the cross-check without a word", _crosscheck, 0.0,
          "a count"),
    Claim("provenance", "The provenance names the engine that ran", _provenance, 0.0,
          "a yes or no"),
    Claim("threads", "The same bits with 1, 2 and 5 threads (samples that differ)", _threads, 0.0,
          "a count"),
    Claim("units", "1 µm is 1000 nm", _units, 1e-12, "rounding of σ in pixels"),
    Claim("fwhm", "fwhm= is 2.3548 σ", _fwhm, 1e-12, "rounding of σ in pixels"),
)  # fmt: skip
