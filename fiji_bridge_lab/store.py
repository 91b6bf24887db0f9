"""Arrays by their content: equal results are kept once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError
from fiji_bridge.formats.atomic import atomic_output

#: Projections of a result onto vectors of random signs, from which the size of a change can be
#: told without the array: the RMS of n differences between projections estimates that of the
#: samples to a factor of 1 ± 1/√(2n).
SKETCH = 32


def digest(data: NDArray[Any]) -> str:
    """Return the sha256 over type, shape and samples (little-endian, C order)."""
    plain = np.ascontiguousarray(data, data.dtype.newbyteorder("<"))
    made = hashlib.sha256(f"{plain.dtype.str}{plain.shape}".encode())
    made.update(plain.data if plain.size else b"")
    return made.hexdigest()


def summary(data: NDArray[Any]) -> dict[str, Any]:
    """Return numbers that stand for an array that is not kept."""
    values = data.astype(np.float64).ravel()
    if values.size == 0:
        return {"minimum": None, "maximum": None, "mean": None, "deviation": None, "sketch": []}
    signs = np.random.RandomState(7)
    length = -(-values.size // 8)
    sketch = []
    for _ in range(SKETCH):
        bits = np.unpackbits(np.frombuffer(signs.bytes(length), np.uint8), count=values.size)
        sketch.append(float((2 * values[bits == 1].sum() - values.sum()) / np.sqrt(values.size)))
    return {
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "mean": float(values.mean()),
        "deviation": float(values.std()),
        "sketch": sketch,
    }


def rms_between(a: list[float], b: list[float]) -> float:
    """Estimate the RMS difference of two arrays from their sketches."""
    return float(np.sqrt(np.mean(np.square(np.subtract(a, b))))) if a and b else 0.0


@dataclass(frozen=True)
class Store:
    """A folder of compressed arrays, each named after its content."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Return where an array is, or would be."""
        return self.folder / f"{sha256}.npz"

    def has(self, sha256: str) -> bool:
        """Whether the array itself is kept."""
        return self.path(sha256).is_file()

    def put(self, data: NDArray[Any]) -> str:
        """Keep an array; return its digest."""
        name = digest(data)
        if not self.has(name):
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_output(self.path(name), overwrite=True) as file:
                np.savez_compressed(file, data=data)
        return name

    def get(self, sha256: str) -> NDArray[Any]:
        """Return an array.

        Raises
        ------
        FileError
            If it is not kept, or is not what its name says.
        """
        try:
            with np.load(self.path(sha256), allow_pickle=False) as found:
                data: NDArray[Any] = found["data"]
        except (OSError, KeyError, ValueError) as error:
            raise FileError(f"cannot read the array {self.path(sha256)}: {error}") from None
        if digest(data) != sha256:
            raise FileError(f"{self.path(sha256)} was changed: its sha256 is another one")
        return data
