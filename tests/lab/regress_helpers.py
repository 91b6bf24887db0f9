"""A small suite with filters of our own, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

#: Filters as someone else may have written them; each is called in a worker process.
FILTERS = """
import os, signal, time
import numpy as np
from scipy.ndimage import correlate1d, gaussian_filter
from fiji_bridge.kernels.gaussian import full, gauss3_half


def good(volume, sigma, mode="reflect"):
    out = volume.astype(float)
    for axis, s in enumerate(sigma):
        out = correlate1d(out, full(gauss3_half(s)), axis, mode=mode) if s else out
    return out


def nearest(volume, sigma):
    return good(volume, sigma, "nearest")


def swapped(volume, sigma):
    return good(volume, sigma[::-1])


def multiplied(volume, sigma):  # voxels of 2, 0.5, 0.5
    return good(volume, [s * v * v for s, v in zip(sigma, (2, 0.5, 0.5))])


def truncated(volume, sigma):
    return good(volume, sigma).astype(volume.dtype)


def killed(volume, sigma):
    if volume.dtype == np.uint8:
        os.kill(os.getpid(), signal.SIGKILL)
    return good(volume, sigma)


def hanging(volume, sigma):
    if volume.dtype == np.uint8:
        time.sleep(600)
    return good(volume, sigma)


def raising(volume, sigma):
    raise RuntimeError("no such luck")


def spilling(volume, sigma):
    return good(volume, sigma) + (volume.mean() * 0.01)
"""

HEAD = """
[suite]
name = "small"
timeout = {timeout}

[[images]]
name = "beads"
phantom = "beads"
shape = [10, 24, 26]
voxel_size = "2 0.5 0.5 um"
dtypes = {dtypes}

[[operations]]
name = "1 um"
parameters = {{ sigma = "1 um" }}

[[filters]]
name = "scipy"
"""


def write_suite(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *names: str,
    dtypes: str = '["uint8", "float32"]',
    timeout: float = 60,
    more: str = "",
) -> Path:
    """Write the filters where workers find them, and a suite that uses some of them."""
    (folder / "own_filters.py").write_text(FILTERS)
    monkeypatch.setenv("PYTHONPATH", str(folder))  # of programs
    monkeypatch.syspath_prepend(str(folder))  # of this process, whose workers have it as well
    text = HEAD.format(timeout=timeout, dtypes=dtypes)
    for name in names:
        text += f'\n[[filters]]\nname = "python:own_filters:{name}"\nlabel = "{name}"\n'
    path = folder / "suite.toml"
    path.write_text(text + more)
    return path
