"""Commands and macros on images of any kind, in the real headless ImageJ."""

from __future__ import annotations

import numpy as np
import pytest
import xarray
from scipy import ndimage

import fiji_bridge
from fiji_bridge import CalibratedImage, MacroError, Rois, run_command, run_macro
from fiji_bridge.errors import ArgumentError, InputError
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.jvm.macros import opened_titles
from fiji_bridge.jvm.session import Session

pytestmark = pytest.mark.jvm


@pytest.fixture(scope="module", autouse=True)
def _started(session: Session) -> None:
    """One JVM for all."""


def blobs() -> CalibratedImage:
    """Three planes with one, two and three rectangles."""
    data = np.zeros((3, 40, 50), np.uint8)
    data[:, 5:10, 5:15] = 255
    data[1:, 20:30, 20:24] = 255
    data[2, 33:36, 40:43] = 255
    calibration = Calibration(
        AxisCalibration(2.0, "µm"), AxisCalibration(0.5, "µm", 4.0), AxisCalibration(0.5, "µm", 2.0)
    )
    return CalibratedImage(data, ("z", "y", "x"), calibration, name="blobs [1]")


def analyze() -> fiji_bridge.CommandResult:
    return run_command(blobs(), "Analyze Particles...", "size=0-Infinity add display clear")


class TestAnalyzeParticles:
    def test_gives_the_table_of_every_plane(self) -> None:
        found = analyze()
        assert sorted(found.results["Area"]) == [
            area * 0.25 for area in sorted([50, 50, 50, 40, 40, 9])
        ]
        assert found.results.units["Area"] == "µm²"
        assert len(found.results.rows) == 6
        assert "'stack' was added for all 3" in found.log
        assert found.image.provenance[-1]["options"].endswith("stack")

    def test_gives_the_rois_in_pixels_and_physical_units(self) -> None:
        rois = analyze().rois
        assert len(rois) == 6
        first = rois[0]
        assert first.unit == "µm"
        assert first.parts[0].min(axis=0).tolist() == [5, 5]
        assert first.parts[0].max(axis=0).tolist() == [15, 10]
        assert first.physical[0].min(axis=0).tolist() == [(5 - 2) * 0.5, (5 - 4) * 0.5]
        planes = [dict(roi.position) for roi in rois]
        assert sorted(next(iter(plane.values())) for plane in planes) == [1, 2, 2, 3, 3, 3]

    def test_is_the_same_twice(self) -> None:
        once, twice = analyze(), analyze()
        assert once.results == twice.results
        assert once.rois.to_geojson() == twice.rois.to_geojson()

    def test_handles_one_plane_where_told(self) -> None:
        found = run_command(blobs(), "Analyze Particles...", "display clear", stack=False)
        assert len(found.results) == 1

    def test_rois_come_back(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        rois = analyze().rois
        again = Rois.from_geojson(rois.to_geojson(), blobs().calibration)
        assert again.to_geojson() == rois.to_geojson()
        rois.save(tmp_path / "RoiSet.zip")
        loaded = Rois.load(tmp_path / "RoiSet.zip", blobs().calibration)
        assert [roi.data for roi in loaded] == [roi.data for roi in rois]
        told = run_macro('return "" + roiManager("count");', rois=loaded)
        assert told.value == "6"


class TestKinds:
    def test_an_array_stays_an_array(self) -> None:
        data = np.zeros((9, 9, 9), np.float32)
        data[4, 4, 4] = 1
        made = run_command(data, "Gaussian Blur 3D...", x=1, y=1, z=1).image
        assert isinstance(made, np.ndarray)
        np.testing.assert_allclose(
            made, ndimage.gaussian_filter(data, 1, truncate=3), atol=2e-3
        )  # ImageJ cuts its kernel elsewhere
        assert data[4, 4, 4] == 1, "the input is left alone"

    def test_a_dataarray_keeps_units_and_origin(self) -> None:
        array = blobs().to_xarray()
        made = run_command(array, "Gaussian Blur 3D...", x=1, y=1, z=1).image
        assert isinstance(made, xarray.DataArray)
        assert made.dims == array.dims
        xarray.testing.assert_equal(made.coords["x"], array.coords["x"])
        assert made.coords["z"].attrs["units"] == "µm"

    def test_a_projection_of_a_dataarray(self) -> None:
        made = run_command(blobs().to_xarray(), "Z Project...", "projection=[Max Intensity]")
        assert len(made.images) == 2
        np.testing.assert_array_equal(made.image.squeeze(), blobs().data.max(axis=0))

    def test_several_images_by_title(self) -> None:
        found = run_macro(
            'imageCalculator("Add create", "one", "two"); rename("sum");',
            {"one": np.full((4, 5), 3, np.uint8), "two": np.full((4, 5), 4, np.uint8)},
        )
        assert len(found.images) == 3
        np.testing.assert_array_equal(found.image, np.full((4, 5), 7, np.uint8))


class TestRefusals:
    @pytest.mark.parametrize(
        ("command", "fields"),
        [
            ("Median...", "radius=2"),
            ("Gaussian Blur 3D...", "x=2, y=2, z=2"),
            ("Find Maxima...", r"prominence=10, .*light \(on or off\), output=\[Point Selection\]"),
            ("Analyze Particles...", "size=0-Infinity, .*circularity=0.00-1.00, show=Nothing"),
        ],
    )
    def test_a_dialog_is_refused_with_its_fields(self, command: str, fields: str) -> None:
        """Filters too, which ImageJ without a screen runs with their defaults."""
        image = blobs()
        with pytest.raises(MacroError, match=f"it asks for {fields}"):
            run_command(image, command)
        with pytest.raises(MacroError, match=f"it asks for {fields}") as caught:
            run_macro(f'x = 1;\nrun("{command}");\nprint("went on");', image)
        assert (caught.value.line, caught.value.log) == (2, "")

    def test_what_was_not_given_is_said(self) -> None:
        found = run_command(blobs(), "Gaussian Blur 3D...", y=1)
        assert "ImageJ's defaults were taken: x=2 z=2" in found.log
        assert "defaults" not in run_command(blobs(), "Gaussian Blur 3D...", x=1, y=1, z=1).log

    def test_a_command_without_a_dialog_needs_no_options(self) -> None:
        assert run_command(blobs(), "Find Edges").image.shape == (3, 40, 50)

    def test_a_dialog_of_a_macro_is_refused_with_the_line(self) -> None:
        with pytest.raises(MacroError, match="a dialog") as caught:
            run_macro('x = 1;\nDialog.create("d");\nDialog.addNumber("width", 1);\nDialog.show();')
        assert caught.value.line is not None

    def test_an_unknown_command_names_the_nearest(self) -> None:
        with pytest.raises(ArgumentError, match=r"Gaussian Blur 3D\.\.\."):
            run_command(blobs(), "Gaussian Blur 3d...", x=1)

    @pytest.mark.parametrize("value", ["a] x=9 b=[c", "two\nlines"])
    def test_a_value_that_would_be_another_option(self, value: str) -> None:
        with pytest.raises(InputError, match="brackets or control"):
            run_command(blobs(), "Rename...", title=value)

    def test_an_error_has_its_line_and_the_log(self) -> None:
        with pytest.raises(MacroError, match="Undefined variable") as caught:
            run_macro('print("so far");\n\nx = y + 1;')
        assert caught.value.line == 3
        assert caught.value.log.strip() == "so far"


class TestClean:
    def test_nothing_of_one_run_is_seen_in_the_next(self) -> None:
        run_macro(
            'newImage("left open", "8-bit black", 9, 9, 1); makeRectangle(1, 1, 3, 3);'
            'roiManager("add"); run("Set Measurements...", "perimeter redirect=None decimal=1");'
            'run("Measure"); setForegroundColor(255, 0, 0); setOption("BlackBackground", true);'
            'run("Median...", "radius=7");'
        )
        assert opened_titles(fiji_bridge.start()) == []
        found = run_macro(
            'a = "" + nImages + " " + nResults + " " + roiManager("count") + " ";'
            'newImage("a", "8-bit black", 9, 9, 1); run("Measure");'
            'return a + Table.headings + getValue("color.foreground");'
        )
        assert found.value.startswith("0 0 0 ")
        assert list(found.results.columns) == ["Area", "Mean", "Min", "Max"]
        assert found.value.endswith("0")

    def test_what_was_there_is_put_back(self, session: Session) -> None:
        analyzer = session.jclass("ij.plugin.filter.Analyzer")
        kept = session.jclass("ij.IJ").createImage("kept", "8-bit", 4, 4, 1)
        kept.show()
        before = analyzer.getMeasurements()
        analyzer.setMeasurements(128)
        try:
            assert run_macro('return "" + nImages;').value == "0"
            assert opened_titles(session) == ["kept"]
            assert analyzer.getMeasurements() == 128
        finally:
            analyzer.setMeasurements(before)
            kept.close()

    def test_images_left_open_are_given_back_and_closed(self, session: Session) -> None:
        found = run_macro('newImage("a", "8-bit ramp", 9, 8, 2); newImage("b", "RGB", 5, 4, 1);')
        assert [image.name for image in found.images] == ["a", "b"]
        assert found.image.name == "b"
        assert opened_titles(session) == []


class TestTexts:
    def test_a_megabyte_is_kept(self, capfd: pytest.CaptureFixture[str]) -> None:
        line = "x" * 1000
        found = run_macro(
            f'for (i = 0; i < 1100; i++) print("{line}"); return getArgument();', (), "v"
        )
        assert len(found.log) >= 1_100_000
        assert found.value == "v"
        assert capfd.readouterr().out == ""

    def test_names_of_rois_with_brackets(self) -> None:
        found = run_macro(
            'newImage("a [x=1] b", "8-bit black", 20, 20, 1); makeOval(2, 3, 6, 4);'
            'Roi.setName("nucleus [1] (é)"); roiManager("add"); makePoint(4, 5);'
            'Overlay.addSelection; makeLine(1, 2, 7, 8); roiManager("add");'
        )
        assert [(roi.kind, roi.name) for roi in found.rois][:1] == [("oval", "nucleus [1] (é)")]
        assert [roi.kind for roi in found.rois] == ["oval", "line", "point"]
        assert found.image.name == "a [x=1] b"
        assert found.rois[2].parts[0].tolist() == [[4, 5]]

    def test_tables_with_other_titles(self) -> None:
        found = run_command(blobs(), "Analyze Particles...", "summarize clear")
        (title,) = found.tables
        assert title.startswith("Summary")
        assert found.tables[title]["Count"] == [1, 2, 3]


@pytest.mark.parametrize(("language", "expected"), [("de-DE", "1.5"), ("tr-TR", "1.5")])
def test_the_locale_changes_no_number(session: Session, language: str, expected: str) -> None:
    locale = session.jclass("java.util.Locale")
    before = locale.getDefault()
    locale.setDefault(locale.forLanguageTag(language))
    try:
        found = run_macro("print(1.5); return d2s(1.5, 1);")
        assert (found.log.strip(), found.value) == (expected, expected)
        assert str(locale.getDefault().toLanguageTag()) == language
    finally:
        locale.setDefault(before)
