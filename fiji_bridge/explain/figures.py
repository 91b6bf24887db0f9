"""Pictures that show the difference between a right answer and a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError
from fiji_bridge.explain import numbers
from fiji_bridge.explain.numbers import STACK, VOXELS, salt_and_pepper
from fiji_bridge.kernels.worth import worth
from fiji_bridge.ops.bilateral import bilateral
from fiji_bridge.ops.convolve import convolve
from fiji_bridge.ops.gaussian import gaussian
from fiji_bridge.ops.median import median
from fiji_bridge.ops.rescale import rescale
from fiji_bridge.ops.structure_tensor import structure_tensor


def _figure(rows: int, columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise FileError(
            "drawing needs the package matplotlib: pip install 'fiji-bridge[plot]'"
        ) from None
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


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
            point, sigma="1 um", kernel="band-limited", voxel_size=STACK, engine="scipy"
        ),
    }
    figure, axes = _figure(1, 2, 8, 4.6)
    for panel, (title, blurred) in zip(axes, made.items(), strict=True):
        cut = np.asarray(blurred)[:, 40]
        z = (np.arange(cut.shape[0]) - 10) * VOXELS[0]
        x = (np.arange(cut.shape[1]) - 40) * VOXELS[2]
        edge = (x[0] - 0.225, x[-1] + 0.225, z[-1] + 1, z[0] - 1)
        # The band-limited kernel has negative lobes at half a pixel: black, as nothing is.
        panel.imshow(cut, cmap="gray", extent=edge, aspect="equal", interpolation="nearest", vmin=0)
        panel.contour(x, z, cut / cut.max(), levels=[0.5], colors=["#ffd000"])
        panel.set(title=title, xlabel="x (µm)", ylabel="z (µm)", xlim=(-9, 9), ylim=(12, -12))
    figure.suptitle("the same point; the line is half of the maximum")
    _save(figure, path)


#: Line of each kernel: told apart by style, and by colour with any colour vision (Okabe & Ito).
KERNEL_LINES: dict[str, tuple[str, str]] = {
    "gauss3": ("-", "#000000"),
    "scipy": ("--", "#E69F00"),
    "discrete": ("-.", "#009E73"),
    "band-limited": ("-", "#0072B2"),
}


def small_sigma(path: Path) -> None:
    """Draw what every kernel blurs, over what was asked for: by second moment and by FWHM."""
    sigmas = [float(s) for s in np.geomspace(0.2, 10, 90)]
    figure, axes = _figure(1, 2, 9.6, 4.2)
    titles = ("width by second moment", "FWHM that a bead of 1 px gains")
    for panel, title, measure in zip(axes, titles, ("effective", "fwhm"), strict=True):
        # Where two lines are one, the dashed one lies on the full one.
        for name in ("band-limited", "gauss3", "scipy", "discrete"):
            style, color = KERNEL_LINES[name]
            ratio = [getattr(worth(name, sigma), measure) for sigma in sigmas]
            panel.semilogx(sigmas, ratio, style, label=name, color=color, linewidth=2.2)
        panel.axvline(0.5, color="#777777", linestyle=":", label="half a pixel")
        panel.set(xlabel="sigma asked for (px)", ylim=(0, 1.1), xlim=(0.2, 10))
        panel.set_title(title, fontsize=13)
        panel.set_xticks(ticks := [0.2, 0.5, 1, 2, 5, 10], [f"{tick:g}" for tick in ticks])
        panel.minorticks_off()
        panel.grid(visible=True, color="#dddddd")
    axes[0].set_ylabel("blurred / asked for", fontsize=12)
    axes[0].legend(fontsize=11, loc="lower right")
    _save(figure, path)


def three_kernels(
    path: Path, plane: NDArray[Any] | None = None, pixel_size: tuple[float, str] = (0.2, "µm")
) -> None:
    """Draw sum, mean and Laplace of a plane beside it; by default of drawn cells, 50 × 50."""
    plane = _cells() if plane is None else plane
    made: dict[str, NDArray[Any]] = {"original": plane}
    for name in ("sum", "mean", "laplace"):
        made[name] = np.asarray(convolve(plane, kernel=name, engine="scipy"))
    figure, axes = _figure(2, 2, 6.4, 6)
    for panel, (title, data) in zip(axes, made.items(), strict=True):
        # Differences are drawn from blue to red, with no change as white.
        signed = data.min() < 0
        most = np.abs(data).max()
        limits = {"vmin": -most, "vmax": most, "cmap": "RdBu_r"} if signed else {"cmap": "gray"}
        drawn = panel.imshow(data, interpolation="nearest", **limits)
        figure.colorbar(drawn, ax=panel, shrink=0.8).ax.tick_params(labelsize=11)
        panel.set_title(title, fontsize=13)
        panel.set_axis_off()
        _scale_bar(panel, data.shape[1], *pixel_size)
    _save(figure, path)


def _scale_bar(panel: Any, width: int, size: float, unit: str) -> None:
    """Draw a bar of a round length, about a fifth of the picture, at the lower left."""
    about = width * size / 5
    step = 10.0 ** np.floor(np.log10(about))
    length = max(m * step for m in (1, 2, 5) if m * step <= about)
    low, high = panel.get_ylim()
    y = low + 0.07 * (high - low)
    start = 0.05 * width
    line = {"color": "black", "linewidth": 6, "solid_capstyle": "butt"}
    panel.plot([start, start + length / size], [y, y], **line)
    panel.plot([start, start + length / size], [y, y], **line | {"color": "white", "linewidth": 3})
    panel.text(
        start, y + 0.03 * (high - low), f"{length:g} {unit}", va="bottom", fontsize=12,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
    )  # fmt: skip


def _cells() -> NDArray[np.float64]:
    cells = np.zeros((50, 50))
    rng = np.random.default_rng(5)
    for y, x, radius in ((14, 16, 7), (31, 34, 10), (38, 12, 5)):
        rows, columns = np.mgrid[:50, :50]
        cells[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] += 100
    return rng.poisson(cells + 20).astype(np.float64)


def fibre(path: Path) -> None:
    """Draw a fibre, and the directions found in it from gradients per µm and per pixel."""
    volume = numbers.fibre()
    cut = volume[:, 24]
    z_edge, x_edge = (n * v / 2 for n, v in zip(cut.shape, (VOXELS[0], VOXELS[2]), strict=True))
    edge = (-x_edge, x_edge, z_edge, -z_edge)
    figure, axes = _figure(1, 2, 9.6, 4.6)
    for panel, (per, window) in zip(axes, (("um", "2 um"), ("pixel", "2 px")), strict=True):
        tensor = structure_tensor(
            volume, sigma=window, voxel_size=STACK, per=per, kernel="discrete", engine="scipy"
        )
        found = tensor.eigenvectors[2, :, :, 24]
        panel.imshow(cut, cmap="gray", extent=edge, aspect="equal", interpolation="nearest")
        # On the fibre alone, far from the ends, at every fifth place along x.
        for z, x in np.argwhere(cut > 50):
            if x % 5 or not 4 <= z < len(cut) - 4:
                continue
            middle = ((x - 49.5) * VOXELS[2], (z - 9.5) * VOXELS[0])
            _stroke(panel, middle, found[:, z, x], 2.2, "#ffd000", 2)
        _stroke(panel, (0, 0), np.array(numbers.FIBRE), 20, "#56B4E9", 1.5)
        off = np.degrees(np.arccos(min(1.0, abs(float(np.dot(numbers.FIBRE, found[:, 10, 50]))))))
        said = "µm" if per == "um" else per
        panel.set_title(f"gradients per {said}: {off:.0f}° off", fontsize=13)
        panel.set(xlabel="x (µm)", ylabel="z (µm)", xlim=(-17, 17), ylim=(17, -17))
    figure.suptitle("a fibre; blue: as it was drawn, yellow: as it is found", fontsize=13)
    _save(figure, path)


def _stroke(
    panel: Any,
    middle: tuple[float, float],
    direction: NDArray[Any],
    length: float,
    color: str,
    width: float,
) -> None:
    """Draw a line through (x, z) along a direction, in µm, that is given as (z, y, x)."""
    x, z = direction[2] * length, direction[0] * length
    across, down = middle
    panel.plot([across - x, across + x], [down - z, down + z], color=color, linewidth=width)


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
    made = {
        "salt and pepper": pepper,
        "Gaussian, 1 px": gaussian(pepper, sigma="1 px", engine="scipy"),
        "median, 2 px": median(pepper, radius="2 px"),
        "noise": noisy,
        "Gaussian, 2 px": gaussian(noisy, sigma="2 px", engine="scipy"),
        "bilateral, 2 px": bilateral(noisy, radius="2 px", contrast=50),
    }
    figure, axes = _figure(2, 3, 7.2, 5.4)
    for panel, (title, data) in zip(axes, made.items(), strict=True):
        panel.imshow(np.asarray(data), cmap="gray", interpolation="nearest", vmin=0, vmax=255)
        panel.set_title(title, fontsize=14)
        panel.set_axis_off()
    _save(figure, path)


def _panels(
    path: Path,
    made: dict[str, NDArray[Any]],
    *,
    same_range: bool = False,
) -> None:
    figure, axes = _figure(1, len(made), 2.4 * len(made), 2.8)
    first = next(iter(made.values()))
    limits = {"vmin": first.min(), "vmax": first.max()} if same_range else {}
    for panel, (title, data) in zip(axes, made.items(), strict=True):
        panel.imshow(data, cmap="gray", interpolation="nearest", **limits)
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
