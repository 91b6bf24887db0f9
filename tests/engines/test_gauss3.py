"""The real Gauss3 against the SciPy reference; its recorded outputs are in test_golden.py."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from fiji_bridge.engines.engine import AxisKernel
from fiji_bridge.engines.gauss3 import Gauss3Engine
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.errors import CancelledError, MemoryLimitError
from fiji_bridge.jvm.session import Session
from fiji_bridge.kernels.borders import BORDERS
from golden_cases import FOLDER

pytestmark = pytest.mark.fiji

#: Of the largest input, against the float64 reference: three passes, each of some dozen
#: float32 (float64) products whose rounding errors, 6e-8 (1.1e-16) each, partly add.
CLOSE = {"float32": 1e-6, "float64": 2e-15}

Kernels = tuple[AxisKernel, AxisKernel, AxisKernel]


@pytest.fixture
def engine(session: Session) -> Gauss3Engine:
    return Gauss3Engine(session)


@pytest.fixture
def reference() -> ScipyEngine:
    return ScipyEngine()


def _kernels(sigmas: tuple[float, ...], name: str = "gauss3") -> Kernels:
    z, y, x = (AxisKernel.from_gaussian(name, sigma) for sigma in sigmas)
    return z, y, x


def _filter(engine: Any, volume: Any, kernels: Kernels, border: str, cval: float = 0.0) -> Any:
    out = np.empty(volume.shape, volume.dtype.newbyteorder("="))
    engine.filter(volume, kernels, out, border=border, cval=cval)
    return out


def _image(shape: tuple[int, ...], dtype: str, seed: int = 5) -> Any:
    low, high = (-120, 120) if dtype == "int8" else (0, 250)
    return np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
)
def test_agrees_with_the_reference(
    engine: Gauss3Engine, reference: ScipyEngine, border: str, dtype: str
) -> None:
    cval = 3.25 if border == "constant" else 0.0
    # Axes of one sample, axes shorter than the kernel, axes left alone, small sigmas.
    for shape in [(4, 1, 1), (1, 1, 1), (1, 5, 4), (3, 4, 5), (9, 1, 6), (12, 13, 14)]:
        volume = _image(shape, dtype)
        for sigmas in [(0, 0, 0), (0, 1.5, 0), (2.2, 0, 0.6), (0.3, 0.4, 0.5), (6, 7, 8)]:
            for name in ("gauss3", "discrete"):
                kernels = _kernels(sigmas, name)
                found = _filter(engine, volume, kernels, border, cval)
                expected = _filter(reference, volume, kernels, border, cval)
                error = np.abs(found.astype(float) - expected.astype(float)).max()
                # Integers: one grey level, where the sum is a tie but for float32 rounding.
                allowed = CLOSE[dtype] * 250 if dtype in CLOSE else 1
                assert error <= allowed, (shape, sigmas, name, error)


@pytest.mark.parametrize("border", BORDERS)
def test_any_kernel(engine: Gauss3Engine, reference: ScipyEngine, border: str) -> None:
    taps = np.random.default_rng(9).normal(size=(3, 6))
    kernels = (
        AxisKernel(taps[0, :3], 0),
        AxisKernel(taps[1, :5], 1),
        AxisKernel(taps[2, :4], 3),
    )
    for shape in [(7, 6, 5), (1, 6, 5), (3, 1, 4), (1, 1, 1), (2, 3, 2)]:
        volume = _image(shape, "float64")
        found = _filter(engine, volume, kernels, border)
        expected = _filter(reference, volume, kernels, border)
        # Taps of both signs: the bound is on the sum of all magnitudes.
        scale = 250 * np.prod([np.abs(kernel.taps).sum() for kernel in kernels])
        assert np.abs(found - expected).max() <= 2e-15 * scale, shape


def test_a_nan_stays_within_reach_of_the_kernel(engine: Gauss3Engine) -> None:
    volume = np.zeros((5, 5, 5), np.float32)
    volume[2, 2, 2] = np.nan
    for sigmas, spread in [((0, 0, 0), 1), ((0, 0.3, 0), 3), ((0.3, 0, 0.3), 9)]:
        found = _filter(engine, volume, _kernels(sigmas), "nearest")
        assert np.isnan(found).sum() == spread, sigmas


def test_mirror_single_over_an_axis_of_one_sample(
    engine: Gauss3Engine, reference: ScipyEngine
) -> None:
    # Gauss3 itself throws here: the recorded rows with an error.
    rows = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    refused = [case for case in rows if case["error"]]
    assert refused
    for case in refused:
        assert case["extension"] == "mirrorSingle"
        volume = _image(tuple(case["shape"]), "float32")
        kernels = _kernels(tuple(case["sigma_numpy_order"]))
        found = _filter(engine, volume, kernels, "mirror-single")
        expected = _filter(reference, volume, kernels, "mirror-single")
        assert np.abs(found - expected).max() <= CLOSE["float32"] * 250


@pytest.mark.parametrize("layout", ["fortran", "strided", "big-endian", "read-only", "float16"])
def test_memory_layouts(engine: Gauss3Engine, layout: str) -> None:
    plain = _image((6, 7, 8), "float32")
    volume = {
        "fortran": lambda: np.asfortranarray(plain),
        "strided": lambda: np.repeat(plain, 2, axis=1)[:, ::2],
        "big-endian": lambda: plain.astype(">f4"),
        "read-only": lambda: plain.copy(),
        "float16": lambda: plain.astype(np.float16),
    }[layout]()
    volume.flags.writeable = layout != "read-only"
    before = volume.copy()
    kernels = _kernels((1.0, 2.0, 0.5))
    expected = _filter(engine, volume.astype(np.float32), kernels, "periodic")
    out = np.empty(plain.shape, volume.dtype.newbyteorder("="), order="F")
    engine.filter(volume, kernels, out, border="periodic", cval=0.0)
    np.testing.assert_array_equal(out, expected.astype(out.dtype))
    np.testing.assert_array_equal(volume, before)


def test_a_volume_without_samples(engine: Gauss3Engine) -> None:
    found = _filter(engine, np.empty((0, 4, 5), np.float32), _kernels((1, 1, 1)), "nearest")
    assert found.shape == (0, 4, 5)


def test_threads_do_not_change_a_bit(engine: Gauss3Engine) -> None:
    volume = _image((20, 30, 40), "float32")
    results = []
    for threads in (1, 2, 5):
        out = np.empty_like(volume)
        engine.filter(
            volume, _kernels((1, 2, 3)), out, border="mirror-double", cval=0, threads=threads
        )
        results.append(out)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_large_integers_keep_their_digits(engine: Gauss3Engine) -> None:
    # 2**31 - 1 has more digits than a float32 holds; a constant image must stay what it is.
    for dtype in ("int32", "uint32"):
        volume = np.full((4, 5, 6), np.iinfo(dtype).max - 1, dtype)
        found = _filter(engine, volume, _kernels((1, 1, 1)), "mirror-double")
        np.testing.assert_array_equal(found, volume)


def test_info_names_the_class_that_ran(session: Session) -> None:
    volume = _image((4, 5, 6), "float32")
    cases = [
        (_kernels((1, 1, 1)), "gauss3.Gauss3 (imglib2-algorithm "),
        (_kernels((1, 0, 1)), "convolution.kernel.SeparableKernelConvolution (imglib2-algorithm "),
        (_kernels((1, 1, 1), "discrete"), "convolution.kernel.SeparableKernelConvolution ("),
    ]
    for kernels, expected in cases:
        engine = Gauss3Engine(session)
        _filter(engine, volume, kernels, "nearest")
        info = engine.info()
        assert info.engine == "gauss3"
        assert info.implementation.startswith(f"net.imglib2.algorithm.{expected}")
        assert info.runtime.startswith("fiji ")


def test_progress_and_cancelling(engine: Gauss3Engine) -> None:
    volume = _image((4, 5, 6), "float32")
    seen: list[tuple[int, int]] = []

    def watch(done: int, total: int) -> None:
        seen.append((done, total))

    out = np.empty_like(volume)
    engine.filter(volume, _kernels((1, 1, 1)), out, border="nearest", cval=0, progress=watch)
    assert seen[-1][0] == seen[-1][1] > 0

    def stop(done: int, total: int) -> None:
        raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        engine.filter(volume, _kernels((1, 1, 1)), out, border="nearest", cval=0, progress=stop)


def test_a_volume_that_the_heap_cannot_hold_is_refused(
    engine: Gauss3Engine, session: Session
) -> None:
    heap = int(session.jclass("java.lang.Runtime").getRuntime().maxMemory())
    # One sample, seen over and over: as large as a volume of heap / 15 float32 samples, of
    # which four copies take 16 / 15 of the heap.
    side = int((heap / 15) ** (1 / 3)) + 1
    volume = np.broadcast_to(np.float32(0), (side, side, side))
    with pytest.raises(MemoryLimitError, match=r"GiB of Java heap .*--heap .*'fused'"):
        engine.filter(volume, _kernels((1, 1, 1)), volume, border="nearest", cval=0)


def test_a_kernel_whose_passes_the_heap_cannot_hold_is_refused(engine: Gauss3Engine) -> None:
    """Between its passes ImgLib2 keeps all samples that those to come reach beyond the edges."""
    volume = np.zeros((10, 20, 1000), np.float32)
    with pytest.raises(MemoryLimitError, match=r"iB of Java heap"):
        engine.filter(volume, _kernels((5000,) * 3), volume.copy(), border="nearest", cval=0)


def test_the_java_engines_kernels_are_the_real_ones_bit_for_bit(session: Session) -> None:
    real = session.jclass("net.imglib2.algorithm.gauss3.Gauss3")
    ours = session.jclass("org.fijibridge.kernel.GaussianKernels")
    for n in range(1, 4400):
        assert list(ours.gauss3Half(n / 100)) == list(real.halfkernel(n / 100))
