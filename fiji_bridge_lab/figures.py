"""Pictures for the report, without a plotting library: SVG lines and indexed PNG.

The report of the suite that ``regress init`` writes has 139 plots and is 3 MB. Matplotlib takes
47 ms of a processor for one (5 curves of 49 points; this takes 0.6 ms) and 29 kB (11 kB): 7 s more
in a run that is to end within 20, and a report of nearly twice the size.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

#: Colours that are told apart with any colour vision (M. Okabe & K. Ito, 2008), each with a dash
#: pattern and a marker of its own, so that no line is known by its colour alone.
STYLES = (
    ("#000000", "", "circle"),
    ("#0072B2", "6 3", "square"),
    ("#D55E00", "2 2", "up"),
    ("#009E73", "8 2 2 2", "diamond"),
    ("#CC79A7", "4 4", "down"),
    ("#56B4E9", "1 3", "cross"),
    ("#E69F00", "10 4", "plus"),
    ("#0072B2", "", "up"),
    ("#D55E00", "12 2 2 2", "square"),
    ("#009E73", "1 2", "circle"),
    ("#000000", "5 1", "diamond"),
)
#: For what is shown beside the curves that are compared.
GROUND = ("#888888", "3 1 1 1", "cross")

#: A picture's longest side in samples; larger planes are reduced by their largest differences.
_LONGEST = 260


@dataclass(frozen=True)
class Line:
    """One curve of a plot.

    Attributes
    ----------
    label : str
    x, y : sequence of float
        NaN leaves a gap.
    style : int
        Index into `STYLES`, modulo their number; −1 is `GROUND`.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: int


def plot(
    lines: Sequence[Line],
    *,
    title: str,
    x_label: str,
    y_label: str,
    logarithmic: bool = False,
    width: int = 430,
    height: int = 250,
) -> str:
    """Return an SVG with curves over one another and a legend that shows dashes and markers."""
    left, right, top, bottom = 62, 12, 26, 40
    kept = [(line, *_points(line, logarithmic)) for line in lines]
    kept = [(line, x, y) for line, x, y in kept if len(x)]
    legend_height = 16 * len(kept)
    total = height + legend_height
    head = (
        f'<svg class="plot" role="img" viewBox="0 0 {width} {total}" width="{width}" '
        f'height="{total}"><title>{escape(title)}</title>'
        f'<text x="{left}" y="16" class="title">{escape(title)}</text>'
    )
    if not kept:
        return f'{head}<text x="{left}" y="60">nothing to show</text></svg>'
    (x0, x1), (y0, y1) = (_range(np.concatenate([entry[n] for entry in kept])) for n in (1, 2))
    inner_w, inner_h = width - left - right, height - top - bottom

    def at_x(value: float) -> float:
        return left + (value - x0) / (x1 - x0) * inner_w

    def at_y(value: float) -> float:
        return top + inner_h - (value - y0) / (y1 - y0) * inner_h

    parts = [
        head,
        f'<rect x="{left}" y="{top}" width="{inner_w}" height="{inner_h}" class="frame"/>',
    ]
    for tick in ticks(x0, x1):
        px = at_x(tick)
        parts.append(
            f'<line x1="{px:.1f}" x2="{px:.1f}" y1="{top}" y2="{top + inner_h}" class="grid"/>'
        )
        parts.append(
            f'<text x="{px:.1f}" y="{top + inner_h + 14}" class="tick mid">{tick:g}</text>'
        )
    for tick in ticks(y0, y1):
        py = at_y(tick)
        said = f"1e{tick:g}" if logarithmic else f"{tick:g}"
        parts.append(
            f'<line x1="{left}" x2="{left + inner_w}" y1="{py:.1f}" y2="{py:.1f}" class="grid"/>'
        )
        parts.append(f'<text x="{left - 5}" y="{py + 4:.1f}" class="tick end">{said}</text>')
    middle = left + inner_w / 2
    parts.append(f'<text x="{middle}" y="{height - 8}" class="tick mid">{escape(x_label)}</text>')
    turned = f"rotate(-90 12 {top + inner_h / 2})"
    parts.append(
        f'<text x="12" y="{top + inner_h / 2}" transform="{turned}" class="tick mid">'
        f"{escape(y_label)}</text>"
    )
    for number, (line, x, y) in enumerate(kept):
        colour, dash, marker = GROUND if line.style < 0 else STYLES[line.style % len(STYLES)]
        spots = [(at_x(a), at_y(b)) for a, b in zip(x, y, strict=True)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in spots)
        stroke = f'stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dash}"'
        parts.append(f'<polyline points="{path}" fill="none" {stroke}/>')
        # Markers where curves lie over one another stand side by side.
        step = max(1, len(spots) // 9)
        for a, b in spots[(number * 2) % step :: step]:
            parts.append(_marker(marker, a, b, colour))
        row = height + 16 * number + 6
        parts.append(f'<line x1="{left}" x2="{left + 44}" y1="{row}" y2="{row}" {stroke}/>')
        parts.append(_marker(marker, left + 22, row, colour))
        parts.append(
            f'<text x="{left + 52}" y="{row + 4}" class="tick">{escape(line.label)}</text>'
        )
    return "".join(parts) + "</svg>"


def _points(line: Line, logarithmic: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(line.x, np.float64), np.asarray(line.y, np.float64)
    if logarithmic:
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.where(y > 0, np.log10(y), np.nan)
    good = np.isfinite(y)
    return x[good], y[good]


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or 0.5 * abs(high) or 1.0
    return low - margin, high + margin


def ticks(low: float, high: float) -> list[float]:
    """Return about five round numbers between two ends."""
    raw = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(float(m * power) for m in (1, 2, 5, 10) if m * power >= raw)
    first = int(np.ceil(low / step))
    return [round(n * step, 12) for n in range(first, int(np.floor(high / step)) + 1)]


def _marker(kind: str, x: float, y: float, colour: str) -> str:
    shapes = {
        "square": "M-3-3h6v6h-6z", "up": "M0-4l4 7h-8z", "down": "M0 4l4-7h-8z",
        "diamond": "M0-4l4 4-4 4-4-4z", "cross": "M-3-3l6 6M-3 3l6-6", "plus": "M-4 0h8M0-4v8",
        "circle": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
    }  # fmt: skip
    place = f'transform="translate({x:.1f} {y:.1f})"'
    return f'<path d="{shapes[kind]}" {place} fill="white" stroke="{colour}" stroke-width="1.2"/>'


def diverging() -> NDArray[np.uint8]:
    """Return 255 colours from dark blue over white to dark orange; light falls to both sides."""
    ends = np.array([(11, 60, 111), (86, 160, 216), (255, 255, 255), (232, 150, 60), (122, 51, 0)])
    at = np.linspace(0, 4, 255)
    columns = [np.interp(at, range(5), ends[:, n]) for n in range(3)]
    return np.round(np.stack(columns, 1)).astype(np.uint8)


def difference_picture(plane: NDArray[np.float64], scale: float, name: str) -> str:
    """Return an ``<img>`` of a signed difference; ``scale`` is what full colour means."""
    small = reduce_by_peaks(plane)
    index = np.clip(np.round(small / scale * 127), -127, 127) if scale else np.zeros(small.shape)
    png = indexed_png((np.nan_to_num(index) + 127).astype(np.uint8), diverging())
    data = base64.b64encode(png).decode()
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


def indexed_png(index: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """Encode a plane of palette indices as PNG (RFC 2083, colour type 3)."""
    height, width = index.shape

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = np.zeros((height, width + 1), np.uint8)  # each row starts with its filter: none
    rows[:, 1:] = index
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + chunk(b"PLTE", palette.tobytes())
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + chunk(b"IEND", b"")
    )
