"""Two results of one blur: held against the exact one, as the cross-check does it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fiji_bridge import gaussian
from fiji_bridge.check.difference import difference
from fiji_bridge.check.exact import Exact, same_blur
from fiji_bridge.check.judgement import pair_tolerance
from fiji_bridge.convert.adapters import to_image
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.dtypes import round_to
from fiji_bridge_lab import faults_caught
from fiji_bridge_lab.judge import judge
from fiji_bridge_lab.pytest_plugin import check_same_blur
from fiji_bridge_lab.suite import Accepted

IMAGES = faults_caught.images()


@pytest.mark.parametrize("label", IMAGES)
def test_no_fault_passes_beside_the_right_result(label: str) -> None:
    """The 16 faults × 17 images of the cross-check, as one of two results."""
    image = IMAGES[label]
    request = faults_caught.Request(image, gaussian.plan(image, sigma=faults_caught.SIGMA))
    exact = Exact(image, request.plan)

    def stored(values: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(over="ignore"):
            return round_to(values, image.data.dtype).reshape(image.data.shape)

    right = stored(request.exact())
    passed = []
    for name, make in faults_caught.FAULTS.items():
        wrong = stored(make(request))
        found = difference(right, wrong)
        judged = [exact.judged(data) for data in (right, wrong)]
        tolerance = pair_tolerance([image.data], [right.dtype, wrong.dtype])
        verdict, _ = same_blur(right, found, tolerance, exact, judged)
        # Equal in every bit: this image does not show the fault.
        if verdict == "passed" and found.maximum > 0:
            passed.append(name)
    assert passed == []


def _judged(image: CalibratedImage, sigma: str, **results: NDArray[Any]) -> dict[str, Any]:
    class Arrays:
        def get(self, sha256: str) -> NDArray[Any]:
            return results[sha256]

    task = {
        "operation": "gaussian",
        "parameters": {"sigma": sigma},
        "results": {label: {"sha256": label} for label in results},
        "pairs": [{"a": "a", "b": "b", "accepted": asdict(Accepted())}],
    }
    pair: dict[str, Any] = judge(image, task, Arrays())["pairs"][0]
    return pair


@pytest.fixture
def noise() -> CalibratedImage:
    samples = np.random.default_rng(0).random((9, 24, 26))
    return to_image(samples.astype(np.float32), voxel_size="2 0.5 0.5 um")


def test_the_lab_and_the_plugin_see_what_a_pairs_tolerance_hides(noise: CalibratedImage) -> None:
    """3e-6 in one sample: two results may be as far apart, one sum may not be that far off."""
    right = np.asarray(gaussian(noise, sigma="1 um", engine="scipy").data)
    wrong = right.copy()
    wrong[4, 5, 6] += np.float32(3e-6)
    assert pair_tolerance([noise.data], [right.dtype] * 2).holds_for(difference(right, wrong))
    pair = _judged(noise, "1 um", a=right, b=wrong)
    assert pair["verdict"] == "different"
    assert (
        "a is as asked for; b is nearly as asked for: 1 of 5616 samples are beyond"
        in (pair["words"])
    )
    check_same_blur(right, wrong)
    with pytest.raises(AssertionError, match=r"the second is nearly as asked for: 1 of 5616"):
        check_same_blur(right, wrong, source=noise, sigma="1 um")


def test_one_grey_level_in_one_sample(noise: CalibratedImage) -> None:
    image = noise.with_data((noise.data * 200).astype(np.uint8))
    right = np.asarray(gaussian(image, sigma="1 um", engine="scipy").data)
    wrong = right.copy()
    wrong[4, 5, 6] += 1
    pair = _judged(image, "1 um", a=right, b=wrong)
    assert pair["verdict"] == "different"
    assert "1 of 5616 samples are not the exact result rounded, by up to 1" in pair["words"]


def test_both_honest(noise: CalibratedImage) -> None:
    right = np.asarray(gaussian(noise, sigma="1 um", engine="scipy").data)
    other = np.nextafter(right, np.float32(2))
    pair = _judged(noise, "1 um", a=right, b=other)
    assert pair["verdict"] == "same"
    assert pair["words"].endswith("both are the exact result, to the error bound of their sums")
    check_same_blur(right, other, source=noise, sigma="1 um")


def test_neither_is_what_was_asked_for_but_they_agree(noise: CalibratedImage) -> None:
    """Two filters with SciPy's kernel, asked for Gauss3's: they are the same as each other."""
    other = np.asarray(gaussian(noise, sigma="1 um", kernel="scipy", engine="scipy").data)
    pair = _judged(noise, "1 um", a=other, b=np.nextafter(other, np.float32(2)))
    assert pair["verdict"] == "same"
    assert "exact" not in pair["words"]


def test_an_image_that_cannot_tell(noise: CalibratedImage) -> None:
    """On an offset of 1e6 float32 sums may be off by more than this blur leaves."""
    image = noise.with_data(noise.data + np.float32(1e6))
    right = np.asarray(gaussian(image, sigma="3 um", engine="scipy").data)
    other = right + np.float32(0.0625)
    pair = _judged(image, "3 um", a=right, b=other)
    assert (pair["verdict"], pair["causes"]) == ("cannot tell", ["cannot-tell"])
    assert "z not blurred or y not blurred or x not blurred would be no further" in pair["words"]
    with pytest.raises(AssertionError, match=r"cannot tell: .* not have revealed not blurred or"):
        check_same_blur(right, other, source=image, sigma="3 um")
