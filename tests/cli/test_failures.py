"""What the system refuses is one sentence, the right exit code, and no traceback."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fiji_bridge.cli import run
from fiji_bridge.cli.failures import sentence
from fiji_bridge.errors import RuntimeStartError, SigmaError
from fiji_bridge.formats import read, write
from fiji_bridge.image.calibrated import CalibratedImage
from fiji_bridge.image.calibration import from_voxel_size
from file_cases import CASES

PROGRAM = [sys.executable, "-m", "fiji_bridge"]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (SigmaError("sigma is odd"), 2, "sigma is odd"),
        (RuntimeStartError("no Java"), 3, "no Java"),
        (OSError(errno.ENOSPC, "No space left on device", "out.tif"), 4, "out.tif: the disk is"),
        (OSError(errno.ELOOP, "loop", "a/b"), 4, "a/b: symbolic links lead in a circle"),
        (OSError(errno.ENAMETOOLONG, "long", "aaa"), 4, "aaa: the name is too long"),
        (PermissionError(errno.EACCES, "no", "x"), 4, "x: permission is denied"),
        (OSError(errno.EXDEV, "Invalid cross-device link", "a", None, "b"), 4, "a and b: Invalid"),
        (OSError("odd"), 4, "the output cannot be written: odd"),
        (MemoryError("big"), 4, "out of memory (big)"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (BrokenPipeError(), 4, ""),
    ],
)
def test_failures_are_sentences(error: BaseException, code: int, words: str) -> None:
    said, found = sentence(error)
    assert found == code
    assert said.startswith(words)
    assert "\n" not in said


def test_a_fault_of_the_program_is_no_sentence() -> None:
    with pytest.raises(ZeroDivisionError):
        sentence(ZeroDivisionError())


def test_names_that_are_no_text_are_shown_as_escapes() -> None:
    said, _ = sentence(OSError(errno.ENOENT, "", os.fsdecode(b"a\xff.tif")))
    assert said == "a\\udcff.tif: it does not exist"


@pytest.mark.parametrize("command", ["macros", "explain", "demo"])
def test_a_folder_that_cannot_be_made(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run([command, "--output", str(tmp_path / "file" / "out")]) in (2, 4)
    assert "a part of the path is no folder" in capsys.readouterr().err.replace(
        "Not a directory", "a part of the path is no folder"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_standard_output_is_noticed() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, "explain"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 4
    assert done.stderr == "fiji-bridge: the output cannot be written: the disk is full\n"


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with subprocess.Popen(
        [*PROGRAM, "explain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 4


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_no_fault(closed: str, tmp_path: Path) -> None:
    """What is opened next must not get their numbers: words would go into an image."""
    import numpy as np

    path, out = tmp_path / "stack.tif", tmp_path / "out.tif"
    calibration = from_voxel_size((2, 0.45, 0.45), "um")
    write(CalibratedImage(np.ones((3, 8, 9), np.uint8), ("z", "y", "x"), calibration), path)
    for command in (f"plan {path}", f"gaussian {path} {out} --engine scipy"):
        line = f"exec {shlex.join(PROGRAM)} {command} --sigma '1 um' {closed}"
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    assert (read(out).data == 1).all()


def test_a_terminal_without_greek_letters_is_shown_plain_ones(tmp_path: Path) -> None:
    import numpy as np

    path = tmp_path / "stack.tif"
    calibration = from_voxel_size((2, 0.45, 0.45), "um")
    write(CalibratedImage(np.zeros((3, 8, 9), np.uint8), ("z", "y", "x"), calibration), path)
    done = subprocess.run(
        [*PROGRAM, "plan", str(path), "--sigma", "1 um"],
        capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"0.45 um" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("gaussian", "missing argument 'IN'; see 'fiji-bridge gaussian --help'"),
        ("gausian a b", "no such command 'gausian' (did you mean 'gaussian'?); see "
                        "'fiji-bridge --help'"),
        ("gaussian a b --threads x", "invalid value for '--threads': 'x' is not a whole number; "
                                     "see 'fiji-bridge gaussian --help'"),
        ("median --sgma 1 a b", "no such option '--sgma' (did you mean '--maven'?); see "
                                "'fiji-bridge median --help'"),
    ],
)  # fmt: skip
def test_a_usage_error_is_one_line(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments.split()) == 2
    told = capsys.readouterr()
    assert told.err == f"fiji-bridge: {said}\n"
    assert told.out == ""


@pytest.mark.parametrize("name", ["sizez.ome.tif", "scifio_um.tif", "bytes_missing.tif"])
def test_what_imagej_cannot_read_is_refused_before_java_is_started(
    name: str, program_here: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """A start with this heap would be refused with exit code 3."""
    how = ("--sigma", "1 px", "--reader", "imagej", "--heap", "1")
    done = program_here("gaussian", CASES / name, tmp_path / "out.tif", *how)
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr
    assert "heap" not in done.stderr
