"""Images of known blur: points, filaments, cells, textures; with everything that spoils them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Volume = NDArray[np.float64]
Triple = tuple[float, float, float]

CLASSES = ("beads", "crowded beads", "filaments", "cells", "texture")
CONDITIONS = (
    "clean", "background 10 %", "background 20 %", "background 50 %", "attenuation",
    "clipping", "Poisson noise", "8 bit", "anisotropy 10", "smooth noise",
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """An image and what is true of it.

    Attributes
    ----------
    data : array, shape (z, y, x)
    voxels : tuple of float
        Along z, y, x.
    sigma : tuple of float
        Blur along z, y, x, in the unit of `voxels`.
    """

    data: NDArray[np.generic]
    voxels: Triple
    sigma: Triple


def scene(
    kind: str, condition: str, seed: int, shape: tuple[int, int, int] = (24, 64, 64)
) -> Scene:
    """Make one image; the same arguments make the same image."""
    rng = np.random.default_rng([seed, CLASSES.index(kind), CONDITIONS.index(condition)])
    aspect = 10.0 if condition == "anisotropy 10" else float(rng.uniform(1, 5))
    across = float(rng.uniform(0.9, 2.5))
    px = (float(rng.uniform(0.9, 2.5)), across, across * float(rng.uniform(1, 1.2)))
    voxels = (0.1 * aspect, 0.1, 0.1)
    clean = _DRAW[kind](rng, shape, px, aspect)
    clean *= 1 / clean.max()
    data = _spoil(rng, clean, condition)
    z, y, x = (s * v for s, v in zip(px, voxels, strict=True))
    return Scene(data, voxels, (z, y, x))


def points(rng: np.random.Generator, shape: tuple[int, ...], px: Triple, count: int) -> Volume:
    """Return points of unequal brightness anywhere, blurred by a true Gaussian."""
    places = np.stack([rng.uniform(-1, n, count) for n in shape], axis=1)
    return splat(shape, places, rng.uniform(0.3, 1, count), px)


def splat(shape: tuple[int, ...], places: Volume, weights: Volume, px: Triple) -> Volume:
    """Return a sum of Gaussians."""
    image = np.zeros(shape)
    for place, weight in zip(places, weights, strict=True):
        cut, lines = [], []
        for c, s, n in zip(place, px, shape, strict=True):
            low, high = max(0, math.floor(c - 5 * s)), min(n, math.ceil(c + 5 * s) + 1)
            cut.append(slice(low, max(low, high)))
            lines.append(np.exp(-0.5 * ((np.arange(low, max(low, high)) - c) / s) ** 2))
        z, y, x = lines
        image[tuple(cut)] += weight * z[:, None, None] * y[:, None] * x
    return image


def blurred(image: Volume, px: Triple) -> Volume:
    """Blur exactly, in Fourier space; the image is taken to be periodic."""
    spectrum = np.fft.rfftn(image)
    for axis, sigma in enumerate(px):
        n = image.shape[axis]
        omega = 2 * np.pi * (np.fft.rfftfreq(n) if axis == 2 else np.fft.fftfreq(n))
        shape = [1, 1, 1]
        shape[axis] = -1
        spectrum *= np.exp(-0.5 * (sigma * omega) ** 2).reshape(shape)
    found: Volume = np.fft.irfftn(spectrum, image.shape, axes=(0, 1, 2))
    return found


def widefield_point(z: Volume, r: Volume, aperture: float, index: float, light: float) -> Volume:
    """Return the scalar point-spread function of a microscope without aberrations.

    |∫ J₀(k NA r ρ) exp(−i k NA² z ρ² / 2n) ρ dρ|² over the pupil, largest value 1 (Born & Wolf
    1999, section 8.8).

    Parameters
    ----------
    z, r : array
        Distances from the focus along and across the optical axis, of the same shape.
    aperture, index : float
        NA and refractive index.
    light : float
        Wavelength, in the unit of the distances.
    """
    from scipy.interpolate import RegularGridInterpolator
    from scipy.special import j0

    nodes, weights = np.polynomial.legendre.leggauss(120)
    rho, weights = (nodes + 1) / 2, weights * (nodes + 1) / 2
    k = 2 * np.pi / light
    deep = np.linspace(0, max(float(np.abs(z).max()), light), 200)
    wide = np.linspace(0, max(float(r.max()), light), 400)
    across = j0(k * aperture * np.outer(rho, wide)) * weights[:, None]
    phase = np.exp(-0.5j * k * aperture**2 / index * np.outer(deep, rho**2))
    light_there = np.square(np.abs(phase @ across))
    table = RegularGridInterpolator((deep, wide), light_there / light_there[0, 0])
    found: Volume = table(np.stack([np.abs(z), r], axis=-1))
    return found


def _few(rng: np.random.Generator, shape: tuple[int, ...], px: Triple, _aspect: float) -> Volume:
    return points(rng, shape, px, 20)


def _many(rng: np.random.Generator, shape: tuple[int, ...], px: Triple, _aspect: float) -> Volume:
    # One for every 1.5 FWHM cubed or so, but not more than can be drawn in a while.
    count = round(math.prod(shape) / math.prod(3.5 * 2 * s for s in px))
    return points(rng, shape, px, min(600, max(60, count)))


def _filaments(
    rng: np.random.Generator, shape: tuple[int, ...], px: Triple, aspect: float
) -> Volume:
    """Curved lines, far thinner than the blur, in any direction of space."""
    extent = np.asarray(shape) * (aspect, 1, 1)
    image = np.zeros(shape)
    step = 0.4 * min(px[0] * aspect, px[1], px[2])
    for _ in range(9):
        place = rng.uniform(0, 1, 3) * extent
        heading = rng.normal(size=3)
        heading[0] *= min(1.0, 2 * extent[0] / extent[1])
        heading /= np.linalg.norm(heading)
        turn = rng.normal(size=3) * 0.004
        path = []
        count = round(1.2 * float(extent[1]) / step)
        for _ in range(count):
            path.append(place / (aspect, 1, 1))
            heading = heading + step * (turn + rng.normal(size=3) * 0.003)
            heading /= np.linalg.norm(heading)
            place = place + step * heading
        image += splat(shape, np.array(path), np.full(count, rng.uniform(0.4, 1)), px)
    return image


def _cells(rng: np.random.Generator, shape: tuple[int, ...], px: Triple, aspect: float) -> Volume:
    """Ellipsoids of all sizes, much larger than the blur."""
    grid = np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij")
    image = np.zeros(shape)
    for _ in range(10):
        radius = rng.uniform(6, 16)
        radii = np.array([max(2.0, radius / aspect), radius, radius]) * rng.uniform(0.7, 1.3, 3)
        centre = [rng.uniform(0, n) for n in shape]
        far = sum(((g - c) / r) ** 2 for g, c, r in zip(grid, centre, radii, strict=True))
        image[far < 1] = rng.uniform(0.4, 1)
    return np.maximum(blurred(image, px), 0)


def _texture(
    rng: np.random.Generator, shape: tuple[int, ...], px: Triple, _aspect: float
) -> Volume:
    """White noise, blurred: structures far below a voxel everywhere."""
    wide = [n + 16 for n in shape]
    found = blurred(rng.normal(size=wide), px)[8:-8, 8:-8, 8:-8]
    lifted: Volume = found - found.min()
    return lifted


_DRAW = {
    "beads": _few,
    "crowded beads": _many,
    "filaments": _filaments,
    "cells": _cells,
    "texture": _texture,
}


def _spoil(rng: np.random.Generator, clean: Volume, condition: str) -> NDArray[np.generic]:
    """Add what cameras and tissue add; `clean` reaches from 0 to 1."""
    shape = clean.shape
    part = {"background 10 %": 0.1, "background 20 %": 0.2, "background 50 %": 0.5}
    slope = part.get(condition, 0.0)
    axis = int(rng.integers(3))
    ramp_shape = [1, 1, 1]
    ramp_shape[axis] = -1
    data = clean
    if condition == "attenuation":
        data = data * np.exp(-np.arange(shape[0]) / shape[0] * 1.5)[:, None, None]
    data = data + slope * np.linspace(0, 1, shape[axis]).reshape(ramp_shape)
    if condition == "Poisson noise":
        photons = float(rng.uniform(50, 500))
        return rng.poisson(photons * (data + 0.02)).astype(np.uint16)
    noise = 0.01 if condition != "8 bit" else 0.02
    grain: Volume = rng.normal(0, noise, shape)
    if condition == "smooth noise":
        # As a camera's filter or a deconvolution leaves it, of twice the usual strength.
        grain = blurred(grain, (float(rng.uniform(0.5, 0.9)),) * 3)
        grain *= 2 * noise / grain.std()
    data = data + 0.05 + grain
    if condition == "clipping":
        data = data * float(rng.uniform(1.2, 3))
    full, kind = (200.0, np.uint8) if condition in ("8 bit", "clipping") else (20000.0, np.uint16)
    top = 255 if kind is np.uint8 else 65535
    made: NDArray[np.generic] = np.clip(np.rint(data * full), 0, top).astype(kind)
    return made
