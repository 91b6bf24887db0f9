"""What the eigenvalues of a structure tensor say, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.results import Table

#: Eigenvalues differ only from this factor on.
DISTINCT = 4.0

Floats = NDArray[np.floating[Any]]


def eigen(elements: Sequence[Floats], dimensions: int) -> tuple[Floats, Floats]:
    """Return eigenvalues, largest first, and eigenvectors of symmetric tensors.

    Parameters
    ----------
    elements : sequence of arrays
        The upper triangle, row by row (zz, zy, zx, yy, yx, xx), each of the image's shape.
    dimensions : int
        2 or 3.

    Returns
    -------
    eigenvalues : array, shape (dimensions, …)
    eigenvectors : array, shape (dimensions, dimensions, …)
        ``[k, i]`` is the component along axis i of the k-th vector. NaN where the tensor is.
    """
    shape, kind = elements[0].shape, elements[0].dtype
    values = np.empty((dimensions, *shape), kind)
    vectors = np.empty((dimensions, dimensions, *shape), kind)
    rows, columns = np.triu_indices(dimensions)
    # Part by part, so that the float64 matrices stay small.
    for part in np.ndindex(*shape[:1]):
        matrix = np.empty((*shape[1:], dimensions, dimensions))
        for element, i, j in zip(elements, rows, columns, strict=True):
            matrix[..., i, j] = matrix[..., j, i] = element[part]
        missing = ~np.isfinite(matrix).all(axis=(-2, -1))
        # LAPACK would not come to an end.
        matrix[missing] = 0
        found, directions = np.linalg.eigh(matrix)
        found[missing] = directions[missing] = np.nan
        values[(slice(None), *part)] = np.moveaxis(found[..., ::-1], -1, 0)
        vectors[(slice(None), slice(None), *part)] = np.moveaxis(
            directions[..., ::-1], (-1, -2), (0, 1)
        )
    # A tensor of squares has no negative eigenvalues; rounding makes some.
    np.maximum(values, 0, out=values)
    return values, vectors


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
        spread = np.square(eigenvalues - eigenvalues.mean(axis=0)).sum(axis=0)
        fractional = np.sqrt(n / (n - 1) * spread / np.square(eigenvalues).sum(axis=0))
        found = {"fractional-anisotropy": fractional, "linear": 1 - eigenvalues[1] / largest}
        if n == 3:
            found["planar"] = (eigenvalues[1] - eigenvalues[2]) / largest
        found["spherical"] = eigenvalues[-1] / largest
    return {
        name: np.clip(np.where(largest == 0, 0, values), 0, 1).astype(eigenvalues.dtype)
        for name, values in found.items()
    }


def verdict(eigenvalues: Sequence[float]) -> str:
    """Say in words what two or three eigenvalues, largest first, mean."""
    values = [float(v) for v in eigenvalues]
    if math.isnan(values[0]):
        return "unknown: every sample is NaN"
    if values[0] <= 0:
        return "flat: there are no gradients"
    if len(values) == 2:
        ratio = _ratio(values[0], values[1])
        if ratio < DISTINCT:
            return f"isotropic: first eigenvalue only {ratio:.2g} times larger"
        return f"line: second eigenvalue {ratio:.0f} times smaller (stripes along its vector)"
    line = _ratio(values[0], (values[1] + values[2]) / 2)
    plane = _ratio((values[0] + values[1]) / 2, values[2])
    if max(line, plane) < DISTINCT:
        return f"isotropic: third eigenvalue only {_ratio(values[0], values[2]):.2g} times smaller"
    if _ratio(values[1], values[2]) >= _ratio(values[0], values[1]):
        return (
            f"plane: third eigenvalue {plane:.0f} times smaller (gradients lie in a plane; a fibre "
            "along the third vector)"
        )
    return (
        f"line: first eigenvalue {line:.0f} times larger (gradients lie on a line; a layer across "
        "the first vector)"
    )


def _ratio(larger: float, smaller: float) -> float:
    return larger / smaller if smaller > 0 else np.inf


@dataclass(frozen=True)
class Region:
    """One block of the image.

    Attributes
    ----------
    place : str
        Samples along each axis, ``"z 0:8, y 0:30, x 0:30"``.
    eigenvalues : tuple of float
        Mean over the block, largest first; of the samples that are there.
    verdict : str
    """

    place: str
    eigenvalues: tuple[float, ...]
    verdict: str


@dataclass(frozen=True)
class TensorReport:
    """The verdicts over an image.

    Attributes
    ----------
    regions : tuple of Region
    unit : str
        Gradients are per this.
    """

    regions: tuple[Region, ...]
    unit: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    def table(self) -> Table:
        """Return one row per region."""
        count = len(self.regions[0].eigenvalues) if self.regions else 0
        per = f"eigenvalue {{}} ((grey levels per {self.unit or 'unit'})²)"
        return Table(
            "structure tensor",
            ("region", *(per.format(k + 1) for k in range(count)), "verdict"),
            tuple(
                (region.place, *(f"{v:.4g}" for v in region.eigenvalues), region.verdict)
                for region in self.regions
            ),
        )


def describe(eigenvalues: Floats, axes: Sequence[str], blocks: int, unit: str) -> TensorReport:
    """Average the eigenvalues over blocks and give a verdict on each.

    Parameters
    ----------
    eigenvalues : array, shape (n, …)
        The last dimensions are `axes`; others are averaged over.
    axes : sequence of str
    blocks : int
        Along each axis.
    unit : str
    """
    if eigenvalues.size == 0:
        return TensorReport((), unit)
    sizes = eigenvalues.shape[-len(axes) :]
    counts = [min(blocks, size) for size in sizes]
    regions = []
    for place in np.ndindex(*counts):
        cuts = [
            slice(i * size // count, (i + 1) * size // count)
            for i, size, count in zip(place, sizes, counts, strict=True)
        ]
        index: Any = (..., *cuts)
        block = eigenvalues[index].astype(np.float64)
        flat = block.reshape(len(block), -1)
        there = flat[:, np.isfinite(flat[0])]
        found = there.mean(axis=1) if there.size else np.full(len(flat), np.nan)
        means = tuple(float(v) for v in found)
        name = ", ".join(f"{a} {c.start}:{c.stop}" for a, c in zip(axes, cuts, strict=True))
        regions.append(Region(name, means, verdict(means)))
    return TensorReport(tuple(regions), unit)
