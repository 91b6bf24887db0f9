"""What the eigenvalues of a structure tensor say, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image.results import Report, Table

#: Eigenvalues differ only from this factor on.
DISTINCT = 4.0
#: Below this part of the largest an eigenvalue is nothing.
NOTHING = 0.01

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
        return f"line: second eigenvalue {_times(ratio)} times smaller (stripes along its vector)"
    line = _ratio(values[0], (values[1] + values[2]) / 2)
    plane = _ratio((values[0] + values[1]) / 2, values[2])
    if max(line, plane) < DISTINCT:
        return f"isotropic: third eigenvalue only {_ratio(values[0], values[2]):.2g} times smaller"
    # What is left of an eigenvalue next to nothing says nothing about the others.
    second, third = (max(value, NOTHING * values[0]) for value in values[1:])
    if second / third >= values[0] / second:
        return (
            f"plane: third eigenvalue {_times(plane)} times smaller (gradients lie in a plane; a "
            "fibre along the third vector)"
        )
    return (
        f"line: first eigenvalue {_times(line)} times larger (gradients lie on a line; a layer "
        "across the first vector)"
    )


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio <= 1000 else "over 1000"


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
class TensorReport(Report):
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


def describe(
    elements: Sequence[Floats], axes: Sequence[str], blocks: int, unit: str, noise: Noise
) -> TensorReport:
    """Average the tensors over blocks and give a verdict on each.

    Not the eigenvalues: sorted, they differ even where no direction is preferred, and directions
    that differ from place to place have none in common.

    Parameters
    ----------
    elements : sequence of arrays
        The upper triangle, row by row; the last dimensions are `axes`, others are averaged over.
    axes : sequence of str
    blocks : int
        Along each axis.
    unit : str
    noise : Noise
    """
    if elements[0].size == 0:
        return TensorReport((), unit)
    sizes = elements[0].shape[-len(axes) :]
    counts = [min(blocks, size) for size in sizes]
    rows, columns = np.triu_indices(len(axes))
    regions = []
    for place in np.ndindex(*counts):
        cuts = [
            slice(i * size // count, (i + 1) * size // count)
            for i, size, count in zip(place, sizes, counts, strict=True)
        ]
        index: Any = (..., *cuts)
        block = np.stack([element[index].astype(np.float64).ravel() for element in elements])
        there = block[:, np.isfinite(block).all(axis=0)]
        mean = there.mean(axis=1) if there.size else np.full(len(block), np.nan)
        tensor = np.zeros((len(axes), len(axes)))
        tensor[rows, columns] = tensor[columns, rows] = mean
        values, said = noise.judged(tensor, there.shape[1])
        name = ", ".join(f"{a} {c.start}:{c.stop}" for a, c in zip(axes, cuts, strict=True))
        regions.append(Region(name, values, said))
    return TensorReport(tuple(regions), unit)


@dataclass(frozen=True)
class Noise:
    """What noise of an image gives.

    Attributes
    ----------
    variance : float
        Of a sample, as if the noise were white.
    gains : tuple of float
        Mean squared gradient along each axis that noise of variance 1 has: in voxels that are not
        isotropic it is far larger along the fine axes, and that is no direction.
    shared : float
        How many gradients of noise tell as much as one that is independent.
    """

    variance: float
    gains: tuple[float, ...]
    shared: float

    def judged(self, tensor: NDArray[np.float64], count: int) -> tuple[tuple[float, ...], str]:
        """Return eigenvalues of a mean tensor without noise, largest first, and the verdict.

        Parameters
        ----------
        tensor : array, shape (n, n)
        count : int
            Samples that it is the mean of.
        """
        if not np.isfinite(tensor).all():
            return (math.nan,) * len(tensor), verdict([math.nan])
        scale = 1 / np.sqrt(np.asarray(self.gains))
        # In units in which noise is alike in all directions.
        white = np.linalg.eigvalsh(tensor * scale[:, None] * scale[None])
        level = float(white.mean())
        # The mean of n independent squares of noise scatters by √(2/n) of itself.
        chance = 1.1 + 6 * math.sqrt(2 * self.shared / max(count, 1))
        alike = white[0] > 0 and white[-1] / white[0] < chance
        clean = tensor - self.variance * np.diag(self.gains)
        values = tuple(float(v) for v in np.maximum(np.linalg.eigvalsh(clean)[::-1], 0))
        if level > 0 and level < 2 * self.variance and alike:
            return values, (
                f"no direction: gradients are those of noise, {level / self.variance:.2g} times as "
                "strong as the noise of this image"
            )
        said = verdict(values)
        if said.startswith("isotropic"):
            return values, f"no direction, {said}"
        # White noise weighs axes by their voxels, and so does noise that is correlated over as many
        # voxels along each: what is distinct has to be so counted in voxels as well.
        if verdict(np.maximum(white[::-1], 0).tolist()).startswith("isotropic"):
            return values, (
                "no direction but that of the voxels: counted in voxels gradients are alike along "
                "all axes, as those of noise that is correlated from voxel to voxel"
            )
        return values, said
