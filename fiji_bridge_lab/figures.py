"""Pictures for the report: curves by matplotlib as SVG, differences as indexed PNG by Pillow.

A figure has its curves' legend once and several panels side by side. Rows of a run often have the
same kernels: what was drawn is kept, for a figure takes a tenth of a second.
"""

from __future__ import annotations

import base64
import io
import warnings
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import EngineUnavailableError

#: Colours that are told apart with any colour vision (M. Okabe & K. Ito, 2008), each with a dash
#: pattern and a marker of its own, so that no line is known by its colour alone.
STYLES: tuple[tuple[str, Any, str], ...] = (
    ("#000000", "-", "o"),
    ("#0072B2", (0, (6, 3)), "s"),
    ("#D55E00", (0, (2, 2)), "^"),
    ("#009E73", (0, (8, 2, 2, 2)), "D"),
    ("#CC79A7", (0, (4, 4)), "v"),
    ("#56B4E9", (0, (1, 3)), "x"),
    ("#E69F00", (0, (10, 4)), "+"),
    ("#0072B2", "-", "^"),
    ("#D55E00", (0, (12, 2, 2, 2)), "s"),
    ("#009E73", (0, (1, 2)), "o"),
    ("#000000", (0, (5, 1)), "D"),
)
#: For what is shown beside the curves that are compared.
GROUND: tuple[str, Any, str] = ("#888888", (0, (3, 1, 1, 1)), "x")

#: Inches of a panel without its labels, and of what is around it.
_WIDE, _TALL, _LEFT, _BELOW, _ABOVE, _BETWEEN, _LINE = 3.2, 2.0, 0.75, 0.5, 0.35, 0.85, 0.19

_LOOK: dict[Any, Any] = {
    # Texts stay texts: small, searchable, in the reader's own font; and a "$" is a "$".
    "svg.fonttype": "none",
    "svg.hashsalt": "fiji_bridge",
    "text.parse_math": False,
    "font.size": 8,
    "axes.titlesize": 9,
    # Where titles stand is not asked of the ticks: half of the time goes.
    "axes.titley": 1.0,
    "axes.formatter.use_mathtext": False,
    "axes.grid": True,
    "grid.color": "#cccccc",
}

#: A picture's longest side in samples; larger planes are reduced by their largest differences.
_LONGEST = 260


@dataclass(frozen=True)
class Line:
    """One curve of a panel.

    Attributes
    ----------
    label : str
    x, y : tuple of float
        NaN leaves a gap.
    style : int
        Index into `STYLES`, modulo their number; −1 is `GROUND`.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: int


@dataclass(frozen=True)
class Panel:
    """Curves over one another.

    Attributes
    ----------
    title, x_label, y_label : str
    lines : tuple of Line
    logarithmic : bool
        Along y; what is not above 0 is left out.
    """

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    logarithmic: bool = False


@lru_cache(maxsize=256)
def draw(title: str, panels: tuple[Panel, ...]) -> str:
    """Return an SVG of panels side by side above the legend of all their curves.

    Raises
    ------
    EngineUnavailableError
        Without matplotlib.
    """
    try:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
    except ImportError:
        raise EngineUnavailableError(
            "the report of the regression lab needs matplotlib: pip install 'fiji-bridge[lab]'"
        ) from None
    labels = dict.fromkeys(line.label for panel in panels for line in panel.lines)
    below = _BELOW + _LINE * -(-len(labels) // len(panels))
    width = _LEFT + len(panels) * _WIDE + (len(panels) - 1) * _BETWEEN + 0.1
    height = below + _TALL + _ABOVE
    with matplotlib.rc_context(_LOOK):
        figure = _frame(tuple(panel.logarithmic for panel in panels))
        figure.set_size_inches(width, height)
        shown: dict[str, Any] = {}
        for number, (axes, panel) in enumerate(zip(figure.axes, panels, strict=True)):
            left = _LEFT + number * (_WIDE + _BETWEEN)
            axes.set_position((left / width, below / height, _WIDE / width, _TALL / height))
            shown |= _fill(axes, panel)
        for before in list(figure.legends):
            before.remove()
        figure.legend(
            [shown[label] for label in labels],
            list(labels),
            loc="lower left",
            bbox_to_anchor=((_LEFT - 0.1) / width, 0),
            ncols=len(panels),
            frameon=False,
            handlelength=5,
        )
        text = io.StringIO()
        with warnings.catch_warnings():
            # Texts are drawn by the reader's fonts, whatever matplotlib's lacks.
            warnings.filterwarnings("ignore", "Glyph .* missing")
            canvas: Any = FigureCanvasSVG(figure)
            canvas.print_svg(text, metadata={"Title": title, "Date": None, "Creator": None})
    drawn = text.getvalue()
    # Without what stands before it in a file of its own.
    return drawn[drawn.index("<svg ") :].replace("<svg ", '<svg class="plot" role="img" ', 1)


@lru_cache(maxsize=8)
def _frame(logarithmic: tuple[bool, ...]) -> Any:
    """Return a figure of empty panels, to be filled again and again: to make one takes longer."""
    from matplotlib import ticker
    from matplotlib.figure import Figure

    figure = Figure()
    for number, is_log in enumerate(logarithmic):
        axes = figure.add_axes((number / len(logarithmic), 0, 0.5 / len(logarithmic), 1))
        axes.xaxis.set_major_locator(ticker.MaxNLocator(5))
        if is_log:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
            axes.yaxis.set_minor_locator(ticker.NullLocator())
            axes.yaxis.set_major_locator(ticker.LogLocator(numticks=6))
        else:
            axes.yaxis.set_major_locator(ticker.MaxNLocator(5))
    return figure


def _fill(axes: Any, panel: Panel) -> dict[str, Any]:
    """Draw the curves of a panel instead of those that it had; return one of each label."""
    for before in list(axes.lines):
        before.remove()
    shown = {}
    anything = False
    for number, line in enumerate(panel.lines):
        colour, dash, marker = GROUND if line.style < 0 else STYLES[line.style % len(STYLES)]
        y = np.asarray(line.y, np.float64)
        if panel.logarithmic:
            y = np.where(y > 0, y, np.nan)
        anything |= bool(np.isfinite(y).any())
        # Markers where curves lie over one another stand side by side.
        step = max(1, len(y) // 9)
        (shown[line.label],) = axes.plot(
            line.x,
            y,
            color=colour,
            linestyle=dash,
            linewidth=1.2,
            marker=marker,
            markevery=(2 * number % step, step),
            markersize=4,
            markerfacecolor="white",
            label=line.label,
        )
    if anything:
        axes.relim()
        axes.autoscale()
    else:
        axes.set(xlim=(0, 1), ylim=(0.1, 1))
    axes.set(title=panel.title, xlabel=panel.x_label, ylabel=panel.y_label)
    return shown


def diverging() -> NDArray[np.uint8]:
    """Return 255 colours from dark blue over white to dark orange; light falls to both sides."""
    ends = np.array([(11, 60, 111), (86, 160, 216), (255, 255, 255), (232, 150, 60), (122, 51, 0)])
    at = np.linspace(0, 4, 255)
    columns = [np.interp(at, range(5), ends[:, n]) for n in range(3)]
    return np.round(np.stack(columns, 1)).astype(np.uint8)


def difference_picture(plane: NDArray[np.float64], scale: float, name: str) -> str:
    """Return an ``<img>`` of a signed difference; ``scale`` is what full colour means."""
    from PIL import Image

    small = reduce_by_peaks(plane)
    index = np.clip(np.round(small / scale * 127), -127, 127) if scale else np.zeros(small.shape)
    picture = Image.fromarray((np.nan_to_num(index) + 127).astype(np.uint8), mode="L")
    picture.putpalette(diverging().tobytes())
    png = io.BytesIO()
    picture.save(png, "PNG")
    data = base64.b64encode(png.getvalue()).decode()
    zoom = max(1, min(4, 180 // max(small.shape)))
    height, width = (n * zoom for n in small.shape)
    return (
        f'<img alt="{escape(name)}" width="{width}" height="{height}" '
        f'src="data:image/png;base64,{data}">'
    )


def reduce_by_peaks(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shrink a plane so that the largest difference of each block stays."""
    step = -(-max(plane.shape) // _LONGEST)
    if step == 1:
        return plane
    padded = np.pad(plane, [(0, -n % step) for n in plane.shape])
    rows, columns = (n // step for n in padded.shape)
    blocks = padded.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows, columns, -1)
    peak = np.abs(blocks).argmax(-1)[..., None]
    found: NDArray[np.float64] = np.take_along_axis(blocks, peak, -1)[..., 0]
    return found
