"""Samples that are NaN or infinite: which operations can leave them out, and what that gives."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fiji_bridge
from fiji_bridge.errors import InputError, NotFiniteError
from fiji_bridge.image.results import Images
from fiji_bridge.ops.operation import Result
from fiji_bridge.ops.registry import REGISTRY

Program = Callable[..., subprocess.CompletedProcess[str]]
STACK = "1.25 0.45 0.45 um"


def _nan_choices(name: str) -> tuple[str, ...]:
    return next((tuple(p.choices) for p in REGISTRY[name].parameters if p.name == "nan"), ())


ON_IMAGES = [name for name, o in REGISTRY.items() if o.result is not Result.REPORT]
#: Operations whose results are means.
MEANS = [name for name in ON_IMAGES if "ignore" in _nan_choices(name)]
#: Operations whose results are none: 'ignore' is refused in one sentence.
OTHERS = [name for name in ON_IMAGES if _nan_choices(name) and name not in MEANS]
#: Filters of other libraries, which do not know what is not there.
WITHOUT_CHOICE = [name for name in ON_IMAGES if not _nan_choices(name)]


def test_there_are_operations_of_each_kind() -> None:
    assert {"gaussian", "views"} <= set(MEANS)
    assert {"laplacian", "structure_tensor"} <= set(OTHERS)
    assert {"median", "bilateral"} <= set(WITHOUT_CHOICE)


@pytest.fixture
def holed() -> NDArray[np.float64]:
    """A volume with holes of several kinds: single samples, and a block wider than the kernels."""
    data = np.random.default_rng(4).uniform(10, 20, (9, 32, 34))
    data[2, 5, 6] = np.nan
    data[4, 9, 9] = np.inf
    data[:, 14:, 16:] = -np.inf
    return data


def images_of(result: Any) -> list[NDArray[Any]]:
    if isinstance(result, Images):
        return [image.data for image in result.images.values()]
    return [np.asarray(getattr(result, "data", result))]


def run(name: str, data: Any, engine: str = "scipy", **options: Any) -> Any:
    own = dict(REGISTRY[name].example)
    if name == "difference_of_gaussians" and options.get("nan") == "ignore":
        # Its own kernel has negative lobes at 0.8 pixels, and makes no mean.
        own["kernel"] = "scipy"
    chosen = {"engine": engine} if REGISTRY[name].uses_engine else {}
    return fiji_bridge.run(name, data, voxel_size=STACK, **{**own, **chosen, **options})


@pytest.mark.parametrize("name", MEANS)
def test_means_stay_within_the_samples_that_are_there(
    name: str, holed: NDArray[np.float64], engine: str
) -> None:
    for found in images_of(run(name, holed, engine, nan="ignore")):
        there = found[np.isfinite(found)]
        assert there.size
        # The mask is added to the sample itself, whatever that is.
        assert name == "unsharp_mask" or not np.isinf(found).any()
        if name in ("difference_of_gaussians", "unsharp_mask"):
            assert np.abs(there).max() < 31
        else:
            # Rounding of float64 sums.
            assert there.min() > 10 - 1e-9
            assert there.max() < 20 + 1e-9


@pytest.mark.parametrize("name", MEANS)
def test_a_constant_with_holes_is_that_constant(name: str, engine: str) -> None:
    data = np.full((9, 32, 34), 7.0)
    data[3:6, 10:14, 20:25] = np.nan
    expected = {"difference_of_gaussians": 0.0}.get(name, 7.0)
    for found in images_of(run(name, data, engine, nan="ignore")):
        np.testing.assert_allclose(found[np.isfinite(found)], expected, rtol=1e-12, atol=1e-12)
        # The hole is narrower than the kernels reach, but it is not filled by everything.
        if name in ("gaussian", "difference_of_gaussians"):
            assert np.isfinite(found).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*OTHERS, *MEANS])
def test_infinities_that_meet_warn_of_nothing(name: str, engine: str) -> None:
    data = np.random.default_rng(9).uniform(10, 20, (9, 60, 62)).astype(np.float32)
    # Two that meet within a kernel, and one far from them.
    data[2, 5, 6], data[2, 5, 7], data[4, 50, 50] = np.inf, -np.inf, np.inf
    assert images_of(run(name, data, engine, nan="propagate"))


@pytest.mark.parametrize("name", MEANS)
def test_without_holes_ignoring_changes_nothing(name: str, engine: str) -> None:
    data = np.random.default_rng(5).normal(size=(8, 20, 21)).astype(np.float32)
    ignored = images_of(run(name, data, engine, nan="ignore"))
    kernel = {"kernel": "scipy"} if name == "difference_of_gaussians" else {}
    refused = images_of(run(name, data, engine, nan="refuse", **kernel))
    for a, b in zip(refused, ignored, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", [*OTHERS, *MEANS])
def test_by_default_holes_are_refused_and_told_of(name: str, holed: NDArray[np.float64]) -> None:
    with pytest.raises(NotFiniteError, match=r"samples that are NaN or infinite.*nan='propagate'"):
        run(name, holed)


def test_one_hole_is_one_sample() -> None:
    data = np.zeros((3, 4, 5))
    data[1, 2, 3] = np.nan
    with pytest.raises(NotFiniteError, match=r"has 1 sample that is NaN .* at z=1, y=2, x=3;"):
        run("gaussian", data)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*OTHERS, *MEANS])
def test_holes_propagate_as_far_as_the_kernels_reach(name: str, engine: str) -> None:
    data = np.random.default_rng(9).uniform(10, 20, (9, 90, 92))
    whole = images_of(run(name, data, engine))
    data[2, 5, 6] = np.nan
    for found, expected in zip(
        images_of(run(name, data, engine, nan="propagate")), whole, strict=True
    ):
        if found.dtype == np.uint8:
            # Colours: no direction is black.
            assert not found[2, 5, 6].any()
            continue
        missing = np.isnan(found)
        # The discrete kernels of a pyramid reach over all of its coarse levels.
        assert 1 <= missing.sum() < found.size + (name == "pyramid")
        np.testing.assert_array_equal(found[~missing], expected[~missing])


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_mean_cannot_leave_samples_out(name: str, holed: NDArray[np.float64]) -> None:
    with pytest.raises(InputError, match="left out of a mean only: fill the holes first"):
        run(name, holed, nan="ignore")
    # The remedy works.
    filled = fiji_bridge.gaussian(
        holed, sigma="3 um", voxel_size=STACK, nan="ignore", engine="scipy"
    )
    core = filled[:, :16, :18]
    assert np.isfinite(core).all()
    assert all(np.isfinite(found).all() for found in images_of(run(name, core)))


@pytest.mark.parametrize("name", WITHOUT_CHOICE)
def test_filters_of_others_refuse_holes(name: str, holed: NDArray[np.float64]) -> None:
    if name == "bilateral":
        pytest.importorskip("SimpleITK", reason="needs SimpleITK")
    with pytest.raises(NotFiniteError, match="fill them first, by a gaussian"):
        run(name, holed)


def test_the_program_says_the_same(program_here: Program, tmp_path: Path) -> None:
    source = tmp_path / "in.tif"
    fiji_bridge.write(fiji_bridge.convert.adapters.to_image(np.ones((4, 5), np.float32)), source)
    done = program_here(
        "laplacian", source, tmp_path / "out.tif", "--sigma", "1 px", "--nan", "ignore"
    )  # fmt: skip
    assert done.returncode == 2
    assert "'ignore' is not one of 'refuse', 'propagate'; samples can be left out" in done.stderr
    assert "cannot be ignored" in " ".join(program_here("laplacian", "--help").stdout.split())


def test_unsharp_mask_does_not_see_what_is_not_there(engine: str) -> None:
    data = np.random.default_rng(6).uniform(0, 9, (6, 20, 22))
    holed = data.copy()
    holed[3, 8, 9] = np.nan
    found = run("unsharp_mask", holed, engine, nan="ignore")
    blurred = run("gaussian", holed, engine, nan="ignore")
    assert np.isnan(found[3, 8, 9])
    rest = np.isfinite(holed)
    amount = REGISTRY["unsharp_mask"].example["amount"]
    np.testing.assert_allclose(found[rest], (holed + amount * (holed - blurred))[rest], atol=1e-12)


@pytest.mark.parametrize("border", ["mirror-double", "mirror-single", "periodic"])
def test_levels_of_a_scale_space_are_direct_blurs(engine: str, border: str) -> None:
    data = np.random.default_rng(7).uniform(0, 9, (9, 24, 26))
    data[2:4, 5:9, 6:9] = np.nan
    made = run("pyramid", data, engine, nan="ignore", downsampling="none", levels=3, border=border)
    assert np.isnan(made["level0"].data).sum() == 2 * 4 * 3
    for number, level in enumerate(made.levels[1:], 1):
        # The image's own blur is half a voxel of z.
        sigma = 1.25 / 2 * float(np.sqrt(4**number - 1))
        direct = fiji_bridge.gaussian(
            data, sigma=f"{sigma} um", kernel="discrete", voxel_size=STACK, nan="ignore",
            engine=engine, border=border,
        )  # fmt: skip
        # As without holes: the discrete kernel loses 1e-12 per level, and float64 rounds.
        np.testing.assert_allclose(level.data, direct, atol=1e-9)


def test_rescaling_between_holes_is_a_mean_of_neighbours() -> None:
    line = np.array([[0.0, 1.0, np.nan, 3.0, 4.0]])
    made = fiji_bridge.rescale(
        line, to=(1, 0.5), voxel_size=(1, 1), border="nearest", nan="ignore"
    )  # fmt: skip
    # Samples at -0.25, 0.25, 0.75 …: at 1.75 and 2.25 one of the two neighbours is missing.
    np.testing.assert_allclose(
        made[0], [0, 0.25, 0.75, 1, 1, 3, 3, 3.25, 3.75, 4], atol=1e-12
    )  # fmt: skip
    nearest = fiji_bridge.rescale(
        line, to=(1, 0.5), voxel_size=(1, 1), interpolation="nearest", nan="ignore"
    )
    np.testing.assert_array_equal(nearest[0], np.repeat(line[0], 2))
    with pytest.raises(InputError, match="goes with interpolation 'nearest' or 'linear'"):
        fiji_bridge.rescale(
            line, to=(1, 0.5), voxel_size=(1, 1), interpolation="cubic", nan="ignore"
        )


@pytest.mark.parametrize("name", ["gaussian", "difference_of_gaussians", "unsharp_mask"])
def test_a_kernel_with_negative_lobes_makes_no_mean(name: str, holed: NDArray[np.float64]) -> None:
    """0.8 pixels along z: there the band-limited kernel has lobes, and weights may cancel."""
    with pytest.raises(InputError, match=r"negative taps.*\(band-limited\).*choose kernel 'scipy'"):
        run(name, holed, nan="ignore", kernel="band-limited")
    wide = images_of(run(name, holed, nan="ignore", sigma="3 um", kernel="band-limited"))
    core = (slice(5, None), slice(None, 8))
    assert all(np.isfinite(found[core]).all() for found in wide)
