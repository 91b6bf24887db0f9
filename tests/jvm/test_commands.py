"""The ImageJ command by its recorded line, against the Python call, bit for bit."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.errors import MacroError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage, ImageJMetadata
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.install import macrogen
from fiji_bridge.jvm.calls import call
from fiji_bridge.jvm.imageplus import from_imageplus, to_imageplus
from fiji_bridge.jvm.macros import run_macro
from fiji_bridge.jvm.session import Session

pytestmark = pytest.mark.jvm

COMMAND = "Gaussian Blur (Physical)..."
SIZES = {"t": 2, "z": 7, "c": 2, "y": 21, "x": 18, "s": 3}


def image(dtype: str, axes: str, **changes: Any) -> CalibratedImage:
    rng = np.random.default_rng(8)
    shape = [SIZES[axis] for axis in axes]
    if dtype == "float32":
        data = rng.normal(100, 40, shape).astype(np.float32)
    else:
        limits = np.iinfo(dtype)
        data = rng.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    calibration = Calibration(
        AxisCalibration(0.5, "µm", 2.0),
        AxisCalibration(0.125, "µm", -1.0),
        AxisCalibration(0.25, "µm"),
        frame_interval=1.5,
    )
    return CalibratedImage(data, tuple(axes), calibration, name="test", **changes)


def run(session: Session, given: CalibratedImage, options: str) -> Any:
    """Show the image, run the recorded line, return the ImagePlus that is active then."""
    imp = to_imageplus(given)
    return run_on(session, imp, options)


def run_on(session: Session, imp: Any, options: str) -> Any:
    session.jclass("ij.WindowManager").setTempCurrentImage(None)
    imp.show()
    try:
        # The id of the result leaves the macro; closing is up to the caller.
        macro = f'run("{COMMAND}", "{options}"); saveAs("Tiff", getArgument()); return getTitle();'
        return run_macro(session, macro, str(run_on.path))  # type: ignore[attr-defined]
    finally:
        imp.changes = False
        imp.close()


@pytest.fixture(autouse=True)
def result(tmp_path: Path) -> Path:
    """Where `run` saves the active image."""
    run_on.path = tmp_path / "result.tif"  # type: ignore[attr-defined]
    return tmp_path / "result.tif"


@pytest.mark.parametrize(
    ("dtype", "axes"),
    [
        ("uint8", "zyx"), ("uint16", "tzcyx"), ("int16", "zyx"), ("float32", "zcyx"),
        ("uint8", "zyxs"), ("uint8", "yx"), ("float32", "tyx"), ("uint16", "cyx"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("sigma=0.4 unit=um", {"sigma": "0.4 um"}),
        (
            "sigma=[z=600 y=300 x=0] unit=nm meaning=FWHM border=constant cval=-3.5",
            {"fwhm": "z=600 nm, y=300 nm, x=0 nm", "border": "constant", "cval": -3.5},
        ),
        (
            "sigma=0.4 unit=pixel kernel=discrete border=nearest",
            {"sigma": "0.4 px", "kernel": "discrete", "border": "nearest"},
        ),
    ],
)  # fmt: skip
def test_gives_the_bits_of_the_python_call(
    session: Session, result: Path, dtype: str, axes: str, options: str, arguments: dict[str, Any]
) -> None:
    given = image(dtype, axes)
    run(session, given, f"{options} engine=fused")
    expected = fiji_bridge.gaussian(given, engine="fused", **arguments)
    found = read(result)
    assert found.data.dtype == expected.data.dtype
    np.testing.assert_array_equal(found.data, expected.data)


@pytest.mark.parametrize("border", fiji_bridge.kernels.borders.BORDERS)
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_32_bit_results_have_the_bits_of_the_python_call(
    session: Session, result: Path, dtype: str, border: str
) -> None:
    given = image(dtype, "zyx")
    run(session, given, f"sigma=0.3 border={border} dtype=float32 engine=fused")
    expected = fiji_bridge.gaussian(
        given, sigma="0.3 um", border=border, dtype="float32", engine="fused"
    )
    np.testing.assert_array_equal(read(result).data, expected.data)


@pytest.mark.parametrize("nan", ["propagate", "ignore"])
def test_nan_policies_give_the_bits_of_the_python_call(
    session: Session, result: Path, nan: str
) -> None:
    given = image("float32", "zcyx")
    given.data[3, 1, 4:6, 5] = (np.nan, np.inf)
    run(session, given, f"sigma=0.3 nan={nan} engine=fused")
    expected = fiji_bridge.gaussian(given, sigma="0.3 um", nan=nan, engine="fused")
    np.testing.assert_array_equal(read(result).data, expected.data)
    with pytest.raises(MacroError, match="has 2 samples that are NaN or infinite"):
        run(session, given, "sigma=0.3 engine=fused")


def test_everything_else_that_the_image_has_stays(session: Session, result: Path) -> None:
    luts = tuple(
        np.stack([np.arange(256) * (c == k) for k in range(3)]).astype(np.uint8) for c in range(2)
    )
    metadata = ImageJMetadata(
        info="some info",
        labels=tuple(f"plane {i}" for i in range(SIZES["z"] * SIZES["c"])),
        luts=luts,
        ranges=(10.0, 200.0, 20.0, 250.0),
        properties={"mine": "kept"},
        mode="composite",
    )
    given = image("uint8", "zcyx", metadata=metadata)
    run(session, given, "sigma=0.4 engine=fused")
    found = read(result)
    assert found.calibration == given.calibration or _only_source_differs(found, given)
    assert found.metadata.labels == metadata.labels
    assert found.metadata.ranges == metadata.ranges
    assert found.metadata.mode == "composite"
    assert found.metadata.properties["mine"] == "kept"
    assert "some info" in str(found.metadata.info)
    np.testing.assert_array_equal(found.metadata.luts, luts)


def _only_source_differs(found: CalibratedImage, given: CalibratedImage) -> bool:
    from dataclasses import replace

    return replace(found.calibration, source=given.calibration.source) == given.calibration


def test_in_place_changes_the_image_itself(session: Session, result: Path) -> None:
    given = image("uint16", "zcyx")
    imp = to_imageplus(given)
    title = run_on(session, imp, "sigma=0.4 result=[in place] engine=fused")
    assert not title.startswith("test-gaussian")
    expected = fiji_bridge.gaussian(given, sigma="0.4 um", engine="fused")
    np.testing.assert_array_equal(from_imageplus(imp).data, expected.data)
    assert len(from_imageplus(imp).provenance) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("sigma=0.4 result=[in place] dtype=float32", "in place the type stays"),
        ("sigma=0.4 engine=gauss3", "needs imglib2-algorithm"),
        ("sigma=0.4 unit=[um] meaning=radius", "meaning must be one of sigma, FWHM"),
        ("sigma=1e9", "at most 1000000 pixels"),
        ("sigma=0.4 cval=3", "goes with border=constant"),
        ("sigma=0.4 border=constant cval=nan", "cval must be a number"),
    ],
)
def test_a_refusal_leaves_the_image_as_it_was(
    session: Session, result: Path, options: str, said: str
) -> None:
    if "needs imglib2-algorithm" in said and session.has_gauss3():
        pytest.skip("this runtime has imglib2-algorithm")
    given = image("uint16", "zyx")
    imp = to_imageplus(given)
    with pytest.raises(MacroError, match=re.escape(said)):
        run_on(session, imp, options)
    np.testing.assert_array_equal(from_imageplus(imp).data, given.data)
    assert not result.exists()


@pytest.mark.parametrize("border", fiji_bridge.kernels.borders.BORDERS)
@pytest.mark.parametrize("depth", [3, 40])
@pytest.mark.parametrize("kind", ["uint16", "pedestal", "pedestal below"])
def test_virtual_stacks_are_read_slab_by_slab_with_the_same_bits(
    session: Session, result: Path, tmp_path: Path, border: str, depth: int, kind: str
) -> None:
    rng = np.random.default_rng(2)
    data: Any = rng.integers(0, 2**16, (depth, 9, 8), dtype=np.uint16)
    if kind != "uint16":
        # A pedestal is one of the whole volume, whatever the slabs: sums are others there.
        data = rng.random((depth, 9, 8), dtype=np.float32)
        data[: depth if kind == "pedestal" else depth // 2] += 1e6
    given = image("uint16", "zyx").with_data(data)
    path = tmp_path / "virtual.tif"
    write(given, path)
    cval = " cval=7.5" if border == "constant" else ""
    macro = (
        f'run("TIFF Virtual Stack...", "open=[{path}]");'
        f'if (!is("Virtual Stack")) exit("not virtual");'
        f'run("{COMMAND}", "sigma=1 border={border}{cval} engine=fused");'
        f'saveAs("Tiff", "{result}");'
    )
    run_macro(session, macro)
    expected = fiji_bridge.gaussian(
        given, sigma="1 um", border=border, cval=7.5 if cval else 0.0, engine="fused"
    )
    np.testing.assert_array_equal(read(result).data, expected.data)


def test_a_virtual_stack_is_not_changed_in_place(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "virtual.tif"
    write(image("uint16", "zyx"), path)
    with pytest.raises(MacroError, match="is a virtual stack, which cannot be changed in place"):
        run_macro(
            session,
            f'run("TIFF Virtual Stack...", "open=[{path}]");'
            f'run("{COMMAND}", "sigma=1 result=[in place]");',
        )


def test_values_of_macro_variables_are_taken(session: Session, result: Path) -> None:
    given = image("uint8", "zyx")
    imp = to_imageplus(given)
    imp.show()
    try:
        run_macro(
            session,
            f'width = 0.4; where = "nearest"; run("{COMMAND}", "sigma=&width border=&where '
            f'engine=fused"); saveAs("Tiff", "{result}");',
        )
    finally:
        imp.changes = False
        imp.close()
    expected = fiji_bridge.gaussian(given, sigma="0.4 um", border="nearest", engine="fused")
    np.testing.assert_array_equal(read(result).data, expected.data)


def test_numbers_have_a_point_whatever_the_locale(session: Session, result: Path) -> None:
    locale = session.jclass("java.util.Locale")
    before = locale.getDefault()
    locale.setDefault(locale.GERMANY)
    try:
        given = image("uint8", "zyx")
        run(session, given, "sigma=0.4 engine=fused")
        expected = fiji_bridge.gaussian(given, sigma="0.4 um", engine="fused")
        found = read(result)
        np.testing.assert_array_equal(found.data, expected.data)
        assert found.calibration.voxel_size("z") == 0.5
        assert found.provenance[-1]["plan"]["axes"][0]["sigma_px"] == 0.8
    finally:
        locale.setDefault(before)


def with_selection(given: CalibratedImage, mask: np.ndarray) -> Any:
    """Make an ImagePlus with a selection of the pixels of a mask."""
    imp = to_imageplus(given)
    ys, xs = np.nonzero(mask)
    imp.setRoi(int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1)
    return imp


@pytest.mark.parametrize(
    ("dtype", "axes", "options"),
    [
        ("uint16", "zcyx", ""),
        ("float32", "zyx", "result=[in place]"),
        ("uint8", "zyxs", ""),
        ("int16", "zyx", "dtype=float32"),
    ],
)
def test_only_the_selection_changes_on_request(
    session: Session, result: Path, dtype: str, axes: str, options: str
) -> None:
    given = image(dtype, axes)
    mask = np.zeros((SIZES["y"], SIZES["x"]), bool)
    mask[4:15, 3:12] = True
    arguments = {"dtype": "float32"} if "float32" in options else {}
    expected = fiji_bridge.gaussian(given, sigma="0.4 um", engine="fused", **arguments).data
    full = mask[..., None] if "s" in axes else mask
    run_on(
        session, with_selection(given, mask), f"sigma=0.4 region=selection engine=fused {options}"
    )
    np.testing.assert_array_equal(read(result).data, np.where(full, expected, given.data))


def test_a_selection_that_is_not_there_is_refused(session: Session) -> None:
    with pytest.raises(MacroError, match="image 'test' has no area selection"):
        run(session, image("uint8", "zyx"), "sigma=0.4 region=selection")


def test_escape_leaves_the_image_as_it_was(session: Session) -> None:
    given = image("float32", "tzcyx")
    imp = to_imageplus(given)
    imp.show()
    runner = session.jclass("org.fijibridge.bridge.MacroRunner")
    line = f'run("{COMMAND}", "sigma=0.4 result=[in place] engine=fused");'

    def cancelled_at_once(ticket: Any) -> Any:
        ticket.cancel()
        return runner.run(f"for (i = 0; i < 1000; i++) {{ {line} }}", "", ticket)

    try:
        outcome = call(session, cancelled_at_once)
        assert outcome.failed()
        found = from_imageplus(imp)
        # Whole runs may have ended before; none is left half done.
        expected = given
        for _ in found.provenance:
            expected = fiji_bridge.gaussian(expected, sigma="0.4 um", engine="fused")
        np.testing.assert_array_equal(found.data, expected.data)
        assert len(found.provenance) < 1000
        assert not imp.isLocked()
    finally:
        imp.changes = False
        imp.close()


class TestCrossCheck:
    LINE = 'run("Cross-check with SciPy...", "sigma=[{sigma}] program=[{program}]");'

    @pytest.fixture
    def fiji_bridge_program(self, tmp_path: Path) -> Path:
        """The program, also where the package runs from its sources."""
        path = tmp_path / "fiji bridge"
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fiji_bridge "$@"\n')
        path.chmod(0o755)
        return path

    def run(self, session: Session, sigma: str, program: object) -> None:
        imp = to_imageplus(image("uint8", "zyx"))
        imp.show()
        try:
            run_macro(session, self.LINE.format(sigma=sigma, program=program))
        finally:
            imp.close()

    def test_shows_the_table_of_the_program(
        self,
        session: Session,
        fiji_bridge_program: Path,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        self.run(session, "0.4 um", fiji_bridge_program)
        assert "scipy" in capfd.readouterr().out.lower()

    @pytest.mark.parametrize("sigma", ["1 furlong", "--help", "1; touch x", "$(id)", "1 um --json"])
    def test_what_is_typed_stays_one_argument(
        self, session: Session, fiji_bridge_program: Path, sigma: str
    ) -> None:
        with pytest.raises(MacroError, match="fiji-bridge: "):
            self.run(session, sigma, fiji_bridge_program)

    def test_says_how_to_install_what_is_missing(self, session: Session) -> None:
        with pytest.raises(MacroError, match="pip install fiji-bridge"):
            self.run(session, "1 um", "/no/such/program")


def test_everything_in_plugins_config_is_a_command(session: Session) -> None:
    run_macro(session, "x = 1;")
    table = session.jclass("ij.Menus").getCommands()
    config = macrogen.resources()[macrogen.PLUGINS_CONFIG]
    entries = re.findall(r'^[^#"]+, "(.+)", (\S+)$', config, re.MULTILINE)
    assert len(entries) >= len(macrogen.commands()) + 2
    for label, java_class in entries:
        assert str(table.get(label)) == java_class
        session.jclass(java_class.partition("(")[0])()
