"""Fixtures and an assertion for the tests of others; pytest loads it by its entry point."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fiji_bridge.image.calibrated import CalibratedImage
    from fiji_bridge.jvm.session import Session
    from fiji_bridge.kernels.borders import BorderName
    from fiji_bridge.kernels.gaussian import KernelName

_CHECKS: list[dict[str, Any]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--fiji-report``."""
    group = parser.getgroup("fiji_bridge")
    group.addoption(
        "--fiji-report",
        metavar="FILE",
        help="write what assert_same_blur compared, with numbers and reasons, to an HTML file",
    )


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forget the checks of an earlier run in the same process."""
    _CHECKS.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the report that was asked for."""
    target = session.config.getoption("--fiji-report")
    if target:
        from fiji_bridge.formats.atomic import atomic_output

        with atomic_output(Path(target), overwrite=True) as file:
            file.write(_report().encode())


@pytest.fixture(scope="session")
def fiji_session() -> Session:
    """Start the JVM of the test process with the settings of environment and file.

    Run pytest with ``-p no:faulthandler``: the JVM uses SIGSEGV itself.
    """
    from fiji_bridge.jvm.session import start

    return start()


@pytest.fixture
def calibrated_image() -> Callable[..., CalibratedImage]:
    """Make phantoms: ``calibrated_image("beads", shape=(16, 32, 32), voxel_size="2 1 1 um")``.

    Further keywords: ``axes`` (default by shape), ``dtype`` (float32) and ``seed``. The samples are
    the same on every machine.
    """
    from fiji_bridge.convert.adapters import to_image
    from fiji_bridge_lab import phantoms

    def make(
        phantom: str = "beads",
        *,
        shape: tuple[int, ...] = (12, 30, 32),
        voxel_size: Any = "2 0.45 0.45 um",
        axes: str | None = None,
        dtype: str = "float32",
        seed: int = 0,
    ) -> CalibratedImage:
        data = phantoms.make(phantom, shape, dtype, seed=seed)
        return to_image(data, voxel_size=voxel_size, axes=axes)

    return make


@pytest.fixture
def assert_same_blur(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare two blurs; see `check_same_blur`. The check appears in ``--fiji-report``."""

    def check(a: Any, b: Any, **options: Any) -> None:
        entry: dict[str, Any] = {"test": request.node.nodeid, "message": ""}
        _CHECKS.append(entry)
        try:
            entry["numbers"] = check_same_blur(a, b, **options)
        except AssertionError as error:
            entry["message"] = str(error)
            raise

    return check


def check_same_blur(
    a: Any,
    b: Any,
    *,
    source: Any = None,
    sigma: Any = None,
    fwhm: Any = None,
    voxel_size: Any = None,
    border: BorderName = "mirror-double",
    cval: float = 0.0,
    kernel: KernelName = "gauss3",
    tolerance: float | None = None,
    axes: str | None = None,
) -> str:
    """Assert that two arrays or images are the same blur.

    Parameters
    ----------
    a, b : ndarray, DataArray, ImagePlus or CalibratedImage
    source : as `a`, optional
        The image before the blur. With it and `sigma` or `fwhm` both are held against the exact
        result, as the cross-check does it: where one of them is that, the other has to be as
        well. The message says what the reason looks like: border, kernel, swapped axes, units …
    sigma, fwhm, voxel_size, border, cval, kernel
        What was asked for, as in `fiji_bridge.gaussian`.
    tolerance : float, optional
        Largest accepted difference in grey levels, whatever the source says; by default that of
        `fiji_bridge.check.judgement.pair_tolerance` where there is no source.
    axes : str, optional
        Names of the axes of plain arrays.

    Returns
    -------
    str
        The numbers.

    Raises
    ------
    AssertionError
        Says how much, where and, with `source`, why.
    """
    import numpy as np

    from fiji_bridge.check.difference import difference
    from fiji_bridge.check.exact import Exact, same_blur
    from fiji_bridge.check.judgement import Tolerance, pair_tolerance
    from fiji_bridge.convert.adapters import to_image
    from fiji_bridge_lab.diagnosis import fit, said, same_up_to_order

    __tracebackhide__ = True
    left, other = to_image(a, axes=axes), to_image(b, axes=axes)
    arrays = [left.data, other.data]
    allowed = (
        pair_tolerance(arrays, [array.dtype for array in arrays])
        if tolerance is None
        else Tolerance(tolerance)
    )
    if left.data.shape != other.data.shape:
        turned = same_up_to_order(left.data, other.data, allowed)
        raise AssertionError(
            f"the shapes differ: {left.data.shape} and {other.data.shape}"
            + (f"; {turned}" if turned else "")
        )
    found = difference(left.data, other.data)
    place = " ".join(f"{axis}={i}" for axis, i in zip(left.axes, found.where, strict=False))
    numbers = (
        f"largest difference {found.maximum:.6g} at {place} (allowed {allowed.maximum:.3g}), "
        f"mean {found.mean:.3g}, RMS {found.rms:.3g}, {found.differing} of {found.samples} "
        "samples differ"
    )
    blur = None
    if source is not None:
        from fiji_bridge.ops.gaussian import gaussian

        image = to_image(source, voxel_size=voxel_size, axes=axes)
        plan = gaussian.plan(image, sigma=sigma, fwhm=fwhm, border=border, cval=cval, kernel=kernel)
        blur = image, plan
    held = tolerance is None and found.maximum > 0
    exact = Exact(*blur) if blur is not None and held else None
    right = [] if exact is None else [exact.judged(data) for data in arrays]
    verdict, missed = same_blur(left.data, found, allowed, exact, right)
    if verdict == "passed":
        return numbers
    if verdict == "cannot tell":
        raise AssertionError(
            f"cannot tell: {numbers}; this bound would not have revealed "
            f"{' or '.join(missed)} either"
        )
    reasons = []
    if turned := same_up_to_order(left.data, other.data, allowed):
        reasons.append(turned)
    if blur is None:
        reasons.append("give source= and sigma= to learn why")
    else:
        for number, name in enumerate(("the first", "the second")):
            fitted = fit(*blur, np.asarray(arrays[number]), allowed)
            reasons.append(
                f"{name} {said(fitted, right[number] if right else None, arrays[number].dtype)}"
            )
    raise AssertionError(f"not the same blur: {numbers}; {'; '.join(reasons)}")


def _report() -> str:
    rows = "".join(
        f"<tr><td><b>{'✗ DIFFERENT' if entry['message'] else '= same'}</b></td>"
        f"<td>{escape(entry['test'])}</td>"
        f"<td>{escape(entry['message'] or entry.get('numbers', ''))}</td></tr>"
        for entry in _CHECKS
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Blurs compared</title>'
        "<style>body{font:15px/1.4 system-ui,sans-serif;margin:1.5rem}"
        "table{border-collapse:collapse}"
        "td{border:1px solid #aaa;padding:.3rem .6rem;vertical-align:top}</style></head><body>"
        f"<h1>Blurs compared: {len(_CHECKS)}</h1><table>{rows}</table></body></html>\n"
    )
