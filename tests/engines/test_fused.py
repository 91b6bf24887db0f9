"""The fused engine against the float64 reference, on NumPy memory of every kind."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fiji_bridge.borders import BORDERS
from fiji_bridge.engines.base import AxisKernel, Kernels, Term
from fiji_bridge.engines.fused import FusedEngine
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.jvm import buffers
from fiji_bridge.jvm.session import Session, start
from strategies import arrays, borders

pytestmark = pytest.mark.jvm

#: Of the largest input: three passes of some dozen float32 (float64) products each.
ROUNDING = {"float32": 1e-6, "float64": 2e-15}

#: Of the range, per axis: what `org.fijibridge.engine.Decimation` states for wide kernels.
TWO_STEPS = 5e-6


@pytest.fixture(scope="module")
def engine(session: Session) -> FusedEngine:
    return FusedEngine(session)


def _kernels(sigmas: Any, name: str = "gauss3") -> Kernels:
    z, y, x = (AxisKernel.from_gaussian(name, float(sigma)) for sigma in sigmas)
    return z, y, x


def _filter(engine: Any, volume: Any, kernels: Kernels, **how: Any) -> Any:
    out = np.empty_like(volume, dtype=volume.dtype.newbyteorder("="))
    engine.filter(volume, kernels, out, **{"border": "mirror-double", "cval": 0.0} | how)
    return out


def _assert_close(result: Any, volume: Any, expected: Any, cval: float = 0) -> None:
    if volume.dtype.kind == "f":
        name = "float64" if volume.dtype == np.float64 else "float32"
        scale = max(float(np.abs(volume).max()), cval)
        # float16: both results are rounded to eleven bits, maybe to neighbours.
        limit = ROUNDING[name] * scale + (scale * 2.0**-10 if volume.dtype == np.float16 else 0)
        assert np.abs(result.astype(np.float64) - expected).max(initial=0) <= limit
    else:
        # A value within rounding of a half may go either way.
        assert np.abs(result.astype(np.int64) - expected.astype(np.int64)).max(initial=0) <= 1


@given(
    volume=arrays(),
    sigmas=st.tuples(*[st.floats(0, 12)] * 3),
    border=borders,
    threads=st.integers(1, 5),
    name=st.sampled_from(["gauss3", "discrete"]),
)
@hypothesis_settings(max_examples=300)
def test_agrees_with_the_reference(
    volume: Any, sigmas: tuple[float, ...], border: str, threads: int, name: str
) -> None:
    kernels = _kernels(sigmas, name)
    how = {"border": border, "cval": 2.5}
    result = _filter(FusedEngine(start()), volume, kernels, threads=threads, **how)
    expected = _filter(ScipyEngine(), volume, kernels, **how)
    _assert_close(result, volume, expected.astype(np.float64), cval=2.5)


@given(
    volume=arrays("float32"),
    taps=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=9),
    place=st.floats(0, 0.99),
    border=borders,
)
def test_any_kernel_is_a_convolution(
    volume: Any, taps: list[float], place: float, border: str
) -> None:
    kernel = AxisKernel(np.asarray(taps, np.float64), int(place * len(taps)))
    identity = AxisKernel.from_gaussian("gauss3", 0.0)
    kernels = (identity, kernel, kernel)
    result = _filter(FusedEngine(start()), volume, kernels, border=border)
    expected = _filter(ScipyEngine(), volume, kernels, border=border)
    # The taps may add up to 9 per axis.
    limit = 81 * ROUNDING["float32"] * float(np.abs(volume).max(initial=1e-30))
    assert np.abs(result - expected).max() <= limit


@pytest.mark.parametrize("border", BORDERS)
def test_bits_do_not_depend_on_threads(engine: FusedEngine, border: str) -> None:
    volume = np.random.default_rng(3).random((37, 61, 83), dtype=np.float32)
    kernels = _kernels((0.5, 2.2222, 30))
    one = _filter(engine, volume, kernels, border=border, threads=1)
    for threads in (2, 3, 16):
        many = _filter(engine, volume, kernels, border=border, threads=threads)
        assert np.array_equal(one.view(np.uint32), many.view(np.uint32))


@pytest.mark.parametrize("name", ["gauss3", "discrete"])
def test_wide_kernels_stay_within_the_stated_error(engine: FusedEngine, name: str) -> None:
    volume = np.random.default_rng(1).integers(0, 2, (3, 400, 300)).astype(np.float32)
    kernels = _kernels((1, 40, 45), name)
    result = _filter(engine, volume, kernels)
    expected = _filter(ScipyEngine(), volume.astype(np.float64), kernels)
    assert np.abs(result - expected).max() <= 2 * TWO_STEPS + ROUNDING["float32"]


def _layouts(base: Any) -> dict[str, Any]:
    frozen = base.copy()
    frozen.setflags(write=False)
    wider = np.zeros((6, 14, 16), base.dtype)
    wider[:, ::2, ::2] = base
    return {
        "Fortran order": np.asfortranarray(base),
        "other axis order": np.ascontiguousarray(base.transpose(1, 0, 2)).transpose(1, 0, 2),
        "every other sample": wider[:, ::2, ::2],
        "reversed": base[::-1, :, ::-1].copy()[::-1, :, ::-1],
        "big-endian": base.astype(base.dtype.newbyteorder(">")),
        "read-only": frozen,
    }


@pytest.mark.parametrize("layout", list(_layouts(np.zeros((6, 7, 8), np.uint16))))
@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_memory_layout_does_not_matter(engine: FusedEngine, layout: str, dtype: str) -> None:
    base = np.random.default_rng(2).uniform(0, 1000, (6, 7, 8)).astype(dtype)
    volume = _layouts(base)[layout]
    kernels = _kernels((0.7, 1.5, 2))
    expected = _filter(engine, base, kernels)
    result = _filter(engine, volume, kernels)
    assert np.array_equal(volume, base), "the input was changed"
    # Another order of axes is another order of sums.
    _assert_close(result, base, expected.astype(np.float64))


def test_several_pieces_of_memory_are_one_volume(
    engine: FusedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = np.random.default_rng(4).random((9, 20, 30), dtype=np.float32)
    kernels = _kernels((1, 2, 3))
    whole = _filter(engine, volume, kernels)
    for piece in (20 * 30 * 4 * 2, 30 * 4 * 3):
        monkeypatch.setattr(buffers, "PIECE_BYTES", piece)
        assert np.array_equal(_filter(engine, volume, kernels), whole)


def test_several_outputs_of_one_reading(engine: FusedEngine) -> None:
    volume = np.random.default_rng(5).random((8, 30, 40), dtype=np.float32)
    triples = [_kernels((1, 2, 2)), _kernels((1, 2, 4)), _kernels((2, 3, 3))]
    outs = [np.empty_like(volume) for _ in triples]
    engine.filter_many(volume, triples, outs, border="nearest", cval=0)
    for triple, out in zip(triples, outs, strict=True):
        assert np.array_equal(out, _filter(engine, volume, triple, border="nearest"))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_terms_are_taken_in_one_after_the_other(
    engine: FusedEngine, kind: str, order: Literal["C", "F"]
) -> None:
    volume = np.random.default_rng(6).normal(0, 9, (8, 30, 40)).astype(kind, order=order)
    z, y, x = _kernels((1, 2, 3))
    slope = AxisKernel.from_gaussian("gauss3", 2, order=1, scale=0.7)
    terms: list[tuple[Kernels, Term]] = [
        ((slope, y, x), "subtract"), ((z, slope, x), "add_square"), ((z, y, slope), "add"),
    ]  # fmt: skip
    parts = [_filter(engine, volume, triple) for triple, _ in terms]
    # Each step rounded to the type of the result.
    expected = -parts[0]
    expected += parts[1] * parts[1]
    expected += parts[2]
    for threads in (1, 2, 5):
        out = np.full_like(volume, np.nan)
        options = {"border": "mirror-double", "cval": 0.0, "threads": threads}
        engine.filter_sum(volume, terms, out, **options)
        assert np.array_equal(out, expected)


def test_arrays_are_not_kept_alive(engine: FusedEngine) -> None:
    volume = np.ones((4, 5, 6), np.float32)
    out = np.empty_like(volume)
    engine.filter(volume, _kernels((1, 1, 1)), out, border="nearest", cval=0)
    held = weakref.ref(volume), weakref.ref(out)
    del volume, out
    gc.collect()
    assert [reference() for reference in held] == [None, None]


def test_zero_size(engine: FusedEngine) -> None:
    empty = np.empty((0, 4, 5), np.uint8)
    assert _filter(engine, empty, _kernels((1, 1, 1))).shape == (0, 4, 5)


def test_an_exception_of_progress_ends_the_work(engine: FusedEngine) -> None:
    class EnoughError(Exception):
        pass

    def progress(done: int, total: int) -> None:
        raise EnoughError

    volume = np.zeros((64, 512, 512), np.float64)
    with pytest.raises(EnoughError):
        _filter(engine, volume, _kernels((10, 30, 30)), progress=progress)
    # Nothing goes on in the background: the helpers have ended their tiles.
    assert not any(t.name == "fiji-bridge-java" for t in threading.enumerate())


def test_progress_ends_complete(engine: FusedEngine) -> None:
    seen: list[tuple[int, int]] = []
    volume = np.zeros((32, 256, 256), np.float32)
    _filter(
        engine,
        volume,
        _kernels((2, 9, 9)),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen
    assert seen[-1][0] == seen[-1][1] > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
