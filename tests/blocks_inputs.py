"""OME-Zarrs to work on, written by zarr alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray


def noise(shape: tuple[int, ...], dtype: str = "uint16", seed: int = 0) -> NDArray[Any]:
    """Return samples of any type."""
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return rng.normal(100, 30, shape).astype(kind)
    return rng.integers(0, min(np.iinfo(kind).max, 5000), shape).astype(kind)


def make(
    path: Path,
    data: NDArray[Any],
    axes: str = "zyx",
    *,
    version: str = "0.5",
    levels: int = 1,
    unit: str | None = "micrometer",
    omero: dict[str, Any] | None = None,
    **options: Any,
) -> Path:
    """Write an OME-Zarr; the samples of coarser levels are stale."""
    root = zarr.open_group(str(path), mode="w", zarr_format=3 if version == "0.5" else 2)
    options.setdefault("chunks", tuple(max(1, n // 3) for n in data.shape))
    if version == "0.5":
        options.setdefault("dimension_names", tuple(axes))
    else:
        options.setdefault("chunk_key_encoding", {"name": "v2", "separator": "/"})
    sizes = {"t": 3.0, "c": 1.0, "z": 2.0}
    datasets = []
    for level in range(levels):
        here = data[tuple(slice(None, None, 2**level if a in "yx" else 1) for a in axes)]
        own = {**options, "chunks": tuple(map(min, options["chunks"], here.shape))}
        if options.get("shards") is not None and level:
            own["shards"] = None
        array = root.create_array(str(level), shape=here.shape, dtype=here.dtype, **own)
        array[...] = here if level == 0 else 0
        scale = [sizes.get(a, 0.5 * 2**level) for a in axes]
        steps = [{"type": "scale", "scale": scale}]
        datasets.append({"path": str(level), "coordinateTransformations": steps})
    kinds = {"t": "time", "c": "channel"}
    said: list[dict[str, str]] = [{"name": a, "type": kinds.get(a, "space")} for a in axes]
    for axis in said:
        if axis["type"] == "space" and unit is not None:
            axis["unit"] = unit
    multiscale = {"name": "scene", "axes": said, "datasets": datasets}
    shown = {} if omero is None else {"omero": omero}
    if version == "0.5":
        root.attrs.update({"ome": {"version": "0.5", "multiscales": [multiscale], **shown}})
    else:
        root.attrs.update({"multiscales": [{"version": "0.4", **multiscale}], **shown})
    return path
