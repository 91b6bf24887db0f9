"""What symmetric tensors say, sample by sample: by Java, or by LAPACK; alike to some roundings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import system
from fiji_bridge._version import __version__
from fiji_bridge.engines.engine import Progress
from fiji_bridge.jvm.buffers import direct_buffers, readable
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.session import Session, start

Floats = NDArray[np.floating[Any]]

#: Of each number of eigenvalues the measures of shape, in this order.
MEASURES = {
    2: ("fractional-anisotropy", "linear", "spherical"),
    3: ("fractional-anisotropy", "linear", "planar", "spherical"),
}


@dataclass(frozen=True)
class TensorShapes:
    """Eigenvalues, eigenvectors, measures of shape and colours.

    Attributes
    ----------
    values : array, shape (n, …)
        Largest first; never negative.
    vectors : array, shape (n, n, …)
        ``[k, i]`` is the component along axis i of the k-th vector; the one along
        the last axis is not negative.
        NaN where the tensor is not finite.
    measures : dict
        Arrays of the image's shape by the names in `MEASURES`.
    colours : array of uint8, shape (…, 3)
        The direction of the last vector: red x, green y, blue z, as bright as the anisotropy times
        how steep the gradients are, as a part of the steepest of each (z, y, x) volume: noise has
        directions too, but should not be the brightest part of a picture.
    """

    values: Floats
    vectors: Floats
    measures: dict[str, Floats]
    colours: NDArray[np.uint8]


#: ``take(elements, axes, threads, progress)``; see `by_java`.
Taker: TypeAlias = Callable[
    [Sequence[Floats], Sequence[str], "int | None", "Progress | None"], TensorShapes
]


def taker(*, in_java: bool) -> tuple[Taker, str]:
    """Return what takes tensors apart, and its implementation.

    Parameters
    ----------
    in_java : bool
        Whether Java is to do it, or LAPACK.
    """
    if in_java:
        what = f"org.fijibridge.engine.SymmetricMatrices (fiji_bridge {__version__})"
        return functools.partial(by_java, start()), what
    return by_lapack, f"numpy.linalg.eigh (NumPy {np.__version__})"


def by_java(
    session: Session,
    elements: Sequence[Floats],
    axes: Sequence[str],
    threads: int | None = None,
    progress: Progress | None = None,
) -> TensorShapes:
    """Take tensors apart by ``org.fijibridge.engine.TensorShapes``, a row at a time.

    Parameters
    ----------
    session : Session
    elements : sequence of arrays, shape (…, z, y, x)
        The upper triangle, row by row (zz, zy, zx, yy, yx, xx), all of one type.
    axes : sequence of str
        Two or three, of which the rows are.
    threads : int, optional
        All processors by default.
    progress : callable, optional
    """
    n, shape = len(axes), elements[0].shape
    found = _empty(elements[0], n)
    if found.colours.size == 0:
        return found
    flat = found.vectors.reshape(n * n, *shape)
    packed = [readable(element) for element in elements]
    shown = [axes.index(axis) if axis in axes else -1 for axis in ("x", "y", "z")]
    arrays = [
        [direct_buffers(session, array) for array in of]
        for of in (packed, found.values, flat, found.measures.values())
    ]
    colours = direct_buffers(session, found.colours)
    given = (arrays[0], packed[0].dtype.name, *arrays[1:], colours, shown)
    tail = (list(shape), threads or system.processors())
    java = session.jclass("org.fijibridge.bridge.ArrayEngine")
    call(session, lambda ticket: java.tensors(*given, *tail, ticket), progress)
    return found


def by_lapack(
    elements: Sequence[Floats],
    axes: Sequence[str],
    threads: int | None = None,
    progress: Progress | None = None,
) -> TensorShapes:
    """Take tensors apart by ``numpy.linalg.eigh``, the reference, on one thread; as `by_java`."""
    found = _empty(elements[0], len(axes))
    places = list(np.ndindex(elements[0].shape[:-2]))
    # Of each (z, y, x) volume the largest sum of eigenvalues; 0 where all are NaN.
    steepest = np.zeros(elements[0].shape[:-3])
    # Plane by plane, so that the float64 matrices stay small.
    for number, place in enumerate(places):
        values, vectors = eigen([element[place] for element in elements], len(axes))
        found.values[(slice(None), *place)] = values
        found.vectors[(slice(None), slice(None), *place)] = vectors
        for name, shape in measures(values).items():
            found.measures[name][place] = shape
        most = np.fmax.reduce(_energy(found, place), axis=None, initial=0)
        steepest[place[:-1]] = max(steepest[place[:-1]], most)
        if progress is not None:
            progress(number + 1, len(places))
    for place in places:
        energy, most = _energy(found, place), steepest[place[:-1]]
        bright = np.sqrt(energy / most) if most > 0 else energy
        bright = 255 * bright * found.measures["fractional-anisotropy"][place]
        for axis, component in zip(axes, found.vectors[-1], strict=True):
            shown = np.nan_to_num(np.abs(component[place]) * bright)
            found.colours[(*place, ..., "xyz".index(axis))] = np.rint(shown)
    return found


def _energy(found: TensorShapes, place: tuple[int, ...]) -> Floats:
    """Return the sum of the eigenvalues of a plane."""
    every: tuple[Any, ...] = (slice(None), *place)
    energy: Floats = found.values[every].sum(axis=0)
    return energy


def _empty(element: Floats, n: int) -> TensorShapes:
    """Return what is to be filled, for elements like this one."""
    shape, kind = element.shape, element.dtype
    return TensorShapes(
        np.empty((n, *shape), kind),
        np.empty((n, n, *shape), kind),
        {name: np.empty(shape, kind) for name in MEASURES[n]},
        np.zeros((*shape, 3), np.uint8),
    )


def eigen(elements: Sequence[Floats], n: int) -> tuple[Floats, Floats]:
    """Return eigenvalues, largest first, and eigenvectors of symmetric tensors, by LAPACK.

    Parameters
    ----------
    elements : sequence of arrays
        The upper triangle, row by row.
    n : int
        2 or 3.

    Returns
    -------
    eigenvalues : array of float64, shape (n, …)
        Never negative: a tensor of squares has none that are, but for rounding.
    eigenvectors : array of float64, shape (n, n, …)
        As `TensorShapes.vectors`.
    """
    matrix = np.empty((*elements[0].shape, n, n))
    for element, i, j in zip(elements, *np.triu_indices(n), strict=True):
        matrix[..., i, j] = matrix[..., j, i] = element
    missing = ~np.isfinite(matrix).all(axis=(-2, -1))
    # LAPACK would not come to an end.
    matrix[missing] = 0
    values, vectors = np.linalg.eigh(matrix)
    vectors *= np.where(np.signbit(vectors[..., -1:, :]), -1, 1)
    values[missing] = vectors[missing] = np.nan
    ordered = np.moveaxis(vectors[..., ::-1], (-1, -2), (0, 1))
    return np.maximum(np.moveaxis(values[..., ::-1], -1, 0), 0), ordered


def measures(eigenvalues: Floats) -> dict[str, Floats]:
    """Return measures of shape between 0 and 1.

    Parameters
    ----------
    eigenvalues : array, shape (2 or 3, …)
        Largest first.

    Returns
    -------
    dict
        ``fractional-anisotropy`` (Basser & Pierpaoli 1996); ``linear`` (λ₁ − λ₂)/λ₁, ``planar``
        (λ₂ − λ₃)/λ₁ and, what is left, ``spherical`` (Westin et al. 2002). They describe the
        tensor: linear means gradients along one line, as of a layer; planar means gradients all
        round a line, as of a fibre. 0 where there is no gradient at all.
    """
    n = len(eigenvalues)
    largest = eigenvalues[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        # Of the largest, for squares must neither overflow nor vanish.
        parts = eigenvalues / largest
        spread = np.square(parts - parts.mean(axis=0)).sum(axis=0)
        found = {
            "fractional-anisotropy": np.sqrt(n / (n - 1) * spread / np.square(parts).sum(axis=0)),
            "linear": 1 - parts[1],
            "spherical": parts[-1],
        }
        if n == 3:
            found["planar"] = (eigenvalues[1] - eigenvalues[2]) / largest
    return {
        name: np.clip(np.where(largest == 0, 0, found[name]), 0, 1).astype(eigenvalues.dtype)
        for name in MEASURES[n]
    }
