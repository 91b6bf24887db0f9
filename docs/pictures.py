"""Draw the real bead of the gallery and the pictures of the operations' pages into docs/images.

``python docs/pictures.py [BEAD.tif]``

BEAD.tif is a real bead, by default the one that lies beside the project; its picture stays as it is
where there is none.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import fiji_bridge
from fiji_bridge.ops.operation import Operation, Result
from fiji_bridge.ops.registry import REGISTRY, function

IMAGES = Path(__file__).resolve().parent / "images"
REAL = IMAGES.parents[1].parent / "shared" / "images" / "Bead_Image1_crop.tif"
#: A length that is some voxels of the real bead's z, and many of its x.
SIGMA = "0.25 um"


def main(arguments: list[str]) -> None:
    """Draw all of them."""
    path = Path(arguments[0]) if arguments else REAL
    if path.is_file():
        blurs(fiji_bridge.read(path))
    for operation in REGISTRY.values():
        operation_page(operation)


def beads() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Make beads of σ 2 × 0.7 × 0.7 µm in voxels of 2 × 0.45 × 0.45 µm."""
    data = np.random.default_rng(0).normal(10, 1, (25, 72, 72))
    z, y, x = np.ogrid[:25, :72, :72]
    for at in ((12.2, 18.1, 18.4), (12.6, 18.2, 54.5), (12.0, 54.3, 18.0), (12.4, 54.6, 53.1)):
        squared = ((z - at[0]) / 1.0) ** 2 + (
            ((y - at[1]) * 0.45 / 0.7) ** 2 + ((x - at[2]) * 0.45 / 0.7) ** 2
        )
        data += 200 * np.exp(-squared / 2)
    return data


def blurs(bead: fiji_bridge.CalibratedImage) -> None:
    """Draw the bead, blurred by one number of pixels and by one length, cut along xz."""
    x = bead.calibration.voxel_size("x", "um")
    z = bead.calibration.voxel_size("z", "um")
    pixels = float(fiji_bridge.gaussian.plan(bead, sigma=SIGMA).axes[-1].sigma_px)
    options: dict[str, Any] = {"dtype": "float32", "engine": "scipy"}
    made = {
        "as it was taken": bead,
        f"{pixels:.1f} pixels on every axis": fiji_bridge.gaussian(
            bead, sigma=f"{pixels} px", **options
        ),
        "0.25 µm in every direction": fiji_bridge.gaussian(
            bead, sigma=SIGMA, kernel="band-limited", **options
        ),
    }
    row = int(np.unravel_index(np.argmax(made["0.25 µm in every direction"].data), bead.shape)[1])
    figure, panels = subplots(1, 3, 9.6, 4.6)
    for panel, (title, image) in zip(panels, made.items(), strict=True):
        cut = np.asarray(image.data[:, row], float)
        edge = (0, cut.shape[1] * x, cut.shape[0] * z, 0)
        panel.imshow(cut, cmap="gray", extent=edge, aspect="equal", interpolation="nearest")
        panel.set_title(title, fontsize=12)
        panel.set(xlabel="x (µm)", ylabel="z (µm)")
    save(figure, "gallery-bead.png")


def scene() -> fiji_bridge.CalibratedImage:
    """Make a ball and a sheet with edges, and noise, in voxels of 1 × 0.4 × 0.4 µm."""
    z, y, x = np.ogrid[:24, :60, :60]
    ball = (z - 9) ** 2 + (0.4 * (y - 20)) ** 2 + (0.4 * (x - 20)) ** 2 < 36
    sheet = abs(0.4 * (x - 46) + 0.5 * (z - 12)) + 0 * y < 1.6
    noisy = np.random.default_rng(0).normal(40 + 100 * ball + 140 * sheet, 12)
    sizes = [fiji_bridge.AxisCalibration(size, "um") for size in (1.0, 0.4, 0.4)]
    return fiji_bridge.CalibratedImage(
        noisy.astype(np.float32), ("z", "y", "x"), fiji_bridge.Calibration(*sizes)
    )


def operation_page(operation: Operation) -> None:
    """Draw what the example of an operation makes of the scene, cut along xz at true aspect."""
    name = f"operation-{operation.name}.png"
    if operation.result is Result.REPORT:
        report: Any = fiji_bridge.run("suggest", beads(), beads=True, voxel_size="2 0.45 0.45 um")
        (IMAGES / name).write_bytes(report.figure())
        return
    before = scene()
    made: Any = function(operation.name)(before, **operation.example)
    several = dict(made.images) if operation.result is Result.IMAGES else {"after": made}
    shown = {"before": before, **dict(list(several.items())[:3])}
    figure, panels = subplots(1, len(shown), 3.1 * len(shown), 3.3)
    for panel, (title, image) in zip(panels, shown.items(), strict=True):
        cut_of(panel, title, image)
    save(figure, name)


def cut_of(panel: Any, title: str, image: fiji_bridge.CalibratedImage) -> None:
    """Draw the middle of the ball along xz, or a view, which is called after its axes."""
    volume = np.asarray(image.data, float)
    if "c" in image.axes or "s" in image.axes:
        volume = np.take(volume, 0, axis=0)
    flat = volume.ndim == 2 or volume.shape[0] == 1
    cut = volume.reshape(volume.shape[-2:]) if flat else volume[:, volume.shape[1] // 3]
    across, down = title if flat else "xz"
    height = cut.shape[0] * image.calibration.voxel_size("y" if flat else "z", "um")
    width = cut.shape[1] * image.calibration.voxel_size("x", "um")
    ends = np.percentile(cut, (0.5, 99.5))
    panel.imshow(
        cut, cmap="gray", extent=(0, width, height, 0), aspect="equal",
        interpolation="nearest", vmin=ends[0], vmax=ends[1],
    )  # fmt: skip
    panel.set_title(title, fontsize=11)
    panel.set(xlabel=f"{across} (µm)", ylabel=f"{down} (µm)")


def subplots(rows: int, columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    """Return a figure and its panels."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def save(figure: Any, name: str) -> None:
    """Write a picture; no date and no version: the same numbers give the same file."""
    figure.savefig(IMAGES / name, format="png", metadata={"Software": None})


if __name__ == "__main__":
    main(sys.argv[1:])
