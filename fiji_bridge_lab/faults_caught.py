"""What the cross-check catches: faulty blurs of made images, judged as an engine's would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fiji_bridge.check.crosscheck import judge_result
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.engines.engine import AxisKernel, EngineInfo
from fiji_bridge.engines.scipy_reference import ScipyEngine
from fiji_bridge.image.calibrated import CalibratedImage, volume_view
from fiji_bridge.image.dtypes import round_to
from fiji_bridge.ops.blur_plan import BlurPlan
from fiji_bridge.ops.gaussian import gaussian

VOXELS = "0.9 0.45 0.3 um"
SIGMA = "1 um"
#: Judged as results of sums of float32 (float64 where the types need it), all direct.
ENGINE = EngineInfo("fused", "a faulty double", "")
_SHAPE = (12, 40, 40)

#: What a cell of the table says.
CAUGHT, HIDDEN, CANNOT_TELL, MISSED = "caught", "not visible", "cannot tell", "MISSED"
PASSED, NO_FAULT = "passed", "no fault here"


def images() -> dict[str, CalibratedImage]:
    """Return the images: of each kind that made a check of fixed tolerance pass what is wrong."""
    z, y, x = np.indices(_SHAPE)
    # Nearer to some edges than to others, and of no symmetry that a fault could hide behind.
    blob = np.exp(-((z - 4) ** 2 / 8 + (y - 17) ** 2 / 18 + (x - 22) ** 2 / 30))
    random = np.random.RandomState(0).random_sample(_SHAPE)
    beads = (np.random.RandomState(1).random_sample(_SHAPE) > 0.999).astype(float)
    made: dict[str, NDArray[Any]] = {
        "mask 0/1, uint8": (blob > 0.4).astype(np.uint8),
        "labels 0-3, uint8": (blob * 3.9).astype(np.uint8),
        "blob 0-255, uint8": (255 * blob).astype(np.uint8),
        "noise 0-255, uint8": (256 * random).astype(np.uint8),
        "beads 0/200, uint8": (200 * beads).astype(np.uint8),
        "blob 100-110, uint16": (100 + 10 * blob).round().astype(np.uint16),
        "noise 0-65535, uint16": (65535 * random).astype(np.uint16),
        "blob ±300, int16": (600 * blob - 300).astype(np.int16),
        "blob 2e9 + 0-100, int32": (2_000_000_000 + 100 * blob).astype(np.int32),
        "blob 0-1, float32": blob.astype(np.float32),
        "blob 1e5 + 0-1, float32": (1e5 + blob).astype(np.float32),
        "noise 0-1, float64": random,
        "noise 0-1, float16": random.astype(np.float16),
        "stripes along x, float32": np.broadcast_to(np.sin(x / 2.0), _SHAPE).astype(np.float32),
        "constant 100, uint8": np.full(_SHAPE, 100, np.uint8),
        "one plane, uint8": (255 * blob[4:5]).astype(np.uint8),
    }
    found = {n: to_image(a, voxel_size=VOXELS) for n, a in made.items()}
    channels = np.stack([200 * blob, 150 * blob[:, ::-1]]).astype(np.uint8)
    found["two channels, uint8"] = to_image(channels, axes="czyx", voxel_size=VOXELS)
    return found


@dataclass(frozen=True)
class Request:
    """A blur of every volume of an image, as a program with a fault may do it."""

    image: CalibratedImage
    plan: BlurPlan

    def exact(
        self, change: Callable[[list[float]], list[float]] = list, border: str | None = None
    ) -> NDArray[np.float64]:
        """Return the exact blur (…, z, y, x), or that of other widths or another border."""
        view = volume_view(self.image.data, self.image.axes)
        out = np.empty(view.shape)
        widths = change(list(self.plan.sigma_px()))
        z, y, x = (AxisKernel.from_gaussian(self.plan.kernel, s) for s in widths)
        for index in np.ndindex(view.shape[:-3]):
            ScipyEngine().filter(
                view[index], (z, y, x), out[index], border=border or self.plan.border, cval=0.0
            )
        return out

    def step(self) -> float:
        """Return one grey level; of floats, a hundredth of the range."""
        data = self.image.data
        return 1.0 if data.dtype.kind in "iu" else float(np.ptp(data.astype(float))) / 100

    def source(self) -> NDArray[np.float64]:
        """Return the samples that were given."""
        return volume_view(self.image.data, self.image.axes).astype(np.float64)


def _channels(blurred: NDArray[np.float64]) -> NDArray[np.float64]:
    return blurred[::-1] if blurred.ndim > 3 else blurred


#: Each gives the samples before they are stored. Where one changes nothing (one channel only, one
#: plane), it is no fault of this image.
FAULTS: Mapping[str, Callable[[Request], NDArray[np.float64]]] = {
    "all zeros": lambda r: np.zeros_like(r.source()),
    "not blurred": lambda r: r.source(),
    "z not blurred": lambda r: r.exact(lambda s: [0.0, s[1], s[2]]),
    "x not blurred": lambda r: r.exact(lambda s: [s[0], s[1], 0.0]),
    "sigma of z and x swapped": lambda r: r.exact(lambda s: [s[2], s[1], s[0]]),
    "sigma +10 %": lambda r: r.exact(lambda s: [1.1 * v for v in s]),
    "sigma +1 %": lambda r: r.exact(lambda s: [1.01 * v for v in s]),
    "sigma taken for the FWHM": lambda r: r.exact(lambda s: [v / 2.3548 for v in s]),
    "border nearest": lambda r: r.exact(border="nearest"),
    "border constant": lambda r: r.exact(border="constant"),
    "shifted by one along x": lambda r: np.roll(r.exact(), 1, -1),
    "shifted by one along z": lambda r: np.roll(r.exact(), 1, -3),
    "truncated instead of rounded": lambda r: np.trunc(r.exact()),
    "too high everywhere": lambda r: r.exact() + r.step(),
    "one sample too high": lambda r: _one_sample(r.exact()),
    "channels exchanged": lambda r: _channels(r.exact()),
}


def _one_sample(blurred: NDArray[np.float64]) -> NDArray[np.float64]:
    blurred[..., -1, 3, 4] += 1
    return blurred


def cell(image: CalibratedImage, name: str | None) -> str:
    """Judge the blur with one fault (None: with none).

    Returns
    -------
    str
        `CAUGHT`; `HIDDEN` where what is stored is right to the error bound, and the report names
        the fault as one that this image does not show; `CANNOT_TELL` where the check says
        that it shows nothing; `MISSED` for a fault that passed without a word; `NO_FAULT`.
    """
    request = Request(image, gaussian.plan(image, sigma=SIGMA))
    right = request.exact()
    exact = right if name is None else FAULTS[name](request)
    if name is not None and np.array_equal(exact, right):
        return NO_FAULT
    with np.errstate(over="ignore"):
        stored = round_to(exact, image.data.dtype).reshape(image.data.shape)
    row, seen = judge_result(image, request.plan, stored, ENGINE)
    if row.same is False:
        return CAUGHT
    if any(found.gross and not found.visible for found in seen):
        return CANNOT_TELL
    if name is None:
        return PASSED
    named = {found.fault for found in seen if not found.visible}
    return HIDDEN if name in named else MISSED


def table() -> dict[str, dict[str, str]]:
    """Return fault → image → what the check made of it."""
    given = images()
    return {
        name or "none": {label: cell(image, name) for label, image in given.items()}
        for name in (None, *FAULTS)
    }
