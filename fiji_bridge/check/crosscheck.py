"""An engine's result against the exact one, and against what others give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.continuous import continuous_gaussian
from fiji_bridge.check.difference import Difference, Parts, merge
from fiji_bridge.check.faults import Scene, Seen, visible
from fiji_bridge.check.judgement import Judged, Verdict, data_range
from fiji_bridge.check.matrices import convolve_all
from fiji_bridge.check.rounding import bound, unit_of
from fiji_bridge.convert.adapters import VoxelSizeLike, to_image
from fiji_bridge.engines.engine import AxisKernel, EngineInfo, Kernels, Progress
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.engines.select import EngineName
from fiji_bridge.errors import InputError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.image.lengths import LengthsLike
from fiji_bridge.image.results import Report, Table
from fiji_bridge.kernels.borders import DEFAULT_BORDER, BorderLike
from fiji_bridge.kernels.borders import border as known_border
from fiji_bridge.kernels.gaussian import TRUNCATE, KernelName
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.gaussian import gaussian
from fiji_bridge.ops.separable import Context, filter_image


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    against : str
        What the engine's result is compared with.
    difference : Difference
        Of the stored samples.
    judged : Judged or None
        Against the exact result; None where the comparison is information only.
    """

    against: str
    difference: Difference
    judged: Judged | None = None

    @property
    def tolerance(self) -> float | None:
        """Largest error bound of any sample, in grey levels; None for information."""
        return None if self.judged is None else self.judged.bound

    @property
    def same(self) -> bool | None:
        """Whether the result is what the exact one may be stored as; None for information."""
        return None if self.judged is None else self.judged.same


@dataclass(frozen=True)
class CrosscheckReport(Report):
    """What a cross-check found.

    Attributes
    ----------
    image : str
    axes : tuple of str
        Names of the axes of the index in each row's ``difference.where``.
    engine : EngineInfo
        The engine that really ran.
    dtype : str
        Of the result.
    data_range : float
        Largest minus smallest sample, in grey levels.
    plan : BlurPlan
    rows : tuple of Row
        The first is the one that is judged.
    faults : tuple of Seen
        Standard faults, and whether this check would have seen them in this image.
    """

    image: str
    axes: tuple[str, ...]
    engine: EngineInfo
    dtype: str
    data_range: float
    plan: BlurPlan
    rows: tuple[Row, ...]
    faults: tuple[Seen, ...]

    @property
    def verdict(self) -> Verdict:
        """``"differs"``; ``"cannot tell"`` if a gross fault would not be seen; ``"passed"``."""
        if any(row.same is False for row in self.rows):
            return "differs"
        if not self.faults or self.unseen(gross=True):
            return "cannot tell"
        return "passed"

    @property
    def passed(self) -> bool:
        """Whether the result is right, and a wrong one would have been noticed."""
        return self.verdict == "passed"

    def unseen(self, *, gross: bool = False) -> tuple[str, ...]:
        """Return the faults (or the gross ones only) that this image would not reveal."""
        return tuple(f.fault for f in self.faults if not f.visible and (f.gross or not gross))

    def records(self) -> list[dict[str, Any]]:
        """Return the comparisons as plain values."""
        return [
            {"against": row.against, **asdict(row.difference), "same": row.same}
            for row in self.rows
        ]

    def table(self) -> Table:
        """Return the comparisons, a row each."""
        words = {None: "information", True: "right", False: "WRONG"}
        return Table(
            f"{self.image}: result ({self.dtype}) against …, in grey levels "
            f"(data range {self.data_range:g})",
            ("against", "largest", "at", "mean", "RMS", "differing", "verdict"),
            tuple(
                (
                    row.against,
                    f"{row.difference.maximum:.3g}",
                    row.difference.place(self.axes),
                    f"{row.difference.mean:.3g}",
                    f"{row.difference.rms:.3g}",
                    str(row.difference.differing),
                    words[row.same],
                )
                for row in self.rows
            ),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        values = asdict(self)
        for row, entry in zip(self.rows, values["rows"], strict=True):
            entry["same"] = row.same
            entry["tolerance"] = row.tolerance
        values["verdict"] = self.verdict
        values["passed"] = self.passed
        return values


def crosscheck(
    image: Any,
    *,
    sigma: LengthsLike | None = None,
    fwhm: LengthsLike | None = None,
    voxel_size: VoxelSizeLike | None = None,
    border: BorderLike = DEFAULT_BORDER,
    cval: float = 0.0,
    kernel: KernelName = "gauss3",
    truncate: float = TRUNCATE,
    engine: EngineName | None = None,
    dtype: Literal["same", "float32", "float64"] = "same",
    nan: Literal["refuse", "propagate"] = "refuse",
    axes: str | None = None,
    threads: int | None = None,
    blocks: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> CrosscheckReport:
    """Blur with an engine and judge the result.

    The verdict rests on the exact result of the same kernel, in float64: by
    ``scipy.ndimage.correlate1d``, and for the engine ``"scipy"``, which is that itself, by a
    matrix per axis. Integers must be the exact result, rounded; only where this is closer to a
    rounding tie than the error bound of the engine's sums the neighbouring grey level is right
    too. Floats must be within that bound, which follows the samples that meet in each result.

    The standard faults are then put into the exact result, and the report says which of them this
    image would have revealed. Where not even all zeros, no blur at all or an axis left out would
    have been seen, the verdict is ``"cannot tell"``.

    For information, the result is also compared with what plain
    ``scipy.ndimage.gaussian_filter`` gives on these samples and with the continuous Gaussian.

    Parameters
    ----------
    image, sigma, fwhm, voxel_size, border, cval, kernel, truncate, engine, dtype, axes, threads
        As in `fiji_bridge.gaussian`.
    blocks : int, optional
        Of an OME-Zarr of any size: so many blocks of 64 samples along each axis, chosen at random,
        are read with what they depend on, blurred as `fiji_bridge.process` does, and judged; the
        others are not. Without it the image is read and judged whole.
    seed : int
        Of the blocks' places: the same seed chooses the same ones.
    progress : callable, optional
        As in `fiji_bridge.gaussian`.
    nan : {"refuse", "propagate"}
        ``"ignore"`` is refused: the references know no such thing.

    Returns
    -------
    CrosscheckReport

    Raises
    ------
    InputError, RuntimeStartError
        As `fiji_bridge.gaussian`.

    Examples
    --------
    >>> report = fiji_bridge.crosscheck("stack.tif", sigma="1 um")
    >>> report.verdict
    'passed'
    """
    if nan not in ("refuse", "propagate"):
        raise InputError(
            f"nan={nan!r} cannot be cross-checked: SciPy knows no such policy; use 'refuse' or "
            "'propagate'"
        )
    if blocks is not None:
        from fiji_bridge.check.crosscheck_store import crosscheck_blocks

        return crosscheck_blocks(
            image, blocks, seed, voxel_size=voxel_size, engine=engine, threads=threads,
            progress=progress, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel,
            truncate=truncate, dtype=dtype, nan=nan,
        )  # fmt: skip
    given = to_image(image, voxel_size=voxel_size, axes=axes)
    plan = gaussian.plan(
        given, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel, truncate=truncate
    )
    z, y, x = kernels_of(plan)
    context = Context(engine=engine, threads=threads, progress=progress)
    result, used = filter_image(
        given, (z, y, x), border=plan.border, cval=cval, dtype=dtype, nan=nan, context=context
    )
    info = used.info()
    row, seen = judge_result(given, plan, result, info)
    rows = [row, *(_others(given, result, plan) if nan == "refuse" else ())]
    return CrosscheckReport(
        image=given.name,
        axes=_volume_axes(given),
        engine=info,
        dtype=result.dtype.name,
        data_range=data_range(given.data),
        plan=plan,
        rows=tuple(rows),
        faults=seen,
    )


def judge_result(
    image: CalibratedImage, plan: BlurPlan, result: NDArray[Any], info: EngineInfo
) -> tuple[Row, tuple[Seen, ...]]:
    """Judge a blur, whoever made it, and ask whether a wrong one would have been noticed.

    Parameters
    ----------
    image, plan, result, info : see `against_exact`

    Returns
    -------
    Row
        Against the exact result.
    tuple of Seen
        Which standard faults would have been seen; empty where the result is wrong.
    """
    row = against_exact(image, plan, result, info)
    return row, would_be_seen(image, plan, result.dtype, info) if row.same else ()


def would_be_seen(
    image: CalibratedImage, plan: BlurPlan, dtype: np.dtype[Any], info: EngineInfo
) -> tuple[Seen, ...]:
    """Return which standard faults of a result of this type its error bound would reveal."""
    return visible(_Bounds(image, kernels_of(plan), plan, info, dtype).scenes())


def against_exact(
    image: CalibratedImage, plan: BlurPlan, result: NDArray[Any], info: EngineInfo
) -> Row:
    """Hold a blur, whoever made it, against the exact one.

    Parameters
    ----------
    image : CalibratedImage
        The source.
    plan : BlurPlan
        What was asked for.
    result : ndarray
        Same shape as ``image.data``.
    info : EngineInfo
        Decides the error bound of honest sums, and which reference is not the engine itself.
    """
    z, y, x = kernels_of(plan)
    name, reference = reference_for(info)
    judged, stored = Judged(), Parts()
    view = volume_view(result, image.axes)
    bounds = _Bounds(image, (z, y, x), plan, info, result.dtype)
    for index, volume in _volumes(image):
        exact = reference(volume, (z, y, x), plan.border, plan.cval)
        judged.add(view[index], exact, bounds.of(volume))
        stored.add(view[index], round_to(exact, result.dtype))
    return Row(name, merge(stored, view.shape), judged)


def kernels_of(plan: BlurPlan) -> Kernels:
    """Return the kernel along z, y and x."""
    z, y, x = (
        AxisKernel.from_gaussian(plan.kernel, s, truncate=plan.truncate) for s in plan.sigma_px()
    )
    return z, y, x


class _Bounds:
    """The error bound of each volume's honest result."""

    def __init__(
        self,
        image: CalibratedImage,
        kernels: Kernels,
        plan: BlurPlan,
        info: EngineInfo,
        dtype: np.dtype[Any],
    ) -> None:
        self._image, self._kernels, self._plan, self._dtype = image, kernels, plan, dtype
        self._unit = unit_of(info, image.data.dtype, dtype)
        self._stated = info.errors

    def of(self, volume: NDArray[Any]) -> NDArray[np.float64]:
        return bound(
            volume,
            self._kernels,
            border=self._plan.border,
            cval=self._plan.cval,
            unit=self._unit,
            stated=self._stated,
        )

    def scenes(self) -> list[Callable[[], Scene]]:
        volumes = [volume for _, volume in _volumes(self._image)]
        # The next channel or frame, and for the last one the first.
        others = [*volumes[1:], volumes[0]] if len(volumes) > 1 else [None] * len(volumes)
        whole = self._dtype.kind in "iu"
        step = 1.0 if whole else data_range(self._image.data) / 100 or 1.0
        plan = self._plan

        def make(volume: NDArray[Any], other: NDArray[Any] | None) -> Callable[[], Scene]:
            return lambda: Scene(
                volume=volume,
                sigma_px=plan.sigma_px(),
                kernel=plan.kernel,
                truncate=plan.truncate,
                border=plan.border,
                cval=plan.cval,
                dtype=self._dtype,
                bound=self.of(volume),
                other=other,
                step=step,
            )

        return [make(*pair) for pair in zip(volumes, others, strict=True)]


def _volume_axes(image: CalibratedImage) -> tuple[str, ...]:
    lead = tuple(axis for axis in image.axes if axis not in "zyx")
    return (*lead, "z", "y", "x")


def _volumes(image: CalibratedImage) -> Iterator[tuple[tuple[int, ...], NDArray[Any]]]:
    """Iterate volume by volume, so that only one reference is in memory at a time."""
    view = volume_view(image.data, image.axes)
    for index in np.ndindex(view.shape[:-3]):
        yield index, view[index]


Reference = Callable[[NDArray[Any], Kernels, str, float], NDArray[np.float64]]


def reference_for(info: EngineInfo) -> tuple[str, Reference]:
    """Return the exact result's name and maker: never the engine itself."""
    if info.engine == "scipy":
        return "the same kernel as a matrix per axis (float64)", _matrices
    return "SciPy, same kernel (correlate1d, float64)", _correlate


def _matrices(
    volume: NDArray[Any], kernels: Kernels, border: str, cval: float
) -> NDArray[np.float64]:
    return convolve_all(volume, kernels, border=border, cval=cval)


def _correlate(
    volume: NDArray[Any], kernels: Kernels, border: str, cval: float
) -> NDArray[np.float64]:
    out = np.empty(volume.shape, np.float64)
    ScipyEngine().filter(volume, kernels, out, border=border, cval=cval)
    return out


def _others(image: CalibratedImage, result: NDArray[Any], plan: BlurPlan) -> list[Row]:
    """Compare with what others give; for information."""
    kind = image.data.dtype
    plain = "scipy.ndimage.gaussian_filter"
    ways: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {}
    if kind != np.float16:  # SciPy's call takes none.
        ways[f"plain {plain} of these {kind.name} samples"] = lambda v: _plain(v, plan)
    if kind.kind in "iu" or kind == np.float16:
        ways[f"{plain} of the samples as float64, rounded once"] = lambda v: round_to(
            _plain(v.astype(np.float64), plan), result.dtype
        )
    ways["the continuous Gaussian"] = lambda v: round_to(
        continuous_gaussian(v, plan.sigma_px(), border=plan.border, cval=plan.cval), result.dtype
    )
    view = volume_view(result, image.axes)
    rows = []
    for name, make in ways.items():
        parts = Parts()
        for index, volume in _volumes(image):
            parts.add(view[index], make(volume))
        rows.append(Row(name, merge(parts, view.shape)))
    return rows


def _plain(volume: NDArray[Any], plan: BlurPlan) -> NDArray[Any]:
    from scipy.ndimage import gaussian_filter

    mode = known_border(plan.border).scipy
    found: NDArray[Any] = gaussian_filter(
        volume, plan.sigma_px(), mode=mode, cval=plan.cval, truncate=plan.truncate
    )
    return found
