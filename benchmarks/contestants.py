"""Who is timed. Each contestant filters a volume into memory it allocates itself.

`KINDS` says what is comparable: contestants of one kind compute the same sums.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-call, import-untyped"
# Most peers come without types.
import concurrent.futures
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.cases import Case, truncated_taps

Array = np.ndarray[Any, Any]
Run = Callable[[], Array]

#: "truncate4" and "gauss3" name the kernel; "own": another kernel or border, shown only.
KINDS = ("truncate4", "gauss3", "own", "copy")


class NotInstalledError(Exception):
    """What a contestant needs is not there; the message says what."""


@dataclass(frozen=True)
class Contestant:
    """A way to filter.

    Attributes
    ----------
    name : str
    kind : str
        One of `KINDS`.
    ours : bool
        Whether it is this package's engine.
    prepare : callable
        Given the volume, the case and the number of threads, returns what is timed.
    """

    name: str
    kind: str
    ours: bool
    prepare: Callable[[Array, Case, int], Run]


def _need(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise NotInstalledError(f"{module} is not installed")


def _fused(kernel: str) -> Callable[[Array, Case, int], Run]:
    def prepare(volume: Array, case: Case, threads: int) -> Run:
        from fiji_bridge.engines.engine import AxisKernel
        from fiji_bridge.engines.select import get_engine

        engine = get_engine("fused")
        if kernel == "gauss3":
            kernels = tuple(AxisKernel.from_gaussian("gauss3", s) for s in case.sigma)
        else:
            taps = [truncated_taps(s) for s in case.sigma]
            kernels = tuple(AxisKernel(t, len(t) // 2) for t in taps)

        def run() -> Array:
            out = np.empty_like(volume)
            engine.filter(volume, kernels, out, border="mirror-double", cval=0, threads=threads)  # type: ignore[arg-type]
            return out

        return run

    return prepare


def _gauss3(volume: Array, case: Case, threads: int) -> Run:
    from fiji_bridge.engines.engine import AxisKernel
    from fiji_bridge.engines.select import get_engine
    from fiji_bridge.errors import EngineUnavailableError

    try:
        engine = get_engine("gauss3")
    except EngineUnavailableError as error:
        raise NotInstalledError("this runtime has no imglib2-algorithm") from error
    z, y, x = (AxisKernel.from_gaussian("gauss3", s) for s in case.sigma)

    def run() -> Array:
        out = np.empty_like(volume)
        engine.filter(volume, (z, y, x), out, border="mirror-double", cval=0, threads=threads)
        return out

    return run


def _imagej(volume: Array, case: Case, threads: int) -> Run:
    """ImageJ's 'Gaussian Blur 3D' in the same JVM, in place on planes that are there already."""
    from benchmarks.imagej import blur3d

    return blur3d(volume, case)


def _copy(volume: Array, case: Case, threads: int) -> Run:
    return lambda: volume.copy()


def _scipy(volume: Array, case: Case, threads: int) -> Run:
    from scipy.ndimage import gaussian_filter

    return lambda: gaussian_filter(volume, case.sigma)


def _slabs(depth: int, count: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, depth, count + 1).astype(int)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _scipy_chunked(volume: Array, case: Case, threads: int) -> Run:
    """Slabs with their halo, filtered by SciPy on as many threads."""
    from scipy.ndimage import gaussian_filter

    halo = len(truncated_taps(case.sigma[0])) // 2
    depth = volume.shape[0]

    def run() -> Array:
        out = np.empty_like(volume)

        def slab(bounds: tuple[int, int]) -> None:
            low, high = max(0, bounds[0] - halo), min(depth, bounds[1] + halo)
            part = gaussian_filter(volume[low:high], case.sigma)
            out[bounds[0] : bounds[1]] = part[bounds[0] - low : bounds[1] - low]

        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(slab, _slabs(depth, threads)))
        return out

    return run


def _dask_image(volume: Array, case: Case, threads: int) -> Run:
    _need("dask_image")
    import dask
    import dask.array
    from dask_image.ndfilters import gaussian_filter

    chunk = -(-volume.shape[0] // threads)

    def run() -> Array:
        chunked = dask.array.from_array(volume, chunks=(chunk, -1, -1))
        with dask.config.set(scheduler="threads", num_workers=threads):
            return np.asarray(gaussian_filter(chunked, case.sigma, mode="reflect").compute())

    return run


def _skimage(volume: Array, case: Case, threads: int) -> Run:
    _need("skimage")
    from skimage.filters import gaussian

    return lambda: np.asarray(gaussian(volume, case.sigma, mode="reflect", preserve_range=True))


def _simpleitk(volume: Array, case: Case, threads: int) -> Run:
    _need("SimpleITK")
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    image = SimpleITK.GetImageFromArray(volume)
    sigma = [float(s) for s in case.sigma[::-1]]

    def run() -> Array:
        blurred = SimpleITK.SmoothingRecursiveGaussian(image, sigma)
        return np.asarray(SimpleITK.GetArrayViewFromImage(blurred))

    return run


def _opencv(volume: Array, case: Case, threads: int) -> Run:
    """sepFilter2D per plane on a thread pool, then the z pass as one 2-D filter per slab of y."""
    _need("cv2")
    import cv2

    cv2.setNumThreads(1)
    kz, ky, kx = (truncated_taps(s).astype(np.float32) for s in case.sigma)
    one = np.ones(1, np.float32)
    depth, height, width = volume.shape

    def run() -> Array:
        planes = np.empty(volume.shape, np.float32)
        out = np.empty(volume.shape, np.float32)

        def plane(z: int) -> None:
            cv2.sepFilter2D(volume[z], cv2.CV_32F, kx, ky, planes[z], borderType=cv2.BORDER_REFLECT)

        def columns(bounds: tuple[int, int]) -> None:
            low, high = bounds
            flat = planes.reshape(depth, height * width)[:, low:high]
            cv2.sepFilter2D(
                flat,
                cv2.CV_32F,
                one,
                kz,
                out.reshape(depth, height * width)[:, low:high],
                borderType=cv2.BORDER_REFLECT,
            )

        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            list(pool.map(plane, range(depth)))
            list(pool.map(columns, _slabs(height * width, 16 * threads)))
        return out if volume.dtype == np.float32 else np.rint(out).astype(volume.dtype)

    return run


def _numba(volume: Array, case: Case, threads: int) -> Run:
    _need("numba")
    import numba

    from benchmarks.numba_peer import blur

    numba.set_num_threads(threads)
    taps = tuple(truncated_taps(s).astype(np.float32) for s in case.sigma)
    return lambda: blur(volume, *taps)


CONTESTANTS = (
    Contestant("fused", "truncate4", True, _fused("truncate4")),
    Contestant("fused", "gauss3", True, _fused("gauss3")),
    Contestant("Gauss3, same JVM", "gauss3", False, _gauss3),
    Contestant("ImageJ GaussianBlur3D, same JVM", "own", False, _imagej),
    Contestant("plain copy", "copy", False, _copy),
    Contestant("SciPy, one thread", "truncate4", False, _scipy),
    Contestant("SciPy, chunked", "truncate4", False, _scipy_chunked),
    Contestant("dask-image", "truncate4", False, _dask_image),
    Contestant("scikit-image", "truncate4", False, _skimage),
    Contestant("OpenCV sepFilter2D + z", "truncate4", False, _opencv),
    Contestant("numba", "truncate4", False, _numba),
    Contestant("SimpleITK recursive", "own", False, _simpleitk),
)
