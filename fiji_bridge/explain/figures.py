"""Pictures that show the difference between a right answer and a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge import kernels
from fiji_bridge.api import gaussian
from fiji_bridge.api_analysis import structure_tensor
from fiji_bridge.api_family import bilateral, convolve, median
from fiji_bridge.api_geometry import rescale
from fiji_bridge.errors import FileError
from fiji_bridge.explain import numbers
from fiji_bridge.explain.numbers import STACK, VOXELS, salt_and_pepper


def _figure(columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise FileError(
            "drawing needs the package matplotlib: pip install 'fiji-bridge[plot]'"
        ) from None
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, columns, squeeze=False)[0]
    return figure, list(axes)


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, format="png", metadata={"Software": None})


def same_bead(path: Path) -> None:
    """Draw a point blurred by pixels and by micrometres, cut along xz, at true aspect."""
    point = np.zeros((21, 81, 81), np.float64)
    point[10, 40, 40] = 1
    made = {
        "by 2.222 pixels on every axis": gaussian(
            point, sigma="2.222 px", voxel_size=STACK, engine="scipy"
        ),
        "by 1 µm in every direction": gaussian(
            point, sigma="1 um", kernel="discrete", voxel_size=STACK, engine="scipy"
        ),
    }
    figure, axes = _figure(2, 8, 4.6)
    for panel, (title, blurred) in zip(axes, made.items(), strict=True):
        cut = np.asarray(blurred)[:, 40]
        z = (np.arange(cut.shape[0]) - 10) * VOXELS[0]
        x = (np.arange(cut.shape[1]) - 40) * VOXELS[2]
        edge = (x[0] - 0.225, x[-1] + 0.225, z[-1] + 1, z[0] - 1)
        panel.imshow(cut, cmap="gray", extent=edge, aspect="equal", interpolation="nearest")
        panel.contour(x, z, cut / cut.max(), levels=[0.5], colors=["#ffd000"])
        panel.set(title=title, xlabel="x (µm)", ylabel="z (µm)", xlim=(-9, 9), ylim=(12, -12))
    figure.suptitle("the same point; the line is half of the maximum")
    _save(figure, path)


def small_sigma(path: Path) -> None:
    """Draw effective over requested σ of the two kernels."""
    sigmas = np.geomspace(0.15, 5, 120)
    figure, (panel,) = _figure(1, 6.5, 3.6)
    for name, style in (("gauss3", "-"), ("discrete", "--")):
        ratio = [kernels.effective_sigma(kernels.gaussian_half(name, float(s))) / s for s in sigmas]
        panel.semilogx(sigmas, ratio, style, label=name, color="black")
    panel.axvline(0.5, color="#b06000", linestyle=":", label="half a pixel")
    panel.set(xlabel="sigma asked for (px)", ylabel="effective / asked for", ylim=(0, 1.1))
    panel.set_xticks(ticks := [0.2, 0.3, 0.5, 1, 2, 5], [f"{tick:g}" for tick in ticks])
    panel.minorticks_off()
    panel.legend()
    _save(figure, path)


def three_kernels(path: Path, plane: NDArray[Any] | None = None) -> None:
    """Draw sum, mean and Laplace of a plane beside it; by default of drawn cells, 50 × 50."""
    plane = _cells() if plane is None else plane
    made: dict[str, NDArray[Any]] = {"original": plane}
    for name in ("sum", "mean", "laplace"):
        made[name] = np.asarray(convolve(plane, kernel=name, engine="scipy"))
    _panels(path, made)


def _cells() -> NDArray[np.float64]:
    cells = np.zeros((50, 50))
    rng = np.random.default_rng(5)
    for y, x, radius in ((14, 16, 7), (31, 34, 10), (38, 12, 5)):
        rows, columns = np.mgrid[:50, :50]
        cells[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] += 100
    return rng.poisson(cells + 20).astype(np.float64)


def fibre(path: Path) -> None:
    """Draw a fibre, and its orientation as colour, from gradients per µm and per pixel."""
    volume = numbers.fibre()
    made: dict[str, NDArray[Any]] = {"the fibre, along xz": volume[:, 24]}
    for per, window in (("um", "2 um"), ("pixel", "2 px")):
        tensor = structure_tensor(
            volume, sigma=window, voxel_size=STACK, per=per, kernel="discrete", engine="scipy"
        )
        said = "µm" if per == "um" else per
        made[f"orientation, per {said}"] = tensor["orientation"].data[:, 24]
    made["truth: red x 0.8, blue z 0.6"] = np.broadcast_to(
        np.rint(255 * np.array(numbers.FIBRE)[::-1]).astype(np.uint8), (20, 100, 3)
    )
    _panels(path, made, aspect=VOXELS[0] / VOXELS[2])


def aliasing(path: Path) -> None:
    """Draw a fine pattern on a coarser grid, with and without a blur before."""
    y, x = np.mgrid[:300, :300]
    rings = 128 + 100 * np.cos((x**2 + y**2) / 190)
    options: dict[str, Any] = {"zoom": 0.25, "voxel_size": 1, "engine": "scipy"}
    _panels(
        path,
        {
            "original": rings,
            "every fourth sample": np.asarray(rescale(rings, antialias="none", **options)),
            "blurred first": np.asarray(rescale(rings, **options)),
        },
        same_range=True,
    )


def other_tools(path: Path) -> None:
    """Draw gaussian, median and bilateral filter on an edge with wrong samples, and with noise."""
    pepper = salt_and_pepper()
    noisy = np.full((60, 60), 60.0)
    noisy[:, 30:] = 180
    noisy += np.random.default_rng(6).normal(0, 15, noisy.shape)
    _panels(
        path,
        {
            "salt and pepper": pepper,
            "Gaussian, 1 px": np.asarray(gaussian(pepper, sigma="1 px", engine="scipy")),
            "median, 2 px": np.asarray(median(pepper, radius="2 px")),
            "noise": noisy,
            "Gaussian, 2 px": np.asarray(gaussian(noisy, sigma="2 px", engine="scipy")),
            "bilateral, 2 px": np.asarray(bilateral(noisy, radius="2 px", contrast=50)),
        },
        same_range=True,
    )


def _panels(
    path: Path,
    made: dict[str, NDArray[Any]],
    *,
    same_range: bool = False,
    aspect: float = 1.0,
) -> None:
    figure, axes = _figure(len(made), 2.4 * len(made), 2.8)
    first = next(iter(made.values()))
    limits = {"vmin": first.min(), "vmax": first.max()} if same_range else {}
    for panel, (title, data) in zip(axes, made.items(), strict=True):
        panel.imshow(data, cmap="gray", interpolation="nearest", aspect=aspect, **limits)
        panel.set_title(title, fontsize=10)
        panel.set_axis_off()
    _save(figure, path)


#: Name of the picture -> function that draws it into a file.
FIGURES: dict[str, Callable[[Path], None]] = {
    "same-bead": same_bead,
    "small-sigma": small_sigma,
    "three-kernels": three_kernels,
    "fibre": fibre,
    "aliasing": aliasing,
    "other-tools": other_tools,
}
