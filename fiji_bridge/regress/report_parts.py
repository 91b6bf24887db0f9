"""The parts of one row of the report: numbers, kernels, profiles, difference pictures."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FijiBridgeError
from fiji_bridge.image import CalibratedImage, volume_view
from fiji_bridge.regress.figures import Line, difference_picture, plot
from fiji_bridge.regress.judge import STEPS, measured
from fiji_bridge.regress.model import effective_width, kernel_taps
from fiji_bridge.regress.store import Store
from fiji_bridge.regress.suite import ImageSpec

#: What each verdict is called, with a sign and a class; told apart without colour.
VERDICTS = {
    "same": ("=", "same"),
    "explained": ("≈", "differs as expected"),
    "different": ("≠", "DIFFERENT"),
    "not installed": ("–", "not installed"),
    "cannot": ("–", "does not apply"),
    "error": ("✗", "ERROR"),
    "crash": ("✗", "CRASH"),
    "timeout": ("✗", "TIME-OUT"),
}


def badge(verdict: str) -> str:
    """Return a verdict as a sign and words."""
    sign, words = VERDICTS[verdict]
    return f'<span class="badge {verdict.replace(" ", "-")}"><b>{sign}</b> {words}</span>'


def number(value: float | None) -> str:
    """Return a number for a table cell."""
    if value is None:
        return ""
    return "0" if value == 0 else f"{value:.3g}"


def numbers_table(row: Mapping[str, Any]) -> str:
    """Return the table of all pairs of a row."""
    heads = (
        "pair", "verdict", "largest", "at", "largest away from the edges", "mean", "RMS",
        "samples that differ", "tolerance", "steps apart",
    )  # fmt: skip
    lines = []
    for pair in row["pairs"]:
        if "maximum" not in pair:
            continue
        name = f"{escape(pair['a'])} ↔ {escape(pair['b'])}"
        where = " ".join(f"{axis}={i}" for axis, i in pair["where"].items())
        share = pair["differing"] / pair["samples"] if pair["samples"] else 0
        values = (
            number(pair["maximum"]),
            where if pair["maximum"] else "",
            number(pair["inner_maximum"]),
            number(pair["mean"]),
            number(pair["rms"]),
            f"{share:.3%}",
            number(pair["tolerance"]),
        )
        cells = "".join(f"<td>{value}</td>" for value in values)
        lines.append(
            f"<tr><th>{name}</th><td>{badge(pair['verdict'])}</td>{cells}"
            f"<td>{histogram(pair['steps'])}</td></tr>"
        )
    if not lines:
        return ""
    head = "".join(f"<th>{text}</th>" for text in heads)
    return f'<table class="numbers"><tr>{head}</tr>{"".join(lines)}</table>'


def histogram(counts: list[int]) -> str:
    """Return bars of how many samples are how many representable steps apart."""
    total = sum(counts) or 1
    ends = itertools.pairwise(STEPS[1:])
    labels = ["0", "1"] + [f"{low + 1}–{high}" for low, high in ends]
    labels.append(f"> {STEPS[-1]}")
    width = 13 * len(counts)
    bars = []
    for n, (count, label) in enumerate(zip(counts, labels, strict=True)):
        # A logarithmic bar: one sample in a million is still seen.
        tall = 0.0 if not count else max(2.0, 26 * (1 + np.log10(count / total) / 7))
        bars.append(
            f'<rect x="{13 * n}" y="{28 - tall:.1f}" width="10" height="{tall:.1f}" class="bar">'
            f"<title>{label} steps: {count} samples</title></rect>"
        )
    said = "; ".join(
        f"{label}: {count}" for label, count in zip(labels, counts, strict=True) if count
    )
    return (
        f'<svg role="img" width="{width}" height="30" viewBox="0 0 {width} 30">'
        f"<title>steps apart: {said}</title>{''.join(bars)}"
        f'<line x1="0" x2="{width}" y1="28.5" y2="28.5" class="grid"/></svg>'
        f'<div class="small">{said}</div>'
    )


def kernels(row: Mapping[str, Any], styles: Mapping[str, int]) -> str:
    """Return the kernels of all filters over one another, their tails, and their widths."""
    found = {
        label: measured(reply) for label, reply in row["results"].items() if reply.get("kernels")
    }
    if not found or not row["plan"]:
        return ""
    parts = [_widths(row, found)]
    seen = set()
    for axis in row["plan"]["axes"]:
        name, sigma = axis["axis"], axis["sigma_px"]
        if sigma == 0 or sigma in seen:
            continue
        seen.add(sigma)
        lines = []
        for label, own in found.items():
            if name in own:
                taps, centre = own[name]
                at = np.arange(len(taps)) - centre
                lines.append(Line(label, at.tolist(), taps.tolist(), styles[label]))
        about = f"axis {name}, sigma {sigma:.4g} px"
        parts.append(plot(lines, title=f"Kernel, {about}", x_label="pixels", y_label="weight"))
        asked = kernel_taps(row["plan"]["kernel"], sigma)
        gaps = [_minus(line, asked) for line in lines]
        what = f"Kernel minus the one asked for, {about}"
        parts.append(plot(gaps, title=what, x_label="pixels", y_label="weight"))
        parts.append(
            plot(
                lines,
                title=f"Impulse response, tail, {about}",
                x_label="pixels",
                y_label="weight (log)",
                logarithmic=True,
            )
        )
    return f"<h4>Kernels and impulse responses</h4><div class='figures'>{''.join(parts)}</div>"


def _minus(line: Line, half: NDArray[np.float64]) -> Line:
    """Return how a kernel differs from a half-kernel, as far as either reaches."""
    reach = max(len(half) - 1, *(abs(int(x)) for x in line.x))
    at = np.arange(-reach, reach + 1)
    own = dict(zip((int(x) for x in line.x), line.y, strict=True))
    gap = [own.get(int(n), 0.0) - (half[abs(n)] if abs(n) < len(half) else 0.0) for n in at]
    return Line(line.label, at.tolist(), gap, line.style)


def _widths(row: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    blurred = [axis for axis in row["plan"]["axes"] if axis["sigma_px"] > 0]
    head = "".join(
        f"<th>{a['axis']}: asked {a['sigma_px']:.4g} px"
        + (f" ({a['requested']:g} {a['unit']})" if a["unit"] else "")
        + "</th>"
        for a in blurred
    )
    lines = []
    for label, own in found.items():
        cells = []
        for axis in blurred:
            if axis["axis"] not in own:
                cells.append("<td>not measured</td>")
                continue
            width = effective_width(*own[axis["axis"]])
            off = 100 * (width / axis["sigma_px"] - 1)
            cells.append(f"<td>{width:.4f} px ({off:+.2f} %)</td>")
        lines.append(f"<tr><th>{escape(label)}</th>{''.join(cells)}</tr>")
    return (
        f'<table class="numbers"><caption>Effective sigma (second moment of the impulse response)'
        f"</caption><tr><th>filter</th>{head}</tr>{''.join(lines)}</table>"
    )


def load_source(row: Mapping[str, Any], folder: Path) -> CalibratedImage | None:
    """Return the image of a row, or None where it is not there any more."""
    try:
        return ImageSpec.from_dict(row["image"]).load(row["dtype"], folder)
    except FijiBridgeError:
        return None


def views(row: Mapping[str, Any], image: CalibratedImage, store: Store) -> dict[str, NDArray[Any]]:
    """Return the results of a row as (…, z, y, x) arrays, those that are kept."""
    return {
        label: volume_view(store.get(reply["sha256"]), image.axes)
        for label, reply in row["results"].items()
        if reply["status"] == "done" and store.has(reply["sha256"])
    }


def pictures(row: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return orthogonal sections through the largest difference of each pair, on one scale."""
    shown = [
        pair
        for pair in row["pairs"]
        if pair.get("maximum") and pair["a"] in arrays and pair["b"] in arrays
    ]
    if not shown:
        return ""
    scale = max(pair["maximum"] for pair in shown)
    blocks = []
    for pair in shown:
        # Two tiny differences are not seen beside a large one; such pairs say their numbers only.
        if pair["maximum"] < scale / 254:
            blocks.append(
                f"<figure><figcaption>{_pair_name(pair)}: at most {number(pair['maximum'])}, too "
                "little to be seen on this scale</figcaption></figure>"
            )
            continue
        lead = tuple(pair["where"].values())[:-3]
        z, y, x = tuple(pair["where"].values())[-3:]
        gap = arrays[pair["b"]][lead].astype(np.float64) - arrays[pair["a"]][lead]
        planes = {f"XY at z={z}": gap[z]}
        if gap.shape[0] > 1:
            planes |= {f"XZ at y={y}": gap[:, y, :], f"ZY at x={x}": gap[:, :, x].T}
        images = "".join(
            f"<div>{difference_picture(plane, scale, f'{_pair_name(pair)}, {name}')}"
            f"<div class='small'>{name}</div></div>"
            for name, plane in planes.items()
        )
        blocks.append(
            f"<figure><div class='ortho'>{images}</div>"
            f"<figcaption>{_pair_name(pair)}: second minus first</figcaption></figure>"
        )
    bar = difference_picture(np.linspace(-scale, scale, 180)[None, :].repeat(10, 0), scale, "scale")
    return (
        "<h4>Where they differ</h4><p class='scale'>One scale for this row: "
        f"−{number(scale)} {bar} +{number(scale)} grey levels</p>"
        f"<div class='figures'>{''.join(blocks)}</div>"
    )


def _pair_name(pair: Mapping[str, Any]) -> str:
    return f"{escape(pair['a'])} ↔ {escape(pair['b'])}"


def profiles(
    row: Mapping[str, Any],
    image: CalibratedImage,
    arrays: Mapping[str, NDArray[Any]],
    styles: Mapping[str, int],
) -> str:
    """Return lines through the place of the largest difference of the row, along each axis."""
    with_numbers = [pair for pair in row["pairs"] if pair.get("maximum")]
    if not with_numbers or not arrays:
        return ""
    worst = max(with_numbers, key=lambda pair: pair["maximum"])
    at = tuple(worst["where"].values())
    source = volume_view(image.data, image.axes)
    parts = []
    for position, axis in enumerate("zyx", start=-3):
        length = source.shape[position]
        if length < 2:
            continue
        low, high = max(0, at[position] - 24), min(length, at[position] + 25)
        index = [*at]
        line: list[Any] = list(index)
        line[len(at) + position] = slice(low, high)
        where = list(range(low, high))
        lines = [Line("the image itself", where, source[tuple(line)].tolist(), -1)]
        lines += [
            Line(label, where, view[tuple(line)].tolist(), styles[label])
            for label, view in arrays.items()
        ]
        parts.append(
            plot(
                lines,
                title=f"Profile along {axis}",
                x_label=f"{axis} (samples)",
                y_label="grey levels",
            )
        )
    place = " ".join(f"{axis}={i}" for axis, i in worst["where"].items())
    return f"<h4>Profiles through {place}</h4><div class='figures'>{''.join(parts)}</div>"
