"""What tests have Maven do: old releases of ImageJ, and the sources that the build makes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import ROOT


def imagej(version: str, folder: Path) -> Path:
    """Put the jar of a release into a folder; where it cannot be had the test is skipped."""
    artifact = (f"-Dartifact=net.imagej:ij:{version}", f"-DoutputDirectory={folder}")
    why = ""
    # A server or proxy that is busy for a moment is asked again; -U, for Maven notes a failure.
    for pause in (0, 3, 10):
        time.sleep(pause)
        got = _maven("-U", "dependency:copy", *artifact)
        if got.returncode == 0:
            return folder / f"ij-{version}.jar"
        errors = [line for line in got.stdout.splitlines() if "[ERROR]" in line]
        why = (errors or [got.stderr])[0]
    pytest.skip(f"Maven cannot get ImageJ {version}: {why}")


def made_sources(folder: Path) -> list[Path]:
    """Have the build write the loops for float64 into a folder."""
    got = _maven("generate-sources", f"-Dtwins={folder}")
    assert got.returncode == 0, got.stdout + got.stderr
    return list(folder.rglob("*.java"))


def _maven(*arguments: str) -> subprocess.CompletedProcess[str]:
    sys.path.insert(0, str(ROOT))
    try:
        import toolchain

        maven = toolchain.find()
    except SystemExit as error:
        pytest.skip(str(error))
    finally:
        sys.path.remove(str(ROOT))
    return subprocess.run(
        [*maven.command, "-f", str(ROOT / "java" / "pom.xml"), *arguments],
        env={**os.environ, **maven.environment},
        capture_output=True,
        text=True,
        check=False,
    )
