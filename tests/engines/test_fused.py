"""The fused engine against the float64 reference, on NumPy memory of every kind."""

from __future__ import annotations

import gc
import re
import threading
import weakref
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import fiji_bridge
from fiji_bridge.engines.engine import AxisKernel, Kernels, Term
from fiji_bridge.engines.fused import FusedEngine
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.jvm import buffers
from fiji_bridge.jvm.session import Session, start
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.gaussian import gauss3_half
from strategies import arrays, borders

pytestmark = pytest.mark.jvm

#: Of the largest input: three passes of some dozen float32 (float64) products each.
ROUNDING = {"float32": 1e-6, "float64": 2e-15}

#: Of the range, per axis: what `org.fijibridge.engine.Decimation` states for wide kernels.
TWO_STEPS = 5e-6


@pytest.fixture
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
# On a pedestal, as a constant image is one, such small weights gave NaN.
@example(volume=np.ones((1, 1, 1), np.float32), taps=[5e-39], place=0.0, border="constant")
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
    expected = -parts[0].astype(np.float64)
    expected += parts[1].astype(np.float64) ** 2
    expected += parts[2]
    # Derivatives are summed in double; float32 results hold the terms in between.
    allowed = 3 * np.finfo(kind).eps * float(np.abs(expected).max()) if kind == "float32" else 0.0
    for threads in (1, 2, 5):
        out = np.full_like(volume, np.nan)
        options = {"border": "mirror-double", "cval": 0.0, "threads": threads}
        engine.filter_sum(volume, terms, out, **options)
        np.testing.assert_allclose(out, expected, rtol=0, atol=allowed)


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


@pytest.mark.parametrize(("order", "axes"), [("C", "yx"), ("F", "zy")])
def test_two_steps_are_told_with_an_error_that_holds(
    engine: FusedEngine, session: Session, order: Any, axes: str
) -> None:
    """Memory decides which two axes they are: those with the nearest samples."""
    size = (90, 100, 110) if order == "C" else (110, 100, 90)
    volume = np.random.default_rng(8).random(size, dtype=np.float32)
    volume = np.asarray(volume, order=order)
    kernels = _kernels((12.0, 12.0, 12.0), "discrete")
    result = _filter(engine, volume, kernels)
    said = engine.info().implementation
    told = dict(re.findall(r"; along (.) in two steps, within (\S+) of the range", said))
    assert sorted(told) == sorted(axes)
    expected = _filter(ScipyEngine(), volume.astype(np.float64), kernels)
    rounding = re.search(r"; sums in float32, within (\S+) of the largest sample", said)
    assert rounding
    allowed = sum(float(error) for error in told.values()) + float(rounding[1])
    assert np.abs(result - expected).max() <= allowed
    # An engine tells of all volumes that it has filtered.
    _filter(engine, volume, _kernels((1.0, 1.0, 1.0)))
    assert "two steps" in engine.info().implementation
    another = FusedEngine(session)
    _filter(another, volume, _kernels((1.0, 1.0, 1.0)))
    assert "two steps" not in another.info().implementation


@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(1, 40)),
    sigmas=st.tuples(*[st.floats(0, 14)] * 3),
    name=st.sampled_from(["gauss3", "discrete"]),
    order=st.sampled_from([0, 0, 1, 2]),
    ground=st.floats(-1e6, 1e6, width=32),
    height=st.floats(0.125, 1e6, width=32),
    seed=st.integers(0, 2**32 - 1),
    border=borders,
)
@hypothesis_settings(max_examples=100, deadline=None)
def test_errors_stay_within_what_is_said(
    shape: tuple[int, int, int],
    sigmas: tuple[float, float, float],
    name: str,
    order: int,
    ground: float,
    height: float,
    seed: int,
    border: str,
) -> None:
    """What sums leave, on any ground: of the largest sample, and in two steps of the range."""
    rng = np.random.default_rng(seed)
    volume = (ground + height * rng.integers(0, 3, shape)).astype(np.float32)
    z, y, x = _kernels(sigmas, name)
    if order:
        x = AxisKernel.from_gaussian("discrete", 1 + sigmas[2], order=order)
    fused = FusedEngine(start())
    result = _filter(fused, volume, (z, y, x), border=border, cval=ground)
    exact = _filter(ScipyEngine(), volume.astype(np.float64), (z, y, x), border=border, cval=ground)
    said = fused.info().implementation
    steps = sum(map(float, re.findall(r"two steps, within (\S+) of the range", said)))
    rounding = re.search(r"; sums in float\d\d, within (\S+) of the largest sample", said)
    largest = max(float(np.abs(volume).max()), abs(ground))
    span = max(float(volume.max()), ground) - min(float(volume.min()), ground)
    allowed = steps * span + (float(rounding[1]) if rounding else 0) * largest
    assert np.abs(result - exact).max() <= allowed


@pytest.mark.parametrize("border", [b for b in BORDERS if b != "constant"])
@pytest.mark.parametrize("orders", [(1, 0, 0), (0, 1, 0), (0, 0, 2), (2, 0, 0)])
@pytest.mark.parametrize("value", [np.uint16(60000), np.float32(1e6), np.float32(0.1)])
def test_derivatives_of_a_constant_are_nothing(
    engine: FusedEngine, border: str, orders: tuple[int, int, int], value: Any
) -> None:
    volume = np.full((9, 30, 40), value)
    z, y, x = (
        AxisKernel.from_gaussian("discrete", 2.2, order=o, scale=1 / 0.45) if o
        else AxisKernel.from_gaussian("discrete", 1.1)
        for o in orders
    )  # fmt: skip
    out = np.full(volume.shape, np.nan, np.float32)
    engine.filter(volume, (z, y, x), out, border=border, cval=0)
    assert not out.any()


def test_a_small_signal_on_a_high_ground_keeps_its_derivative(engine: FusedEngine) -> None:
    volume = (1e6 + np.random.default_rng(0).normal(size=(12, 48, 48))).astype(np.float32)
    smooth = AxisKernel.from_gaussian("discrete", 1.5)
    kernels = (smooth, smooth, AxisKernel.from_gaussian("discrete", 1.5, order=2))
    result = _filter(engine, volume, kernels)
    exact = _filter(ScipyEngine(), volume.astype(np.float64), kernels)
    # Summed in float32, a hundred times more.
    assert np.abs(result - exact).max() < 1e-5 * exact.std()


def test_samples_near_the_largest_float(engine: FusedEngine) -> None:
    for value in (2e38, -3.4e38, float(np.finfo(np.float32).max)):
        volume = np.full((9, 30, 40), value, np.float32)
        result = _filter(engine, volume, _kernels((1.5, 2.2, 15.0)))
        # Above the largest float, by its last digits, a sum is infinite as it should be.
        finite = result[np.isfinite(result)] if abs(value) > 3.4e38 else result
        assert np.abs(finite / value - 1).max(initial=0) < ROUNDING["float32"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("sigmas", [(0.0, 0.0, 12.0), (0.0, 12.0, 0.0), (0.7, 13.0, 12.0)])
def test_what_is_not_finite_reaches_as_far_as_the_kernel(
    engine: FusedEngine, bad: float, sigmas: tuple[float, float, float]
) -> None:
    """Sums in two steps read further than the kernel does, and must not show it."""
    volume = np.ones((3, 260, 270), np.float32)
    volume[1, 130, 140] = bad
    kernels = _kernels(sigmas, "discrete")
    result = _filter(engine, volume, kernels, border="nearest", threads=2)
    assert "two steps" in engine.info().implementation
    reached = np.ones(volume.shape, bool)
    for axis, (kernel, at) in enumerate(zip(kernels, (1, 130, 140), strict=True)):
        distance = np.abs(np.arange(volume.shape[axis]) - at)
        near = distance <= len(kernel.taps) // 2
        reached &= near.reshape([-1 if a == axis else 1 for a in range(3)])
    assert np.array_equal(~np.isfinite(result), reached)
    assert np.abs(result[~reached] - 1).max() <= 2 * TWO_STEPS + ROUNDING["float32"]


@pytest.mark.parametrize("name", ["gauss3", "discrete"])
def test_nothing_negative_comes_of_nothing_negative(engine: FusedEngine, name: str) -> None:
    volume = np.zeros((1, 400, 400), np.float32)
    volume[0, 200, 200] = 1e6
    volume[0, :9] = 3e5
    result = _filter(engine, volume, _kernels((0, 42.0, 42.0), name))
    assert "two steps" in engine.info().implementation
    assert result.min() >= 0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_lines_are_summed_the_same_whatever_axis_they_run_along(
    engine: FusedEngine, axis: int
) -> None:
    line = np.random.default_rng(9).random(5000, dtype=np.float32)
    results = []
    for along in (axis, 2):
        shape = [1, 1, 1]
        shape[along] = line.size
        sigmas = [0.0, 0.0, 0.0]
        sigmas[along] = 40.0
        kernels = _kernels(sigmas, "discrete")
        results.append(_filter(engine, line.reshape(shape), kernels).ravel())
        assert f"along {'zyx'[along]} in two steps" in engine.info().implementation
    assert np.array_equal(*results)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("border", ["mirror-double", "constant", "periodic"])
def test_bundles_of_long_lines_are_summed_as_rows(
    engine: FusedEngine, axis: int, border: str
) -> None:
    """As planes of a few samples each they took up to 50 times as long as by SciPy."""
    rows = np.random.default_rng(9).random((3, 5, 6000), dtype=np.float32)
    sigmas = (0.7, 1.5, 40.0)
    wanted = _filter(engine, rows, _kernels(sigmas, "discrete"), border=border)
    assert "along x in two steps" in engine.info().implementation
    # The two others stay in their order.
    back = [0, 2, 1] if axis == 1 else [2, 0, 1]
    moved = np.ascontiguousarray(rows.transpose(back))
    found = _filter(
        FusedEngine.open(), moved, _kernels([sigmas[i] for i in back], "discrete"), border=border
    )
    assert np.array_equal(found, wanted.transpose(back))


def test_gauss3s_kernels_are_those_of_python(session: Session) -> None:
    """4399 kernels: of σ = 0.01, 0.02, … 43.99 px some taps differ, where exp rounds otherwise."""
    java = session.jclass("org.fijibridge.kernel.GaussianKernels")
    for n in range(1, 4400):
        found, expected = np.asarray(java.gauss3Half(n / 100)), gauss3_half(n / 100)
        # Both exponential functions are right to a unit in the last place, and each tap has three
        # roundings more.
        np.testing.assert_allclose(found, expected, rtol=9e-16, atol=0)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kernel", ["gauss3", "discrete", "band-limited"])
@pytest.mark.parametrize("sigma", [0.7, 9.0, 42.0])
def test_what_is_behind_the_point_stays_on_a_pedestal(
    engine: FusedEngine, kernel: str, sigma: float, order: Any
) -> None:
    """Samples of 1 000 000.2 and its like are summed in double; float32 sums were off by 0.4."""
    noise = np.random.default_rng(5).random((9, 70, 90)) + 1e6
    volume = np.asarray(noise.astype(np.float32), order=order)
    result = _filter(engine, volume, _kernels((sigma,) * 3, kernel))
    assert "sums in float64" in engine.info().implementation
    exact = _filter(ScipyEngine(), volume.astype(np.float64), _kernels((sigma,) * 3, kernel))
    # Half the distance of floats there, and what two steps add along two axes.
    assert np.abs(result - exact).max() <= 0.03125 + 2 * 5e-6
    # What stands on no pedestal is not slowed down.
    other = FusedEngine(start())
    _filter(other, volume - np.float32(1e6), _kernels((sigma,) * 3, kernel))
    assert "sums in float32" in other.info().implementation


@pytest.mark.parametrize("name", ["fused", "scipy"])
@pytest.mark.parametrize("kind", ["float32", "uint16"])
def test_the_difference_of_two_blurs_stays_on_a_pedestal(name: str, kind: str) -> None:
    """Each rounded to a float, the blurs would be off by as much as they differ by."""
    ground, height = (1e6, 1.0) if kind == "float32" else (60000, 20)
    noise = np.random.default_rng(5).random((9, 40, 50)) * height + ground
    volume = noise.astype(kind)
    how: dict[str, Any] = {"sigma": "1.5 px", "kernel": "discrete"}
    found = fiji_bridge.difference_of_gaussians(volume, **how, engine=name, dtype="float32")
    exact = fiji_bridge.difference_of_gaussians(
        volume.astype(np.float64) - ground, **how, engine="scipy"
    )
    assert exact.std() > 0.01 * height
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-7 * height)
