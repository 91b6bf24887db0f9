"""How an image shows itself: one line in a console, a table with orthogonal views in a notebook."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image import units
from fiji_bridge.image.calibration import SPATIAL_AXES
from fiji_bridge.image.shown import shown_text

if TYPE_CHECKING:
    from fiji_bridge.image.calibrated import CalibratedImage

#: Pixels along the longer side of the views, and between them.
_SIDE, _GAP = 360, 4
#: Shares of the samples that are shown black and white.
_DARK, _BRIGHT = 0.1, 99.9


def line(image: CalibratedImage) -> str:
    """Return sizes, sample type, voxel size and what was done, in one line."""
    sizes = " × ".join(f"{axis} {image.size(axis)}" for axis in image.axes)
    done = ", ".join(str(entry.get("operation", "?")) for entry in image.provenance)
    return (
        f"<CalibratedImage {image.name!r}: {sizes}, {image.data.dtype.name}, "
        f"{voxel_text(image)}{f', after {done}' if done else ''}>"
    )


def voxel_text(image: CalibratedImage) -> str:
    """Return the voxel size of the axes that the image has, with one unit where it is one."""
    axes = image.spatial_axes
    found = {axis: image.calibration.axis(axis) for axis in axes}
    if not axes or any(f.size is None or f.raw is not None for f in found.values()):
        return "voxel size unknown"
    shown = {axis: _unit(f.unit) for axis, f in found.items()}
    if len(set(shown.values())) == 1:
        sizes = " × ".join(shown_text(f.size or 0.0) for f in found.values())
        return f"voxel ({', '.join(axes)}) {sizes} {shown[axes[0]] or '(no unit)'}"
    return "voxel " + ", ".join(
        f"{axis} {shown_text(f.size or 0.0)} {shown[axis] or '(no unit)'}"
        for axis, f in found.items()
    )


def page(image: CalibratedImage) -> str:
    """Return HTML: the calibration of each axis, and views if Pillow is there."""
    rows = []
    for axis in image.axes:
        size, position = "", ""
        if axis in SPATIAL_AXES:
            found = image.calibration.axis(axis)
            size = found.said() if found.size is None or found.raw else shown_text(found.size)
            size = f"{size} {_unit(found.unit)}".strip()
            position = shown_text(found.origin)
        cells = (axis, str(image.size(axis)), size, position)
        rows.append("".join(f"<td>{html.escape(cell)}</td>" for cell in cells))
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    title = f"{image.name}: {image.data.dtype.name}"
    return (
        f"<div><b>{html.escape(title)}</b>"
        "<table><tr><th>axis</th><th>samples</th><th>voxel size</th><th>origin (index)</th></tr>"
        f"{table}</table>{_picture(image)}</div>"
    )


def _unit(unit: str) -> str:
    if units.is_pixel(unit):
        return "pixel" if unit.strip() else ""
    return units.symbol(unit) if units.is_length(unit) else unit


def _picture(image: CalibratedImage) -> str:
    try:
        from PIL import Image
    except ImportError:
        return ""
    if not {"y", "x"} <= set(image.axes) or 0 in image.data.shape:
        return ""
    if image.data.dtype.kind not in "iuf":
        return ""
    planes, extents = orthogonal_planes(image)
    scale = _SIDE / max(extents["x"] + extents["z"], extents["y"] + extents["z"])
    pixels = {axis: max(1, round(extent * scale)) for axis, extent in extents.items()}
    deep = "z" in image.axes and image.size("z") > 1
    x, y, z = pixels["x"], pixels["y"], pixels["z"]
    whole = (x + (_GAP + z) * deep, y + (_GAP + z) * deep)
    canvas = Image.new("RGB", whole, "white")
    spots = {"yx": ((0, 0), (x, y)), "yz": ((x + _GAP, 0), (z, y)), "zx": ((0, y + _GAP), (x, z))}
    for name, plane in planes.items():
        corner, size = spots[name]
        canvas.paste(Image.fromarray(plane).convert("RGB").resize(size), corner)
    stream = io.BytesIO()
    canvas.save(stream, "PNG")
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    said = "middle planes: xy, beside it zy, below xz; at true aspect" if deep else "the plane"
    return f'<img alt="{said}" title="{said}" src="data:image/png;base64,{text}"/>'


def orthogonal_planes(
    image: CalibratedImage,
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, float]]:
    """Return the middle planes as 8-bit pictures, and the physical extent of each axis.

    Without a voxel size, voxels are as long in every direction. Of several frames and channels the
    first is shown.
    """
    where = {a: (0 if a in "tc" else slice(None)) for a in image.axes}
    sized = [image.calibration.is_physical(axis) for axis in image.spatial_axes]
    extents = {}
    for axis in SPATIAL_AXES:
        step = image.calibration.voxel_size(axis, "um") if all(sized) and axis in image.axes else 1
        extents[axis] = float(image.size(axis) * step) if axis in image.axes else 0.0
    wanted = {"yx": "z", "yz": "x", "zx": "y"} if image.size("z") > 1 else {"yx": "z"}
    cut: dict[str, NDArray[Any]] = {}
    for name, across in wanted.items():
        index = {**where}
        if across in image.axes:
            index[across] = image.size(across) // 2
        left = [a for a in image.axes if isinstance(index[a], slice)]
        order = [*name, *("s" if "s" in left else "")]
        plane = image.data[tuple(index[axis] for axis in image.axes)]
        cut[name] = plane.transpose([left.index(axis) for axis in order])
    colours = "s" in image.axes and image.data.dtype == np.uint8
    return {name: plane if colours else _grey(plane) for name, plane in cut.items()}, extents


def _grey(plane: NDArray[Any]) -> NDArray[np.uint8]:
    values = plane.astype(np.float64)
    values = values.mean(axis=2) if values.ndim == 3 else values
    there = values[np.isfinite(values)]
    low, high = np.percentile(there, (_DARK, _BRIGHT)) if there.size else (0.0, 1.0)
    span = high - low if high > low else 1.0
    return np.nan_to_num(np.clip((values - low) / span, 0, 1) * 255).astype(np.uint8)
