"""The plugin in the pytest of a user."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from conftest import run_python
from fiji_bridge import gaussian
from fiji_bridge_lab.pytest_plugin import check_same_blur

TEST = """
import numpy as np
from scipy.ndimage import gaussian_filter

import fiji_bridge


def test_same(calibrated_image, assert_same_blur):
    image = calibrated_image("beads", shape=(8, 20, 22), voxel_size="2 0.5 0.5 um")
    blurred = fiji_bridge.gaussian(image, sigma="1 um", engine="scipy")
    assert_same_blur(blurred, blurred)


def test_not_same(calibrated_image, assert_same_blur):
    image = calibrated_image("beads", shape=(8, 20, 22), voxel_size="2 0.5 0.5 um")
    a = fiji_bridge.gaussian(image, sigma="1 um", engine="scipy")
    b = fiji_bridge.gaussian(image, sigma="1 um", engine="scipy", border="nearest")
    assert_same_blur(a, b, source=image, sigma="1 um")
"""


def test_fixtures_assertion_and_report(tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(TEST)
    report = tmp_path / "checks.html"
    done = run_python(
        ["-m", "pytest", "-p", "no:faulthandler", "-p", "no:cacheprovider", "-q",
         f"--rootdir={tmp_path}", f"--fiji-report={report}", str(tmp_path / "test_user.py")],
    )  # fmt: skip
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "the second looks like border nearest instead of mirror-double" in done.stdout
    text = report.read_text(encoding="utf-8")
    assert "✗ DIFFERENT" in text
    assert "= same" in text
    assert "border nearest" in text


def test_message_says_how_much_where_and_why() -> None:
    source = np.random.default_rng(0).random((9, 20, 22))
    right = gaussian(source, sigma=(1, 2, 1.5), voxel_size=(1, 1, 1), engine="scipy")
    wrong = gaussian(source, sigma=(1.5, 2, 1), voxel_size=(1, 1, 1), engine="scipy")
    with pytest.raises(AssertionError) as caught:
        check_same_blur(right, wrong, source=source, sigma=(1, 2, 1.5), voxel_size=(1, 1, 1))
    message = str(caught.value)
    assert "largest difference" in message
    assert " at z=" in message
    assert "the first is as asked for" in message
    assert "the second looks like swapped axes" in message


def test_message_without_a_source_still_sees_a_transposition() -> None:
    a = np.random.default_rng(0).random((5, 6, 7))
    with pytest.raises(AssertionError, match=r"transposed by \(2, 1, 0\)"):
        check_same_blur(a, a.transpose(2, 1, 0).copy())
    with pytest.raises(AssertionError, match="give source= and sigma= to learn why"):
        check_same_blur(a, a + 1)


def test_truncated_integers_are_not_the_same_blur() -> None:
    """Nowhere more than one grey level, but in half of the samples."""
    source = (np.random.default_rng(0).random((9, 20, 22)) * 200).astype(np.uint8)
    exact = gaussian(source, sigma=1, voxel_size=(1, 1, 1), engine="scipy", dtype="float64")
    right = gaussian(source, sigma=1, voxel_size=(1, 1, 1), engine="scipy")
    wrong = np.asarray(exact).astype(np.uint8)
    assert np.abs(right.astype(int) - wrong).max() == 1
    with pytest.raises(AssertionError, match=r"the second looks like fractions cut off"):
        check_same_blur(right, wrong, source=source, sigma=1, voxel_size=(1, 1, 1))


def test_plain_scipy_is_told_from_gauss3() -> None:
    source = np.random.default_rng(0).random((9, 20, 22))
    right = gaussian(source, sigma=2, voxel_size=(1, 1, 1), engine="scipy")
    with pytest.raises(AssertionError, match="sampled up to 4 sigma"):
        check_same_blur(
            right, gaussian_filter(source, 2), source=source, sigma=2, voxel_size=(1, 1, 1)
        )
