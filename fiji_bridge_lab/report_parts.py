"""The parts of one row of the report: numbers, kernels, profiles, difference pictures."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.errors import FijiBridgeError
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge_lab.figures import Line, Panel, difference_picture, draw
from fiji_bridge_lab.judge import STEPS, measured
from fiji_bridge_lab.model import effective_width, kernel_taps
from fiji_bridge_lab.store import Store
from fiji_bridge_lab.suite import ImageSpec


def number(value: float | None) -> str:
    """Return a number for a table cell."""
    if value is None:
        return ""
    return "0" if value == 0 else f"{value:.3g}"


def numbers(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the table of all pairs of a row that were compared."""
    lines = []
    for pair in row["pairs"]:
        if "maximum" not in pair:
            continue
        where = " ".join(f"{axis}={i}" for axis, i in pair["where"].items())
        share = pair["differing"] / pair["samples"] if pair["samples"] else 0
        cells = (
            number(pair["maximum"]),
            where if pair["maximum"] else "",
            number(pair["inner_maximum"]),
            number(pair["mean"]),
            number(pair["rms"]),
            f"{share:.3%}",
            number(pair["tolerance"]),
        )
        lines.append({"pair": pair, "cells": cells, "bars": histogram(pair["steps"])})
    return lines


def histogram(counts: list[int]) -> list[dict[str, Any]]:
    """Return bars, up to 26 tall, of how many samples are how many representable steps apart."""
    total = sum(counts) or 1
    ends = itertools.pairwise(STEPS[1:])
    labels = ["0", "1", *(f"{low + 1}–{high}" for low, high in ends), f"> {STEPS[-1]}"]
    return [
        # A logarithmic bar: one sample in a million is still seen.
        {
            "label": label,
            "count": count,
            "tall": max(2.0, 26 * (1 + np.log10(count / total) / 7)) if count else 0.0,
        }
        for count, label in zip(counts, labels, strict=True)
    ]


def kernels(row: Mapping[str, Any], styles: Mapping[str, int]) -> dict[str, Any] | None:
    """Return the kernels of all filters over one another, their tails, and their widths."""
    found = {
        label: measured(reply) for label, reply in row["results"].items() if reply.get("kernels")
    }
    if not found or not row["plan"]:
        return None
    parts = []
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
                lines.append(_line(label, at, taps, styles[label]))
        asked = kernel_taps(row["plan"]["kernel"], sigma)
        gaps = tuple(_minus(line, asked) for line in lines)
        kept = tuple(lines)
        parts.append(
            draw(
                f"Kernels along {name}, sigma {sigma:.4g} px",
                (
                    Panel(f"kernel, axis {name}, sigma {sigma:.4g} px", "pixels", "weight", kept),
                    Panel("minus the kernel asked for", "pixels", "weight", gaps),
                    Panel("tail", "pixels", "weight (log)", kept, logarithmic=True),
                ),
            )
        )
    return {**_widths(row, found), "figures": parts}


def _minus(line: Line, half: NDArray[np.float64]) -> Line:
    """Return how a kernel differs from a half-kernel, as far as either reaches."""
    reach = max(len(half) - 1, *(abs(int(x)) for x in line.x))
    at = np.arange(-reach, reach + 1)
    own = dict(zip((int(x) for x in line.x), line.y, strict=True))
    gap = [own.get(int(n), 0.0) - (half[abs(n)] if abs(n) < len(half) else 0.0) for n in at]
    return _line(line.label, at, gap, line.style)


def _line(label: str, x: Any, y: Any, style: int) -> Line:
    return Line(label, tuple(map(float, x)), tuple(map(float, y)), style)


def _widths(row: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the effective σ of each filter beside what was asked for, per blurred axis."""
    blurred = [axis for axis in row["plan"]["axes"] if axis["sigma_px"] > 0]
    heads = [
        f"{a['axis']}: asked {a['sigma_px']:.4g} px"
        + (f" ({a['requested']:g} {a['unit']})" if a["unit"] else "")
        for a in blurred
    ]
    widths: dict[str, list[str]] = {label: [] for label in found}
    for label, own in found.items():
        for axis in blurred:
            if axis["axis"] not in own:
                widths[label].append("not measured")
                continue
            width = effective_width(*own[axis["axis"]])
            off = 100 * (width / axis["sigma_px"] - 1)
            widths[label].append(f"{width:.4f} px ({off:+.2f} %)")
    return {"heads": heads, "widths": widths}


def load_source(row: Mapping[str, Any], folder: Path) -> CalibratedImage | None:
    """Return the image of a row, or None where it is not there, or nobody can tell what it is."""
    try:
        return ImageSpec.from_dict(row["image"]).load(row["dtype"], folder)
    except (FijiBridgeError, TypeError, ValueError):
        # A run may come from somebody else, with types and shapes that do not exist.
        return None


def views(row: Mapping[str, Any], image: CalibratedImage, store: Store) -> dict[str, NDArray[Any]]:
    """Return the results of a row as (…, z, y, x) arrays, those that are kept."""
    return {
        label: volume_view(store.get(reply["sha256"]), image.axes)
        for label, reply in row["results"].items()
        if reply["status"] == "done" and store.has(reply["sha256"])
    }


def pictures(row: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any] | None:
    """Return orthogonal sections through the largest difference of each pair, on one scale."""
    shown = [
        pair
        for pair in row["pairs"]
        if pair.get("maximum") and pair["a"] in arrays and pair["b"] in arrays
    ]
    if not shown:
        return None
    scale = max(pair["maximum"] for pair in shown)
    blocks = []
    for pair in shown:
        title = f"{pair['a']} ↔ {pair['b']}"
        pictured: dict[str, str] = {}
        # Two tiny differences are not seen beside a large one; such pairs say their numbers only.
        if pair["maximum"] >= scale / 254:
            *lead, z, y, x = pair["where"].values()
            gap = arrays[pair["b"]][tuple(lead)].astype(np.float64) - arrays[pair["a"]][tuple(lead)]
            planes = {f"XY at z={z}": gap[z]}
            if gap.shape[0] > 1:
                planes |= {f"XZ at y={y}": gap[:, y, :], f"ZY at x={x}": gap[:, :, x].T}
            pictured = {
                name: difference_picture(plane, scale, f"{title}, {name}")
                for name, plane in planes.items()
            }
        blocks.append({"name": title, "maximum": pair["maximum"], "planes": pictured})
    bar = difference_picture(np.linspace(-scale, scale, 180)[None, :].repeat(10, 0), scale, "scale")
    return {"scale": scale, "bar": bar, "pairs": blocks}


def profiles(
    row: Mapping[str, Any],
    image: CalibratedImage,
    arrays: Mapping[str, NDArray[Any]],
    styles: Mapping[str, int],
) -> dict[str, Any] | None:
    """Return lines through the place of the largest difference of the row, along each axis."""
    with_numbers = [pair for pair in row["pairs"] if pair.get("maximum")]
    if not with_numbers or not arrays:
        return None
    worst = max(with_numbers, key=lambda pair: pair["maximum"])
    at = tuple(worst["where"].values())
    source = volume_view(image.data, image.axes)
    panels, grey = [], "grey levels"
    for position, axis in enumerate("zyx", start=-3):
        length = source.shape[position]
        if length < 2:
            continue
        low, high = max(0, at[position] - 24), min(length, at[position] + 25)
        index = [*at]
        line: list[Any] = list(index)
        line[len(at) + position] = slice(low, high)
        where = range(low, high)
        lines = [_line("the image itself", where, source[tuple(line)], -1)]
        lines += [
            _line(label, where, view[tuple(line)], styles[label]) for label, view in arrays.items()
        ]
        panels.append(Panel(f"profile along {axis}", f"{axis} (samples)", grey, tuple(lines)))
        grey = ""
    if not panels:
        return None
    place = " ".join(f"{axis}={i}" for axis, i in worst["where"].items())
    return {"place": place, "figures": [draw(f"Profiles through {place}", tuple(panels))]}
