"""Answers for the dialogs in ImageJ, while someone types: what would this operation do.

One question per line of standard input, as JSON: ``{"operation": "median", "options":
["--radius=1 um"], "image": {"name": "a.tif", "dtype": "uint8", "axes": ["z", "y", "x"],
"shape": [5, 40, 40], "voxels": {"x": [0.1, "um"], …}}}``. The answer begins with a line
``plan N``, ``problem N`` or, where a voxel size would mend it, ``uncalibrated N``; N lines of text
follow, those of a table with tabs between cells.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

import click
import numpy as np

from fiji_bridge.cli.failures import usage_words
from fiji_bridge.cli.options import parameter_options
from fiji_bridge.errors import CalibrationError, FijiBridgeError
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.image.memory import check_memory
from fiji_bridge.image.results import Table
from fiji_bridge.ops.registry import REGISTRY


@click.command("answer-plans", hidden=True)
def answer_plans() -> None:
    """Say what operations would do, for the dialogs in ImageJ: a question per line of input."""
    # Whatever the locale: the other side reads UTF-8.
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for line in sys.stdin:
        kind, lines = answer(json.loads(line))
        print(f"{kind} {len(lines)}", *lines, sep="\n", flush=True)


def answer(question: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return ``"plan"``, ``"problem"`` or ``"uncalibrated"``, and the lines to show.

    Parameters
    ----------
    question : mapping
        As in the description of this module; of the image only what a plan needs, no samples.
    """
    try:
        return "plan", _lines(_table(question))
    except CalibrationError as error:
        return "uncalibrated", str(error).splitlines()
    except FijiBridgeError as error:
        return "problem", str(error).splitlines()
    except click.ClickException as error:
        return "problem", usage_words(error).splitlines()


def _table(question: Mapping[str, Any]) -> Table:
    operation = REGISTRY[question["operation"]]
    image = _image(question["image"])
    options = _parser(operation.name).main(question["options"], standalone_mode=False)
    made = operation.plan(image, **options)
    check_memory(made.needed_bytes, f"{operation.title} of {image.name}")
    return made.table()


@cache
def _parser(name: str) -> click.Command:
    """Return what reads the options of an operation as its subcommand does."""

    @click.command(name, add_help_option=False)
    @parameter_options(REGISTRY[name])
    def parse(**options: Any) -> dict[str, Any]:
        return options

    return parse


def _image(said: Mapping[str, Any]) -> CalibratedImage:
    """Return an image of that kind, all of whose samples are one zero."""
    voxels = {
        axis: AxisCalibration(None if size is None else float(size), unit or "")
        for axis, (size, unit) in said["voxels"].items()
    }
    return CalibratedImage(
        np.broadcast_to(np.zeros((), said["dtype"]), said["shape"]),
        tuple(said["axes"]),
        Calibration(source="ImageJ").with_axes(**voxels),
        name=said["name"],
    )


def _lines(table: Table) -> list[str]:
    rows = ["\t".join(row) for row in (table.columns, *table.rows)]
    return [*rows, *table.notes]
