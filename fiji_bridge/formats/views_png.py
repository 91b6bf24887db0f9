"""Pictures for people: the three views at true aspect with a scale bar, as PNG."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FileError, InputError
from fiji_bridge.formats.atomic import atomic_output
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.spacing import spacing

#: Longer side of the three views together, in pixels, without the margins.
PICTURE_PIXELS = 800
_GAP = 8
_MARGIN = 12
# Room for the name of a view, and for the scale bar and its label.
_NAME = 16
_FOOT = 44
_BACKGROUND = "#202020"
_NAME_COLOUR = "#b0b0b0"
#: Colour of the scale bar; no grey value has it.
BAR_COLOUR = "#ffd000"


@dataclass(frozen=True)
class Layout:
    """Where the views lie, in pixels from the upper left corner.

    Attributes
    ----------
    pixels_per_unit : float
        The same for every view: true aspect.
    boxes : dict of str to (left, top, width, height)
    width, height : int
        Of the whole picture.
    bar : float
        Length of the scale bar, in `unit`.
    unit : str
    """

    pixels_per_unit: float
    boxes: dict[str, tuple[float, float, float, float]]
    width: int
    height: int
    bar: float
    unit: str


def make_layout(views: Mapping[str, CalibratedImage]) -> Layout:
    """Place XY, ZY to its right and XZ below it, all at one scale."""
    sides, unit = _sides(views)
    width, height = sides["xy"]
    across = sides["zy"][0] if "zy" in sides else 0.0
    down = sides["xz"][1] if "xz" in sides else 0.0
    factor = PICTURE_PIXELS / max(width + across, height + down)
    w, h = (max(1.0, side * factor) for side in (width, height))
    right = _GAP + max(1.0, across * factor) if across else 0.0
    below = _GAP + _NAME + max(1.0, down * factor) if down else 0.0
    boxes = {
        "xy": (_MARGIN, _MARGIN + _NAME, w, h),
        "zy": (_MARGIN + w + _GAP, _MARGIN + _NAME, right - _GAP, h),
        "xz": (_MARGIN, _MARGIN + h + _GAP + 2 * _NAME, w, below - _GAP - _NAME),
    }
    return Layout(
        factor,
        {name: box for name, box in boxes.items() if name in views},
        math.ceil(2 * _MARGIN + w + right),
        math.ceil(2 * _MARGIN + h + below + _NAME + _FOOT),
        nice_length(width / 3),
        unit,
    )


def nice_length(limit: float) -> float:
    """Return the largest of 1, 2, 5 · 10ⁿ that is not above the limit."""
    power = 10.0 ** math.floor(math.log10(limit) + 1e-12)
    return next(m * power for m in (5, 2, 1) if m * power <= limit * (1 + 1e-12))


def write_views_png(
    views: Mapping[str, CalibratedImage],
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    frame: int = 0,
) -> None:
    """Draw the views XY, XZ and ZY at true aspect with a scale bar.

    Parameters
    ----------
    views : mapping
        ``xy``, and ``xz`` and ``zy`` where there are several planes, as `fiji_bridge.views` gives
        them; of square pixels or not.
    path : path-like
        ``NAME.png``.
    overwrite : bool
    frame : int
        Of a time series.

    Raises
    ------
    FileError
        If it cannot be written, or matplotlib is missing.

    Notes
    -----
    Each channel is a grey picture of its own, side by side, from its smallest to its largest value.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise FileError(
            "drawing needs the package matplotlib: pip install 'fiji-bridge[plot]'"
        ) from None
    if "xy" not in views or not set(views) <= {"xy", "xz", "zy"}:
        raise InputError(f"only the views xy, xz, zy make a PNG; got {', '.join(views)}")
    layout = make_layout(views)
    channels = views["xy"].size("c")
    dpi = 100
    width = layout.width * channels
    figure = Figure(figsize=(width / dpi, layout.height / dpi), dpi=dpi, facecolor=_BACKGROUND)
    FigureCanvasAgg(figure)
    for channel in range(channels):
        left = channel * layout.width
        for name, box in layout.boxes.items():
            axes = _axes(figure, box, left, width, layout.height)
            plane = _plane(views[name], frame, channel)
            # The axes have true aspect already; samples fill them.
            low, high = _limits(views["xy"], frame, channel)
            axes.imshow(
                plane, cmap="gray", vmin=low, vmax=high, aspect="auto", interpolation="nearest"
            )
            # The side of a single plane has no room for a name.
            if box[2] > _NAME:
                figure.text(
                    (left + box[0]) / width, 1 - (box[1] - 4) / layout.height, name.upper(),
                    color=_NAME_COLOUR, fontsize=9, va="baseline", ha="left",
                )  # fmt: skip
        _draw_bar(figure, layout, left, width)
    with atomic_output(path, overwrite=overwrite) as file:
        # No program version and no date in the file: the same views give the same bytes.
        figure.savefig(file, format="png", facecolor=_BACKGROUND, metadata={"Software": None})


def _sides(views: Mapping[str, CalibratedImage]) -> tuple[dict[str, tuple[float, float]], str]:
    """Return width and height of each view in one unit: pixels where sizes are not known."""
    try:
        unit = spacing(views["xy"].calibration, ("y", "x")).unit
        found = {n: spacing(v.calibration, ("y", "x"), unit or None) for n, v in views.items()}
    except InputError:
        unit = "pixel"
        found = {n: spacing(v.calibration, ("y", "x"), unit) for n, v in views.items()}
    sides = {
        n: (v.size("x") * found[n].sizes["x"], v.size("y") * found[n].sizes["y"])
        for n, v in views.items()
    }
    return sides, unit


def _axes(
    figure: Any, box: tuple[float, float, float, float], shift: float, width: int, height: int
) -> Any:
    left, top, w, h = box
    axes = figure.add_axes(((left + shift) / width, 1 - (top + h) / height, w / width, h / height))
    axes.set_axis_off()
    return axes


def _plane(view: CalibratedImage, frame: int, channel: int) -> NDArray[Any]:
    index = {"t": frame, "c": channel}
    return view.data[tuple(index.get(axis, slice(None)) for axis in view.axes)]


def _limits(view: CalibratedImage, frame: int, channel: int) -> tuple[float, float]:
    plane = _plane(view, frame, channel).astype(np.float64)
    finite = plane[np.isfinite(plane)]
    if finite.size == 0:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return low, high if high > low else low + 1


def _draw_bar(figure: Any, layout: Layout, shift: float, width: int) -> None:
    from matplotlib.patches import Rectangle

    length = layout.bar * layout.pixels_per_unit
    bottom = layout.height - _FOOT
    left = shift + _MARGIN
    bar = Rectangle(
        (left / width, 1 - (bottom + 8) / layout.height),
        length / width,
        4 / layout.height,
        transform=figure.transFigure,
        facecolor=BAR_COLOUR,
        linewidth=0,
        antialiased=False,
    )
    figure.add_artist(bar)
    figure.text(
        left / width, 1 - (bottom + 14) / layout.height, f"{layout.bar:g} {layout.unit}".rstrip(),
        color=BAR_COLOUR, fontsize=11, va="top", ha="left",
    )  # fmt: skip
