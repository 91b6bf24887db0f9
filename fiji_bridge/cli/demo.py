"""The main job from end to end, on an image of the user's or on one that is made."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.crosscheck import crosscheck
from fiji_bridge.cli import render
from fiji_bridge.cli.operations import start_runtime
from fiji_bridge.cli.options import INPUT, runtime_options
from fiji_bridge.errors import FijiBridgeError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import from_voxel_size
from fiji_bridge.image.places import Place
from fiji_bridge.ops.gaussian import gaussian

#: The stack everyone has, in µm (z, y, x).
_VOXEL_SIZE = (2.0, 0.45, 0.45)


@click.command()
@click.argument("image", type=INPUT, required=False)
@click.option(
    "--sigma", help="Default: 1 um for the made image, two voxels of IMAGE's coarsest axis."
)
@click.option(
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("fiji-bridge-demo"),
    show_default=True,
    help="Folder of the files that are written.",
)
@runtime_options
def demo(image: Place | None, sigma: str | None, folder: Path, **options: Any) -> int:
    """Do the main job on IMAGE, or on one that is made: plan, blur, cross-check, picture."""
    start_runtime(options, needed=True)
    return run_demo(image, sigma, folder)


def made_image() -> CalibratedImage:
    """Make a stack of 25 × 200 × 200 voxels of 2.0 × 0.45 × 0.45 µm, uint16, with one bead.

    The bead is a Gaussian ball of σ = 4 µm in the middle, the same in all directions.
    """
    shape = (25, 200, 200)
    z, y, x = np.meshgrid(
        *((np.arange(n) - n // 2) * size for n, size in zip(shape, _VOXEL_SIZE, strict=True)),
        indexing="ij",
    )
    ball = 100 + 40000 * np.exp(-(x * x + y * y + z * z) / (2 * 4.0**2))
    return CalibratedImage(
        np.round(ball).astype(np.uint16),
        ("z", "y", "x"),
        from_voxel_size(_VOXEL_SIZE, "um"),
        name="made-bead.tif",
    )


def run_demo(path: Place | None, sigma: str | None, folder: Path) -> int:
    """Plan, blur, write, read again and cross-check; return the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    if path is None:
        image = made_image()
        write(image, folder / image.name, overwrite=True)
        image = read(folder / image.name)
        sigma = sigma or "1 um"
        click.echo(f"made {folder / image.name}: a round bead on voxels of 2.0 × 0.45 × 0.45 µm\n")
    else:
        image = read(path)
        sigma = sigma or _two_voxels(image)
    render.print_table(gaussian.plan(image, sigma=sigma).table())
    result = gaussian(image, sigma=sigma, dtype="float32")
    target = folder / f"{Path(image.name).stem}-blurred.tif"
    write(result, target, overwrite=True)
    done = result.provenance[-1]
    click.echo(f"\nwrote {target} with engine {done['engine']} ({done['runtime']})")
    again = read(target)
    for axis in again.spatial_axes:
        found = again.calibration.axis(axis)
        click.echo(f"  voxel size {axis}: {found.size:.9g} {found.unit}")
    if path is None:
        click.echo("\nblur measured on the bead, in µm (what was added in quadrature):")
        _say_widths("gauss3, as written", image.data, again.data)
        exact = gaussian(image, sigma=sigma, kernel="band-limited", dtype="float32")
        _say_widths("band-limited      ", image.data, exact.data)
    click.echo("")
    report = crosscheck(image, sigma=sigma, dtype="float32")
    render.print_crosscheck(report)
    return 0 if report.passed else 1


def _two_voxels(image: CalibratedImage) -> str:
    """Return two voxels of the coarsest axis as a length."""
    try:
        sizes = [image.calibration.voxel_size(axis, "um") for axis in image.spatial_axes]
    except FijiBridgeError:
        # Let the plan say what is wrong with the calibration.
        return "1 um"
    return f"{2 * max(sizes):g} um"


def _say_widths(label: str, before: NDArray[Any], after: NDArray[Any]) -> None:
    """Measure how much the bead was blurred along each axis, in µm."""
    widths = [
        math.sqrt(wide - narrow) * size
        for size, wide, narrow in zip(
            _VOXEL_SIZE, _variances(after), _variances(before), strict=True
        )
    ]
    said = ", ".join(f"{axis} {width:.4f}" for axis, width in zip("zyx", widths, strict=True))
    click.echo(f"  {label}: {said}")


def _variances(data: NDArray[Any]) -> list[float]:
    """Return the variance of the bead's profile along each axis, in pixels squared."""
    weights = data.astype(np.float64) - 100
    found = []
    for axis in range(3):
        profile = weights.sum(axis=tuple(a for a in range(3) if a != axis))
        index = np.arange(len(profile))
        centre = (index * profile).sum() / profile.sum()
        found.append(float(((index - centre) ** 2 * profile).sum() / profile.sum()))
    return found
