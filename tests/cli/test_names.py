"""Names that a terminal library could take for something else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest

import fiji_bridge
from fiji_bridge.cli.commands import listed
from fiji_bridge.cli.commands import program as program_group


@pytest.mark.parametrize("name", ["[/nope]", "[bold]a[/bold]", "sc.fiji:fiji:2.16.0"])
def test_names_are_printed_as_they_are(
    program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, name: str
) -> None:
    done = program("doctor", env={"FIJI_BRIDGE_FIJI": str(tmp_path / name)})
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    # Twice: as the setting, and in the problem.
    assert done.stdout.replace("\n", "").count(f"/{name}") == 2


ODD = "a\nb\x1b[31m\u2028c.tif"
SHOWN = r"a\nb\x1b[31m\u2028c.tif"


def test_a_name_with_a_line_break_stays_on_its_line(
    program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    fiji_bridge.write(np.zeros((3, 8, 9), np.uint8), tmp_path / "in" / ODD, voxel_size="1 um")
    table = tmp_path / "table.csv"
    options = ("--sigma", "1 um", "--engine", "scipy")
    many = ("gaussian", tmp_path / "in", "--output-dir", tmp_path / "out", "--report", table)
    done = program(*many, *options)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"[1/1] {tmp_path}/in/{SHOWN}: done: ")
    assert table.read_text().splitlines()[1].startswith(f"{tmp_path}/in/{SHOWN},done,")
    # The same file, and not one of the shown name.
    assert "1 skipped" in program(*many, *options).stdout
    (tmp_path / "in" / ODD).write_bytes(b"II*\0 no image")
    failed = program("gaussian", tmp_path / "in" / ODD, tmp_path / "b.tif", *options)
    assert failed.returncode == 2
    (line,) = failed.stderr.splitlines()
    assert SHOWN in line


@pytest.mark.parametrize("micro", ["\u00b5", "\u03bc"])
def test_a_unit_under_a_locale_without_utf_8(
    program: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, micro: str
) -> None:
    """Python then gives the bytes as halves of surrogate pairs; they were refused as such."""
    path = tmp_path / "a.tif"
    fiji_bridge.write(np.zeros((3, 8, 9), np.uint8), path, voxel_size="1 um")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = program("plan", path, "--sigma", f"2 {micro}m", "--json", env=plain)
    assert done.returncode == 0, done.stderr
    assert [axis["sigma_px"] for axis in json.loads(done.stdout)["axes"]] == [2, 2, 2]


@pytest.mark.parametrize("name", sorted(listed()))
def test_no_two_options_share_a_name(name: str) -> None:
    """One would get the other's value without a word; click only warns of it."""
    command = program_group.get_command(click.Context(program_group), name)
    assert command is not None
    names = [parameter.name for parameter in command.params]
    assert sorted(map(str, names)) == sorted(map(str, set(names)))
    options = [option for parameter in command.params for option in parameter.opts]
    assert sorted(options) == sorted(set(options))
