"""What the provenance says of sums in two steps is of all volumes, and of every level."""

from __future__ import annotations

import numpy as np
import pytest

import fiji_bridge

pytestmark = pytest.mark.jvm


@pytest.mark.parametrize("first", [True, False])
def test_remarks_are_of_all_volumes(first: bool) -> None:
    """A frame with a hole is summed in float64, directly or otherwise: whichever comes last."""
    frames = np.random.default_rng(1).random((2, 1, 300, 300)).astype(np.float32)
    frames[0 if first else 1, 0, 3, 3] = np.nan
    found = fiji_bridge.gaussian(
        frames, sigma=30.0, voxel_size=(1, 1, 1), axes="tzyx", kernel="discrete", nan="ignore",
        engine="fused",
    )  # fmt: skip
    assert "in two steps" in found.provenance[-1]["implementation"]


def test_a_pyramid_says_how_its_levels_were_summed() -> None:
    plane = np.random.default_rng(2).random((1, 300, 300)).astype(np.float32)
    made = fiji_bridge.pyramid(
        plane, voxel_size="1 1 1 um", initial_sigma="20 um", levels=2, downsampling="none",
        engine="fused",
    )  # fmt: skip
    assert "in two steps" in made.levels[1].provenance[-1]["implementation"]
    assert "in two steps" not in made.levels[0].provenance[-1]["implementation"]
