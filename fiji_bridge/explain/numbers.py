"""The numbers beside the answers, computed when they are asked for. No JVM."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.image.lengths import FWHM_PER_SIGMA
from fiji_bridge.kernels import gaussian as kernels
from fiji_bridge.kernels.borders import BORDERS
from fiji_bridge.kernels.worth import worth
from fiji_bridge.ops.convolve import convolve
from fiji_bridge.ops.gaussian import gaussian
from fiji_bridge.ops.median import median
from fiji_bridge.ops.pyramid import pyramid
from fiji_bridge.ops.rescale import rescale
from fiji_bridge.ops.structure_tensor import structure_tensor
from fiji_bridge.ops.suggest import suggest
from fiji_bridge.ops.tensor_shape import verdict

#: The stack everyone has, as (z, y, x).
VOXELS = (2.0, 0.45, 0.45)
STACK = "2 0.45 0.45 um"


def _volume(shape: tuple[int, int, int] = (21, 64, 64)) -> NDArray[np.float32]:
    return np.zeros(shape, np.float32)


def sigma_per_axis() -> list[str]:
    """Return the plan of 1 µm in the stack everyone has."""
    made = gaussian.plan(_volume(), sigma="1 um", voxel_size=STACK)
    said = [f"{a.axis}: 1 µm / {a.voxel_size:g} µm = {a.sigma_px:.4g} px" for a in made.axes]
    wrong = made.axes[2].sigma_px * VOXELS[0]
    return [
        *said,
        f"one sigma of {made.axes[2].sigma_px:.3f} px on all axes would blur z by {wrong:.2f} µm",
    ]


def fwhm_of_a_voxel() -> list[str]:
    """Return a FWHM of one voxel on each axis."""
    px = 1 / FWHM_PER_SIGMA
    return [
        f"FWHM / sigma = 2 sqrt(2 ln 2) = {FWHM_PER_SIGMA:.4f}; one voxel / that = {px:.4f} px",
        "in the stack: "
        + ", ".join(f"{axis} {px * v:.3f} µm" for axis, v in zip("zyx", VOXELS, strict=True)),
    ]


def standard_deviation() -> list[str]:
    """Return the second moment of a kernel, and its width at half height."""
    half = kernels.discrete_half(20.0)
    x = np.arange(len(half))
    crossing = float(np.interp(-half[0] / 2, -half, x))
    return [
        f"kernel of sigma 20 px: standard deviation {kernels.effective_sigma(half):.4f} px, "
        f"full width at half maximum {2 * crossing:.2f} px = {2 * crossing / 20:.3f} sigma"
    ]


def smallest_feature() -> list[str]:
    """Return beads of known size, measured."""
    rng = np.random.default_rng(0)
    data = rng.normal(10, 1, (25, 72, 72))
    grid = np.meshgrid(*(np.arange(n) * v for n, v in zip(data.shape, VOXELS, strict=True)),
                       indexing="ij")  # fmt: skip
    true = (2.0, 0.7, 0.7)
    for place in ((24.3, 8.1, 8.4), (25.1, 8.2, 24.5), (24.0, 24.3, 8.0), (24.7, 24.6, 24.1)):
        exponent = sum(((g - p) / s) ** 2 for g, p, s in zip(grid, place, true, strict=True))
        data += 200 * np.exp(-0.5 * exponent)
    found = suggest(data, beads=True, voxel_size=STACK)
    return [
        f"{a.axis}: voxel {a.voxel_size:g} µm, FWHM made {s * FWHM_PER_SIGMA:.2f} µm, measured "
        f"{a.fwhm:.2f} µm ({a.low:.2f} to {a.high:.2f}), to add for one final blur "
        f"sigma {a.add:.2f} µm"
        for a, s in zip(found.axes, true, strict=True)
    ]


def in_fiji() -> list[str]:
    """Say what to type into ImageJ's own dialog."""
    z, y, x = (1 / v for v in VOXELS)
    return [f"1 µm by hand: X sigma {x:.3f}, Y sigma {y:.3f}, Z sigma {z:.3f}"]


def isotropic_stack() -> list[str]:
    """Return the plan for voxels of one size."""
    made = gaussian.plan(_volume(), sigma="1 um", voxel_size="0.45 um")
    return [", ".join(f"{a.axis} {a.sigma_px:.4g} px" for a in made.axes)]


def small_sigmas() -> list[str]:
    """Return the widths of three kernels by two measures."""
    rows = []
    for sigma in (0.3, 0.5, 1.0, 2.0):
        parts = []
        for name in ("gauss3", "discrete", "band-limited"):
            found = worth(name, sigma)
            moment, fwhm = (round(value - 1, 4) + 0.0 for value in (found.effective, found.fwhm))
            parts.append(f"{name} {moment:+.1%} ({fwhm:+.1%})")
        rows.append(f"sigma {sigma:g} px, width by second moment (FWHM): {', '.join(parts)}")
    return rows


def pyramid_levels() -> list[str]:
    """Return the table of levels."""
    made = pyramid.plan(np.broadcast_to(np.uint8(0), (41, 512, 512)), voxel_size=STACK)
    return str(made.table()).splitlines()


def integers() -> list[str]:
    """Show how far intermediate integers fall behind."""
    from scipy.ndimage import gaussian_filter

    data = np.random.default_rng(1).integers(0, 256, (20, 40, 40)).astype(np.uint8)
    exact = gaussian_filter(data.astype(float), 2)
    cut = gaussian_filter(data, 2).astype(float) - exact
    ours = gaussian(data, sigma="2 px", engine="scipy").astype(float)
    true = gaussian(data.astype(float), sigma="2 px", engine="scipy")
    return [
        f"uint8 through scipy.ndimage.gaussian_filter: {cut.mean():+.2f} grey levels on average",
        f"here: {(ours - true).mean():+.2f}, and never more than {np.abs(ours - true).max():.2f}",
    ]


def borders() -> list[str]:
    """Return largest difference to the default, on noise between 0 and 1."""
    data = np.random.default_rng(2).random((40, 40))
    made = {
        name: gaussian(data, sigma="2 px", border=border.name, engine="scipy")
        for name, border in BORDERS.items()
    }
    return [
        f"{name} ({BORDERS[name].picture}): "
        f"up to {np.abs(result - made['mirror-double']).max():.2f} from the default"
        for name, result in made.items()
    ]


def cut_off() -> list[str]:
    """Return how far each kernel reaches, and how wide that leaves it."""
    said = []
    for sigma in (2.0, 4.44, 20.0):
        sampled = np.exp(-0.5 * (np.arange(int(4 * sigma + 0.5) + 1) / sigma) ** 2)
        made = {
            "gauss3": kernels.gauss3_half(sigma),
            "SciPy, truncate 4": sampled / (2 * sampled.sum() - sampled[0]),
            "band-limited": kernels.gaussian_half("band-limited", sigma),
            "discrete": kernels.discrete_half(sigma),
        }
        parts = [
            f"{name} {kernels.radius(half)} px, {kernels.effective_sigma(half) / sigma - 1:+.2%}"
            for name, half in made.items()
        ]
        said.append(f"sigma {sigma:g} px, radius and width by second moment: {'; '.join(parts)}")
    return said


def tutorial_image() -> NDArray[np.float64]:
    """Return the image of the convolution tutorial."""
    image = np.zeros((9, 10))
    image[2, 2], image[5, 7], image[6, 6] = 1, 2, 1
    return image


def convolution() -> list[str]:
    """Return rows 5 and 6 of the tutorial's results."""
    said = []
    for name in ("sum", "mean", "laplace"):
        found = convolve(tutorial_image(), kernel=name, engine="scipy")
        rows = "; ".join(" ".join(f"{value:g}" for value in found[row].round(12)) for row in (5, 6))
        said.append(f"{name}: rows 5 and 6 are {rows}")
    return said


#: Direction of the fibre that `fibre` draws, as (z, y, x).
FIBRE = (0.6, 0.0, 0.8)


def fibre() -> NDArray[np.float64]:
    """Return a straight fibre, σ 2 µm, in the stack everyone has."""
    shape = (20, 48, 100)
    grid = np.meshgrid(
        *((np.arange(n) - (n - 1) / 2) * v for n, v in zip(shape, VOXELS, strict=True)),
        indexing="ij",
    )
    place = np.stack(grid)
    along = np.tensordot(FIBRE, place, 1)
    distance = np.square(place).sum(axis=0) - along**2
    found: NDArray[np.float64] = 100 * np.exp(-distance / (2 * 2.0**2))
    return found


def structure() -> list[str]:
    """Return the reading of the tutorial's eigenvalues, and where a known fibre runs."""
    said = [f"eigenvalues 0.0615, 0.037, 0.0038: {verdict((0.0615, 0.037, 0.0038))}"]
    for per, window in (("µm", "2 um"), ("pixel", "2 px")):
        made = structure_tensor(
            fibre(), sigma=window, voxel_size=STACK, per=per, kernel="discrete", engine="scipy"
        )
        direction = made.eigenvectors[2, :, 10, 24, 50]
        angle = math.degrees(math.acos(min(1.0, abs(float(np.dot(FIBRE, direction))))))
        said.append(
            f"a fibre along (z, y, x) = (0.6, 0, 0.8), gradients per {per}: found {angle:.0f} "
            "degrees from there"
        )
    return said


def scaling() -> list[str]:
    """Return the shapes of the tutorial."""
    image: Any = np.broadcast_to(np.uint8(0), (86, 396, 393))
    said = []
    for zoom in (1, 2):
        made = rescale.plan(image, to="1 um", zoom=zoom, voxel_size="1 0.202 0.202 um")
        x = made.axes[2]
        said.append(
            f"{image.shape} in voxels of 1 × 0.202 × 0.202 µm, to 1 µm, zoom {zoom}: "
            f"{made.shape}, {made.result_bytes} bytes, anti-aliasing sigma {x.sigma or 0:.3f} µm"
        )
    return said


def salt_and_pepper() -> NDArray[np.uint8]:
    """Return an edge with 5 % of its samples wrong."""
    rng = np.random.default_rng(3)
    data = np.full((60, 60), 60, np.uint8)
    data[:, 30:] = 180
    wrong = rng.random(data.shape) < 0.05
    data[wrong] = rng.choice(np.array([0, 255], np.uint8), int(wrong.sum()))
    return data


def other_tools() -> list[str]:
    """Say what is left of salt and pepper."""
    data = salt_and_pepper()
    clean = np.full(data.shape, 60.0)
    clean[:, 30:] = 180
    made = {
        "nothing done": data,
        "Gaussian, sigma 1 px": gaussian(data, sigma="1 px", engine="scipy"),
        "median, radius 2 px": median(data, radius="2 px"),
    }
    return [
        f"{name}: RMS error {math.sqrt(np.mean((result - clean) ** 2)):.1f} grey levels"
        for name, result in made.items()
    ]
