"""Tensors taken apart by Java are those that LAPACK takes apart."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.engines.tensors import MEASURES, Floats, by_java, by_lapack
from fiji_bridge.jvm.session import Session

pytestmark = pytest.mark.jvm


def elements(shape: tuple[int, ...], n: int, kind: str) -> list[Floats]:
    """Mean squares of random gradients: of one, two and many, so that some are degenerate."""
    rng = np.random.default_rng(n)
    made = np.zeros((n * (n + 1) // 2, *shape))
    for count in range(4):
        gradients = rng.normal(size=(n, *shape)) * (rng.random(shape) < 1 / (1 + count))
        made += [a * b for a, b in combinations_with_replacement(gradients, 2)]
    return list(made.astype(kind))


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [((7, 20, 33), "zyx"), ((2, 3, 4, 9, 1100), "zyx"), ((2, 1, 20, 33), "yx"), ((5, 1, 64), "zx")],
)
def test_java_gives_what_lapack_gives(
    session: Session, shape: tuple[int, ...], axes: str, kind: str
) -> None:
    given = elements(shape, len(axes), kind)
    given[1][..., 0, 3] = np.nan
    found, expected = by_java(session, given, axes), by_lapack(given, axes)
    assert found.values.dtype == found.vectors.dtype == kind
    # Roundings of the type, of the largest eigenvalue of each tensor.
    rounding = {"float32": 2e-7, "float64": 4e-15}[kind]
    largest = np.nan_to_num(expected.values[0])
    missing = np.isnan(expected.values)
    np.testing.assert_array_equal(np.isnan(found.values), missing)
    assert missing[0].sum() == missing[0].size / np.prod(shape[-2:])
    off = np.nan_to_num(np.abs(found.values - expected.values))
    assert (off <= rounding * largest).all()
    # A vector is as certain as its eigenvalue is distinct.
    for k in range(len(axes)):
        others = [j for j in range(len(axes)) if j != k]
        gap = np.min([np.abs(expected.values[k] - expected.values[j]) for j in others], axis=0)
        sure = gap > 1e-3 * largest
        assert sure.mean() > 0.5
        cosine = np.abs((found.vectors[k] * expected.vectors[k]).sum(axis=0))[sure]
        assert (np.abs(cosine - 1) < 10 * rounding).all()
        assert (found.vectors[k, -1][sure] >= 0).all()
    for name in MEASURES[len(axes)]:
        off = np.nan_to_num(np.abs(found.measures[name] - expected.measures[name]))
        assert (off[largest > 0] <= 20 * rounding).all(), name
        assert not found.measures[name][largest == 0][~missing[0][largest == 0]].any()
    # Where the last vector is certain, up to a tie.
    colours = np.abs(found.colours.astype(int) - expected.colours)[sure]
    assert colours.max() <= 1
    assert expected.colours.max() > 100


@pytest.mark.parametrize("axes", ["zyx", "cyx", "yxz"])
def test_any_order_of_axes(session: Session, axes: str) -> None:
    data = np.random.default_rng(1).random((5, 24, 26)).astype(np.float32)
    options: Any = {"sigma": "1 px", "axes": axes, "voxel_size": 1, "per": "pixel"}
    by_java = fiji_bridge.structure_tensor(data, **options)
    by_scipy = fiji_bridge.structure_tensor(data, **options, engine="scipy")
    largest = by_scipy.eigenvalues.max()
    np.testing.assert_allclose(by_java.eigenvalues, by_scipy.eigenvalues, atol=2e-6 * largest)
    np.testing.assert_allclose(
        by_java["orientation"].data.astype(int), by_scipy["orientation"].data, atol=2
    )
    assert by_java.eigenvectors.shape == by_scipy.eigenvectors.shape
    said = [
        found["eigenvalue1"].provenance[-1]["eigenvalues"].split()[0]
        for found in (by_java, by_scipy)
    ]
    assert said == ["org.fijibridge.engine.SymmetricMatrices", "numpy.linalg.eigh"]


def test_bits_do_not_depend_on_threads(session: Session) -> None:
    given = elements((6, 30, 40), 3, "float32")
    one, three = (by_java(session, given, "zyx", threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.vectors, three.vectors)
    np.testing.assert_array_equal(one.colours, three.colours)
