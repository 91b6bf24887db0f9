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
        mean, count = _mean([element[index] for element in elements])
        tensor = np.zeros((len(axes), len(axes)))
        tensor[rows, columns] = tensor[columns, rows] = mean
        values, said = noise.judged(tensor, count)
        name = ", ".join(f"{a} {c.start}:{c.stop}" for a, c in zip(axes, cuts, strict=True))
        regions.append(Region(name, values, said))
    return TensorReport(tuple(regions), unit)


def _mean(elements: Sequence[Floats]) -> tuple[list[float], int]:
    """Return the mean of tensors, where all elements are finite, and how many that are."""
    found = [float(element.mean(dtype=np.float64)) for element in elements]
    if np.isfinite(found).all():
        return found, elements[0].size
    there = np.logical_and.reduce([np.isfinite(element) for element in elements])
    count = int(np.count_nonzero(there))
    if count == 0:
        return [math.nan] * len(elements), 0
    return [float(element.mean(dtype=np.float64, where=there)) for element in elements], count


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
