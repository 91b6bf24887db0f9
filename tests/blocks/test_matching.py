"""`match` by blocks: the blur is measured on a sample, and the rest is a blur like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import fiji_bridge
from fiji_bridge.blocks import matching
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.errors import ArgumentError, InputError
from fiji_bridge.formats import read

MATCH: dict[str, Any] = {"match": "isotropic-beads", "engine": "scipy", "memory": "1GB"}


def points(path: Path, right: float) -> Path:
    """Write points blurred by σ of 0.9, 0.3 and 0.3 µm; those on the right by another in plane."""
    random = np.random.default_rng(7)
    sharp = np.zeros((30, 90, 180))
    for y in range(15, 90, 30):
        for x in range(15, 180, 30):
            sharp[15, y, x] = 20_000
    blurred = ndimage.gaussian_filter(sharp, (0.9 / 0.5, 0.3 / 0.15, 0.3 / 0.15))
    wider = ndimage.gaussian_filter(sharp, (0.9 / 0.5, right / 0.15, right / 0.15))
    blurred[..., 90:] = wider[..., 90:]
    noisy = random.poisson(blurred + 20).astype(np.uint16)
    fiji_bridge.write(to_image(noisy, voxel_size="0.5 0.15 0.15 um"), path)
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Of which the right half is blurred more."""
    return points(tmp_path / "points.ome.zarr", 0.6)


@pytest.fixture
def even(tmp_path: Path) -> Path:
    """With one blur everywhere."""
    return points(tmp_path / "even.ome.zarr", 0.3)


def asked(path: Path) -> dict[str, float]:
    """Return the σ along each axis that an output says of itself."""
    plan = read(path).provenance[-1]["plan"]
    return {axis["axis"]: axis["requested"] for axis in plan["axes"]}


def test_the_sample_decides(source: Path, tmp_path: Path) -> None:
    """The bits of a blur with the sigmas that `suggest` proposes for this part."""
    out = tmp_path / "out.ome.zarr"
    fiji_bridge.process(source, out, sample="x=0:90px", **MATCH)
    report = fiji_bridge.suggest(read(source, region="x=0:90px"), beads=True)
    sigma = {axis.axis: f"{axis.add} um" for axis in report.axes}
    expected = fiji_bridge.gaussian(source, sigma=sigma, engine="scipy")
    np.testing.assert_array_equal(read(out).data, expected.data)
    said = read(out).provenance[-1]
    assert said["match"] == "isotropic-beads"
    assert said["sample"] == {"z": [0, 30], "y": [0, 90], "x": [0, 90]}
    assert said["measured"]["axes"][0]["axis"] == "z"
    # √(0.9² − 0.3²), and nothing along z.
    assert asked(out) == pytest.approx({"z": 0, "y": 0.849, "x": 0.849}, rel=0.02, abs=1e-9)
    fiji_bridge.process(source, tmp_path / "right.ome.zarr", sample="x=90:180px", **MATCH)
    # √(0.9² − 0.6²)
    assert asked(tmp_path / "right.ome.zarr")["x"] == pytest.approx(0.671, rel=0.02)


def test_without_a_sample_the_middle(
    even: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "SAMPLES", 30 * 90 * 90)
    fiji_bridge.process(even, tmp_path / "out.ome.zarr", **MATCH)
    said = read(tmp_path / "out.ome.zarr").provenance[-1]
    assert said["sample"] == {"z": [0, 30], "y": [0, 90], "x": [45, 135]}


def test_what_makes_no_sense_writes_nothing(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ome.zarr"
    with pytest.raises(InputError, match="cannot tell how blurred it is"):
        fiji_bridge.process(source, out, sample="z=0:2px y=0:8px x=0:8px", **MATCH)
    with pytest.raises(InputError, match="match must be one of none, isotropic"):
        fiji_bridge.process(source, out, **{**MATCH, "match": "even"})
    with pytest.raises(ArgumentError, match="takes no 'sample'"):
        fiji_bridge.process(source, out, sigma="1 um", sample="x=0:90px")
    assert not out.exists()


def test_from_the_command_line(
    even: Path, tmp_path: Path, program_here: Callable[..., CompletedProcess[str]]
) -> None:
    """In memory where that does, and by blocks where a sample or a memory is given."""
    how = ("--match", "isotropic-beads", "--engine", "scipy")
    whole, part = tmp_path / "whole.ome.zarr", tmp_path / "part.ome.zarr"
    ran = program_here("gaussian", even, whole, *how)
    assert ran.returncode == 0, ran.stderr
    assert "sample" not in read(whole).provenance[-1]
    ran = program_here("gaussian", even, part, *how, "--sample", "x=0:90px")
    assert ran.returncode == 0, ran.stderr
    assert "measured in z 0 to 30, y 0 to 90, x 0 to 90" in ran.stderr
    assert read(part).provenance[-1]["sample"]["x"] == [0, 90]
