"""The volumes, sigmas and kernels that are timed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Shape (z, y, x) and type.
VOLUMES = {
    "V1": ((86, 396, 393), "float32"),
    "V2": ((256, 512, 512), "float32"),
    "V3": ((16, 512, 512), "uint16"),
}

#: Sigma in pixels (z, y, x).
SIGMAS = {
    "S1": (0.5, 2.2222, 2.2222),
    "S2": (2.0, 2.0, 2.0),
    "S3": (1.0, 4.95, 4.95),
    "S4": (4.0, 20.0, 20.0),
    "S5": (4.0, 60.0, 60.0),
}

#: The combinations with a target.
DEFAULT = ("V1/S1", "V2/S1", "V2/S4", "V3/S1")


@dataclass(frozen=True)
class Case:
    """A volume and a sigma."""

    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        return VOLUMES[self.name.split("/")[0]][0]

    @property
    def dtype(self) -> str:
        return VOLUMES[self.name.split("/")[0]][1]

    @property
    def sigma(self) -> tuple[float, ...]:
        return SIGMAS[self.name.split("/")[1]]

    def volume(self) -> NDArray[np.generic]:
        """Noise between 0 and 4095, the same in every process."""
        values = np.random.default_rng(4).random(self.shape, dtype=np.float32)
        return (values * np.float32(4095)).astype(self.dtype)


def truncated_taps(sigma: float, truncate: float = 4.0) -> NDArray[np.float64]:
    """SciPy's kernel: a sampled Gaussian, cut at `truncate` sigma, sum 1."""
    radius = int(truncate * sigma + 0.5)
    x = np.arange(-radius, radius + 1)
    taps = np.exp(-0.5 / sigma**2 * x**2)
    return np.asarray(taps / taps.sum())
