"""The figure of a blur report: what was measured, the fit, and what the proposed σ does to it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from fiji_bridge.errors import InputError

if TYPE_CHECKING:
    from fiji_bridge.ops.suggestion import BlurReport


def draw(report: BlurReport) -> bytes:
    """Return a PNG with one panel per axis.

    Raises
    ------
    InputError
        Where there is nothing to be drawn, or no matplotlib.
    """
    if not report.profiles:
        raise InputError(
            f"there is nothing to be drawn: {report.reason or 'not every axis was measured'}"
        )
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(
            "drawing needs the package matplotlib: pip install 'fiji-bridge[plot]'"
        ) from None
    figure = Figure(figsize=(4.0 * len(report.profiles), 3.9), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    by_name = {axis.axis: axis for axis in report.axes}
    # Lengths without a unit are voxels where those are 1 long.
    unit = report.unit or ("voxels" if all(a.voxel_size == 1 for a in report.axes) else "")
    after = f" {unit}" if unit else ""
    for place, curve in enumerate(report.profiles):
        axis = by_name[curve.axis]
        panel = figure.add_subplot(1, len(report.profiles), place + 1)
        points = curve.kind == "mean point"
        # Colours that are told apart with any colour vision (Okabe & Ito).
        panel.plot(curve.positions, curve.measured, ".", color="#000000", ms=3, label="measured")
        panel.plot(curve.positions, curve.fitted, color="#0072B2", label="fit")
        label = "after the proposed blur" + ("" if points else ", without noise")
        panel.plot(curve.positions, curve.after, "--", color="#D55E00", label=label)
        title = _title(curve.axis, axis.fwhm, axis.low, axis.high, after)
        panel.set_title(f"{title}\nproposed: σ {axis.add:.3g}{after}", fontsize=9)
        label = f"distance ({unit})" if points else f"frequency (1/{unit})"
        panel.set_xlabel(label if unit else label.split(" ")[0])
        if not points:
            panel.set_yscale("log")
            # The power of a wide blur falls without end.
            most = float(max(curve.measured.max(), curve.fitted.max()))
            panel.set_ylim(0.2 * float(curve.measured.min()), 2 * most)
        if place == 0:
            panel.set_ylabel("part of the middle" if points else "power")
    counted = "" if report.count is None else f", {report.count} used"
    figure.suptitle(f"{report.structure}{counted}", fontsize=11)
    # Below all panels: within one it would lie on the curves.
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9
    )
    made = io.BytesIO()
    # No date and no version: the same report gives the same file.
    canvas.print_figure(made, format="png", metadata={"Software": None})
    return made.getvalue()


def _title(name: str, fwhm: float | None, low: float | None, high: float | None, unit: str) -> str:
    if fwhm is None:
        return f"{name}: cannot tell"
    if low is None:
        return f"{name}: FWHM below {fwhm:.3g}{unit}"
    return f"{name}: FWHM {fwhm:.3g}{unit} ({low:.3g} to {high:.3g})"
